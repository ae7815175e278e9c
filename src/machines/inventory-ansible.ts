import { UsageError } from '../errors.ts';
import { HostCollector, type InventoryProblem, type ParsedHosts } from './inventory.ts';
import { MAX_HOSTS } from './parse-hosts.ts';

/** Variables of a host or a group, as far as a way into a machine may be said by them. */
export type AnsibleVars = Readonly<Record<string, unknown>>;

export interface AnsibleGroup {
  /** By host pattern as it is written, with its variables there. */
  readonly hosts: AnsibleHostEntry[];
  readonly children: Set<string>;
  vars: AnsibleVars;
}

export interface AnsibleHostEntry {
  readonly pattern: string;
  readonly vars: AnsibleVars;
  readonly line?: number | undefined;
}

/** By name. `all` is always there. */
export type AnsibleGroups = Map<string, AnsibleGroup>;

export function groupOf(groups: AnsibleGroups, name: string): AnsibleGroup {
  const present = groups.get(name);
  if (present) return present;
  const made: AnsibleGroup = { hosts: [], children: new Set(), vars: {} };
  groups.set(name, made);
  return made;
}

const SECRET = /^ansible_.*(?:pass|password)$/;
const WAY = /^ansible_(?:ssh_)?(?:private_key_file|private_key|args|common_args|extra_args|ssh_common_args)$/;

interface HostFacts {
  readonly groups: Set<string>;
  vars: AnsibleVars;
  line: number | undefined;
}

/**
 * The hosts of an Ansible inventory with what their variables say of the way in: `ansible_host`, `ansible_user`,
 * `ansible_port` (also with `ansible_ssh_`). A host's own variables win over those of its groups, a child's over its parent's.
 * Source: docs.ansible.com "How to build your inventory", "How variables are merged".
 *
 * @param only take the hosts of these groups alone
 */
export function resolveAnsible(
  groups: AnsibleGroups,
  { only = [], problems = [] }: { readonly only?: readonly string[]; readonly problems?: readonly InventoryProblem[] },
): ParsedHosts {
  const found = new HostCollector({ sameIsOne: false });
  found.problems.push(...problems);
  const facts = collectHosts(groups, found);
  const parents = parentsOf(groups);
  const leftOut: string[] = [];
  const unread = { secrets: new Set<string>(), ways: new Set<string>() };
  for (const name of only.filter((group) => !groups.has(group))) found.problem(`it has no group ${name}`);
  for (const [name, host] of facts) {
    const ancestors = ancestorsOf(host.groups, parents);
    if (only.length > 0 && !only.some((group) => group === 'all' || ancestors.includes(group))) continue;
    const vars = mergedVars(groups, ancestors, host.vars);
    for (const key of Object.keys(vars)) {
      if (SECRET.test(key)) unread.secrets.add(key);
      if (WAY.test(key)) unread.ways.add(key);
    }
    const connection = vars['ansible_connection'] ?? 'ssh';
    if (connection === 'ssh' || connection === 'smart' || connection === 'paramiko') addHost(found, name, host, vars);
    else leftOut.push(`${name} (ansible_connection=${JSON.stringify(connection)})`);
  }
  found.notes.push(...unreadNotes(unread, leftOut));
  return found.finish();
}

function addHost(found: HostCollector, name: string, { line }: HostFacts, vars: AnsibleVars): void {
  // `web1:2222` is a host with its port; an IPv6 address has more colons.
  const [, bare = name, port] = /^([^:]+):([0-9]+)$/.exec(name) ?? [];
  const of = (key: string): unknown => vars[`ansible_${key}`] ?? vars[`ansible_ssh_${key}`];
  found.add({
    name: bare,
    host: of('host') ?? bare,
    user: of('user'),
    port: of('port') ?? port,
    field: name,
    line,
  });
}

function collectHosts(groups: AnsibleGroups, found: HostCollector): ReadonlyMap<string, HostFacts> {
  const facts = new Map<string, HostFacts>();
  for (const [group, { hosts }] of groups) {
    for (const { pattern, vars, line } of hosts) {
      found.attempt(line, () => {
        for (const name of expandPattern(pattern)) {
          const host = facts.get(name) ?? { groups: new Set<string>(), vars: {}, line };
          host.groups.add(group);
          host.vars = { ...host.vars, ...vars };
          facts.set(name, host);
        }
      });
    }
  }
  return facts;
}

/** `www[01:50:2].lan`, `db-[a:f]`: Ansible's own ranges. */
function expandPattern(pattern: string): readonly string[] {
  const match = /^([^[\]]*)\[([0-9a-z]+):([0-9a-z]+)(?::([0-9]+))?\](.*)$/i.exec(pattern);
  if (!match) return [pattern];
  const [, before = '', first = '', last = '', step = '1', after = ''] = match;
  const isNumber = /^[0-9]+$/.test(first + last);
  const [from, to] = isNumber ? [Number(first), Number(last)] : [first.charCodeAt(0), last.charCodeAt(0)];
  const count = Math.floor((to - from) / Number(step)) + 1;
  const ends = expandPattern(after);
  if (!isNumber && first.length + last.length !== 2) throw wrong(pattern, 'expected a range of numbers or letters');
  if (!(count > 0)) throw wrong(pattern, 'expected a range that counts up');
  if (count * ends.length > MAX_HOSTS) throw wrong(pattern, `expected at most ${MAX_HOSTS} hosts`);
  return Array.from({ length: count }, (_, index) => {
    const value = from + index * Number(step);
    return isNumber ? String(value).padStart(first.length, '0') : String.fromCharCode(value);
  }).flatMap((value) => ends.map((end) => `${before}${value}${end}`));
}

function wrong(pattern: string, expected: string): UsageError {
  return new UsageError(`host: got ${JSON.stringify(pattern)}; ${expected}`);
}

function parentsOf(groups: AnsibleGroups): ReadonlyMap<string, readonly string[]> {
  const parents = new Map<string, string[]>();
  for (const [name, { children }] of groups) {
    for (const child of children) parents.set(child, [...(parents.get(child) ?? []), name]);
  }
  return parents;
}

/** The groups a host is in, its own last: what is said nearer to it wins. */
function ancestorsOf(own: ReadonlySet<string>, parents: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const ordered: string[] = [];
  const add = (group: string, path: ReadonlySet<string>): void => {
    // A group that is its own grandparent is Ansible's to refuse.
    if (path.has(group)) return;
    for (const parent of parents.get(group) ?? []) add(parent, new Set([...path, group]));
    if (!ordered.includes(group)) ordered.push(group);
  };
  for (const group of [...own].toSorted()) add(group, new Set());
  return ['all', ...ordered.filter((group) => group !== 'all')];
}

function mergedVars(groups: AnsibleGroups, ancestors: readonly string[], own: AnsibleVars): AnsibleVars {
  return Object.assign({}, ...ancestors.map((name) => groups.get(name)?.vars ?? {}), own) as AnsibleVars;
}

function unreadNotes(
  { secrets, ways }: { readonly secrets: ReadonlySet<string>; readonly ways: ReadonlySet<string> },
  leftOut: readonly string[],
): readonly string[] {
  return [
    ...(secrets.size === 0
      ? []
      : [`passwords are not read (${[...secrets].join(', ')}): machines are entered with your ssh key`]),
    ...(ways.size === 0 ? [] : [`${[...ways].join(', ')} not read: what ssh uses is said in your ~/.ssh/config`]),
    ...(leftOut.length === 0 ? [] : [`left out, because not entered by ssh: ${leftOut.join(', ')}`]),
  ];
}
