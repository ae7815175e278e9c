import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

import { InvalidStateError, ToolkitError, UsageError } from '../../errors.ts';
import type { Capsule } from '../../jobs/capsule.ts';
import { parseSpecLine } from '../../jobs/job-record.ts';
import { formatBytes } from '../../units.ts';

export interface CapsuleSource {
  /** Folder that is empty; only its owner may enter it. */
  readonly folder: string;
  /** How messages name the capsule. */
  readonly source: string;
  readonly signal: AbortSignal;
  /** How much may come out of it, in bytes. Default {@link MAX_BYTES}. */
  readonly maxBytes?: number;
}

const PRIVATE = 0o600;
const PRIVATE_FOLDER = 0o700;
/** Files of jobs are programs and settings; a small file that would fill the disk is no capsule. */
const MAX_BYTES = 8 * 1024 ** 3;
/** What is enough to run the job once more: not what it printed, and not what it left in folders. */
const NEEDED = /^(spec\.json|env\.sh|files\/[^/]+)$/;
/** Of this machine, and not of what is unpacked. */
const LOCAL_CODES: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EMFILE', 'EIO']);

/**
 * Writes an archive to a new file that only its owner may read: variables and properties of a job may be secrets.
 *
 * @throws UsageError where there is something of that name; InvalidStateError: it cannot be written to its end, and does not stay
 */
export async function saveCapsule(archive: Readable, file: string): Promise<void> {
  const handle = await open(file, 'wx', PRIVATE).catch((error: NodeJS.ErrnoException) => {
    const { code, message } = error;
    const seen = code === 'EEXIST' ? 'it is there already; expected a new name' : message;
    throw new UsageError(`FILE: cannot write ${file}: ${seen}`, { cause: error });
  });
  try {
    await pipeline(archive, handle.createWriteStream());
  } catch (error) {
    await rm(file, { force: true });
    if (error instanceof ToolkitError || archive.errored === error) throw error;
    throw cannotWrite(file, error as Error);
  }
}

/** Lends a folder that only its owner may enter, and takes it away again. */
export async function withCapsuleFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-capsule-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @throws UsageError for a file that is none, or cannot be read; as {@link unpackCapsule} */
export async function readCapsuleFile(
  file: string,
  { folder, signal }: Pick<CapsuleSource, 'folder' | 'signal'>,
): Promise<Capsule> {
  const handle = await open(file).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(file, reasonOf(error), error);
  });
  return unpackCapsule(handle.createReadStream(), { folder, source: file, signal });
}

/**
 * Unpacks what of a capsule is needed to run its job.
 *
 * @throws UsageError for what is none; InvalidStateError where this machine cannot hold it; what the archive itself fails with
 */
export async function unpackCapsule(
  archive: Readable,
  { folder, source, signal, maxBytes = MAX_BYTES }: CapsuleSource,
): Promise<Capsule> {
  // It may fail before it is read; what with is seen then.
  archive.on('error', () => {});
  const { unpackTar } = await import('modern-tar/fs');
  const unpack = unpackTar(folder, {
    strip: 1,
    // No links either: one could lead out of the folder.
    filter: ({ name, type }) => type === 'file' && NEEDED.test(name),
    dmode: PRIVATE_FOLDER,
  });
  try {
    await pipeline(archive, createGunzip(), limit(maxBytes, source), unpack, { signal });
  } catch (error) {
    signal.throwIfAborted();
    if (archive.errored instanceof ToolkitError) throw archive.errored;
    if (error instanceof ToolkitError) throw error;
    if (LOCAL_CODES.has((error as NodeJS.ErrnoException).code)) throw cannotWrite(folder, error as Error);
    throw unreadable(source, reasonOf(error as NodeJS.ErrnoException), error);
  }
  const read = async (name: string): Promise<string> =>
    readFile(path.join(folder, name), 'utf8').catch((error: unknown) => {
      throw unreadable(source, `it has no ${name}`, error);
    });
  const spec = parseSpecLine(await read('spec.json'));
  if (!spec) throw unreadable(source, 'its spec.json is damaged, or of another version');
  return { spec, environment: await read('env.sh'), folder };
}

function limit(maxBytes: number, source: string): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _, done): void {
      bytes += chunk.length;
      if (bytes <= maxBytes) done(undefined, chunk);
      else done(unreadable(source, `more than ${formatBytes(maxBytes)} come out of it`));
    },
  });
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'permission denied';
  if (code === 'EISDIR') return 'it is a folder';
  return message;
}

function unreadable(source: string, seen: string, cause?: unknown): UsageError {
  return new UsageError(`Cannot read the capsule ${source}: ${seen}`, {
    cause,
    hint: 'spark-swarm job export JOB makes one',
  });
}

function cannotWrite(file: string, error: Error): InvalidStateError {
  return new InvalidStateError(`Cannot write ${file}: ${error.message}`, {
    cause: error,
    hint: 'make room there, then the same command again; TMPDIR names another folder for what is unpacked',
  });
}
