import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';

import type { ScriptResult } from '../../machines/machine.ts';
import { quoteWord } from '../../jobs/quote-word.ts';

export interface SessionScript {
  readonly args?: readonly string[];
  readonly needsSudo: boolean;
  readonly onLine?: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface SessionEnd {
  readonly stderr: string;
}

/**
 * One shell on another machine that runs one script after another: what is written to its input is in no argument list.
 *
 * A script's end is told from its output by a word that nobody can guess.
 */
export class ScriptSession {
  readonly child: ChildProcess;
  readonly #explain: (end: SessionEnd) => Error;
  #stdout = '';
  #stderr = '';
  #isOpen = true;
  #notify: () => void = () => {};

  /** @param explain why the shell has ended before its script has */
  constructor(child: ChildProcess, explain: (end: SessionEnd) => Error) {
    this.child = child;
    this.#explain = explain;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#notify();
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      this.#notify();
    });
    // Why it does not read is known when it has ended.
    child.stdin?.on('error', () => {});
    child.once('close', () => {
      this.#isOpen = false;
      this.#notify();
    });
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** @throws what `explain` gives, if the shell ends; the signal's reason, and then the script may still run */
  async run(script: string, { args = [], needsSudo, onLine, signal }: SessionScript): Promise<ScriptResult> {
    const mark = `spark-swarm-${randomUUID()}`;
    const outEnd = new RegExp(`\\n${mark} (\\d+)\\n`);
    const errEnd = `\n${mark}\n`;
    let told = 0;
    const tellLines = (text: string): void => {
      for (let end = text.indexOf('\n', told); end >= 0; end = text.indexOf('\n', told)) {
        const line = text.slice(told, end);
        told = end + 1;
        onLine?.(line);
      }
    };
    this.#stdout = '';
    this.#stderr = '';
    return new Promise<ScriptResult>((resolve, reject) => {
      const finish = (settle: () => void): void => {
        this.#notify = () => {};
        signal.removeEventListener('abort', abort);
        settle();
      };
      const abort = (): void => finish(() => reject(signal.reason as Error));
      this.#notify = () => {
        const out = outEnd.exec(this.#stdout);
        const errAt = this.#stderr.indexOf(errEnd);
        // The last line's end may belong to the mark.
        if (onLine) tellLines(out ? endLine(this.#stdout.slice(0, out.index)) : this.#stdout.replace(/\n+$/, '\n'));
        if (out && errAt >= 0) {
          const result = {
            status: Number(out[1]),
            stdout: this.#stdout.slice(0, out.index),
            stderr: this.#stderr.slice(0, errAt),
          };
          finish(() => resolve(result));
        } else if (!this.#isOpen) {
          const stderr = this.#stderr;
          finish(() => reject(this.#explain({ stderr })));
        }
      };
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort();
      else this.child.stdin?.write(frame(script, { args, needsSudo, mark }));
      this.#notify();
    });
  }
}

function endLine(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

/**
 * The script as a here-document of a shell of its own. In braces it is read whole before it begins, so one that is cut off
 * by a lost connection does nothing; `:` because braces may not be empty.
 */
function frame(
  script: string,
  { args, needsSudo, mark }: { readonly args: readonly string[]; readonly needsSudo: boolean; readonly mark: string },
): string {
  const shell = `${needsSudo ? 'env LC_ALL=C sudo -n ' : ''}sh -s --${args.map((arg) => ` ${quoteWord(arg)}`).join('')}`;
  return [
    `${shell} <<'${mark}'`,
    '{ :',
    script,
    '}',
    mark,
    `printf '\\n%s %s\\n' ${mark} $?; printf '\\n%s\\n' ${mark} >&2`,
    '',
  ].join('\n');
}
