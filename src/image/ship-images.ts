import { setMaxListeners } from 'node:events';
import { text as readText } from 'node:stream/consumers';

import type { EngineApi } from '../adapters/engine/engine-api.ts';
import { EngineError } from '../errors.ts';
import { imageNotFound, readImage } from './image-state.ts';
import { isSameElsewhere, readNodeImages } from './node-images.ts';
import { isRefusal, shippingFailure } from './ship-failure.ts';
import { planShipping, type Archive, type Shipment, type WantedImage } from './ship-plan.ts';
import { createSink, fanOutArchive, type Sink } from './ship-stream.ts';

export interface ShipTarget {
  /** How messages name the node: `lab-2`. */
  readonly name: string;
  readonly api: EngineApi;
}

export interface ShipRequest {
  readonly images: readonly string[];
  readonly source: EngineApi;
  readonly targets: readonly ShipTarget[];
  readonly signal: AbortSignal;
  readonly onNode?: NodeListener;
  /** How long a node may take nothing of the image before it is given up. Default two minutes. */
  readonly stallTimeoutMs?: number;
}

/** Hears of each node: twice a second while bytes go there, and once at its end. */
export type NodeListener = (node: string, event: NodeEvent) => void;

export type NodeEvent =
  | { readonly type: 'sending'; readonly sentBytes: number; readonly reusedBytes: number }
  /** All is sent; its engine unpacks. */
  | { readonly type: 'loading'; readonly sentBytes: number; readonly reusedBytes: number }
  | { readonly type: 'done'; readonly delivery: NodeDelivery }
  | { readonly type: 'failed'; readonly error: unknown };

/** What one node got. */
export interface NodeDelivery {
  readonly name: string;
  /** Those that it had not; none: nothing was sent. */
  readonly images: readonly string[];
  readonly sentBytes: number;
  /** Bytes of the wanted images that it had; `undefined` from a registry, which does not say. */
  readonly reusedBytes: number | undefined;
  readonly durationMs: number;
}

export interface ShipResult {
  readonly images: readonly { readonly name: string; readonly id: string }[];
  /** In the order of the targets. */
  readonly nodes: readonly NodeDelivery[];
}

const STALL_TIMEOUT_MS = 120_000;
const PROGRESS_INTERVAL_MS = 500;

/**
 * Brings images to every target whose own differ, from one `save` of all of them that is read once: a layer that two
 * images share goes once.
 *
 * A node that has layers of them (of an earlier build, say) gets only the others; where its engine refuses that, a second
 * pass brings the whole archive. What arrives is checked by its id. A node that fails does not stop the others.
 * Until the last byte is loaded a node keeps the images it had; running again converges.
 *
 * @throws NotFoundError if the source lacks one of them; UnreachableError (nothing but unreachable nodes failed) or
 *   EngineError, after all others are done, with each node that failed and what was seen; the signal's reason
 */
export async function shipImages(options: ShipRequest): Promise<ShipResult> {
  // One of our own, because every open request listens to it, and Node warns from the eleventh on.
  const signal = AbortSignal.any([options.signal]);
  setMaxListeners(0, signal);
  const request = { ...options, signal };
  const { images, source, targets } = request;
  const wanted = await Promise.all(images.map(async (name) => readWanted(name, source, signal)));
  const run = new ShipRun(request, wanted);
  const states = await Promise.all(
    targets.map(async ({ name, api }) =>
      readNodeImages(name, api, { wanted, signal }).catch((error: unknown) => {
        run.fail(name, error);
        return undefined;
      }),
    ),
  );
  signal.throwIfAborted();
  const plan = planShipping(
    wanted,
    states.filter((state) => state !== undefined),
  );
  for (const name of plan.alreadyThere) run.skip(name);
  for (const archive of plan.archives) await run.deliver(archive);
  signal.throwIfAborted();
  if (run.failures.size > 0) throw shippingFailure(images, targets.length, run.failures);
  const nodes = targets.flatMap(({ name }) => run.deliveries.get(name) ?? []);
  return { images: wanted.map(({ name, id }) => ({ name, id })), nodes };
}

async function readWanted(name: string, source: EngineApi, signal: AbortSignal): Promise<WantedImage> {
  const found = await readImage(source, name, signal);
  if (!found) throw imageNotFound(name, source.name);
  return { ...found, name };
}

/** Keeps account of the nodes while the archives go out. */
class ShipRun {
  readonly failures = new Map<string, unknown>();
  readonly deliveries = new Map<string, NodeDelivery>();
  readonly #request: ShipRequest;
  readonly #wanted: readonly WantedImage[];
  readonly #startedAt = performance.now();

  constructor(request: ShipRequest, wanted: readonly WantedImage[]) {
    this.#request = request;
    this.#wanted = wanted;
  }

  fail(name: string, error: unknown): void {
    this.failures.set(name, error);
    this.#request.onNode?.(name, { type: 'failed', error });
  }

  /** The node has all of them. */
  skip(name: string): void {
    const reusedBytes = this.#wanted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    this.#done({ name, images: [], sentBytes: 0, reusedBytes, durationMs: this.#elapsedMs() });
  }

  async deliver(archive: Archive): Promise<void> {
    const refused: Shipment[] = [];
    for (const { shipment, error } of await this.#sendOnce(archive)) {
      if (error === undefined) continue;
      if (shipment.skippedLayers.size === 0 || !isRefusal(error)) this.fail(shipment.name, error);
      else refused.push({ ...shipment, skippedLayers: new Set() });
    }
    if (refused.length === 0 || this.#request.signal.aborted) return;
    await this.deliver({ images: archive.images, shipments: refused });
  }

  #done(delivery: NodeDelivery): void {
    this.deliveries.set(delivery.name, delivery);
    this.#request.onNode?.(delivery.name, { type: 'done', delivery });
  }

  #elapsedMs(): number {
    return Math.round(performance.now() - this.#startedAt);
  }

  async #sendOnce({ images, shipments }: Archive): Promise<Sent[]> {
    const { source, signal, stallTimeoutMs = STALL_TIMEOUT_MS } = this.#request;
    const names = images.map(({ name }) => `names=${encodeURIComponent(name)}`).join('&');
    const stream = await source.open('GET', `/images/get?${names}`, { signal, timeoutMs: 0 });
    const sinks = shipments.map(createSink);
    const sent = sinks.map(async (sink) => this.#load(sink, images));
    try {
      const layerLists = images.map(({ layers }) => layers);
      await fanOutArchive(stream, sinks, { layerLists, stallTimeoutMs, onRead: this.#progressReporter(sinks) });
      this.#report(sinks, 'loading');
    } catch (error) {
      for (const sink of sinks) sink.stream.destroy(error as Error);
      await Promise.all(sent);
      signal.throwIfAborted();
      for (const { shipment } of sinks) if (!this.deliveries.has(shipment.name)) this.fail(shipment.name, error);
      throw error;
    }
    return Promise.all(sent);
  }

  async #load(sink: Sink, images: readonly WantedImage[]): Promise<Sent> {
    const { shipment } = sink;
    try {
      const target = this.#request.targets.find(({ name }) => name === shipment.name);
      if (target) await loadImages(target.api, sink, images, this.#request.signal);
      this.#done({ name: shipment.name, images: shipment.images, ...counts(sink), durationMs: this.#elapsedMs() });
      return { shipment, error: undefined };
    } catch (error) {
      sink.stream.destroy();
      return { shipment, error };
    }
  }

  #progressReporter(sinks: readonly Sink[]): () => void {
    let reportedAt = 0;
    return () => {
      const now = performance.now();
      if (now - reportedAt < PROGRESS_INTERVAL_MS) return;
      reportedAt = now;
      this.#report(sinks, 'sending');
    };
  }

  #report(sinks: readonly Sink[], type: 'sending' | 'loading'): void {
    for (const sink of sinks) {
      const isOpen = !sink.stream.destroyed && !this.deliveries.has(sink.shipment.name);
      if (isOpen) this.#request.onNode?.(sink.shipment.name, { type, ...counts(sink) });
    }
  }
}

interface Sent {
  readonly shipment: Shipment;
  readonly error: unknown;
}

function counts({ sentBytes, reusedBytes }: Sink): { sentBytes: number; reusedBytes: number } {
  return { sentBytes, reusedBytes };
}

async function loadImages(
  api: EngineApi,
  sink: Sink,
  images: readonly WantedImage[],
  signal: AbortSignal,
): Promise<void> {
  const response = await api.open('POST', '/images/load', {
    query: { quiet: 1 },
    stream: sink.stream,
    contentType: 'application/x-tar',
    timeoutMs: 0,
    signal,
  });
  const said = await readText(response);
  const failure = /"error":"((?:[^"\\]|\\.)*)"/.exec(said)?.[1];
  if (failure !== undefined) throw new EngineError(JSON.parse(`"${failure}"`) as string, 500);
  for (const image of images) await assertArrived(api, image, signal);
}

/** @throws EngineError if the node has not exactly this image under its name */
export async function assertArrived(api: EngineApi, wanted: WantedImage, signal: AbortSignal): Promise<void> {
  const loaded = await readImage(api, wanted.name, signal);
  if (loaded && (loaded.id === wanted.id || (await isSameElsewhere(api, loaded, wanted)))) return;
  throw new EngineError(
    loaded
      ? `it then had ${shortId(loaded.id)} instead of ${shortId(wanted.id)}`
      : 'it did not have the image afterwards',
    500,
  );
}

function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}
