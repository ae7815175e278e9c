import type { CommandNode, CompletionTable, FlagNode, ValueKind } from './command-tree.ts';

/** A word that may be typed next. */
export interface Candidate {
  readonly value: string;
  readonly description: string;
}

export interface Completion {
  /** Words that are known; what `lookUp` finds comes on top. */
  readonly candidates: readonly Candidate[];
  readonly lookUp: Extract<ValueKind, string>;
  /** What has been typed of the value itself: of `--name=b` it is `b`. */
  readonly typed: string;
  /** Value of `--context` in the line. */
  readonly context: string | undefined;
}

/**
 * What may follow in a line.
 *
 * @param program what is run: a name of package.json#bin, or a path that ends in one
 * @param words those after it; the last one is being typed, and may be empty
 */
export function findCandidates(
  { root, programs }: CompletionTable,
  program: string,
  words: readonly string[],
): Completion {
  const { words: prefix, verbs } = programs[program.split('/').at(-1) ?? ''] ?? { words: [] };
  const typed = words.at(-1) ?? '';
  const line = walk(restrict(root, verbs), [...prefix, ...words.slice(0, -1)]);
  const found = { typed, context: line.context };
  if (line.pendingFlag?.value) return { ...found, ...ofKind(line.pendingFlag.value) };
  if (line.isOthers) return { ...found, candidates: [], lookUp: 'files' };
  const [, flagName = '', value = ''] = /^(--[^=]+)=(.*)$/.exec(typed) ?? [];
  if (flagName !== '') {
    const kind = findFlag(line.node, flagName)?.value;
    return { ...found, typed: value, ...ofKind(kind ?? 'none') };
  }
  if (typed.startsWith('-')) return { ...found, candidates: listFlags(line), lookUp: 'none' };
  const { node } = line;
  if (node.commands.length > 0 && line.argumentCount === 0) {
    return { ...found, candidates: node.commands.map(asCandidate), lookUp: 'none' };
  }
  const kind = node.arguments[Math.min(line.argumentCount, node.arguments.length - 1)];
  // Nothing but flags can follow: better those than nothing.
  return { ...found, ...(kind === undefined ? { candidates: listFlags(line), lookUp: 'none' } : ofKind(kind)) };
}

interface Line {
  readonly node: CommandNode;
  /** The flag whose value comes next. */
  readonly pendingFlag: FlagNode | undefined;
  readonly usedFlags: ReadonlySet<string>;
  readonly argumentCount: number;
  /** What comes next belongs to the application. */
  readonly isOthers: boolean;
  readonly context: string | undefined;
}

function walk(root: CommandNode, words: readonly string[]): Line {
  let line: Line = {
    node: root,
    pendingFlag: undefined,
    usedFlags: new Set(),
    argumentCount: 0,
    isOthers: false,
    context: undefined,
  };
  for (const [index, word] of words.entries()) {
    // `help deploy` is `deploy --help`.
    if (index === 0 && word === 'help') continue;
    line = step(line, word);
  }
  return line;
}

function step(line: Line, word: string): Line {
  const { node, pendingFlag } = line;
  if (line.isOthers) return line;
  if (pendingFlag) {
    const context = pendingFlag.names[0] === '--context' ? word : line.context;
    return { ...line, pendingFlag: undefined, context };
  }
  if (word === '--') return { ...line, isOthers: true };
  if (word.startsWith('-') && word !== '-') {
    const [name = '', value] = word.split('=', 2);
    const flag = findFlag(node, name);
    return {
      ...line,
      usedFlags: new Set([...line.usedFlags, flag?.names[0] ?? name]),
      pendingFlag: flag?.value && value === undefined ? flag : undefined,
      context: flag?.names[0] === '--context' && value !== undefined ? value : line.context,
    };
  }
  const child = line.argumentCount === 0 ? node.commands.find(({ name }) => name === word) : undefined;
  if (child) return { ...line, node: child };
  return { ...line, argumentCount: line.argumentCount + 1, isOthers: node.passesThrough };
}

function restrict(root: CommandNode, verbs: readonly string[] | undefined): CommandNode {
  return verbs ? { ...root, commands: root.commands.filter(({ name }) => verbs.includes(name)) } : root;
}

function findFlag({ flags }: CommandNode, name: string): FlagNode | undefined {
  return flags.find(({ names }) => names.includes(name));
}

function listFlags({ node, usedFlags }: Line): readonly Candidate[] {
  return node.flags
    .filter(({ names: [long = ''], isRepeatable }) => isRepeatable || !usedFlags.has(long))
    .map(({ names: [long = ''], description }) => ({ value: long, description }));
}

function asCandidate({ name, summary }: CommandNode): Candidate {
  return { value: name, description: summary };
}

function ofKind(kind: ValueKind): Pick<Completion, 'candidates' | 'lookUp'> {
  if (typeof kind === 'string') return { candidates: [], lookUp: kind };
  return { candidates: kind.map((value) => ({ value, description: '' })), lookUp: 'none' };
}
