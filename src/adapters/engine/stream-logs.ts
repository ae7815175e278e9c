import type { Writable } from 'node:stream';

import { demultiplex } from './container.ts';
import type { EngineApi } from './engine-api.ts';

export interface StreamLogsOptions {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly follow: boolean;
  /** Lines from the end; `undefined` for all. */
  readonly tail: number | undefined;
  /** Only what is younger: milliseconds since the epoch. */
  readonly sinceMs: number | undefined;
  readonly timestamps: boolean;
  readonly signal: AbortSignal;
}

/**
 * Streams the log of a container or of a task; with `follow` what comes from now on, too.
 *
 * @param path `/containers/ID/logs`, `/tasks/ID/logs`
 * @throws NotFoundError, EngineError, UnreachableError; the signal's reason
 */
export async function streamLogs(api: EngineApi, path: string, options: StreamLogsOptions): Promise<void> {
  const { stdout, stderr, follow, tail, sinceMs, timestamps, signal } = options;
  const output = await api.open('GET', path, {
    query: {
      stdout: true,
      stderr: true,
      follow,
      tail: tail ?? 'all',
      timestamps,
      since: sinceMs === undefined ? undefined : Math.floor(sinceMs / 1000),
    },
    signal,
    timeoutMs: 0,
  });
  await demultiplex(output, stdout, stderr).catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
}
