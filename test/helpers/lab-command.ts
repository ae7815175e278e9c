import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

import { projectRoot } from './cli.ts';
import { liveParents } from './processes.ts';
import { waitFor } from './wait-for.ts';

export interface Outcome {
  /** `null` when a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly tookMs: number;
}

export interface CommandOptions {
  /** Added to the environment of this process; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly input?: string;
  /** After this it is killed, and counts as failed. Default five minutes. */
  readonly limitMs?: number;
}

/** For what builds an image: an engine that has just been installed has no layers of it. */
export const BUILD_LIMIT_MS = 1_200_000;

/** A program that runs as a user would start it, with its output so far. Files of the project are given as `bin/submit`. */
export class RunningCommand {
  stdout = '';
  stderr = '';
  /** When it has ended, and everything that writes to its output. */
  readonly ended: Promise<Outcome>;
  /** When the process itself has ended: what it has started may still run. */
  readonly exited: Promise<Outcome>;
  readonly #child: ChildProcess;

  constructor(file: string, args: readonly string[], { env, cwd, input = '', limitMs = 300_000 }: CommandOptions = {}) {
    const startedAt = performance.now();
    const program = file.includes('/') ? path.resolve(projectRoot, file) : file;
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: 'pipe' });
    child.stdin.on('error', () => {
      // It has ended without reading.
    });
    child.stdin.end(input);
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    const timer = setTimeout(() => {
      this.stderr += `\n(killed by the test after ${limitMs / 1000} s)`;
      this.killTree();
    }, limitMs);
    this.#child = child;
    const outcomeAt = async (event: 'close' | 'exit'): Promise<Outcome> => {
      const [status, signal] = (await once(child, event)) as [number | null, NodeJS.Signals | null];
      clearTimeout(timer);
      return { status, signal, stdout: this.stdout, stderr: this.stderr, tookMs: performance.now() - startedAt };
    };
    this.ended = outcomeAt('close');
    this.exited = outcomeAt('exit');
    // Whoever waits gets it too; a command that nobody waits for must not end the test run.
    for (const outcome of [this.ended, this.exited]) outcome.catch(() => {});
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it and everything it has started, as closing a session or a power cut does. */
  killTree(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    const descendants = listDescendants(pid);
    for (const one of [pid, ...descendants]) {
      try {
        process.kill(one, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
  }

  /** Waits until its output holds this. @throws Error with the output, when it ends before, or the time is over */
  async waitForOutput(pattern: RegExp, limitMs = 300_000): Promise<void> {
    let hasEnded = false;
    void this.ended.finally(() => (hasEnded = true));
    const { isThere } = await waitFor(`${pattern} in the output`, {
      read: async () => ({
        isThere: pattern.test(this.stdout + this.stderr),
        hasEnded,
        output: this.stdout + this.stderr,
      }),
      until: (seen) => seen.isThere || seen.hasEnded,
      limitMs,
    });
    if (!isThere) throw new Error(`It ended without ${pattern} in its output:\n${this.stdout}${this.stderr}`);
  }
}

function listDescendants(pid: number): readonly number[] {
  const parents = liveParents();
  const below = (parent: number): readonly number[] =>
    [...parents].filter(([, candidate]) => candidate === parent).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}
