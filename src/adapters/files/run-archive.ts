import { constants, statSync } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough, type Readable } from 'node:stream';

import { UsageError } from '../../errors.ts';

/**
 * A tar stream of one folder with these files in it, owned by `uid`.
 *
 * @throws UsageError naming a file that cannot be read; the stream fails with it where that shows only later
 */
export async function packRunFolder(
  folder: string,
  files: readonly string[],
  { uid }: { readonly uid: number },
): Promise<Readable> {
  await Promise.all(
    files.map(async (file) =>
      access(file, constants.R_OK).catch((error: unknown) => {
        throw unreadable(error, file);
      }),
    ),
  );
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
  const archive = packTar([root, ...sources], {
    map: (header) => (header.name.endsWith('/') ? { ...header, type: 'directory' } : header),
  });
  const output = new PassThrough();
  archive.once('error', (error) => output.destroy(unreadable(error, (error as NodeJS.ErrnoException).path)));
  output.once('close', () => archive.destroy());
  return archive.pipe(output);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
};

function unreadable(error: unknown, file = 'a file to bring along'): UsageError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new UsageError(`Cannot read ${file}: ${REASONS[code] ?? message}`, { cause: error });
}

export function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}
