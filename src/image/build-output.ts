import { CommandError } from '../errors.ts';

/** Where a build is: `step 7 of 19: RUN apt-get update`. */
export interface BuildStep {
  readonly number: number;
  readonly total: number;
  readonly instruction: string;
}

/** What one line of `docker build` says. */
export type BuildLine =
  | { readonly kind: 'step'; readonly step: BuildStep }
  | { readonly kind: 'output'; readonly text: string }
  /** Ids, cache marks, empty lines: nothing for a person. */
  | { readonly kind: 'noise' };

/** Longest line of progress, characters: more does not fit beside a step's title. */
const MAX_DETAIL_CHARACTERS = 100;

/**
 * Reads the output of a build line by line, of the classic builder or of BuildKit (`--progress plain`).
 *
 * The classic builder counts the whole file, `Step 7/19 : RUN …`. BuildKit counts each stage by itself,
 * `#9 [python 3/8] RUN …`, and stages run side by side.
 * Source: output of docker 28.2.2 with engine 20.10.24 and of buildx 0.13.1, kept in test/fixtures/docker-build.
 */
export function parseBuildLine(line: string): BuildLine {
  // The classic builder colours what a step wrote to its standard error.
  // eslint-disable-next-line no-control-regex
  const text = line.replace(/\u001B\[[0-9;]*[A-Za-z]/g, '').trimEnd();
  const classic = /^Step ([0-9]+)\/([0-9]+) : (.*)$/.exec(text);
  if (classic) return step(classic[1], classic[2], classic[3]);
  const buildKit = /^#[0-9]+ \[(?:[\w.-]+ )?([0-9]+)\/([0-9]+)\] (.*)$/.exec(text);
  if (buildKit) return step(buildKit[1], buildKit[2], buildKit[3]);
  const output = /^#[0-9]+ [0-9]+\.[0-9]+ (.*)$/.exec(text);
  if (output) return { kind: 'output', text: output[1] ?? '' };
  return text === '' || NOISE.test(text) ? { kind: 'noise' } : { kind: 'output', text };
}

const NOISE =
  /^(?:DEPRECATED: |\s+(?:BuildKit is|environment-variable|Install the buildx|https:)|Sending build context| ---> |Removing intermediate|Successfully |#[0-9]+ |------| > \[)/;

function step(number: string | undefined, total: string | undefined, instruction: string | undefined): BuildLine {
  return {
    kind: 'step',
    step: { number: Number(number), total: Number(total), instruction: collapse(instruction ?? '') },
  };
}

/** Turns the lines of a build into short lines of progress, and keeps the last of its output for an error. */
export class BuildProgress {
  #head = '';
  readonly #kept: string[] = [];
  readonly #keptLines: number;

  constructor(keptLines: number) {
    this.#keptLines = keptLines;
  }

  /** @returns the new line of progress, if this line of output changes it */
  push(line: string): string | undefined {
    const parsed = parseBuildLine(line);
    switch (parsed.kind) {
      case 'step':
        this.#head = `step ${parsed.step.number} of ${parsed.step.total}`;
        // What earlier steps printed explains nothing. (BuildKit's run side by side; it repeats the output of the one that fails.)
        this.#kept.splice(0, Infinity, cut(`${this.#head}: ${parsed.step.instruction}`));
        return this.#kept[0];
      case 'output':
        this.#keep(parsed.text);
        return cut(`${this.#head}: ${collapse(parsed.text)}`.replace(/^: /, ''));
      case 'noise':
        return undefined;
      default:
        return parsed satisfies never;
    }
  }

  /** The present step and the last lines that it printed, oldest first. */
  get lastLines(): readonly string[] {
    return this.#kept;
  }

  #keep(text: string): void {
    this.#kept.push(text);
    if (this.#kept.length > this.#keptLines) this.#kept.shift();
  }
}

export interface BuildFollower {
  readonly progress: (detail: string) => void;
  /** Lines of output that are kept for an error. */
  readonly keptLines: number;
  /** What is thrown in place of the builder's error, made of the last lines, oldest first. */
  readonly explain: (lastLines: readonly string[], error: CommandError) => Error;
}

/** Runs a build that says its output line by line, and turns that into progress, or into the reason why it failed. */
export async function followBuild(
  build: (onLine: (line: string) => void) => Promise<void>,
  { progress, keptLines, explain }: BuildFollower,
): Promise<void> {
  const output = new BuildProgress(keptLines);
  try {
    await build((line) => {
      const detail = output.push(line);
      if (detail !== undefined) progress(detail);
    });
  } catch (error) {
    throw error instanceof CommandError ? explain(output.lastLines, error) : error;
  }
}

function collapse(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function cut(text: string): string {
  return text.length <= MAX_DETAIL_CHARACTERS ? text : `${text.slice(0, MAX_DETAIL_CHARACTERS - 1)}…`;
}
