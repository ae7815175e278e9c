import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import { hostname, release } from 'node:os';
import path from 'node:path';

import type { FolderFinding, LabMachine, MachineFacts } from '../../lab/lab-machine.ts';
import { nodeHostname } from '../../lab/lab-names.ts';
import { ConflictError } from '../../errors.ts';
import { exists, readRoutes } from '../files/system-files.ts';
import { takeLock } from '../locks/file-lock.ts';
import { isInSharedPlace, isTrusted } from './runtime-folder.ts';

/** This machine, by its files. */
export class LocalMachine implements LabMachine {
  readonly userId = process.getuid?.() ?? 0;
  readonly #folder: string;

  /** @param folder the user's runtime folder, from `runtimeFolder` */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async readFacts(): Promise<MachineFacts> {
    const routes = await readRoutes();
    return {
      platform: process.platform,
      hostname: hostname(),
      kernelRelease: release(),
      mtu: routes.mtu,
      routedSubnets: routes.subnets,
      groupId: process.getgid?.() ?? 0,
      modulesFolder: (await exists('/lib/modules')) ? '/lib/modules' : undefined,
    };
  }

  socketFolder(lab: string, node: number): string {
    return path.join(this.#folder, lab, nodeHostname(lab, node));
  }

  async makeSocketFolder(lab: string, node: number): Promise<string> {
    const folder = this.socketFolder(lab, node);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  }

  async hasSocket(lab: string, node: number): Promise<boolean> {
    return exists(path.join(this.socketFolder(lab, node), 'docker.sock'));
  }

  async listSocketFolders(lab: string): Promise<readonly number[]> {
    const names = await readdir(path.join(this.#folder, lab)).catch(() => []);
    const numbers = names.map((name) => Number(name.slice(lab.length + 1)));
    return numbers.filter((node, index) => names[index] === nodeHostname(lab, node));
  }

  async removeSocketFolders(lab: string): Promise<void> {
    await rm(path.join(this.#folder, lab), { recursive: true, force: true });
  }

  async lock(lab: string): Promise<AsyncDisposable> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    if (!isInSharedPlace(this.#folder)) await chmod(this.#folder, 0o700);
    else if (!isTrusted(this.#folder, this.userId)) {
      throw new ConflictError(`Cannot keep the lab's sockets in ${this.#folder}: it is there and not yours alone`, {
        hint: 'set XDG_RUNTIME_DIR to a folder of your own with a short path',
      });
    }
    return takeLock(path.join(this.#folder, `${lab}.lock`), `Cannot change the lab "${lab}": `);
  }

  async hashFolder(folder: string): Promise<string> {
    const hash = createHash('sha256');
    for (const name of (await readdir(folder)).sort()) {
      const file = path.join(folder, name);
      hash
        .update(`${name}\0`)
        .update(await readFile(file))
        .update('\0');
    }
    return hash.digest('hex').slice(0, 12);
  }

  async findFolder(folder: string): Promise<FolderFinding> {
    try {
      const real = await realpath(folder);
      // Inodes of some file systems do not fit into a double.
      const found = await stat(real, { bigint: true });
      if (!found.isDirectory()) return { kind: 'not-a-folder' };
      return { kind: 'folder', path: real, id: `${found.dev}:${found.ino}` };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return { kind: 'missing' };
      // A file on the way, a folder nobody lets us into, a link to itself.
      if (code === 'ENOTDIR' || code === 'EACCES' || code === 'ELOOP') return { kind: 'not-a-folder' };
      throw error;
    }
  }
}
