import { wantedWorkers } from '../cluster/cluster.ts';
import { UsageError } from '../errors.ts';
import { formatResizePlan, planResize, resizeCluster as resize } from '../operations/resize.ts';
import { parseCount } from '../units.ts';
import { CLUSTER_READERS, type ClusterOptions } from './call-options.ts';
import { milliseconds, parsed, readOptions, trueOrFalse } from './read-options.ts';
import { runClusterCall } from './run-call.ts';

export interface ResizeClusterOptions extends ClusterOptions {
  /** How many workers there shall be, 1 to 1000. */
  readonly workers: number;
  /** Stop workers without draining them: running tasks are lost and computed again. Default false. */
  readonly force?: boolean | undefined;
  /** Wait until Spark has them. Default true. */
  readonly wait?: boolean | undefined;
  /** How long to wait: for executors to end, and for Spark. Default 300 000. */
  readonly timeoutMs?: number | undefined;
}

export interface ResizedCluster {
  readonly name: string;
  /** How many workers there are meant to be now. */
  readonly workers: number;
  /** What was done, one sentence each; empty if there was nothing to do. */
  readonly changes: readonly string[];
}

const DEFAULT_TIMEOUT_MS = 300_000;

const READERS = {
  ...CLUSTER_READERS,
  workers: parsed((typed, field) => parseCount(typed, field, { min: 1, max: 1000 })),
  force: trueOrFalse,
  wait: trueOrFalse,
  timeoutMs: milliseconds,
};

/**
 * Changes the number of workers of a live cluster. Workers that go are drained first: running applications keep what they
 * have computed.
 *
 * @throws NotFoundError; UsageError: no room for so many; WaitTimeoutError: nothing was stopped, and the same call goes on;
 * UnreachableError: a running master does not answer; ConflictError; InvalidStateError; InterruptedError: the same call
 * goes on
 */
export async function resizeCluster(options: ResizeClusterOptions): Promise<ResizedCluster> {
  const wishes = readOptions(options, READERS);
  const { workers, force = false, wait = true, timeoutMs = DEFAULT_TIMEOUT_MS } = wishes;
  if (workers === undefined) throw new UsageError('workers: expected how many workers there shall be');
  return runClusterCall(wishes, async (connection, name) => {
    const changes = formatResizePlan(await planResize(connection, name, workers));
    await resize(connection, { name, workers, timeoutMs, wait, force });
    const cluster = await connection.platform.readCluster(name);
    return { name, workers: cluster ? wantedWorkers(cluster) : 0, changes };
  });
}
