import { ConfigError } from '../errors.ts';

/** A place in a file; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Problem extends Place {
  readonly message: string;
}

/**
 * Every problem of a file, in the order of the file, each as `file:line:column: what`, which editors and terminals open.
 *
 * @param shown the file as the user would name it
 */
export function toConfigError(shown: string, problems: readonly Problem[], hint?: string): ConfigError {
  const details = hint === undefined ? {} : { hint };
  const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  const [first] = sorted;
  if (sorted.length === 1 && first) return new ConfigError(placeOf(shown, first), [first.message], details);
  return new ConfigError(
    shown,
    sorted.map((problem) => `${placeOf(shown, problem)}: ${problem.message}`),
    details,
  );
}

/** `file:line:column`, which editors and terminals open. */
export function placeOf(shown: string, { line, column }: Place): string {
  return `${shown}:${line}:${column}`;
}
