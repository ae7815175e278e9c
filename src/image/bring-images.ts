import type { EngineApi } from '../adapters/engine/engine-api.ts';
import { NotFoundError } from '../errors.ts';
import { findImageSource } from './image-state.ts';
import { shipImages, type NodeDelivery, type NodeListener, type ShipResult, type ShipTarget } from './ship-images.ts';

export interface BringRequest {
  readonly images: readonly string[];
  /** Where an image is looked for, in this order. */
  readonly engines: readonly EngineApi[];
  readonly targets: readonly ShipTarget[];
  readonly signal: AbortSignal;
  /** Makes the listener for the images that come from one engine together. */
  readonly listen?: (images: readonly string[], source: EngineApi) => NodeListener;
  /** Told of an image that no engine has, in place of an error. */
  readonly onMissing?: (image: string) => void;
}

export interface BringResult extends ShipResult {
  /** In the order of the targets, all images together. */
  readonly nodes: readonly NodeDelivery[];
}

/**
 * Brings images to nodes, each from the first engine that has it; those of one engine by one `save`.
 *
 * For a node that joins: while it is drained, so that no task starts there without its image.
 *
 * @throws NotFoundError before anything is sent, if nobody has one of them and `onMissing` is not given; as
 *   {@link shipImages}
 */
export async function bringImages({
  images,
  engines,
  targets,
  signal,
  listen,
  onMissing,
}: BringRequest): Promise<BringResult> {
  const bySource = new Map<EngineApi, string[]>();
  for (const image of new Set(images)) {
    const source = await findImageSource(image, engines, signal).catch((error: unknown) => {
      if (!onMissing || !(error instanceof NotFoundError)) throw error;
      onMissing(image);
    });
    if (source) bySource.set(source, [...(bySource.get(source) ?? []), image]);
  }
  const results: ShipResult[] = [];
  for (const [source, names] of bySource) {
    const onNode = listen?.(names, source);
    results.push(await shipImages({ images: names, source, targets, signal, ...(onNode ? { onNode } : {}) }));
  }
  return {
    images: results.flatMap((result) => result.images),
    nodes: targets.map(({ name }) => results.map((result) => deliveryTo(name, result)).reduce(add, nothing(name))),
  };
}

function deliveryTo(name: string, { nodes }: ShipResult): NodeDelivery {
  return nodes.find((node) => node.name === name) ?? nothing(name);
}

function nothing(name: string): NodeDelivery {
  return { name, images: [], sentBytes: 0, reusedBytes: 0, durationMs: 0 };
}

function add(one: NodeDelivery, other: NodeDelivery): NodeDelivery {
  return {
    name: one.name,
    images: [...one.images, ...other.images],
    sentBytes: one.sentBytes + other.sentBytes,
    reusedBytes: (one.reusedBytes ?? 0) + (other.reusedBytes ?? 0),
    durationMs: one.durationMs + other.durationMs,
  };
}
