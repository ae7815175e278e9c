/** What TAB needs to know of the command line. Written by the build, because asking every command costs 200 ms. */
export interface CompletionTable {
  readonly root: CommandNode;
  readonly programs: Readonly<Record<string, Program>>;
}

/** A name in package.json#bin. */
export interface Program {
  /** The words it stands for: `['image', 'build']`. */
  readonly words: readonly string[];
  /** Of an older script: the only commands that it knows. */
  readonly verbs?: readonly string[];
}

export interface CommandNode {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly CommandNode[];
  readonly flags: readonly FlagNode[];
  /** What stands for an argument; of several the last one holds for all that follow. */
  readonly arguments: readonly ValueKind[];
  /** What follows the first argument belongs to somebody else. */
  readonly passesThrough: boolean;
}

export interface FlagNode {
  /** `['--output', '-o']` */
  readonly names: readonly string[];
  readonly description: string;
  /** `undefined`: it takes none. */
  readonly value?: ValueKind;
  readonly isRepeatable: boolean;
}

/** A list of words, or something that is looked up. `none`: nothing can be offered. */
export type ValueKind = readonly string[] | 'clusters' | 'contexts' | 'labs' | 'files' | 'none';
