import {
  countWorkers,
  findMaster,
  listWorkers,
  wantedWorkers,
  type Cluster,
  type ClusterContainer,
} from '../cluster/cluster.ts';
import { chooseVictims, pairWorkers, type WorkerPair } from '../cluster/victims.ts';
import { InvalidStateError, UnreachableError } from '../errors.ts';
import { runSteps, skipped, type FlowStep } from '../events.ts';
import { describeWork, drainWorkers, nameWorkers } from './drain-workers.ts';
import type { OperationContext } from './operation.ts';
import { withLock } from './operation.ts';
import { aliveWorkers } from '../spark/master-state.ts';
import { requireCluster } from './require-cluster.ts';
import { isSilent, readMasterPatiently } from './spark-pages.ts';
import { waitForSpark } from './wait-ready.ts';

export interface ResizeOptions {
  readonly name: string;
  readonly workers: number;
  readonly timeoutMs: number;
  /** Wait until Spark has the asked workers. */
  readonly wait: boolean;
  /**
   * Stop workers without asking Spark first: running tasks are lost and computed again. `undefined` where the command has no
   * such flag, which hints do not name then.
   */
  readonly force: boolean | undefined;
}

export interface ResizePlan {
  readonly cluster: Cluster;
  readonly from: number;
  readonly to: number;
  /** All that are there, with what the master knows of them. */
  readonly workers: readonly WorkerPair[];
  /** The workers that go, each with what it does now. */
  readonly victims: readonly WorkerPair[];
  /** Left decommissioned by an earlier, unfinished shrink: they take no new work, and are drained and started anew. */
  readonly restarts: readonly WorkerPair[];
  /** False when the master runs and did not answer: nobody knows what the workers do. */
  readonly isMasterKnown: boolean;
}

/** Reads the cluster and decides which workers come or go. Changes nothing. */
export async function planResize(context: OperationContext, name: string, workers: number): Promise<ResizePlan> {
  const cluster = await requireCluster(context, name);
  const from = presentWorkers(context, cluster);
  const state = await readMasterPatiently(context, cluster);
  const pairs = pairWorkers(listWorkers(cluster), state?.workers ?? []);
  const victims = chooseVictims(pairs, from - workers);
  const restarts = pairs.filter(
    (pair) => pair.spark?.state === 'DECOMMISSIONED' && hasContainer(pair) && !victims.includes(pair),
  );
  return {
    cluster,
    from,
    to: workers,
    workers: pairs,
    victims,
    restarts,
    isMasterKnown: !isSilent(cluster, state),
  };
}

/** Where no manager keeps to the number, there may be more: somebody has added some by hand. */
export function presentWorkers({ platform }: Pick<OperationContext, 'platform'>, cluster: Cluster): number {
  const wanted = wantedWorkers(cluster);
  if (platform.capabilities.hasNodes) return wanted;
  return Math.max(wanted, listWorkers(cluster).filter(({ containerId }) => containerId !== undefined).length);
}

/** Sentences for people: what a resize will do. Empty when there is nothing to do. */
export function formatResizePlan({ from, to, victims, restarts }: ResizePlan): readonly string[] {
  return [
    ...restarts.map(
      ({ container }) => `drain and restart ${container.displayName} (decommissioned, takes no new work)`,
    ),
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
    if (!options.force) refuseDeadMaster(context, plan.cluster);
    await runSteps(resizeSteps(context, options, plan), context.report, context.signal);
  });
}

/** Where no manager starts it again, nobody could drain workers, and nothing would ever be ready. */
function refuseDeadMaster({ platform }: OperationContext, cluster: Cluster): void {
  if (platform.capabilities.hasNodes || findMaster(cluster)?.isRunning) return;
  throw new InvalidStateError(`Cannot resize the cluster "${cluster.name}": its master does not run`, {
    hint: `spark-swarm start --name ${cluster.name}`,
  });
}

export function resizeSteps(context: OperationContext, options: ResizeOptions, plan: ResizePlan): readonly FlowStep[] {
  const { cluster, from, to, victims, restarts, isMasterKnown } = plan;
  const leaving = [...victims, ...restarts];
  let areDrained = false;
  const drainStep: FlowStep = {
    id: 'drain',
    title: `Drain ${nameWorkers(leaving)}`,
    run: async ({ progress }) => {
      if (options.force) return skipped('--force');
      const { detail, isDrained } = await drainWorkers(
        context,
        { name: options.name, leaving, isMasterKnown },
        { timeoutMs: options.timeoutMs, canForce: options.force !== undefined, progress },
      );
      areDrained = isDrained;
      return detail;
    },
  };
  const stopStep: FlowStep = {
    id: 'stop',
    title: `Stop ${nameWorkers(victims)}`,
    run: async () => {
      const { hasNodes } = context.platform.capabilities;
      // Also one that has ended, where no manager takes it away.
      const stopping = victims.filter(
        (pair) => hasContainer(pair) || (!hasNodes && pair.container.containerId !== undefined),
      );
      const chosen = options.force ? await keepReachable(context, cluster, stopping) : stopping;
      await context.platform.stopWorkers(cluster, containersOf(chosen), { replace: false, isDrained: areDrained });
    },
  };
  return [
    ...(leaving.length > 0 ? [drainStep] : []),
    ...(victims.length > 0 ? [stopStep] : []),
    {
      id: 'scale',
      title: from === to ? `Keep ${to} workers` : `Change the number of workers from ${from} to ${to}`,
      run: async () => {
        await context.platform.setWorkers(cluster, to);
        if (restarts.length > 0) {
          await context.platform.stopWorkers(cluster, containersOf(restarts), { replace: true, isDrained: areDrained });
        }
        return from === to && restarts.length === 0 ? skipped('it is as asked') : undefined;
      },
    },
    ...(options.wait
      ? [
          {
            id: 'ready',
            title: 'Wait until Spark is ready',
            run: async ({ progress }) => {
              const { state } = await waitForSpark(context, options.name, {
                timeoutMs: options.timeoutMs,
                progress,
                before: cluster,
              });
              return `${countWorkers(aliveWorkers(state).length)} ALIVE`;
            },
          } satisfies FlowStep,
        ]
      : []),
  ];
}

/** With `--force` a worker that cannot be reached is left to Docker, which then chooses by itself; it is said. */
async function keepReachable(
  { platform, report }: OperationContext,
  cluster: Cluster,
  workers: readonly WorkerPair[],
): Promise<readonly WorkerPair[]> {
  const tried = await Promise.all(
    workers.map(async (pair) => {
      try {
        await platform.openContainer(cluster, pair.container);
        return pair;
      } catch (error) {
        if (!(error instanceof UnreachableError)) throw error;
        report({ type: 'warning', message: `${error.message}; Docker chooses itself which worker goes` });
        return undefined;
      }
    }),
  );
  return tried.filter((pair) => pair !== undefined);
}

function hasContainer({ container }: WorkerPair): boolean {
  return container.containerId !== undefined && container.isRunning;
}

function containersOf(pairs: readonly WorkerPair[]): readonly ClusterContainer[] {
  return pairs.map(({ container }) => container);
}
