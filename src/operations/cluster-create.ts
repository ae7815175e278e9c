import type { PlatformKind } from '../cluster/cluster.ts';
import { findHost, type ClusterHost } from '../cluster/hosts.ts';
import { ConflictError } from '../errors.ts';
import type { HostAddress } from '../machines/machine.ts';

/** A cluster that has the name already. */
export interface PresentCluster {
  readonly platform: PlatformKind;
  readonly healthy: boolean;
  /** Name of the swarm that it is on, where that is one of ours. */
  readonly swarm: string | undefined;
  readonly hosts: readonly ClusterHost[];
}

export interface CreateRequest {
  readonly name: string;
  readonly platform: PlatformKind;
  /** None: on the swarm that is there. */
  readonly hosts: readonly HostAddress[];
}

/**
 * A name is taken by a cluster that is whole, or that is somewhere else. One that an interrupted `create` has left on the
 * same hosts is what this one goes on with.
 *
 * @throws ConflictError `NAME exists already`
 */
export function refuseTaken({ name, platform, hosts }: CreateRequest, present: PresentCluster | undefined): void {
  if (!present) return;
  const hint = `spark-swarm cluster info -n ${name} shows it`;
  if (present.healthy) throw new ConflictError(`${name} exists already`, { hint });
  if (present.platform !== platform) {
    throw new ConflictError(`${name} exists already, on ${present.platform}, and is not healthy`, { hint });
  }
  if (hosts.length === 0) return;
  const missing = hosts.filter((host) => findHost(present.hosts, host) === undefined);
  if (present.swarm === name && missing.length === 0 && hosts.length === present.hosts.length) return;
  throw new ConflictError(
    `${name} exists already, on ${present.hosts.map((host) => host.name).join(', ')}, and is not healthy`,
    { hint: `create with the same hosts goes on with it; ${hint}` },
  );
}
