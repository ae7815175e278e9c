import type { EngineApi } from '../../adapters/engine/engine-api.ts';
import { listVolumes } from '../../adapters/engine/list-volumes.ts';
import type { ComposeDocument } from '../../compose/compose-document.ts';
import { objectName, secretsVolumeName } from '../../containers/resolve-project.ts';
import { ConflictError } from '../../errors.ts';
import { LABELS } from '../../labels.ts';

/**
 * Volumes are made by name, and one that is there already is taken: also somebody else's.
 *
 * @throws ConflictError if one that the cluster needs is there and is not ours
 */
export async function assertVolumesAreFree(cluster: string, document: ComposeDocument, api: EngineApi): Promise<void> {
  const own = Object.entries(document.volumes ?? {}).flatMap(([key, volume]) =>
    // One to which the file gives a name of its own is shared on purpose.
    volume && !volume.external && volume.name === objectName(cluster, key) ? [volume.name] : [],
  );
  const names = new Set([...own, secretsVolumeName(cluster)]);
  const memory = new RegExp(`^${objectName(cluster, 'memory')}-[0-9]+$`);
  const foreign = (await listVolumes(api)).find(
    ({ Name, Labels }) => (names.has(Name) || memory.test(Name)) && Labels?.[LABELS.cluster] !== cluster,
  );
  if (!foreign) return;
  throw new ConflictError(
    `Cannot start the cluster "${cluster}": the volume ${foreign.Name} is there and is not ours`,
    {
      hint: 'choose another --name',
    },
  );
}
