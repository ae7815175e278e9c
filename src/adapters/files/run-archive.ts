import { statSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';

/** A tar stream of one folder with these files in it, owned by `uid`. */
export async function packRunFolder(
  folder: string,
  files: readonly string[],
  { uid }: { readonly uid: number },
): Promise<Readable> {
  const { packTar } = await import('modern-tar/fs');
  const owner = { uid, gid: uid };
  // An entry for the folder itself, or the engine would make it, as root.
  const root = { type: 'content' as const, content: '', target: `${folder}/`, mode: 0o700, ...owner };
  const sources = files.map((source) => ({
    type: 'file' as const,
    source,
    target: `${folder}/${path.basename(source)}`,
    mode: 0o644,
    ...owner,
  }));
  return packTar([root, ...sources], {
    map: (header) => (header.name.endsWith('/') ? { ...header, type: 'directory' } : header),
  });
}

export function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}
