import { once } from 'node:events';
import { PassThrough } from 'node:stream';

import { EngineError, UnreachableError } from '../errors.ts';
import { ArchiveLayers } from './archive-layers.ts';
import type { Shipment } from './ship-plan.ts';
import { TarSplitter, type TarPiece } from './tar-splitter.ts';

/** One node's end of the archive: what is written here is what its engine loads. */
export interface Sink {
  readonly shipment: Shipment;
  readonly stream: PassThrough;
  sentBytes: number;
}

export interface FanOutOptions {
  /** Layers of the image, `sha256:…`, lowest first. */
  readonly layers: readonly string[];
  /** How long a node may take nothing before it is given up, so that it does not hold up the others. */
  readonly stallTimeoutMs: number;
  /** Called after each chunk with what has been read of the source so far. */
  readonly onRead: (readBytes: number) => void;
}

/** What may wait for one node while the others go on, bytes. */
const BUFFER_BYTES = 1024 ** 2;

export function createSink(shipment: Shipment): Sink {
  return { shipment, stream: new PassThrough({ highWaterMark: BUFFER_BYTES }), sentBytes: 0 };
}

/**
 * Reads an image archive once and writes to each sink what that node needs of it.
 *
 * The slowest node sets the pace: nothing more is read while one of them has more than {@link BUFFER_BYTES} waiting, so
 * memory stays flat. A sink that fails (its stream is destroyed) is left out from then on; when all have, the read ends.
 *
 * @throws EngineError if the archive breaks off or is none; whatever the source's stream throws
 */
export async function fanOutArchive(
  archive: AsyncIterable<Uint8Array>,
  sinks: readonly Sink[],
  { layers, stallTimeoutMs, onRead }: FanOutOptions,
): Promise<void> {
  const splitter = new TarSplitter();
  const router = new LayerRouter(layers);
  let readBytes = 0;
  for await (const chunk of archive) {
    for (const piece of splitter.push(chunk)) {
      const layer = router.layerOf(piece);
      for (const sink of sinks) {
        if (sink.stream.destroyed || (layer !== undefined && sink.shipment.skippedLayers.has(layer))) continue;
        sink.sentBytes += piece.bytes.length;
        sink.stream.write(piece.bytes);
      }
    }
    readBytes += chunk.length;
    onRead(readBytes);
    await Promise.all(sinks.map(async ({ stream }) => waitUntilTaken(stream, stallTimeoutMs)));
    if (sinks.every(({ stream }) => stream.destroyed)) return;
  }
  if (!splitter.isComplete) throw new EngineError('The image archive broke off before its end', 500);
  for (const { stream } of sinks) if (!stream.destroyed) stream.end();
}

/** Says of each piece of an archive which layer it belongs to. */
class LayerRouter {
  readonly #layers: ArchiveLayers;
  #description: Uint8Array[] = [];
  #descriptionBytes = 0;

  constructor(layers: readonly string[]) {
    this.#layers = new ArchiveLayers(layers);
  }

  /** @returns `sha256:…`, or `undefined` for everything that is not a layer's content */
  layerOf({ entry, isHeader, bytes }: TarPiece): string | undefined {
    if (!entry) return undefined;
    if (this.#layers.isDescription(entry.path)) {
      this.#describe(entry.path, entry.sizeBytes, isHeader ? undefined : bytes);
      return undefined;
    }
    return this.#layers.layerOf(entry.path);
  }

  #describe(path: string, sizeBytes: number, bytes: Uint8Array | undefined): void {
    if (!bytes) {
      this.#description = [];
      this.#descriptionBytes = 0;
      return;
    }
    const isWhole = this.#descriptionBytes >= sizeBytes;
    this.#description.push(Buffer.from(bytes));
    this.#descriptionBytes += bytes.length;
    if (isWhole || this.#descriptionBytes < sizeBytes) return;
    this.#layers.addDescription(path, Buffer.concat(this.#description).toString('utf8', 0, sizeBytes));
  }
}

async function waitUntilTaken(stream: PassThrough, timeoutMs: number): Promise<void> {
  if (stream.destroyed || !stream.writableNeedDrain) return;
  const timer = setTimeout(() => {
    stream.destroy(new UnreachableError(`it took nothing of the image for ${timeoutMs / 1000} s`));
  }, timeoutMs);
  const settled = new AbortController();
  const { signal } = settled;
  try {
    // `close` instead of `drain`: the node failed, which its own load reports.
    await Promise.race([once(stream, 'drain', { signal }), once(stream, 'close', { signal })]).catch(() => {});
  } finally {
    clearTimeout(timer);
    settled.abort();
  }
}
