import { groupOf, resolveAnsible, type AnsibleGroups, type AnsibleVars } from './inventory-ansible.ts';
import type { InventoryProblem, ParsedHosts } from './inventory.ts';

/**
 * An Ansible inventory in INI form: hosts with variables, `[group]`, `[group:children]`, `[group:vars]`, ranges.
 * Source: ansible `lib/ansible/plugins/inventory/ini.py`.
 *
 * @param only take the hosts of these groups alone
 */
export function parseAnsibleIni(text: string, only: readonly string[] = []): ParsedHosts {
  const groups: AnsibleGroups = new Map();
  groupOf(groups, 'all');
  const problems: InventoryProblem[] = [];
  let section = { group: 'ungrouped', kind: 'hosts' };
  for (const [index, written] of text.split('\n').entries()) {
    const line = index + 1;
    const entry = written.trim();
    if (entry === '' || /^[#;]/.test(entry)) continue;
    const header = /^\[([A-Za-z_][\w.-]*)(?::(\w+))?\]\s*(?:[#;].*)?$/.exec(entry);
    if (header) {
      section = { group: header[1] ?? '', kind: header[2] ?? 'hosts' };
      if (['hosts', 'children', 'vars'].includes(section.kind)) groupOf(groups, section.group);
      else
        problems.push({
          line,
          message: `got ${JSON.stringify(entry)}; expected [group], [group:children] or [group:vars]`,
        });
      continue;
    }
    const problem = readEntry(groups, section, { entry, line });
    if (problem !== undefined) problems.push({ line, message: problem });
  }
  return resolveAnsible(groups, { only, problems });
}

function readEntry(
  groups: AnsibleGroups,
  { group, kind }: { readonly group: string; readonly kind: string },
  { entry, line }: { readonly entry: string; readonly line: number },
): string | undefined {
  const target = groupOf(groups, group);
  if (kind === 'vars') {
    const match = /^([^=\s]+)\s*=\s*(.*)$/.exec(entry);
    if (!match?.[1]) return `got ${shown(entry)}; expected name=value`;
    target.vars = { ...target.vars, [match[1]]: unquote((match[2] ?? '').replace(/\s#.*$/, '').trim()) };
    return undefined;
  }
  const [word = '', ...rest] = splitWords(entry);
  if (kind === 'children') {
    target.children.add(word);
    groupOf(groups, word);
    return undefined;
  }
  if (kind !== 'hosts') return undefined;
  const vars: Record<string, unknown> = {};
  for (const assignment of rest) {
    const match = /^([A-Za-z_]\w*)=(.*)$/s.exec(assignment);
    if (!match?.[1]) return `${word}: got ${shown(assignment, entry)}; expected name=value`;
    vars[match[1]] = match[2] ?? '';
  }
  target.hosts.push({ pattern: word, vars: vars satisfies AnsibleVars, line });
  return undefined;
}

/** Words as a shell splits them: quotes hold blanks, `#` begins a comment. */
function splitWords(entry: string): readonly string[] {
  const words: string[] = [];
  for (const match of entry.matchAll(/(?:[^\s"'\\#]|"(?:\\.|[^"\\])*"|'[^']*'|\\.)+|#|["']/g)) {
    if (match[0] === '#') break;
    words.push(
      match[0].replace(/"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/g, (_, double, single, escaped) =>
        String(double ?? single ?? escaped),
      ),
    );
  }
  return words;
}

/** What an error may repeat: not a line in which a password may stand. */
function shown(text: string, line = text): string {
  return /pass|secret|token|key/i.test(line) ? 'something else' : JSON.stringify(text);
}

function unquote(text: string): string {
  return /^(["'])(.*)\1$/.exec(text)?.[2] ?? text;
}
