import { constants } from 'node:fs';
import { access, chmod, stat } from 'node:fs/promises';

import type { FolderFacts, Person } from '../../cluster/data-folder.ts';

const SETGID_AND_GROUP = 0o2070;

/** Who runs this command; behind `sudo`, who typed it. */
export function readPerson(env: Readonly<Record<string, string | undefined>>): Person {
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  const sudoUid = Number(env['SUDO_UID']);
  const sudoGid = Number(env['SUDO_GID']);
  return uid === 0 && sudoUid > 0 && sudoGid > 0 ? { uid: sudoUid, gid: sudoGid } : { uid, gid };
}

/** @returns `undefined` when there is no such folder */
export async function readFolder(path: string): Promise<FolderFacts | undefined> {
  try {
    const found = await stat(path);
    if (!found.isDirectory()) return undefined;
    const { uid, gid, mode } = found;
    const isWritable = await access(path, constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    );
    return { uid, gid, mode, isWritable };
  } catch {
    return undefined;
  }
}


/** Lets the folder's group write there, and gives its files that group. */
export async function openToGroup(path: string): Promise<void> {
  const { mode } = await stat(path);
  await chmod(path, (mode & 0o7777) | SETGID_AND_GROUP);
}
