import { groupOf, resolveAnsible, type AnsibleGroups, type AnsibleVars } from './inventory-ansible.ts';
import { isRecord } from './inventory-format.ts';
import type { InventoryProblem, ParsedHosts } from './inventory.ts';

/**
 * An Ansible inventory in YAML form (`all: {hosts, children, vars}`), and what `ansible-inventory --list` prints as JSON,
 * where hosts and children are lists and the variables are in `_meta`.
 * Source: ansible `lib/ansible/plugins/inventory/yaml.py`, `script.py`.
 *
 * @param value the parsed document
 * @param only take the hosts of these groups alone
 */
export function parseAnsibleYaml(value: unknown, only: readonly string[] = []): ParsedHosts {
  const groups: AnsibleGroups = new Map();
  groupOf(groups, 'all');
  const problems: InventoryProblem[] = [];
  if (!isRecord(value)) {
    problems.push({ message: 'expected groups, like "all: {hosts: {…}}"' });
    return { hosts: [], problems, notes: [] };
  }
  if (typeof value['plugin'] === 'string') {
    problems.push({
      message: `plugin: these are the settings of Ansible's ${value['plugin']}; expected what it finds: ansible-inventory -i FILE --list -y`,
    });
    return { hosts: [], problems, notes: [] };
  }
  const reader = new GroupReader(groups, problems, hostVars(value));
  for (const [name, group] of Object.entries(value)) if (name !== '_meta') reader.read(name, group, name);
  return resolveAnsible(groups, { only, problems });
}

/** `_meta.hostvars`, by host. */
function hostVars(value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const meta = value['_meta'];
  return isRecord(meta) && isRecord(meta['hostvars']) ? meta['hostvars'] : {};
}

class GroupReader {
  readonly #groups: AnsibleGroups;
  readonly #problems: InventoryProblem[];
  readonly #hostVars: Readonly<Record<string, unknown>>;

  constructor(groups: AnsibleGroups, problems: InventoryProblem[], vars: Readonly<Record<string, unknown>>) {
    this.#groups = groups;
    this.#problems = problems;
    this.#hostVars = vars;
  }

  /** @param path how messages name it: `all.children.web` */
  read(name: string, value: unknown, path: string): void {
    const group = groupOf(this.#groups, name);
    if (value === null || value === undefined) return;
    if (!isRecord(value)) return this.#wrong(path, 'expected hosts, children or vars below it');
    for (const key of Object.keys(value)) {
      if (!['hosts', 'children', 'vars'].includes(key))
        this.#wrong(`${path}.${key}`, 'expected hosts, children or vars');
    }
    for (const [pattern, vars] of this.#entries(value['hosts'], `${path}.hosts`)) {
      const own = this.#vars(vars, `${path}.hosts.${pattern}`);
      group.hosts.push({
        pattern,
        vars: { ...this.#vars(this.#hostVars[pattern], `_meta.hostvars.${pattern}`), ...own },
      });
    }
    for (const [child, content] of this.#entries(value['children'], `${path}.children`)) {
      group.children.add(child);
      this.read(child, content, `${path}.children.${child}`);
    }
    group.vars = { ...group.vars, ...this.#vars(value['vars'], `${path}.vars`) };
  }

  /** A map, or a list of names. */
  #entries(value: unknown, path: string): readonly (readonly [string, unknown])[] {
    if (value === null || value === undefined) return [];
    if (isRecord(value)) return Object.entries(value);
    if (typeof value === 'string') return [[value, undefined]];
    if (Array.isArray(value) && value.every((name) => typeof name === 'string'))
      return value.map((name) => [name, undefined]);
    this.#wrong(path, 'expected a map of names');
    return [];
  }

  #vars(value: unknown, path: string): AnsibleVars {
    if (value === null || value === undefined) return {};
    if (isRecord(value)) return value;
    this.#wrong(path, 'expected a map of variables');
    return {};
  }

  #wrong(path: string, expected: string): void {
    this.#problems.push({ message: `${path}: ${expected}` });
  }
}
