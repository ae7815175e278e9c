import type { Cluster } from '../../cluster/cluster.ts';
import { findPlacementProblem, type PlacementNode } from '../../cluster/placement.ts';
import { HISTORY_BYTES, notebookLimitBytes, planMasterSize, planWorkerSize } from '../../cluster/sizes.ts';
import type { ClusterSpec } from '../../cluster/spec.ts';
import { LABELS } from '../../labels.ts';
import { matchesConstraints } from '../../stack/constraints.ts';
import { clusterNameOf, type SwarmSnapshot } from '../../stack/swarm-cluster.ts';
import { roleOfMasterNodes, takesRoom } from '../../stack/swarm-state.ts';
import type { SwarmReader } from './swarm-reader.ts';

/**
 * Checks that a live cluster can have so many workers. One that was deployed by hand has no sizes that are known here.
 *
 * @throws UsageError with the sum
 */
export async function assertRoomForWorkers(
  { name, remembered }: Cluster,
  workers: number,
  reader: SwarmReader,
): Promise<void> {
  if (!remembered) return;
  const { constraints, workerMemoryBytes, workerCores, masterMemoryBytes, masterCores } = remembered;
  const demand = {
    workers,
    worker: planWorkerSize(workerMemoryBytes, workerCores),
    master: planMasterSize(masterMemoryBytes, masterCores),
    notebook: remembered.notebook ? { limitBytes: notebookLimitBytes(remembered.conf) } : undefined,
    history: remembered.history ? { limitBytes: HISTORY_BYTES } : undefined,
  };
  const problem = findPlacementProblem(demand, describeNodes({ name, constraints }, await reader.readSwarm()));
  if (problem) throw problem;
}

/** Nodes that may run tasks now, with what others have reserved there. */
export function describeNodes(
  spec: Pick<ClusterSpec, 'name' | 'constraints'>,
  swarm: SwarmSnapshot,
): readonly PlacementNode[] {
  const others = swarm.services.filter(
    ({ labels }) => clusterNameOf(labels) !== spec.name || labels[LABELS.job] !== undefined,
  );
  return swarm.nodes
    .filter((node) => node.state === 'ready' && node.availability === 'active')
    .map((node) => {
      const tasks = swarm.tasks.filter((task) => task.nodeId === node.id && takesRoom(task));
      const reserved = (measure: 'reservedCores' | 'reservedMemoryBytes'): number =>
        tasks.reduce((sum, task) => sum + (others.find(({ id }) => id === task.serviceId)?.[measure] ?? 0), 0);
      return {
        hostname: node.hostname,
        isManager: node.role === roleOfMasterNodes(swarm.nodes),
        host: node.labels[LABELS.nodeHost] ?? node.id,
        cores: node.cores,
        memoryBytes: node.memoryBytes,
        reservedCores: reserved('reservedCores'),
        reservedMemoryBytes: reserved('reservedMemoryBytes'),
        takesWorkers: matchesConstraints(spec.constraints, node),
      };
    });
}
