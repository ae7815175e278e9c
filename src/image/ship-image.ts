import { setMaxListeners } from 'node:events';
import { text as readText } from 'node:stream/consumers';

import type { EngineApi } from '../adapters/engine/engine-api.ts';
import { EngineError } from '../errors.ts';
import { formatBytes } from '../units.ts';
import { imageNotFound, readImage, type ImageState } from './image-state.ts';
import { isSameElsewhere, readNodeImages } from './node-images.ts';
import { isRefusal, shippingFailure } from './ship-failure.ts';
import { planShipping, type Shipment } from './ship-plan.ts';
import { createSink, fanOutArchive, type Sink } from './ship-stream.ts';

export interface ShipTarget {
  /** How messages name the node: `lab-2`. */
  readonly name: string;
  readonly api: EngineApi;
}

export interface ShipRequest {
  readonly image: string;
  readonly source: EngineApi;
  readonly targets: readonly ShipTarget[];
  readonly signal: AbortSignal;
  /** One short line at most twice a second: `412 MB of 853 MB → lab-2, lab-3`. */
  readonly progress?: (detail: string) => void;
  /** How long a node may take nothing of the image before it is given up. Default two minutes. */
  readonly stallTimeoutMs?: number;
}

export interface ShipResult {
  readonly imageId: string;
  readonly shipped: readonly ShippedImage[];
  /** Nodes that had the very same image. */
  readonly alreadyThere: readonly string[];
}

export interface ShippedImage {
  readonly name: string;
  /** Bytes of the archive that this node got. */
  readonly bytes: number;
  readonly isPartial: boolean;
}

const STALL_TIMEOUT_MS = 120_000;
const PROGRESS_INTERVAL_MS = 500;

/**
 * Brings the image to every target whose own differs, from one `save` that is read once.
 *
 * A node that has layers of the image (of an earlier build, say) gets only the others; where its engine refuses that,
 * a second pass brings the whole image. What arrives is checked by its id. A node that fails does not stop the others.
 * Until the last byte is loaded a node keeps the image it had; running again converges.
 *
 * @throws NotFoundError if the source has no such image; UnreachableError (nothing but unreachable nodes failed) or
 *   EngineError, after all others are done, with each node that failed and what was seen; the signal's reason
 */
export async function shipImage(options: ShipRequest): Promise<ShipResult> {
  // One of our own, because every open request listens to it, and Node warns from the eleventh on.
  const signal = AbortSignal.any([options.signal]);
  setMaxListeners(0, signal);
  const request = { ...options, signal };
  const { image, source, targets } = request;
  const wanted = await readImage(source, image, signal);
  if (!wanted) throw imageNotFound(image, source.name);

  const failures = new Map<string, unknown>();
  const states = await Promise.all(
    targets.map(async (target) =>
      readNodeImages(target.name, target.api, { image, wanted, signal }).catch((error: unknown) => {
        failures.set(target.name, error);
        return undefined;
      }),
    ),
  );
  signal.throwIfAborted();
  const plan = planShipping(
    wanted,
    states.filter((state) => state !== undefined),
  );
  const shipped = await deliver(plan.shipments, wanted, request, failures);
  signal.throwIfAborted();
  if (failures.size > 0) throw shippingFailure(image, targets.length, failures);
  return { imageId: wanted.id, shipped, alreadyThere: plan.alreadyThere };
}

async function deliver(
  shipments: readonly Shipment[],
  wanted: ImageState,
  request: ShipRequest,
  failures: Map<string, unknown>,
): Promise<ShippedImage[]> {
  const shipped: ShippedImage[] = [];
  const refused: Shipment[] = [];
  for (const { shipment, bytes, error } of await shipOnce(shipments, wanted, request)) {
    const isPartial = shipment.skippedLayers.size > 0;
    if (error === undefined) shipped.push({ name: shipment.name, bytes, isPartial });
    else if (isPartial && isRefusal(error)) refused.push({ name: shipment.name, skippedLayers: new Set() });
    else failures.set(shipment.name, error);
  }
  if (refused.length === 0 || request.signal.aborted) return shipped;
  return [...shipped, ...(await deliver(refused, wanted, request, failures))];
}

interface Delivery {
  readonly shipment: Shipment;
  readonly bytes: number;
  readonly error: unknown;
}

async function shipOnce(shipments: readonly Shipment[], wanted: ImageState, request: ShipRequest): Promise<Delivery[]> {
  if (shipments.length === 0) return [];
  const { image, source, targets, signal, stallTimeoutMs = STALL_TIMEOUT_MS } = request;
  const archive = await source.open('GET', `/images/${encodeURI(image)}/get`, { signal, timeoutMs: 0 });
  const sinks = shipments.map(createSink);
  const deliveries = sinks.map(async (sink): Promise<Delivery> => {
    const { shipment } = sink;
    try {
      const target = targets.find(({ name }) => name === shipment.name);
      if (target) await loadImage(target.api, sink, image, wanted, signal);
      return { shipment, bytes: sink.sentBytes, error: undefined };
    } catch (error) {
      sink.stream.destroy();
      return { shipment, bytes: sink.sentBytes, error };
    }
  });
  const names = shipments.map(({ name }) => name).join(', ');
  const onRead = progressReporter(request, wanted.sizeBytes, names);
  try {
    await fanOutArchive(archive, sinks, { layers: wanted.layers, stallTimeoutMs, onRead });
  } catch (error) {
    for (const { stream } of sinks) stream.destroy(error as Error);
    await Promise.all(deliveries);
    signal.throwIfAborted();
    throw error;
  }
  return Promise.all(deliveries);
}

function progressReporter(request: ShipRequest, totalBytes: number, names: string): (readBytes: number) => void {
  let reportedAt = 0;
  return (readBytes) => {
    const now = performance.now();
    if (now - reportedAt < PROGRESS_INTERVAL_MS) return;
    reportedAt = now;
    request.progress?.(`${formatBytes(Math.min(readBytes, totalBytes))} of ${formatBytes(totalBytes)} → ${names}`);
  };
}

async function loadImage(
  api: EngineApi,
  sink: Sink,
  image: string,
  wanted: ImageState,
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
  const loaded = await readImage(api, image, signal);
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
