import path from 'node:path';

import { readProcess } from '../adapters/process/this-process.ts';
import { connect } from '../connections/connect.ts';
import type { Connection, Surroundings } from '../connections/connection.ts';
import { InterruptedError } from '../errors.ts';
import { silent, type Report } from '../events.ts';
import { forMany, unlessAborted } from '../signals.ts';
import { nameOf, type CallOptions, type ClusterOptions } from './call-options.ts';

/** This package's own folder; this file runs from dist/src/library. */
const PACKAGE_FOLDER = path.resolve(import.meta.dirname, '../../..');

/** What one call works with. Its signal is of its own, and always aborted with an InterruptedError. */
export interface Call {
  readonly around: Surroundings;
  readonly report: Report;
}

/**
 * Runs one call of the library: what the caller left out is taken from this process, and an abort is an InterruptedError
 * whatever the aborted request throws. Nothing stays on the caller's signal, and no event comes after the end.
 *
 * @throws InterruptedError; whatever `work` throws
 */
export async function runCall<T>(options: Partial<CallOptions>, work: (call: Call) => Promise<T>): Promise<T> {
  const { signal, onEvent = silent } = options;
  const own = new AbortController();
  const onAbort = (): void => own.abort(toInterruption(signal?.reason));
  if (signal?.aborted) onAbort();
  own.signal.throwIfAborted();
  signal?.addEventListener('abort', onAbort, { once: true });
  let isOver = false;
  const report: Report = (event) => {
    if (!isOver) onEvent(event);
  };
  try {
    return await work({ around: surroundingsOf(options, forMany(own.signal)), report });
  } catch (error) {
    // What an aborted request throws differs from library to library; what the caller did does not.
    throw own.signal.aborted ? own.signal.reason : error;
  } finally {
    isOver = true;
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Runs one call about one cluster, on the engine where it is, or shall be. */
export async function runClusterCall<T>(
  options: Partial<ClusterOptions>,
  work: (connection: Connection, name: string, call: Call) => Promise<T>,
  { makes = false }: { readonly makes?: boolean } = {},
): Promise<T> {
  return runCall(options, async (call) => {
    const { context, platform } = options;
    const name = nameOf(options);
    const connecting = connect(call.around, { context, platform, name, makes, report: call.report });
    const connection = await unlessAborted(connecting, call.around.signal);
    try {
      return await work(connection, name, call);
    } finally {
      connection.target.api.close();
    }
  });
}

/** Folder that relative paths start from. */
export function cwdOf({ cwd = '.' }: Pick<CallOptions, 'cwd'>): string {
  return path.resolve(readProcess().cwd, cwd);
}

function surroundingsOf(options: Partial<CallOptions>, signal: AbortSignal): Surroundings {
  const { processEnv = readProcess().env, projectFolder } = options;
  const cwd = cwdOf(options);
  const projectRoot = projectFolder === undefined ? PACKAGE_FOLDER : path.resolve(cwd, projectFolder);
  return { env: processEnv, cwd, projectRoot, signal };
}

/** `AbortSignal.timeout` says why, a plain `abort()` only that. */
function toInterruption(reason: unknown): InterruptedError {
  if (reason instanceof InterruptedError) return reason;
  const why = reason instanceof Error ? reason.name !== 'AbortError' && reason.message : String(reason);
  return new InterruptedError(why ? `Interrupted: ${why}` : 'Interrupted', { cause: reason });
}
