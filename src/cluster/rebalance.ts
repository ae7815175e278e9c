import type { ClusterNode } from './cluster.ts';
import { slotOf, type WorkerPair } from './victims.ts';

/** One worker that is to leave its node. */
export interface Move {
  readonly worker: WorkerPair;
  /** The node with the fewest workers, where the swarm starts the next one. */
  readonly to: ClusterNode;
}

/**
 * Which workers to start anew so that they are spread evenly over the nodes that take them: as few as possible, the idle
 * ones first, then the least busy. Empty when no node has two more than another.
 *
 * The swarm never moves what runs: a node that comes back stays empty until something is started.
 */
export function planMoves(workers: readonly WorkerPair[], nodes: readonly ClusterNode[]): readonly Move[] {
  const takers = nodes.filter((node) => node.takesWorkers);
  const on = new Map(takers.map((node) => [node.id, workers.filter((pair) => isOn(pair, node))]));
  const present = new Map(takers.map((node) => [node.id, on.get(node.id)?.length ?? 0]));
  const count = (node: ClusterNode): number => present.get(node.id) ?? 0;
  const moves: Move[] = [];
  for (;;) {
    const [emptiest] = takers.toSorted((a, b) => count(a) - count(b));
    const most = Math.max(...takers.map(count));
    if (!emptiest || most - count(emptiest) < 2) return moves;
    const [cheapest] = takers
      .filter((node) => count(node) === most)
      .flatMap((node) => (on.get(node.id) ?? []).map((worker) => ({ node, worker })))
      .toSorted((a, b) => cost(a.worker) - cost(b.worker) || slotOf(b.worker) - slotOf(a.worker));
    if (!cheapest) return moves;
    const { node, worker } = cheapest;
    moves.push({ worker, to: emptiest });
    on.set(
      node.id,
      (on.get(node.id) ?? []).filter((pair) => pair !== worker),
    );
    present.set(node.id, most - 1);
    present.set(emptiest.id, count(emptiest) + 1);
  }
}

function isOn({ container }: WorkerPair, node: ClusterNode): boolean {
  return container.isRunning && container.nodeId === node.id;
}

/** What does not work for anybody goes first: one that an interrupted run has drained, one that is not registered. */
function cost({ spark }: WorkerPair): number {
  if (spark === undefined || spark.state === 'DECOMMISSIONED') return -1;
  return spark.coresUsed;
}
