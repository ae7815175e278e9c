import type { SparkWorker } from '../spark/master-state.ts';
import type { ClusterContainer } from './cluster.ts';

/** A worker's container, and what the master knows of the daemon inside. */
export interface WorkerPair {
  readonly container: ClusterContainer;
  /** `undefined` when the master does not list it: it has not registered, or runs no more. */
  readonly spark: SparkWorker | undefined;
}

/**
 * Finds for each container the worker that the master lists. Our deploys give each worker its display name as its host
 * name; in a stack deployed by hand it is the first 12 characters of the container's id.
 */
export function pairWorkers(
  containers: readonly ClusterContainer[],
  sparkWorkers: readonly SparkWorker[],
): readonly WorkerPair[] {
  const present = sparkWorkers.filter((worker) => worker.state !== 'DEAD');
  return containers.map((container) => ({
    container,
    // A restarted worker registers under the same name: the newest entry is the one that lives. Ids begin with the time.
    spark: present.filter((worker) => isWorkerOf(container, worker)).toSorted((a, b) => b.id.localeCompare(a.id))[0],
  }));
}

/** A worker's host is the container's name where there are such names, and else its id. */
export function isWorkerOf(container: ClusterContainer, { host }: SparkWorker): boolean {
  return host === container.displayName || (host.length >= 12 && (container.containerId?.startsWith(host) ?? false));
}

/**
 * Which workers go when there shall be fewer (design D8): first those that an earlier, unfinished run has chosen, then
 * those that do not run, then the idle ones, then the least busy, whatever their number; of equals the highest number.
 */
export function chooseVictims(workers: readonly WorkerPair[], count: number): readonly WorkerPair[] {
  const cost = ({ container, spark }: WorkerPair): number => {
    if (spark?.state === 'DECOMMISSIONED') return -2;
    if (!container.isRunning || !spark) return -1;
    return spark.coresUsed;
  };
  return workers.toSorted((a, b) => cost(a) - cost(b) || slotOf(b) - slotOf(a)).slice(0, Math.max(0, count));
}

/** The number in its name. */
export function slotOf({ container }: WorkerPair): number {
  return Number(/[0-9]+$/.exec(container.displayName)?.[0] ?? 0);
}
