import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

import { UsageError } from '../../errors.ts';
import type { FoundFile } from '../../image/packages-jars.ts';
import type { LocalPackage } from '../../image/packages-plan.ts';
import { normalizePackageName } from '../../image/packages-requirements.ts';

/** @throws UsageError */
export async function readRequirementsFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new UsageError(`--requirements: there is no file ${quote(file)}`);
    if (code === 'EISDIR') {
      throw new UsageError(`--requirements: ${quote(file)} is a folder; expected a file as pip reads it`);
    }
    if (code === 'EACCES') throw new UsageError(`--requirements: ${quote(file)} cannot be read`, { cause: error });
    throw error;
  }
}

/** The file as it is now; its content is read once, for the hash. */
export async function inspectJar(file: string): Promise<FoundFile> {
  try {
    const handle = await open(file);
    try {
      if ((await handle.stat()).isDirectory()) return { path: file, kind: 'folder' };
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
      const firstBytes = buffer.subarray(0, bytesRead).toString('hex');
      return { path: file, kind: 'file', firstBytes, sha256: await hashFile(file) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { path: file, kind: 'missing' };
    if (code === 'EISDIR') return { path: file, kind: 'folder' };
    if (code === 'EACCES') return { path: file, kind: 'unreadable' };
    throw error;
  }
}

/** Wheels and sdists of the folder that belong to one of the packages. */
export async function listLocalPackages(folder: string, names: readonly string[]): Promise<readonly LocalPackage[]> {
  const files = (await readdir(folder).catch(() => [])).filter((file) => names.includes(packageOf(file) ?? ''));
  return Promise.all(files.map(async (name) => ({ name, sha256: await hashFile(path.join(folder, name)) })));
}

/** The package in a file of `docker/pkg`; `undefined` for other files. Source: PEP 427 (wheels), PEP 625 (sdists). */
export function packageOf(file: string): string | undefined {
  const name = /^([^-]+)-.*\.whl$/.exec(file)?.[1] ?? /^(.+)-[0-9][^-]*\.tar\.gz$/.exec(file)?.[1];
  return name === undefined ? undefined : normalizePackageName(name);
}

async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

function quote(text: string): string {
  return JSON.stringify(text);
}
