import pMap from 'p-map';

import type { EngineApi } from '../adapters/engine/engine-api.ts';
import { readImage, type ImageState } from './image-state.ts';
import type { NodeImages, WantedImage } from './ship-plan.ts';

/** Requests to one engine at the same time while its images are listed. */
const CONCURRENT_INSPECTS = 8;

/**
 * What the node has of the wanted images.
 *
 * @throws EngineError, UnreachableError
 */
export async function readNodeImages(
  name: string,
  api: EngineApi,
  { wanted, signal }: { readonly wanted: readonly WantedImage[]; readonly signal: AbortSignal },
): Promise<NodeImages> {
  const lacks: string[] = [];
  for (const image of wanted) {
    const present = await readImage(api, image.name, signal);
    if (present?.id === image.id || (present && (await isSameElsewhere(api, present, image)))) continue;
    lacks.push(image.name);
  }
  if (lacks.length === 0) return { name, lacks, layerLists: [], acceptsPartial: false };
  const images = await api.get<readonly { readonly Id: string }[]>('/images/json', { signal });
  const layerLists = await pMap(images, async ({ Id }) => (await readImage(api, Id, signal))?.layers ?? [], {
    concurrency: CONCURRENT_INSPECTS,
  });
  return { name, lacks, layerLists, acceptsPartial: !(await usesContainerdStore(api)) };
}

/** Whether it is the same image under another id, as a containerd store gives it (the digest of its manifest). */
export async function isSameElsewhere(api: EngineApi, present: ImageState, wanted: ImageState): Promise<boolean> {
  const isCopy = present.created === wanted.created && present.layers.join() === wanted.layers.join();
  return isCopy && (await usesContainerdStore(api));
}

async function usesContainerdStore(api: EngineApi): Promise<boolean> {
  const { DriverStatus } = await api.get<{ readonly DriverStatus?: readonly (readonly string[])[] | null }>('/info');
  return (DriverStatus ?? []).some(([key, value]) => key === 'driver-type' && value?.startsWith('io.containerd.'));
}
