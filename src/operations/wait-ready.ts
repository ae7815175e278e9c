import { setTimeout as sleep } from 'node:timers/promises';

import { wantedWorkers, type Cluster, type ClusterContainer } from '../cluster/cluster.ts';
import { planWorkerSize } from '../cluster/sizes.ts';
import { InvalidStateError, NotFoundError, WaitTimeoutError } from '../errors.ts';
import { formatReadiness, isSparkReady, type MasterState, type WantedWorkers } from '../spark/master-state.ts';
import { formatDuration } from '../units.ts';
import type { OperationContext } from './operation.ts';
import { readMasterState } from './spark-pages.ts';

const POLL_MS = 100;
/** A daemon that failed this often in one place will go on failing. */
const HOPELESS_FAILURES = 3;

export interface Ready {
  readonly cluster: Cluster;
  readonly state: MasterState;
}

/**
 * Waits until Spark itself is ready: the master ALIVE, with exactly the asked workers ALIVE (design D1).
 *
 * @throws WaitTimeoutError with what was last seen; InvalidStateError at once when a container cannot come up
 */
export async function waitForSpark(
  context: OperationContext,
  name: string,
  { timeoutMs, progress }: { readonly timeoutMs: number; readonly progress: (detail: string) => void },
): Promise<Ready> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const cluster = await context.platform.readCluster(name);
    if (!cluster) throw new NotFoundError(`No cluster named "${name}": it was removed while waiting for it`);
    const state = await readMasterState(context, cluster);
    const wanted = describeWanted(cluster);
    if (state && isSparkReady(state, wanted)) return { cluster, state };
    const hopeless = cluster.containers.find(isHopeless);
    if (hopeless) throw cannotStart(cluster, hopeless);
    const seen = formatSeen(cluster, state, wanted);
    if (Date.now() > deadline) {
      throw new WaitTimeoutError(
        `Gave up after ${formatDuration(timeoutMs)} waiting for the cluster "${name}"; last seen: ${seen}`,
        { hint: `spark-swarm status --name ${name}` },
      );
    }
    progress(seen);
    await sleep(POLL_MS, undefined, { signal: context.signal });
  }
}

/** What readiness compares with: the number now asked of the platform, and the size the cluster was deployed with. */
export function describeWanted(cluster: Cluster): WantedWorkers {
  const { remembered } = cluster;
  const size = remembered && planWorkerSize(remembered.workerMemoryBytes, remembered.workerCores);
  return { count: wantedWorkers(cluster), cores: size?.sparkCores, memoryBytes: size?.sparkMemoryBytes };
}

function formatSeen(cluster: Cluster, state: MasterState | undefined, wanted: WantedWorkers): string {
  const waiting = cluster.containers.find((container) => !container.isRunning);
  const why =
    waiting && ` (${waiting.displayName} is ${waiting.state}${waiting.error === '' ? '' : `: ${waiting.error}`})`;
  return formatReadiness(state, wanted) + (why ?? '');
}

function isHopeless(container: ClusterContainer): boolean {
  return !container.isRunning && (container.failures >= HOPELESS_FAILURES || /no such image/i.test(container.error));
}

function cannotStart(cluster: Cluster, { displayName, error, failures }: ClusterContainer): InvalidStateError {
  return new InvalidStateError(
    `${displayName} of the cluster "${cluster.name}" cannot start; it failed ${failures} times, last with: ${error}`,
    { hint: `spark-swarm logs ${displayName} --name ${cluster.name}` },
  );
}
