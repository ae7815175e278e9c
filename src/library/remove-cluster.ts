import { removeCluster as remove } from '../operations/remove.ts';
import { describeWork, findRunningWork, isIdle } from '../operations/running-work.ts';
import type { RemoveResult } from '../platforms/platform.ts';
import { ask } from './ask.ts';
import { CLUSTER_READERS, readConfirm, type ClusterOptions, type Confirm } from './call-options.ts';
import { milliseconds, readOptions, trueOrFalse } from './read-options.ts';
import { unlessAborted } from '../signals.ts';
import { runClusterCall } from './run-call.ts';

export interface RemoveClusterOptions extends ClusterOptions {
  /** Remove its volumes too, with what is in them. Default false. */
  readonly volumes?: boolean | undefined;
  /** How long to wait for another command that works on it. Default 120 000. */
  readonly timeoutMs?: number | undefined;
  /** Asked when applications are running, or when nobody knows. Default: nobody says yes. */
  readonly confirm?: Confirm | undefined;
}

export interface RemovedCluster extends RemoveResult {
  readonly name: string;
}

const DEFAULT_TIMEOUT_MS = 120_000;

const READERS = {
  ...CLUSTER_READERS,
  volumes: trueOrFalse,
  timeoutMs: milliseconds,
  confirm: readConfirm,
};

/**
 * Takes a cluster away, in whatever state it is, and returns when it is gone. Images and volumes stay. That there is none is
 * no error; neither is what could not be taken away, which is in `remaining`.
 *
 * @throws ConflictError: applications are running and `confirm` did not say yes, or another command holds it;
 * UnreachableError; InterruptedError: the same call goes on
 */
export async function removeCluster(options: RemoveClusterOptions = {}): Promise<RemovedCluster> {
  const wishes = readOptions(options, READERS);
  const { volumes = false, timeoutMs = DEFAULT_TIMEOUT_MS, confirm } = wishes;
  return runClusterCall(wishes, async (connection, name) => {
    const work = await unlessAborted(findRunningWork(connection, name), connection.signal);
    if (!isIdle(work)) {
      const message = `Remove the cluster "${name}"? ${describeWork(work)}`;
      await ask(confirm, { message, applications: work.applications, jobs: work.jobs.map(({ record }) => record) });
    }
    return { name, ...(await remove(connection, { name, volumes, timeoutMs })) };
  });
}
