import { listWorkers, type Cluster } from '../cluster/cluster.ts';
import { planMoves, type Move } from '../cluster/rebalance.ts';
import { pairWorkers } from '../cluster/victims.ts';
import { InvalidStateError } from '../errors.ts';
import { runSteps, type FlowStep } from '../events.ts';
import { describeWork, drainWorkers } from './drain-workers.ts';
import { withLock, type OperationContext } from './operation.ts';
import { requireCluster } from './require-cluster.ts';
import { isSilent, readMasterPatiently } from './spark-pages.ts';
import { waitForSpark } from './wait-ready.ts';

export interface RebalanceOptions {
  readonly name: string;
  /** For each worker: until it is drained, and until another one is registered. */
  readonly timeoutMs: number;
}

export interface RebalancePlan {
  readonly cluster: Cluster;
  readonly moves: readonly Move[];
  /** False when the master runs and does not answer: nobody knows what the workers do. */
  readonly isMasterKnown: boolean;
}

/**
 * Reads the cluster and decides which workers are to be started anew, so that every node has its share. Changes nothing.
 *
 * @throws NotFoundError; InvalidStateError for a cluster that is not on a swarm
 */
export async function planRebalance(context: OperationContext, name: string): Promise<RebalancePlan> {
  const cluster = await requireCluster(context, name);
  if (!context.platform.capabilities.hasNodes) {
    throw new InvalidStateError(
      `Cannot spread the workers of the cluster "${name}": it is in containers of one engine`,
    );
  }
  const state = await readMasterPatiently(context, cluster);
  const pairs = pairWorkers(listWorkers(cluster), state?.workers ?? []);
  return {
    cluster,
    moves: planMoves(pairs, cluster.nodes),
    isMasterKnown: !isSilent(cluster, state),
  };
}

/** Sentences for people: which workers move. Empty when they are spread evenly. */
export function formatRebalancePlan({ moves }: RebalancePlan): readonly string[] {
  return moves.map(
    ({ worker: { container, spark }, to }) =>
      `drain ${container.displayName} on ${container.node} (${describeWork(spark)}) and start it anew, on ${to.name}`,
  );
}

/**
 * Spreads the workers over the nodes again, one after the other, idle ones first: each is drained as by a shrink, stopped,
 * and started anew by the swarm, which chooses the node with the fewest. Interrupted, and run again, it goes on.
 *
 * @returns what had moved, by worker: the node it is on now
 * @throws WaitTimeoutError when a drain runs out of time: that worker has not been stopped; UnreachableError
 */
export async function rebalanceCluster(
  context: OperationContext,
  options: RebalanceOptions,
): Promise<ReadonlyMap<string, string>> {
  return withLock(context, options.name, { command: 'rebalance', timeoutMs: options.timeoutMs }, async () => {
    const plan = await planRebalance(context, options.name);
    await runSteps(
      plan.moves.map((move) => moveStep(context, options, plan, move)),
      context.report,
      context.signal,
    );
    return readPlaces(context, plan);
  });
}

function moveStep(
  context: OperationContext,
  { name, timeoutMs }: RebalanceOptions,
  { cluster, isMasterKnown }: RebalancePlan,
  { worker, to }: Move,
): FlowStep {
  const { displayName, node } = worker.container;
  return {
    id: `move-${displayName}`,
    title: `Move ${displayName} from ${node} to ${to.name}`,
    run: async ({ progress }) => {
      const { isDrained } = await drainWorkers(
        context,
        { name, leaving: [worker], isMasterKnown },
        { timeoutMs, canForce: false, progress },
      );
      await context.platform.stopWorkers(cluster, [worker.container], { replace: true, isDrained });
      const { cluster: now } = await waitForSpark(context, name, { timeoutMs, progress, before: cluster });
      const arrived = now.containers.find((container) => container.displayName === displayName);
      return `it is on ${arrived?.node ?? 'no node'}`;
    },
  };
}

/** Where the swarm has put them: it may know of reasons, like memory, that keep a worker from the emptiest node. */
async function readPlaces(
  { platform, report }: OperationContext,
  { cluster, moves }: RebalancePlan,
): Promise<ReadonlyMap<string, string>> {
  const now = moves.length === 0 ? undefined : await platform.readCluster(cluster.name);
  const places = moves.map(({ worker: { container }, to }) => {
    const place = now?.containers.find(({ displayName }) => displayName === container.displayName)?.node ?? '';
    if (place === container.node) {
      const message = `${container.displayName} came back on ${place}: the swarm did not place it on ${to.name}`;
      report({ type: 'warning', message: `${message} (docker node inspect ${to.name} shows what is reserved there)` });
    }
    return [container.displayName, place] as const;
  });
  return new Map(places);
}
