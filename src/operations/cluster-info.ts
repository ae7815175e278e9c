import { findMaster, listWorkers, wantedWorkers, type Cluster, type PlatformKind } from '../cluster/cluster.ts';
import { listEndpoints } from '../cluster/endpoints.ts';
import { ToolkitError } from '../errors.ts';
import type { OperationContext } from './operation.ts';
import { readStatus } from './status.ts';

/** A cluster in one line. */
export interface ClusterSummary {
  readonly name: string;
  readonly platform: PlatformKind;
  /** Docker context, or engine, by which it was found. */
  readonly context: string;
  readonly state: ClusterState;
  /** `spark://HOST:PORT`; `null` while no master runs, and where the port is not published. */
  readonly address: string | null;
}

/**
 * `healthy`: Spark is as asked. `not healthy`: something of it is not. `unknown`: its engine stopped answering while it was
 * asked.
 */
export type ClusterState = 'healthy' | 'not healthy' | 'unknown';

/** What is there, host by host. */
export interface ClusterHostSummary {
  readonly name: string;
  readonly role: 'manager' | 'worker';
  readonly state: string;
  readonly availability: string;
  /** Of the cluster, that run there: `master`, `worker-2`. */
  readonly containers: readonly string[];
}

type Reader = Pick<OperationContext, 'platform' | 'network' | 'signal'>;

export async function summarizeCluster(reader: Reader, cluster: Cluster, context: string): Promise<ClusterSummary> {
  const { name, platform } = cluster;
  const address = listEndpoints(cluster).find((endpoint) => endpoint.name === 'spark master')?.address ?? null;
  const state = await readStatus(reader, name).then(
    ({ healthy }): ClusterState => (healthy ? 'healthy' : 'not healthy'),
    (error: unknown): ClusterState => {
      reader.signal.throwIfAborted();
      if (error instanceof ToolkitError) return 'unknown';
      throw error;
    },
  );
  return { name, platform, context, state, address };
}

/** The hosts of a cluster; of one in containers the machine that it is on. */
export function summarizeHosts(cluster: Cluster): readonly ClusterHostSummary[] {
  const namesOn = (isThere: (container: Cluster['containers'][number]) => boolean): readonly string[] =>
    cluster.containers.filter((each) => each.isRunning && isThere(each)).map(({ displayName }) => displayName);
  if (cluster.platform === 'swarm') {
    return cluster.nodes
      .map(({ id, name, role, state, availability }) => ({
        name,
        role,
        state,
        availability,
        containers: namesOn(({ nodeId }) => nodeId === id),
      }))
      .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  }
  const name = (findMaster(cluster) ?? cluster.containers[0])?.node ?? '';
  return [{ name, role: 'manager', state: 'ready', availability: 'active', containers: namesOn(() => true) }];
}

/** `3/4`: how many workers' containers run, of how many there shall be. */
export function countRunning(cluster: Cluster): string {
  return `${listWorkers(cluster).filter(({ isRunning }) => isRunning).length}/${wantedWorkers(cluster)}`;
}
