import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

import { labObjectName, nodeHostname } from '../../lab/lab-names.ts';
import { isInSharedPlace, isTrusted, runtimeFolder } from './runtime-folder.ts';

/** A lab on this machine, as its sockets show it. Whether its engines answer is another question. */
export interface FoundLab {
  readonly name: string;
  readonly managerSocket: string;
  readonly contextName: string;
}

/** The folder of this user's labs. */
export function currentRuntimeFolder(env: Readonly<Record<string, string | undefined>>): string {
  return runtimeFolder({
    uid: process.getuid?.() ?? 0,
    home: env['HOME'] || homedir(),
    xdgRuntimeDir: env['XDG_RUNTIME_DIR'],
  });
}

/** This user's labs, by name: those whose manager's socket is there. Reads one folder and asks nobody. */
export function findLabs(env: Readonly<Record<string, string | undefined>>): readonly FoundLab[] {
  const folder = currentRuntimeFolder(env);
  if (isInSharedPlace(folder) && !isTrusted(folder, process.getuid?.() ?? 0)) return [];
  return listFolders(folder)
    .map((name) => ({
      name,
      managerSocket: path.join(folder, name, nodeHostname(name, 1), 'docker.sock'),
      contextName: labObjectName(name),
    }))
    .filter(({ managerSocket }) => existsSync(managerSocket));
}

function listFolders(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  } catch {
    // No such folder, or one of another user: no labs of ours.
    return [];
  }
}
