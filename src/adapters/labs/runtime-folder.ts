import { lstatSync } from 'node:fs';
import path from 'node:path';

/** Sockets have paths of at most 107 bytes; this leaves room for a node's part. */
const MAX_SOCKET_PATH = 100;

export interface RuntimeUser {
  readonly uid: number;
  readonly home: string;
  /** Value of XDG_RUNTIME_DIR. */
  readonly xdgRuntimeDir: string | undefined;
}

/**
 * Folder of all labs' sockets: `/run/spark-swarm` for root, else in $XDG_RUNTIME_DIR, else in the home.
 *
 * The first two are gone after a reboot; `lab up` makes them again. A path that would make a socket's too long for the
 * kernel is passed over for /tmp.
 */
export function runtimeFolder({ uid, home, xdgRuntimeDir }: RuntimeUser): string {
  if (uid === 0) return '/run/spark-swarm';
  const candidates = [
    ...(xdgRuntimeDir?.startsWith('/') ? [path.join(xdgRuntimeDir, 'spark-swarm')] : []),
    path.join(home, '.spark-swarm', 'run'),
  ];
  const longestNode = path.join('a'.repeat(20), 'a'.repeat(20) + '-20', 'docker.sock').length + 1;
  return candidates.find((folder) => folder.length + longestNode < MAX_SOCKET_PATH) ?? `/tmp/spark-swarm-${uid}`;
}

/** Whether the folder is one in /tmp, where anybody may have made it before us. */
export function isInSharedPlace(folder: string): boolean {
  return folder.startsWith('/tmp/');
}

/** Whether the folder is there, is no link, and nobody but the user can write or look into it. */
export function isTrusted(folder: string, uid: number): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found !== undefined && found.isDirectory() && found.uid === uid && (found.mode & 0o777) === 0o700;
}
