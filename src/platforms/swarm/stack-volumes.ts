import type { EngineApi } from '../../adapters/engine/engine-api.ts';
import { listVolumes, type ListedVolume } from '../../adapters/engine/list-volumes.ts';
import { LABELS, STACK_NAMESPACE_LABEL } from '../../labels.ts';

/** A node's volumes of one cluster, but not those of a cluster of this name in containers of the same engine. */
export async function listStackVolumes(api: EngineApi, cluster: string): Promise<readonly ListedVolume[]> {
  return listVolumes(api, { label: [`${LABELS.cluster}=${cluster}`, STACK_NAMESPACE_LABEL] });
}
