import type { ClusterStatus } from '../../src/operations/status.ts';
import type { TestCluster } from './cluster.ts';
import { waitFor } from './wait-for.ts';

/** Ids that Spark has given to the workers of a node. */
export function workerIds({ containers, master }: ClusterStatus, node: string): readonly string[] {
  const names = new Set(
    containers.filter((container) => container.node === node).map(({ displayName }) => displayName),
  );
  return (master?.workers ?? []).filter(({ name }) => names.has(name)).map(({ id }) => id);
}

/** Spark counts a worker whose node was lost for two minutes at most, and takes its end for that of its namesake's blocks. */
export async function waitUntilDropped(cluster: TestCluster, ids: readonly string[]): Promise<ClusterStatus> {
  return waitFor('Spark to have dropped the lost worker', {
    read: async () => cluster.status(),
    until: ({ healthy, master }) =>
      healthy && !(master?.workers ?? []).some(({ id, state }) => state === 'ALIVE' && ids.includes(id)),
    show: ({ problems, master }) => ({ problems, workers: master?.workers }),
    limitMs: 180_000,
  });
}
