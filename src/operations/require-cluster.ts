import type { Cluster } from '../cluster/cluster.ts';
import { NotFoundError } from '../errors.ts';
import type { OperationContext } from './operation.ts';

/**
 * Reads a cluster that has to be there.
 *
 * @param hint what to type where it is not
 * @throws NotFoundError if there is no such cluster
 */
export async function requireCluster(
  { platform }: Pick<OperationContext, 'platform'>,
  name: string,
  hint = 'spark-swarm list shows them all',
): Promise<Cluster> {
  const cluster = await platform.readCluster(name);
  if (cluster) return cluster;
  throw new NotFoundError(`No cluster named "${name}"`, { hint });
}
