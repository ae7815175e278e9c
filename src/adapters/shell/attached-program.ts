import { spawn } from 'node:child_process';
import { constants } from 'node:os';

import { CommandError } from '../../errors.ts';
import type { Argv } from './shell.ts';

/**
 * Runs a program with this process's own input, output and errors.
 *
 * @returns its exit status; 128 and the signal's number when a signal ended it
 * @throws CommandError if it does not start; the signal's reason
 */
export async function runAttached(
  command: Argv,
  { env = {}, signal }: { readonly env?: Readonly<Record<string, string>>; readonly signal: AbortSignal },
): Promise<number> {
  signal.throwIfAborted();
  const [file, ...args] = command;
  const child = spawn(file, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  // A Ctrl-C reaches the program by its terminal; a SIGTERM is passed on.
  const end = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', (error) => {
        reject(
          new CommandError({ command, exitStatus: undefined, stdout: '', stderr: error.message }, { cause: error }),
        );
      });
      child.once('close', (status, killedBy) => {
        resolve(status ?? 128 + (killedBy ? (constants.signals[killedBy] ?? 0) : 0));
      });
    });
  } finally {
    signal.removeEventListener('abort', end);
    signal.throwIfAborted();
  }
}

/** True when a person sits at both ends. */
export function hasTerminal(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY;
}
