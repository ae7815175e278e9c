import type { Cluster } from '../../cluster/cluster.ts';
import type { ClusterSpec } from '../../cluster/spec.ts';
import { formatOwner, giveVolumes, ownedVolumes } from '../volume-owner.ts';
import { listStackVolumes } from './stack-volumes.ts';
import type { SwarmReader } from './swarm-reader.ts';

/**
 * Another user could not go on with what the one before has written: notebooks, and what the master knows. On nodes whose
 * engine can be asked.
 */
export async function giveStackVolumes(
  spec: ClusterSpec,
  present: Cluster['remembered'],
  { client, engines }: SwarmReader,
): Promise<void> {
  const owner = formatOwner(spec);
  if (present && formatOwner(present) === owner) return;
  const nodes = (await client.listNodes()).filter((node) => node.state === 'ready');
  for (const node of nodes) {
    const api = await engines.find(node);
    if (!api) continue;
    const volumes = await listStackVolumes(api, spec.name);
    await giveVolumes(api, ownedVolumes(volumes), { cluster: spec.name, image: spec.image, owner });
  }
}
