import { once } from 'node:events';
import { Writable } from 'node:stream';

/** Where one stream of a job goes, and from which byte on. The output is not ended. */
export interface FollowedStream {
  readonly output: Writable;
  readonly offset: number;
}

/** Passes bytes on at the reader's speed, and knows how many have come. */
export class CountingWriter extends Writable {
  position: number;
  readonly #output: Writable;
  readonly #dropsZeros: boolean;

  /** @param dropsZeros of an output whose beginning may go while it is read: what is gone reads as zeros */
  constructor({ output, offset }: FollowedStream, dropsZeros = false) {
    super();
    this.#output = output;
    this.position = offset;
    this.#dropsZeros = dropsZeros;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.position += chunk.length;
    const text = this.#dropsZeros ? withoutZeros(chunk) : chunk;
    if (this.#output.destroyed || this.#output.write(text)) done();
    else void this.#whenDrained(done);
  }

  async #whenDrained(done: () => void): Promise<void> {
    await drained(this.#output);
    done();
  }
}

const ZEROS = Buffer.alloc(64 * 1024);

/** Gigabytes of a hole come as whole chunks of zeros. */
function withoutZeros(chunk: Buffer): Buffer {
  if (chunk.length <= ZEROS.length && chunk.equals(ZEROS.subarray(0, chunk.length))) return chunk.subarray(0, 0);
  return chunk.includes(0) ? Buffer.from(chunk.filter((byte) => byte !== 0)) : chunk;
}

/** Until the outputs have taken what was written: who has sent it all does not wait for that. */
export async function flush(...writers: readonly (Writable | undefined)[]): Promise<void> {
  await Promise.all(
    writers.map(
      async (writer) => new Promise<void>((resolve) => (writer ? writer.write('', () => resolve()) : resolve())),
    ),
  );
}

/** Takes all and keeps nothing. */
export class Sink extends Writable {
  override _write(_chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    done();
  }
}

/** Until the output takes more, or is closed. */
async function drained(output: Writable): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  await Promise.race([once(output, 'drain', { signal }), once(output, 'close', { signal })]).catch(() => {});
  controller.abort();
}
