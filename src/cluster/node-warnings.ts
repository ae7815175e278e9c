import { labCommand } from '../lab/lab-names.ts';
import { listWorkers, type Cluster, type ClusterNode } from './cluster.ts';
import type { Problem } from './problems.ts';
import { planMoves } from './rebalance.ts';
import type { WorkerPair } from './victims.ts';

/**
 * What is not well with the nodes around a cluster: it may be as asked all the same, because the swarm has started elsewhere
 * what a lost node ran. Empty for containers of one engine.
 */
export function findNodeWarnings(cluster: Cluster): readonly Problem[] {
  const { nodes } = cluster;
  return [
    ...nodes.filter(({ state }) => state !== 'ready').map((node) => explainLost(node, nodes)),
    ...nodes.filter(isTakenOut).map(explainTakenOut),
    ...findCrowding(cluster),
  ];
}

function explainLost(node: ClusterNode, nodes: readonly ClusterNode[]): Problem {
  const { id, name, state } = node;
  const subject = `node ${name}`;
  if (nodes.some((other) => other.id !== id && other.name === name && other.state === 'ready')) {
    const message = `has an old entry that is ${state}: the machine has joined anew`;
    return { subject, message, hint: repairOf(node) ?? `on a manager: docker node rm ${id}` };
  }
  const gone =
    node.madeBy === 'swarm' ? `spark-swarm swarm leave ${name}` : `on a manager: docker node rm --force ${id}`;
  const hint =
    node.madeBy === 'lab'
      ? (repairOf(node) ?? null)
      : `start that machine or its engine again; if it is gone for good: ${gone}`;
  return { subject, message: `is ${state}: nothing runs there`, hint };
}

/** The command that puts the nodes in order which it made itself. */
function repairOf({ madeBy, name }: ClusterNode): string | undefined {
  if (madeBy === 'lab') return labCommand('up', name.replace(/-[0-9]+$/, ''));
  return madeBy === 'swarm' ? 'spark-swarm swarm create, with the same words as the first time' : undefined;
}

function isTakenOut({ state, availability }: ClusterNode): boolean {
  return state === 'ready' && availability === 'pause';
}

function explainTakenOut({ name, availability }: ClusterNode): Problem {
  return {
    subject: `node ${name}`,
    message: `takes nothing new: its availability is ${availability}`,
    hint: `on a manager: docker node update --availability active ${name}`,
  };
}

/** Seen most often when a node has come back. */
function findCrowding(cluster: Cluster): readonly Problem[] {
  const workers = listWorkers(cluster);
  const pairs = workers.map((container): WorkerPair => ({ container, spark: undefined }));
  if (planMoves(pairs, cluster.nodes).length === 0) return [];
  const places = cluster.nodes
    .filter((node) => node.takesWorkers)
    .map(
      ({ id, name }) => `${workers.filter(({ nodeId, isRunning }) => isRunning && nodeId === id).length} on ${name}`,
    );
  return [
    {
      subject: 'workers',
      message: `are not spread evenly: ${places.join(', ')}`,
      hint: `spark-swarm rebalance --name ${cluster.name}`,
    },
  ];
}
