import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { CommandError } from '../../errors.ts';
import type { Argv, Shell } from '../shell/shell.ts';

export interface DockerBuildOptions {
  /** The context as a tar archive, for the command's standard input. */
  readonly context: Readable;
  readonly env: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Runs `docker build … -` and hands over each line of its output as it comes.
 *
 * The command line and not the API, because BuildKit needs a session that only docker itself can hold.
 *
 * @throws CommandError, without output (the lines are the caller's); the signal's reason
 */
export async function runDockerBuild(
  command: Argv,
  { context, env, onLine, signal }: DockerBuildOptions,
): Promise<void> {
  const [file, ...args] = command;
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env }, signal });
  for (const pipe of [child.stdout, child.stderr]) createInterface({ input: pipe }).on('line', onLine);
  const failure = (exitStatus: number | undefined, cause: unknown): CommandError =>
    new CommandError({ command, exitStatus, stdout: '', stderr: '' }, { cause });
  // A build that ends early closes its input: its own status and words say why, not our broken pipe.
  let sendError: unknown;
  const sent = pipeline(context, child.stdin).catch((error: unknown) => {
    sendError = error;
  });
  const [exitStatus] = (await once(child, 'close').catch((error: unknown) => {
    signal.throwIfAborted();
    throw failure(undefined, error);
  })) as [number | null];
  await sent;
  signal.throwIfAborted();
  if (exitStatus !== 0) throw failure(exitStatus ?? undefined, sendError);
}

/** Whether docker has BuildKit's plugin. Without it, and not told otherwise, docker warns and builds the classic way. */
export async function hasBuildx(shell: Shell, signal: AbortSignal): Promise<boolean> {
  try {
    await shell.run(['docker', 'buildx', 'version'], { signal });
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}
