import { pushToRegistry } from '../adapters/images/docker-push.ts';
import { readRegistryAuth } from '../adapters/images/registry-auth.ts';
import type { EngineTarget } from '../adapters/engine/engine-target.ts';
import { LocalShell } from '../adapters/shell/local-shell.ts';
import { imageNotFound, readImage } from '../image/image-state.ts';
import { registryOf } from '../image/registry-name.ts';
import { pullImages } from '../image/registry-pull.ts';
import type { WantedImage } from '../image/ship-plan.ts';
import type { NodeListener, ShipResult, ShipTarget } from '../image/ship-images.ts';
import { findSourceTarget } from './image-engines.ts';

export interface PublishRequest {
  /** By the names they were built under. */
  readonly images: readonly string[];
  /** `HOST[:PORT][/PATH]` */
  readonly registry: string;
  /** Where an image is looked for, in this order. */
  readonly engines: readonly EngineTarget[];
  readonly progress: (detail: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Pushes images to a registry, each from the first engine that has it.
 *
 * @returns the images by their names in the registry
 * @throws NotFoundError before anything is pushed, if nobody has one of them; EngineError with docker's words
 */
export async function publishImages({
  images,
  registry,
  engines,
  progress,
  signal,
}: PublishRequest): Promise<readonly WantedImage[]> {
  const wanted = await Promise.all(
    [...new Set(images)].map(async (image) => {
      const source = await findSourceTarget(image, engines, signal);
      const found = await readImage(source.api, image, signal);
      if (!found) throw imageNotFound(image, source.api.name);
      return { source, image, found };
    }),
  );
  const shell = new LocalShell();
  const published: WantedImage[] = [];
  for (const { source, image, found } of wanted) {
    const onLayers = (detail: string): void => progress(`${image}: ${detail}`);
    const name = await pushToRegistry(image, { source, shell, registry, progress: onLayers, signal });
    published.push({ ...found, name });
  }
  return published;
}

export interface PullRequest {
  readonly images: readonly WantedImage[];
  readonly registry: string;
  readonly targets: readonly ShipTarget[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly onNode: NodeListener;
}

/** Makes nodes pull what {@link publishImages} has pushed, with this person's credentials. @throws as `pullImages` */
export async function pullPublished({ registry, env, images, ...request }: PullRequest): Promise<ShipResult> {
  const host = registryOf(`${registry}/`) ?? registry;
  const auth = await readRegistryAuth(host, { env, shell: new LocalShell() });
  const nodes = await pullImages({ ...request, images, auth });
  return { images: images.map(({ name, id }) => ({ name, id })), nodes };
}
