import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

import { UsageError } from '../../errors.ts';
import { ZIP_TAIL_BYTES, type FileEnds } from '../../jobs/check-archive.ts';
import type { JobTools } from '../../jobs/job-tools.ts';
import { EXAMPLES } from '../../spark/submit-argv.ts';
import { findIvySettings } from '../files/ivy-settings.ts';
import { DataSourceStore } from './data-source-store.ts';

const HEAD_BYTES = 4;

/** This machine, for the planning of jobs. */
export async function openJobTools({
  cwd,
  env,
  cluster,
}: {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cluster: string;
}): Promise<JobTools> {
  const resolve = (file: string): string => path.resolve(cwd, file);
  const sources = await new DataSourceStore(env).read();
  return {
    cluster,
    createdBy: `${userName()}@${hostname()}`,
    now: () => new Date(),
    newId: () => randomBytes(6).toString('hex'),
    examples: EXAMPLES,
    ivySettings: findIvySettings(env),
    dataSources: new Map(sources.map(({ name, url }) => [name, url])),
    look: (file) => look(resolve(file)),
    resolve,
    readText: async (file) => readable(file, async () => readFile(resolve(file), 'utf8')),
    readEnds: async (file) => readable(file, async () => readEnds(resolve(file))),
    hash: async (file) => readable(file, async () => hash(resolve(file))),
  };
}

function look(file: string): 'file' | 'folder' | undefined {
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found?.isDirectory()) return 'folder';
    return found?.isFile() ? 'file' : undefined;
  } catch {
    // A NUL in the name, a name too long, a folder that may not be looked into.
    return undefined;
  }
}

async function readEnds(file: string): Promise<FileEnds> {
  await using handle = await open(file);
  const { size } = await handle.stat();
  const head = Buffer.alloc(Math.min(HEAD_BYTES, size));
  const tail = Buffer.alloc(Math.min(ZIP_TAIL_BYTES, size));
  await handle.read(head, 0, head.length, 0);
  await handle.read(tail, 0, tail.length, size - tail.length);
  return { sizeBytes: size, head, tail };
}

async function hash(file: string): Promise<string> {
  const sum = createHash('sha256');
  await pipeline(createReadStream(file), sum);
  return sum.digest('hex');
}

async function readable<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'EACCES' ? 'permission denied' : code === 'ENOENT' ? 'there is no such file' : message;
    throw new UsageError(`Cannot read ${file}: ${reason}`, { cause: error });
  }
}

/** A uid without an entry of its own has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
