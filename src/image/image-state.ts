import type { EngineApi } from '../adapters/engine/engine-api.ts';
import { NotFoundError, UnreachableError, UsageError } from '../errors.ts';

/** One image as one engine has it. */
export interface ImageState {
  /** `sha256:…`, the digest of its configuration (of its manifest where the engine keeps images in containerd). */
  readonly id: string;
  /** `sha256:…` of each uncompressed layer, lowest first. */
  readonly layers: readonly string[];
  readonly sizeBytes: number;
  /** As the engine writes it (RFC 3339); stays the same when the image is copied. */
  readonly created: string;
}

interface InspectedImage {
  readonly Id: string;
  readonly Size: number;
  readonly Created: string;
  readonly RootFS: { readonly Layers?: readonly string[] | null };
}

const MAX_REFERENCE_CHARACTERS = 384;
const REFERENCE = new RegExp(
  [
    // A registry is told from a folder of names by its dot or port.
    /^(?:(?:localhost|[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+|[a-zA-Z0-9-]+(?=:))(?::[0-9]+)?\/)?/,
    /[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*/,
    /(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/,
  ]
    .map(({ source }) => source)
    .join(''),
);

/**
 * The reference, if Docker would take it as one; it becomes part of a request's path.
 *
 * Shape: `[registry/]name[:tag][@sha256:…]`, the name in lower case.
 * Source: distribution/reference `regexp.go`.
 *
 * @throws UsageError
 */
export function parseImageReference(text: string, field: string): string {
  if (text.length <= MAX_REFERENCE_CHARACTERS && REFERENCE.test(text)) return text;
  throw new UsageError(`${field}: got ${JSON.stringify(text)}; expected an image name, like spark-swarm:latest`);
}

/**
 * The image as the engine has it, or `undefined`.
 *
 * @throws EngineError, UnreachableError
 */
export async function readImage(
  api: EngineApi,
  reference: string,
  signal?: AbortSignal,
): Promise<ImageState | undefined> {
  try {
    const image = await api.get<InspectedImage>(`/images/${encodeURI(reference)}/json`, signal ? { signal } : {});
    return { id: image.Id, layers: image.RootFS.Layers ?? [], sizeBytes: image.Size, created: image.Created };
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/**
 * The image that a build has just made.
 *
 * @throws NotFoundError where the builder keeps what it builds to itself; EngineError; UnreachableError
 */
export async function readBuiltImage(api: EngineApi, name: string, signal?: AbortSignal): Promise<ImageState> {
  const image = await readImage(api, name, signal);
  if (image) return image;
  throw new NotFoundError(`docker build ended well, but ${api.name} has no image "${name}"`, {
    hint: 'a buildx builder of its own keeps what it builds: docker buildx use default',
  });
}

/**
 * The first of the engines that has the image: the one to ship it from. An engine that does not answer is passed over, as
 * long as another one does.
 *
 * @throws NotFoundError if none has it; EngineError; UnreachableError if none answers
 */
export async function findImageSource(
  image: string,
  engines: readonly EngineApi[],
  signal?: AbortSignal,
): Promise<EngineApi> {
  const asked: string[] = [];
  let silence: UnreachableError | undefined;
  for (const api of engines) {
    try {
      if (await readImage(api, image, signal)) return api;
      asked.push(api.name);
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      silence ??= error;
    }
  }
  if (asked.length === 0 && silence) throw silence;
  throw imageNotFound(image, asked.join(' nor on '));
}

/** Every image of ours, and what was built on one, has it: see docker/Dockerfile. */
const IMAGE_LABEL = 'io.spark-swarm.image';

/**
 * Checks that an image can run the parts of a cluster, before anything that runs is replaced by it.
 *
 * @throws UsageError
 */
export async function assertSparkImage(reference: string, api: EngineApi, signal?: AbortSignal): Promise<void> {
  const { Config } = await api.get<{
    readonly Config?: { readonly Labels?: Readonly<Record<string, string>> | null };
  }>(`/images/${encodeURI(reference)}/json`, signal ? { signal } : {});
  if (Config === undefined || Config.Labels?.[IMAGE_LABEL] !== undefined) return;
  throw new UsageError(
    `--image: got ${JSON.stringify(reference)}, which has no Spark of ours; expected an image of bin/build-image, or one built on it`,
    {
      hint: 'spark-swarm image list shows those that are here',
    },
  );
}

export function imageNotFound(image: string, where: string): NotFoundError {
  return new NotFoundError(`There is no image "${image}" on ${where}`, {
    hint: 'bin/build-image builds spark-swarm:latest; "spark-swarm image list" shows what is there',
  });
}
