import { chmod, copyFile, mkdir, mkdtemp, readdir, readlink, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { parseOsRelease, type AptSourceFile, type HostFacts, type SetupHost } from '../../setup/setup-host.ts';
import { exists, readOptional, readRoutes } from '../files/system-files.ts';

const PROGRAM_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'] as const;

/** This machine. */
export class LocalHost implements SetupHost {
  readonly dockerConfigFolder: string;
  readonly #searched: readonly string[];

  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.dockerConfigFolder = env['DOCKER_CONFIG'] || path.join(env['HOME'] || '/root', '.docker');
    // A user's PATH often lacks the folders of root's programs.
    this.#searched = [...(env['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/')), ...PROGRAM_FOLDERS];
  }

  async readFacts(): Promise<HostFacts> {
    const [os, dockerd, docker, debootstrap, routes, hasSystemd, hasDaemonJson] = await Promise.all([
      readOptional('/etc/os-release'),
      this.#findProgram('dockerd'),
      this.#findProgram('docker'),
      this.#findProgram('debootstrap'),
      readRoutes(),
      exists('/run/systemd/system'),
      exists('/etc/docker/daemon.json'),
    ]);
    return {
      platform: process.platform,
      os: parseOsRelease(os),
      isRoot: process.getuid?.() === 0,
      hasSystemd,
      dockerd,
      hasDockerCli: docker !== undefined,
      hasDebootstrap: debootstrap !== undefined,
      hasDaemonJson,
      mtu: routes.mtu,
    };
  }

  async readAptSources(): Promise<readonly AptSourceFile[]> {
    const parts = '/etc/apt/sources.list.d';
    const names = await readdir(parts).catch(() => []);
    const files = [
      '/etc/apt/sources.list',
      ...names
        .filter((name) => /\.(list|sources)$/.test(name))
        .sort()
        .map((name) => path.join(parts, name)),
    ];
    return Promise.all(files.map(async (file) => ({ path: file, text: await readOptional(file) })));
  }

  async readPidFile(file: string): Promise<{ readonly pid: number; readonly program: string | undefined } | undefined> {
    const text = await readOptional(file);
    const pid = Number.parseInt(text, 10);
    if (text === '') return undefined;
    const program = (await readOptional(`/proc/${pid}/comm`)).trim();
    return { pid, program: program === '' ? undefined : program };
  }

  async isProgramRunning(name: string): Promise<boolean> {
    const processes = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
    const found = await Promise.all(
      processes.map(async (pid) => (await readOptional(`/proc/${pid}/comm`)).trim() === name && isOurs(pid)),
    );
    return found.includes(true);
  }

  async readTail(file: string, lines: number): Promise<string> {
    return (await readOptional(file)).trimEnd().split('\n').slice(-lines).join('\n');
  }

  async makeTemporaryFolder(prefix: string): Promise<string> {
    return mkdtemp(prefix);
  }

  async makeFolder(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
  }

  async writeFile(file: string, text: string): Promise<void> {
    await writeFile(file, text);
  }

  async installProgram(from: string, to: string): Promise<void> {
    await mkdir(path.dirname(to), { recursive: true });
    const draft = `${to}.${process.pid}.draft`;
    await copyFile(from, draft);
    await chmod(draft, 0o755);
    await rename(draft, to);
  }

  async findFile(folder: string, ending: string): Promise<string | undefined> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .find((file) => file.endsWith(`/${ending}`));
  }

  async removeFolder(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true });
  }

  async #findProgram(name: string): Promise<string | undefined> {
    for (const folder of this.#searched) {
      const file = path.join(folder, name);
      if (await exists(file)) return file;
    }
    return undefined;
  }
}

/**
 * False for a program in a container: those of a lab's nodes have process numbers of this machine too. True where that
 * cannot be seen: root's processes show it to root alone.
 */
async function isOurs(pid: string): Promise<boolean> {
  const namespaceOf = async (process: string): Promise<string> => readlink(`/proc/${process}/ns/pid`).catch(() => '');
  const [own, other] = await Promise.all([namespaceOf('self'), namespaceOf(pid)]);
  if (own !== '' && other !== '') return own === other;
  // The numbers in all namespaces, the outermost first: of a process in a container there are several. Source: proc(5).
  const numbers = /^NSpid:(.*)$/m.exec(await readOptional(`/proc/${pid}/status`))?.[1] ?? '';
  const ownNumbers = /^NSpid:(.*)$/m.exec(await readOptional('/proc/self/status'))?.[1] ?? '';
  return numbers.trim().split(/\s+/).length <= ownNumbers.trim().split(/\s+/).length;
}
