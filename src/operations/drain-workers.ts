import { setTimeout as sleep } from 'node:timers/promises';

import { listWorkers, type Cluster } from '../cluster/cluster.ts';
import { pairWorkers, type WorkerPair } from '../cluster/victims.ts';
import { UnreachableError, WaitTimeoutError } from '../errors.ts';
import { formatDuration } from '../units.ts';
import type { OperationContext } from './operation.ts';
import { requireCluster } from './require-cluster.ts';
import { isSilent, readMasterPatiently, readMasterState, readWorkerState } from './spark-pages.ts';

export interface DrainRequest {
  /** The cluster's name. */
  readonly name: string;
  readonly leaving: readonly WorkerPair[];
  /** False when the master ran and did not answer as these workers were chosen. */
  readonly isMasterKnown: boolean;
}

export interface DrainOptions {
  readonly timeoutMs: number;
  /** The command has a `--force` that does without draining. */
  readonly canForce: boolean;
  readonly progress: (detail: string) => void;
}

export interface Drained {
  /** A short line that says what was waited for. */
  readonly detail: string;
  /** False where nobody could be asked, because no master runs: executors may be left. */
  readonly isDrained: boolean;
}

const POLL_MS = 100;

/**
 * Asks Spark to give these workers no more work, and waits until they are drained: no executor process is left on them. The
 * master's own figures stay until the job ends (measured). What was read when they were chosen may be old by now, so the
 * cluster is read anew.
 *
 * @throws WaitTimeoutError, UnreachableError; nothing has been stopped then
 */
export async function drainWorkers(
  context: OperationContext,
  { name, leaving, isMasterKnown }: DrainRequest,
  { timeoutMs, canForce, progress }: DrainOptions,
): Promise<Drained> {
  const cluster = await requireCluster(context, name);
  const state = isMasterKnown ? await readMasterPatiently(context, cluster) : undefined;
  if (!isMasterKnown || isSilent(cluster, state)) {
    throw new UnreachableError(
      `Cannot ask Spark to drain ${nameWorkers(leaving)}: the master of the cluster "${name}" does not answer`,
      { hint: `run the same command again when it does${canForce ? '; --force stops them without asking' : ''}` },
    );
  }
  if (!state) return { detail: 'the master does not run: there is nobody to ask', isDrained: false };
  if (state.applications.length === 0) return { detail: 'no application is running', isDrained: true };
  const ids = new Set(leaving.map(({ container }) => container.id));
  const present = listWorkers(cluster).filter(({ id, isRunning }) => isRunning && ids.has(id));
  const registered = pairWorkers(present, state.workers).filter(({ spark }) => spark !== undefined);
  const toSignal = registered.filter(({ spark }) => spark?.state === 'ALIVE');
  // All of them first: one that cannot be reached must not leave another one decommissioned.
  const opened = await Promise.all(
    toSignal.map(async ({ container }) => context.platform.openContainer(cluster, container)),
  );
  for (const access of opened) await access.kill('SIGPWR');
  const deadline = Date.now() + timeoutMs;
  let waitingFor = registered;
  for (;;) {
    const now = await readMasterState(context, cluster);
    const busy: WorkerPair[] = [];
    for (const pair of waitingFor) if (!(await hasNoExecutors(context, cluster, pair, now))) busy.push(pair);
    waitingFor = busy;
    if (waitingFor.length === 0) return { detail: `${nameWorkers(leaving)} drained`, isDrained: true };
    progress(`waiting for the executors on ${nameWorkers(waitingFor)}`);
    if (Date.now() > deadline) {
      throw new WaitTimeoutError(
        `Gave up after ${formatDuration(timeoutMs)} waiting for the executors on ${nameWorkers(waitingFor)} to end; nothing was stopped`,
        {
          hint: `the same command goes on with the same workers${canForce ? '; --force stops them without waiting' : ''}`,
        },
      );
    }
    await sleep(POLL_MS, undefined, { signal: context.signal });
  }
}

async function hasNoExecutors(
  context: OperationContext,
  cluster: Cluster,
  { spark }: WorkerPair,
  state: Awaited<ReturnType<typeof readMasterState>>,
): Promise<boolean> {
  const listed = state?.workers.find((worker) => worker.id === spark?.id);
  // A master that no longer lists it (it forgot it, or is a new one) gives it no executors.
  if (!spark || listed?.state === 'DEAD' || (state && !listed)) return true;
  // Not yet decommissioned: it could still be given an executor.
  if (listed?.state === 'ALIVE') return false;
  const worker = await readWorkerState(context, cluster, spark.id);
  return worker !== undefined && worker.executorCount === 0;
}

/** What a worker does, for the line that says that it goes. */
export function describeWork(spark: WorkerPair['spark']): string {
  if (!spark) return 'not registered with the master';
  if (spark.state === 'DECOMMISSIONED') return 'already decommissioned';
  return spark.coresUsed === 0 ? 'idle' : `${spark.coresUsed} of ${spark.cores} cores in use`;
}

/** `worker-2, worker-3`. */
export function nameWorkers(pairs: readonly WorkerPair[]): string {
  return pairs.map(({ container }) => container.displayName).join(', ');
}
