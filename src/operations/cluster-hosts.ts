import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterHost } from '../cluster/hosts.ts';
import { NotFoundError, UsageError } from '../errors.ts';
import type { Skipped, StepContext } from '../events.ts';
import type { HostAddress } from '../machines/machine.ts';

/** The swarm below a cluster: its hosts come and go. */
export interface HostPool {
  /** Every node, also those that do not answer. */
  listHosts(): Promise<readonly ClusterHost[]>;

  /**
   * Makes these machines nodes, each with the images that clusters use. No container comes to them before {@link release}.
   *
   * @throws ToolkitError with all that preflight has found, and nothing is changed
   */
  join(hosts: readonly HostAddress[]): Promise<void>;

  /** Lets containers come to nodes that have joined. */
  release(hosts: readonly ClusterHost[]): Promise<void>;

  /** Sentences for people: what {@link join} would do. */
  planJoin(hosts: readonly HostAddress[]): Promise<readonly string[]>;

  /**
   * Gives a node what the cluster's master has as `/data`, where that is a folder or a volume of each node's own.
   * @returns how much was copied; skipped where there is nothing to do
   */
  bringData(cluster: Cluster, host: ClusterHost, step: StepContext): Promise<string | Skipped>;

  /** Says whether the nodes may leave: those of a swarm that is not ours may not. Changes nothing. */
  checkLeave(hosts: readonly ClusterHost[]): Promise<void>;

  /** No new containers come to these nodes; what runs there goes on. */
  pause(hosts: readonly ClusterHost[]): Promise<void>;

  /** Takes the nodes out of the swarm, and says which data of the cluster stay there. */
  leave(cluster: Cluster, hosts: readonly ClusterHost[], timeoutMs: number): Promise<void>;
}

/** @throws NotFoundError `NAME doesn't exist`; UsageError for a cluster that has no hosts */
export function assertHasHosts(cluster: Cluster | undefined, name: string): asserts cluster is Cluster {
  if (!cluster)
    throw new NotFoundError(`${name} doesn't exist`, { hint: 'spark-swarm cluster list shows what there is' });
  if (cluster.platform === 'swarm') return;
  throw new UsageError(`HOST: ${name} is in containers of one engine; expected a cluster on a swarm`, {
    hint: `spark-swarm resize --name ${name} --workers NUMBER changes its size`,
  });
}
