import { EngineError } from '../errors.ts';

/** One file, folder or link in a tar archive. */
export interface TarEntry {
  readonly path: string;
  readonly sizeBytes: number;
}

/** Consecutive bytes of the archive that belong to one entry: its header, or a piece of its content with padding. */
export interface TarPiece {
  /** `undefined` for the blocks of zeros at the end. */
  readonly entry: TarEntry | undefined;
  readonly isHeader: boolean;
  readonly bytes: Uint8Array;
}

const BLOCK_BYTES = 512;
/** Headers that describe the entry after them: pax (own, global), GNU long name, GNU long link. */
const PREFIX_TYPES = new Set(['x', 'g', 'L', 'K']);

/**
 * Cuts a tar archive into its entries while it streams by, without changing or copying a byte.
 *
 * Not a tar library: those decode each header and write one of their own; what is passed on here is what the engine wrote,
 * byte for byte, so that no engine can read it differently.
 * Shape: POSIX ustar with pax and GNU extensions. Source: POSIX.1-2024 pax, "ustar Interchange Format".
 */
export class TarSplitter {
  #header: Buffer = Buffer.alloc(0);
  /** Headers that describe the next entry, and their contents, until that entry's own header comes. */
  #prefix: Buffer[] = [];
  /** The one of them whose content is being read. */
  #open: { readonly type: string; readonly content: Buffer[] } | undefined;
  #overrides: { path?: string; sizeBytes?: number } = {};
  #entry: TarEntry | undefined;
  /** Bytes of the present entry's content and padding that are still to come. */
  #remaining = 0;
  #isAtEnd = false;

  /** @throws EngineError if the bytes are not a tar archive */
  *push(chunk: Uint8Array): Generator<TarPiece> {
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    while (rest.length > 0) {
      if (this.#isAtEnd) {
        yield { entry: undefined, isHeader: false, bytes: rest };
        return;
      }
      if (this.#remaining > 0) {
        const bytes = rest.subarray(0, this.#remaining);
        rest = rest.subarray(bytes.length);
        this.#remaining -= bytes.length;
        if (this.#open) this.#collect(this.#open, bytes);
        else yield { entry: this.#entry, isHeader: false, bytes };
        continue;
      }
      const missing = BLOCK_BYTES - this.#header.length;
      this.#header = Buffer.concat([this.#header, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      if (this.#header.length === BLOCK_BYTES) yield* this.#takeHeader();
    }
  }

  /** Whether the archive's end has been seen: a stream that breaks off before is not an archive. */
  get isComplete(): boolean {
    return this.#isAtEnd;
  }

  *#takeHeader(): Generator<TarPiece> {
    const header = this.#header;
    this.#header = Buffer.alloc(0);
    if (header.every((byte) => byte === 0)) {
      this.#isAtEnd = true;
      yield { entry: undefined, isHeader: false, bytes: header };
      return;
    }
    if (header.toString('latin1', 257, 262) !== 'ustar') {
      throw new EngineError('The image archive cannot be read: a header without "ustar"', 500);
    }
    const type = header.toString('latin1', 156, 157);
    const ownSizeBytes = parseNumber(header.subarray(124, 136));
    if (PREFIX_TYPES.has(type)) {
      this.#prefix.push(header);
      this.#remaining = paddedSize(ownSizeBytes);
      if (this.#remaining > 0) this.#open = { type, content: [] };
      return;
    }
    this.#entry = {
      path: this.#overrides.path ?? parsePath(header),
      sizeBytes: this.#overrides.sizeBytes ?? ownSizeBytes,
    };
    // Only regular files have content here ('0', NUL, '7'); the size in a link's header does not count.
    this.#remaining = ['0', '\0', '7'].includes(type) ? paddedSize(this.#entry.sizeBytes) : 0;
    yield { entry: this.#entry, isHeader: true, bytes: Buffer.concat([...this.#prefix, header]) };
    this.#prefix = [];
    this.#overrides = {};
  }

  #collect(open: { readonly type: string; readonly content: Buffer[] }, bytes: Buffer): void {
    this.#prefix.push(Buffer.from(bytes));
    open.content.push(Buffer.from(bytes));
    if (this.#remaining > 0) return;
    const content = Buffer.concat(open.content).toString('utf8');
    if (open.type === 'x') Object.assign(this.#overrides, parsePax(content));
    if (open.type === 'L') this.#overrides.path = trimNul(content);
    this.#open = undefined;
  }
}

function paddedSize(sizeBytes: number): number {
  return Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;
}

/** Octal digits, or, from 8 GiB on, a big-endian number marked by its highest bit. */
function parseNumber(field: Buffer): number {
  if (((field[0] ?? 0) & 0x80) !== 0) return Number(BigInt(`0x${field.subarray(1).toString('hex')}`));
  return Number.parseInt(trimNul(field.toString('latin1')).trim() || '0', 8);
}

function parsePath(header: Buffer): string {
  const name = trimNul(header.toString('utf8', 0, 100));
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? trimNul(header.toString('utf8', 345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Records `LENGTH KEY=VALUE\n`, of which only the path and the size matter here. */
function parsePax(content: string): { path?: string; sizeBytes?: number } {
  const path = /(?:^|\n)[0-9]+ path=([^\n]*)/.exec(content)?.[1];
  const size = /(?:^|\n)[0-9]+ size=([0-9]+)/.exec(content)?.[1];
  return { ...(path === undefined ? {} : { path }), ...(size === undefined ? {} : { sizeBytes: Number(size) }) };
}

function trimNul(text: string): string {
  const end = text.indexOf('\0');
  return end === -1 ? text : text.slice(0, end);
}
