import type { EngineTarget } from '../adapters/engine/engine-target.ts';
import type { Shell } from '../adapters/shell/shell.ts';
import type { Report } from '../events.ts';

/** The machine that is set up, as far as its files tell. Implemented in `adapters/setup/`. */
export interface SetupHost {
  readFacts(): Promise<HostFacts>;

  /** Texts of all files of apt's sources, one-line and deb822 alike. */
  readAptSources(): Promise<readonly AptSourceFile[]>;

  /** Process number in a pid file, and the name of that program if it runs. */
  readPidFile(file: string): Promise<{ readonly pid: number; readonly program: string | undefined } | undefined>;

  isProgramRunning(name: string): Promise<boolean>;

  /** The last lines of a log file; empty if there is none. */
  readTail(file: string, lines: number): Promise<string>;

  makeTemporaryFolder(prefix: string): Promise<string>;

  makeFolder(folder: string): Promise<void>;

  writeFile(file: string, text: string): Promise<void>;

  /** Copies a program: to a draft beside the target first, so that there is never half a program. */
  installProgram(from: string, to: string): Promise<void>;

  /** A file below the folder whose path ends so: `cli-plugins/docker-compose`. */
  findFile(folder: string, ending: string): Promise<string | undefined>;

  removeFolder(folder: string): Promise<void>;

  /** Folder of the docker command line's settings, for its plugins. */
  readonly dockerConfigFolder: string;
}

export interface HostFacts {
  readonly platform: NodeJS.Platform;
  readonly os: OsRelease;
  readonly isRoot: boolean;
  /** systemd is the init. */
  readonly hasSystemd: boolean;
  /** Path of dockerd, if it is installed. */
  readonly dockerd: string | undefined;
  readonly hasDockerCli: boolean;
  readonly hasDebootstrap: boolean;
  readonly hasDaemonJson: boolean;
  /** MTU of the default route's interface, bytes. */
  readonly mtu: number;
}

/** From /etc/os-release; empty texts where it says nothing. */
export interface OsRelease {
  readonly id: string;
  /** Ids of the systems it derives from. */
  readonly like: readonly string[];
  readonly version: string;
  readonly codename: string;
  readonly name: string;
}

export interface AptSourceFile {
  readonly path: string;
  readonly text: string;
}

export interface SetupTools {
  readonly host: SetupHost;
  readonly shell: Shell;
  readonly target: EngineTarget;
  readonly report: Report;
}

/** Reads /etc/os-release. Shape: `KEY=value` lines, values in single, double or no quotes. */
export function parseOsRelease(text: string): OsRelease {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^([A-Z_]+)=(["']?)(.*)\2$/.exec(line.trim());
    if (match) values.set(match[1] ?? '', match[3] ?? '');
  }
  const value = (key: string): string => values.get(key) ?? '';
  return {
    id: value('ID'),
    like: value('ID_LIKE')
      .split(' ')
      .filter((word) => word !== ''),
    version: value('VERSION_ID'),
    codename: value('VERSION_CODENAME'),
    name: value('PRETTY_NAME') || value('NAME') || value('ID'),
  };
}

/** Whether packages come with apt. */
export function usesApt({ id, like }: OsRelease): boolean {
  return ['debian', 'ubuntu'].some((name) => id === name || like.includes(name));
}

/** What apt-get is called with: without questions, and as root. */
export function aptArgv(sudo: readonly string[], ...args: readonly string[]): readonly [string, ...string[]] {
  return asRoot(sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', '-y', ...args);
}

/** @param sudo empty for root */
export function asRoot(sudo: readonly string[], ...command: readonly string[]): readonly [string, ...string[]] {
  const [file = 'true', ...args] = [...sudo, ...command];
  return [file, ...args];
}

/**
 * What is worth showing of a line of apt-get.
 *
 * Shape: `Get:3 http://… bookworm/main amd64 docker.io amd64 20.10.24 [36.2 MB]`, `Setting up docker.io (…) ...`.
 */
export function aptDetail(line: string): string | undefined {
  const fetched = /^Get:\d+ \S+ \S+ \S+ (\S+) \S+ \S+ \[([^\]]+)\]/.exec(line);
  if (fetched) return `fetching ${fetched[1]}, ${fetched[2]}`;
  const index = /^(?:Get|Hit):\d+ \S+ (\S+) (?:InRelease|Release)/.exec(line);
  if (index) return `reading the package list of ${index[1]}`;
  const unpacked = /^(?:Unpacking|Setting up) ([^ :]+)/.exec(line);
  return unpacked ? `installing ${unpacked[1]}` : undefined;
}
