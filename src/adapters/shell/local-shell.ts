import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { CommandError } from '../../errors.ts';
import type { Argv, CommandResult, RunOptions, Shell } from './shell.ts';

const KEPT_LINES = 20;

/** This machine. */
export class LocalShell implements Shell {
  readonly host = 'localhost';

  async run(command: Argv, options: RunOptions = {}): Promise<CommandResult> {
    // Loaded when the first command runs: importing zx costs more than a whole `--version`.
    const { $ } = await import('zx/core');
    const output = await $({
      // Every setting is given, because zx reads ZX_* from the user's environment (ZX_PREFIX ran a command of its own).
      prefix: 'set -euo pipefail;',
      postfix: '',
      shell: '/bin/bash',
      quiet: true,
      verbose: false,
      detached: false,
      preferLocal: false,
      timeout: 0,
      killSignal: 'SIGTERM',
      nothrow: true,
      // zx leaves a standard input without text open, and whoever reads it waits for ever.
      ...(options.input ? { input: options.input } : { stdio: ['ignore', 'pipe', 'pipe'] }),
      env: { ...process.env, ...options.env },
      cwd: options.cwd ?? process.cwd(),
      ...(options.signal ? { signal: options.signal } : {}),
    })`${command as readonly string[] as string[]}`;
    options.signal?.throwIfAborted();
    if (output.exitCode === 0) return { stdout: output.stdout, stderr: output.stderr };
    throw new CommandError({
      command,
      exitStatus: output.exitCode ?? undefined,
      stdout: output.stdout,
      stderr: output.stderr,
    });
  }

  async stream(command: Argv, onLine: (line: string) => void, options: RunOptions = {}): Promise<void> {
    const [file, ...args] = command;
    // Not zx: it keeps all output in memory (200 MB of output cost 250 MB).
    const child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.signal ? { signal: options.signal } : {}),
    });
    const lastLines: string[] = [];
    const keep = (line: string): void => {
      lastLines.push(line);
      if (lastLines.length > KEPT_LINES) lastLines.shift();
      onLine(line);
    };
    for (const pipe of [child.stdout, child.stderr]) createInterface({ input: pipe }).on('line', keep);
    const failure = (exitStatus: number | undefined, cause?: unknown): CommandError =>
      new CommandError({ command, exitStatus, stdout: '', stderr: lastLines.join('\n') }, { cause });
    const [exitStatus] = (await once(child, 'close').catch((error: unknown) => {
      options.signal?.throwIfAborted();
      throw failure(undefined, error);
    })) as [number | null];
    options.signal?.throwIfAborted();
    if (exitStatus !== 0) throw failure(exitStatus ?? undefined);
  }
}
