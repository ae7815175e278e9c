import { Transform, type TransformCallback } from 'node:stream';

import { EngineError, UnreachableError } from '../errors.ts';
import { ArchiveLayers } from './archive-layers.ts';
import type { Shipment } from './ship-plan.ts';
import { TarSplitter, type TarPiece } from './tar-splitter.ts';

/** One node's end of the archive: what is written here is what its engine loads. */
export interface Sink {
  readonly shipment: Shipment;
  readonly stream: SinkStream;
  sentBytes: number;
  /** Left out, because the node has them. */
  reusedBytes: number;
}

export interface FanOutOptions {
  /** Layers of each image, `sha256:…`, lowest first. */
  readonly layerLists: readonly (readonly string[])[];
  /** How long a node may take nothing before it is given up, so that it does not hold up the others. */
  readonly stallTimeoutMs: number;
  /** Called after each chunk. */
  readonly onRead: () => void;
}

/**
 * What may wait for one node while the others go on, bytes. All wait for pieces of the same chunks, so this is memory once,
 * and not once for each node: the way from the fastest to the slowest.
 */
const BUFFER_BYTES = 32 * 1024 ** 2;

export function createSink(shipment: Shipment): Sink {
  return { shipment, stream: new SinkStream(), sentBytes: 0, reusedBytes: 0 };
}

/** Passes on what is written. Unlike `drain`, which comes when all is taken, {@link waitUntilTaken} keeps it half full. */
class SinkStream extends Transform {
  #onTaken: () => void = () => {};

  constructor() {
    super({ writableHighWaterMark: BUFFER_BYTES });
    this.once('close', () => this.#onTaken());
  }

  override _transform(chunk: Uint8Array, _encoding: BufferEncoding, done: TransformCallback): void {
    done(null, chunk);
    this.#onTaken();
  }

  /** Comes back when half of the buffer is free, or the stream is destroyed: by its reader, or for taking nothing. */
  async waitUntilTaken(timeoutMs: number): Promise<void> {
    if (this.destroyed || this.writableLength < BUFFER_BYTES) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      const startTimer = (): NodeJS.Timeout =>
        setTimeout(() => {
          this.destroy(new UnreachableError(`it took nothing of the image for ${timeoutMs / 1000} s`));
        }, timeoutMs);
      timer = startTimer();
      this.#onTaken = () => {
        clearTimeout(timer);
        if (this.destroyed || this.writableLength < BUFFER_BYTES / 2) resolve();
        else timer = startTimer();
      };
    });
    this.#onTaken = () => {};
    clearTimeout(timer);
  }
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
  { layerLists, stallTimeoutMs, onRead }: FanOutOptions,
): Promise<void> {
  const splitter = new TarSplitter();
  const router = new LayerRouter(layerLists);
  for await (const chunk of archive) {
    for (const piece of splitter.push(chunk)) {
      const layer = router.layerOf(piece);
      for (const sink of sinks) {
        if (layer !== undefined && sink.shipment.skippedLayers.has(layer)) {
          sink.reusedBytes += piece.bytes.length;
          continue;
        }
        if (sink.stream.destroyed) continue;
        sink.sentBytes += piece.bytes.length;
        sink.stream.write(piece.bytes);
      }
    }
    onRead();
    for (const { stream } of sinks) {
      // Looked at first: a promise for each chunk and node costs more than the chunk.
      if (stream.writableLength >= BUFFER_BYTES) await stream.waitUntilTaken(stallTimeoutMs);
    }
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

  constructor(layerLists: readonly (readonly string[])[]) {
    this.#layers = new ArchiveLayers(layerLists);
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
