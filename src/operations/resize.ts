import { setTimeout as sleep } from 'node:timers/promises';

import { findMaster, listWorkers, wantedWorkers, type Cluster, type ClusterContainer } from '../cluster/cluster.ts';
import { chooseVictims, pairWorkers, type WorkerPair } from '../cluster/victims.ts';
import { NotFoundError, UnreachableError, WaitTimeoutError } from '../errors.ts';
import { runSteps, skipped, type FlowStep } from '../events.ts';
import { formatDuration } from '../units.ts';
import type { OperationContext } from './operation.ts';
import { withLock } from './operation.ts';
import { readMasterState, readWorkerState } from './spark-pages.ts';
import { waitForSpark } from './wait-ready.ts';

export interface ResizeOptions {
  readonly name: string;
  readonly workers: number;
  readonly timeoutMs: number;
  /** Wait until Spark has the asked workers. */
  readonly wait: boolean;
  /** Stop workers without asking Spark first: running tasks are lost and computed again. */
  readonly force: boolean;
}

export interface ResizePlan {
  readonly cluster: Cluster;
  readonly from: number;
  readonly to: number;
  /** The workers that go, each with what it does now. */
  readonly victims: readonly WorkerPair[];
  /** Left decommissioned by an earlier, unfinished shrink: they take no work, and are started anew. */
  readonly restarts: readonly ClusterContainer[];
  /** False when the master runs and does not answer: nobody knows what the workers do. */
  readonly isMasterKnown: boolean;
}

const POLL_MS = 100;

/** Reads the cluster and decides which workers come or go. Changes nothing. */
export async function planResize(context: OperationContext, name: string, workers: number): Promise<ResizePlan> {
  const cluster = await context.platform.readCluster(name);
  if (!cluster) throw new NotFoundError(`No cluster named "${name}"`, { hint: 'spark-swarm list shows them all' });
  const from = wantedWorkers(cluster);
  const state = await readMasterState(context, cluster);
  const pairs = pairWorkers(listWorkers(cluster), state?.workers ?? []);
  const victims = chooseVictims(pairs, from - workers);
  const restarts = pairs.filter(
    (pair) => pair.spark?.state === 'DECOMMISSIONED' && hasContainer(pair) && !victims.includes(pair),
  );
  return {
    cluster,
    from,
    to: workers,
    victims,
    restarts: restarts.map(({ container }) => container),
    isMasterKnown: state !== undefined || !findMaster(cluster)?.isRunning,
  };
}

/** Sentences for people: what a resize will do. Empty when there is nothing to do. */
export function formatResizePlan({ from, to, victims, restarts }: ResizePlan): readonly string[] {
  return [
    ...restarts.map((container) => `restart ${container.displayName} (decommissioned, takes no work)`),
    ...victims.map(({ container, spark }) => `drain and stop ${container.displayName} (${describeWork(spark)})`),
    ...(from === to ? [] : [`change the number of workers from ${from} to ${to}`]),
  ];
}

/**
 * Grows or shrinks a live cluster. Shrinking asks Spark first: chosen workers are decommissioned, their executors move
 * their blocks and end, then exactly these containers are stopped, and only then the number is lowered (design D8).
 *
 * @throws WaitTimeoutError if a drain runs out of time: nothing has been stopped, and the next run goes on with the same;
 * UnreachableError if a running master does not answer, so that nobody can be asked
 */
export async function resizeCluster(context: OperationContext, options: ResizeOptions): Promise<void> {
  await withLock(context, options.name, { command: 'resize', timeoutMs: options.timeoutMs }, async () => {
    const plan = await planResize(context, options.name, options.workers);
    await runSteps(resizeSteps(context, options, plan), context.report, context.signal);
  });
}

export function resizeSteps(context: OperationContext, options: ResizeOptions, plan: ResizePlan): readonly FlowStep[] {
  const { cluster, from, to, victims, restarts } = plan;
  const shrink: readonly FlowStep[] = [
    {
      id: 'drain',
      title: `Drain ${names(victims)}`,
      run: async ({ progress }) =>
        options.force ? skipped('--force') : drain(context, plan, options.timeoutMs, progress),
    },
    {
      id: 'stop',
      title: `Stop ${names(victims)}`,
      run: async () =>
        context.platform.stopWorkers(
          cluster,
          victims.filter(hasContainer).map(({ container }) => container),
          { replace: false },
        ),
    },
  ];
  return [
    ...(victims.length > 0 ? shrink : []),
    {
      id: 'scale',
      title: from === to ? `Keep ${to} workers` : `Change the number of workers from ${from} to ${to}`,
      run: async () => {
        await context.platform.setWorkers(cluster, to);
        if (restarts.length > 0) await context.platform.stopWorkers(cluster, restarts, { replace: true });
        return from === to && restarts.length === 0 ? skipped('nothing to do') : undefined;
      },
    },
    ...(options.wait
      ? [
          {
            id: 'ready',
            title: 'Wait until Spark is ready',
            run: async ({ progress }) => {
              const { state } = await waitForSpark(context, options.name, { timeoutMs: options.timeoutMs, progress });
              return `${state.workers.filter((worker) => worker.state === 'ALIVE').length} workers ALIVE`;
            },
          } satisfies FlowStep,
        ]
      : []),
  ];
}

/** Drained: no executor process is left on the worker. The master's own figures stay until the job ends (measured). */
async function drain(
  context: OperationContext,
  { cluster, victims, isMasterKnown }: ResizePlan,
  timeoutMs: number,
  progress: (detail: string) => void,
): Promise<string> {
  const state = await readMasterState(context, cluster);
  if (!isMasterKnown) {
    throw new UnreachableError(
      `Cannot ask Spark to drain ${names(victims)}: the master of the cluster "${cluster.name}" does not answer`,
      { hint: 'run the same command again when it does; --force stops them without asking' },
    );
  }
  if (!state) return 'the master does not run: there is nobody to ask';
  if (state.applications.length === 0) return 'no application is running';
  const registered = victims.filter(({ container, spark }) => container.isRunning && spark !== undefined);
  for (const { container, spark } of registered) {
    if (spark?.state !== 'ALIVE') continue;
    await (await context.platform.openContainer(cluster, container)).kill('SIGPWR');
  }
  const deadline = Date.now() + timeoutMs;
  let waitingFor = registered;
  for (;;) {
    const now = await readMasterState(context, cluster);
    const busy: WorkerPair[] = [];
    for (const pair of waitingFor) if (!(await isDrained(context, cluster, pair, now))) busy.push(pair);
    waitingFor = busy;
    if (waitingFor.length === 0) return `${names(registered)} drained`;
    progress(`waiting for the executors on ${names(waitingFor)}`);
    if (Date.now() > deadline) {
      throw new WaitTimeoutError(
        `Gave up after ${formatDuration(timeoutMs)} waiting for the executors on ${names(waitingFor)} to end; nothing was stopped`,
        { hint: 'the same command goes on with the same workers; --force stops them without waiting' },
      );
    }
    await sleep(POLL_MS, undefined, { signal: context.signal });
  }
}

async function isDrained(
  context: OperationContext,
  cluster: Cluster,
  { spark }: WorkerPair,
  state: Awaited<ReturnType<typeof readMasterState>>,
): Promise<boolean> {
  const listed = state?.workers.find((worker) => worker.id === spark?.id);
  if (!spark || listed?.state === 'DEAD') return true;
  // Not yet decommissioned: it could still be given an executor.
  if (listed?.state === 'ALIVE') return false;
  const worker = await readWorkerState(context, cluster, spark.id);
  return worker !== undefined && worker.executorCount === 0;
}

function hasContainer({ container }: WorkerPair): boolean {
  return container.containerId !== undefined && container.isRunning;
}

function describeWork(spark: WorkerPair['spark']): string {
  if (!spark) return 'not registered with the master';
  if (spark.state === 'DECOMMISSIONED') return 'already decommissioned';
  return spark.coresUsed === 0 ? 'idle' : `${spark.coresUsed} of ${spark.cores} cores in use`;
}

function names(pairs: readonly WorkerPair[]): string {
  return pairs.map(({ container }) => container.displayName).join(', ');
}
