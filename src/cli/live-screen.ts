import type { CliContext } from './context.ts';

const HIDE_CURSOR = '\u001B[?25l';
const SHOW_CURSOR = '\u001B[?25h';
/** What log-update writes before a frame to wipe the one before: erase line, cursor up, …, cursor to the left. */
const WIPE = /^(?:\u001B\[2K|\u001B\[1A|\u001B\[G)+/;

const screens = new WeakMap<CliContext, LiveScreen>();

/**
 * The part of a terminal that a live list draws on. It can be held while a question is asked: the list stays as it is,
 * and goes on below the answer. Writers elsewhere are left alone, unlike with listr2's own stream, which keeps back all
 * that others write until the list ends: a question would never be seen.
 */
export class LiveScreen {
  readonly isTTY = true;
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  readonly #stderr: CliContext['stderr'];
  #isHeld = false;
  #isBelow = false;

  constructor(cli: CliContext) {
    this.#stderr = cli.stderr;
    this.columns = cli.stderr.columns;
    this.rows = (cli.stderr as { readonly rows?: number }).rows;
    screens.set(cli, this);
  }

  write = (text: string): boolean => {
    if (this.#isHeld) return true;
    this.#stderr.write(this.#isBelow ? text.replace(WIPE, '') : text);
    this.#isBelow = false;
    return true;
  };

  hold(): void {
    this.#isHeld = true;
    this.#stderr.write(SHOW_CURSOR);
  }

  release(): void {
    this.#isHeld = false;
    this.#isBelow = true;
    this.#stderr.write(HIDE_CURSOR);
  }
}

/** Does something on the terminal while no live list draws there. */
export async function withScreenHeld<T>(cli: CliContext, work: () => Promise<T>): Promise<T> {
  const screen = screens.get(cli);
  screen?.hold();
  try {
    return await work();
  } finally {
    screen?.release();
  }
}

/** The list has been drawn to its end: there is nothing to hold any more. */
export function closeScreen(cli: CliContext): void {
  screens.delete(cli);
}
