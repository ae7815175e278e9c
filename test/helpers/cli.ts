import path from 'node:path';
import { PassThrough, Writable } from 'node:stream';

import type { CommandEntry } from '../../src/cli/command-table.ts';
import type { CliContext } from '../../src/cli/context.ts';
import { main } from '../../src/cli/main.ts';

/** The repository; this file runs from dist/test/helpers. */
export const projectRoot = path.resolve(import.meta.dirname, '../../..');

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input and standard error are a terminal. */
  readonly tty?: boolean;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
  /** Instead of all commands there are. */
  readonly commands?: readonly CommandEntry[];
  /** What is typed. */
  readonly input?: string;
}

export interface CliOutcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process, with streams and environment of its own. */
export async function runCli(argv: readonly string[], options: CliOptions = {}): Promise<CliOutcome> {
  const { cli, written } = captureCli(options);
  const status = await main(argv, cli, options.commands);
  return { status, ...written() };
}

/** A context for one command, and what has been written through it so far. */
export function captureCli(options: CliOptions = {}): {
  readonly cli: CliContext;
  readonly written: () => { readonly stdout: string; readonly stderr: string };
} {
  const tty = options.tty ?? false;
  const stdout = capture(false);
  const stderr = capture(tty);
  const stdin = Object.assign(new PassThrough(), { isTTY: tty, setRawMode: () => stdin });
  stdin.end(options.input ?? '');
  const cli: CliContext = {
    env: options.env ?? {},
    cwd: options.cwd ?? projectRoot,
    stdin,
    stdout: stdout.stream,
    stderr: stderr.stream,
    signal: options.signal ?? new AbortController().signal,
    projectRoot,
    exitStatus: 0,
  };
  return { cli, written: () => ({ stdout: stdout.text(), stderr: stderr.text() }) };
}

function capture(isTTY: boolean): {
  readonly stream: Writable & { readonly isTTY: boolean; readonly columns: number };
  readonly text: () => string;
} {
  let text = '';
  const writable = new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  return { stream: Object.assign(writable, { isTTY, columns: 100 }), text: () => text };
}
