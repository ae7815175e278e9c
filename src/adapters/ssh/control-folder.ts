import { chmod, mkdir } from 'node:fs/promises';
import path from 'node:path';

import { InvalidStateError } from '../../errors.ts';
import { currentRuntimeFolder } from '../labs/find-labs.ts';
import { isInSharedPlace, isTrusted } from '../labs/runtime-folder.ts';

/** A lab's name begins with a letter, so no lab's folder has this name. */
const NAME = '.ssh';
/** Of the fingerprint. ssh adds 17 bytes to the path while it makes the socket, and all of it fits in 104. */
const NAME_LENGTH = 16;

/**
 * Path of the socket by which the processes of one user share an ssh connection, in a folder that only that user may enter.
 *
 * @throws InvalidStateError if the folder is somebody else's
 */
export async function controlPath(
  fingerprint: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string> {
  const runtime = currentRuntimeFolder(env);
  const folder = path.join(runtime, NAME);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const uid = process.getuid?.() ?? 0;
  // Whoever owns the folder above could put another one in its place.
  for (const part of isInSharedPlace(runtime) ? [runtime, folder] : [folder]) {
    if (!isTrusted(part, uid)) await chmod(part, 0o700).catch(() => {});
    if (isTrusted(part, uid)) continue;
    throw new InvalidStateError(`Cannot keep ssh connections in ${part}: it is there and not yours alone`, {
      hint: 'set XDG_RUNTIME_DIR to a folder of your own with a short path',
    });
  }
  return path.join(folder, fingerprint.slice(0, NAME_LENGTH));
}
