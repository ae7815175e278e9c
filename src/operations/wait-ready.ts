import { setTimeout as sleep } from 'node:timers/promises';

import { wantedWorkers, type Cluster, type ClusterContainer } from '../cluster/cluster.ts';
import { explainContainer } from '../cluster/problems.ts';
import { planWorkerSize } from '../cluster/sizes.ts';
import { InvalidStateError, NotFoundError, WaitTimeoutError } from '../errors.ts';
import { formatReadiness, isSparkReady, type MasterState, type WantedWorkers } from '../spark/master-state.ts';
import { formatDuration } from '../units.ts';
import { isHistoryReady } from './history.ts';
import { isNotebookReady } from './notebook.ts';
import type { OperationContext } from './operation.ts';
import { readMasterState } from './spark-pages.ts';

const POLL_MS = 100;
/** A daemon that failed this often in one place will go on failing. */
const HOPELESS_FAILURES = 3;
/** A swarm's task that came after the number was lowered stays pending until somebody makes the manager look again. */
const SURPLUS_MS = 3000;

export interface Ready {
  readonly cluster: Cluster;
  readonly state: MasterState;
}

interface WaitOptions {
  readonly timeoutMs: number;
  readonly progress: (detail: string) => void;
  /** After a change of services that run: how long their old containers may still look like the new ones. */
  readonly settleMs?: number;
  /** The cluster before the change that is waited for: why its containers failed then may be gone. */
  readonly before: Cluster | undefined;
  /** How long there may be more workers than are wanted. */
  readonly surplusMs?: number;
}

/**
 * Waits until Spark itself is ready: the master ALIVE, with exactly the asked workers ALIVE (design D1).
 *
 * @throws WaitTimeoutError with what was last seen; InvalidStateError at once when a container cannot come up
 */
export async function waitForSpark(
  context: OperationContext,
  name: string,
  { timeoutMs, progress, settleMs = 0, before, surplusMs = SURPLUS_MS }: WaitOptions,
): Promise<Ready> {
  const deadline = Date.now() + timeoutMs;
  const settledAt = Date.now() + Math.min(settleMs, timeoutMs / 2);
  const earlier = new Map(before?.containers.map((container) => [container.displayName, container]));
  let surplusSince: number | undefined;
  for (;;) {
    const cluster = await context.platform.readCluster(name);
    if (!cluster) throw new NotFoundError(`No cluster named "${name}": it was removed while waiting for it`);
    const state = await readMasterState(context, cluster);
    const wanted = describeWanted(cluster);
    const isReady = state !== undefined && isSparkReady(state, wanted) && isPlatformReady(cluster);
    const silent = isReady ? await findSilent(context, cluster) : undefined;
    const isWhole = isReady && silent === undefined;
    if (isWhole && Date.now() >= settledAt) return { cluster, state };
    refuseFailedUpdate(cluster);
    const hopeless = cluster.containers.find((container) => isHopeless(container, earlier));
    if (hopeless) throw cannotStart(cluster, hopeless);
    const seen = silent !== undefined ? `the ${silent} does not answer yet` : formatSeen(cluster, state, wanted);
    if (Date.now() > deadline) {
      throw new WaitTimeoutError(
        `Gave up after ${formatDuration(timeoutMs)} waiting for the cluster "${name}"; last seen: ${seen}`,
        { hint: `spark-swarm status --name ${name}` },
      );
    }
    surplusSince = hasSurplus(cluster) ? (surplusSince ?? Date.now()) : undefined;
    if (surplusSince !== undefined && Date.now() - surplusSince >= surplusMs) {
      await context.platform.setWorkers(cluster, wantedWorkers(cluster));
      surplusSince = undefined;
    }
    progress(seen);
    await sleep(POLL_MS, undefined, { signal: context.signal });
  }
}

/** More workers than are wanted, one of them not started, and nothing that changes it. */
function hasSurplus({ services, containers }: Cluster): boolean {
  const service = services.find(({ role }) => role === 'worker');
  const workers = containers.filter(({ role }) => role === 'worker');
  return (
    service !== undefined &&
    service.update?.state !== 'updating' &&
    workers.length > service.wanted &&
    workers.some(({ isRunning }) => !isRunning)
  );
}

/** Of what runs beside Spark, that which does not answer yet. */
async function findSilent(
  context: OperationContext,
  cluster: Cluster,
): Promise<'notebook' | 'history server' | undefined> {
  if (!(await isNotebookReady(context, cluster))) return 'notebook';
  return (await isHistoryReady(context, cluster)) ? undefined : 'history server';
}

/** Every container that shall run does, and none of them is about to be replaced. */
function isPlatformReady({ services, containers }: Cluster): boolean {
  const ours = services.filter((service) => service.role !== undefined);
  return (
    containers.every((container) => container.isRunning) &&
    ours.every((service) => service.running >= service.wanted && service.update?.state !== 'updating')
  );
}

/** @throws InvalidStateError if Docker has given up changing a service, or has gone back to what was before */
function refuseFailedUpdate({ name, services }: Cluster): void {
  const failed = services.find(({ update }) => update !== undefined && /^(paused|rollback_)/.test(update.state));
  if (!failed?.update) return;
  throw new InvalidStateError(
    `Docker could not change the service ${failed.name}: its update is ${failed.update.state} (${failed.update.message})`,
    { hint: `spark-swarm status --name ${name}` },
  );
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
  const changing = cluster.services.find(({ update }) => update?.state === 'updating');
  const what = changing && ` (the service ${changing.name} is being updated)`;
  return formatReadiness(state, wanted) + (why ?? what ?? '');
}

/** A task that failed before the command is not its doing: the image that was missing then may be there now. */
function isHopeless(container: ClusterContainer, earlier: ReadonlyMap<string, ClusterContainer>): boolean {
  const old = earlier.get(container.displayName);
  const failures = container.failures - (old?.failures ?? 0);
  const isOld = old !== undefined && old.id === container.id && old.error === container.error;
  return !container.isRunning && (failures >= HOPELESS_FAILURES || (!isOld && /no such image/i.test(container.error)));
}

function cannotStart(cluster: Cluster, container: ClusterContainer): InvalidStateError {
  const { displayName } = container;
  const { message, hint } = explainContainer(container);
  return new InvalidStateError(`${displayName} of the cluster "${cluster.name}" cannot start: it ${message}`, {
    hint: hint ?? `spark-swarm logs ${displayName} --name ${cluster.name}`,
  });
}
