import { chmod, stat } from 'node:fs/promises';

import type { FolderFacts, Person } from '../../cluster/data-folder.ts';

const SETGID_AND_GROUP = 0o2070;

/** Who runs this command; behind `sudo`, who typed it. */
export function readPerson(env: Readonly<Record<string, string | undefined>>): Person {
  const uid = process.getuid?.() ?? 0;
  const gid = process.getgid?.() ?? 0;
  const sudoUid = Number(env['SUDO_UID']);
  const sudoGid = Number(env['SUDO_GID']);
  // Of the other groups of whoever typed sudo nothing is known here.
  if (uid === 0 && sudoUid > 0 && sudoGid > 0) return { uid: sudoUid, gid: sudoGid, groups: [] };
  return { uid, gid, groups: process.getgroups?.() ?? [] };
}

/** @returns `undefined` when there is no such folder */
export async function readFolder(path: string): Promise<FolderFacts | undefined> {
  try {
    const found = await stat(path);
    if (!found.isDirectory()) return undefined;
    const { uid, gid, mode } = found;
    return { uid, gid, mode };
  } catch {
    return undefined;
  }
}

/** Lets the folder's group write there, and gives its files that group. */
export async function openToGroup(path: string): Promise<void> {
  const { mode } = await stat(path);
  await chmod(path, (mode & 0o7777) | SETGID_AND_GROUP);
}
