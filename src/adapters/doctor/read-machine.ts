import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

import type { CaFile, DockerConfigReading, MachineReading } from '../../doctor/machine-reading.ts';
import { readOptional, readRoutes } from '../files/system-files.ts';
import type { Shell } from '../shell/shell.ts';
import { readPrograms } from './read-programs.ts';

type Env = Readonly<Record<string, string | undefined>>;

const PROXY_VARIABLES = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'] as const;
/** As `adapters/images/build-context.ts` looks for them. */
const CA_VARIABLES = ['SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'] as const;

export interface MachineSources {
  readonly env: Env;
  readonly shell: Shell;
  /** Environment by which the docker command line means the chosen engine; `undefined` when that does not answer. */
  readonly dockerEnv: () => Promise<Readonly<Record<string, string>> | undefined>;
  readonly signal: AbortSignal;
}

/** This machine by its files, its programs and this process's environment. */
export async function readMachine(sources: MachineSources): Promise<MachineReading> {
  const { env } = sources;
  const [memory, routes, caFiles, dockerConfig, programs] = await Promise.all([
    readMemory(),
    readRoutes(),
    readCaFiles(env),
    readDockerConfig(env),
    readPrograms(sources),
  ]);
  return {
    platform: process.platform,
    nodeVersion: process.versions.node,
    memory,
    defaultInterface: routes.defaultInterface,
    mtu: routes.mtu,
    proxyVariables: PROXY_VARIABLES.filter((name) => env[name]),
    caFiles,
    dockerConfig,
    programs,
  };
}

/** Shape: `MemAvailable:   22334455 kB`. Source: proc_meminfo(5). */
async function readMemory(): Promise<MachineReading['memory']> {
  const text = await readOptional('/proc/meminfo');
  const bytesOf = (name: string): number | undefined => {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text);
    return match ? Number(match[1]) * 1024 : undefined;
  };
  const [totalBytes, availableBytes] = [bytesOf('MemTotal'), bytesOf('MemAvailable')];
  return totalBytes === undefined || availableBytes === undefined ? undefined : { totalBytes, availableBytes };
}

async function readCaFiles(env: Env): Promise<readonly CaFile[]> {
  const named = CA_VARIABLES.flatMap((variable) => {
    const file = env[variable];
    return file ? [{ variable, file }] : [];
  });
  return Promise.all(
    named.map(async ({ variable, file }) => ({ variable, file, isReadable: await isAccessible(file, constants.R_OK) })),
  );
}

interface DockerConfig {
  readonly currentContext?: string;
  readonly credsStore?: string;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly proxies?: Readonly<Record<string, unknown>>;
}

/** Source: docker/cli `cli/config/configfile/file.go`; a helper NAME is the program `docker-credential-NAME`. */
async function readDockerConfig(env: Env): Promise<DockerConfigReading> {
  const file = path.join(env['DOCKER_CONFIG'] || path.join(env['HOME'] || homedir(), '.docker'), 'config.json');
  let config: DockerConfig;
  try {
    config = JSON.parse(await readFile(file, 'utf8')) as DockerConfig;
    if (typeof config !== 'object' || config === null) throw new Error('it is no JSON object');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { state: 'none', file };
    return { state: 'broken', file, seen: code === 'EACCES' ? 'permission denied' : message };
  }
  const names = new Set([config.credsStore, ...Object.values(config.credHelpers ?? {})]);
  const programs = [...names].filter((name) => name).map((name) => `docker-credential-${name}`);
  return {
    state: 'read',
    file,
    currentContext: config.currentContext || undefined,
    hasProxies: Object.keys(config.proxies ?? {}).length > 0,
    helpers: await Promise.all(
      programs.map(async (program) => ({ program, isThere: await isOnPath(program, env['PATH'] ?? '') })),
    ),
  };
}

async function isOnPath(program: string, searched: string): Promise<boolean> {
  const folders = searched.split(path.delimiter).filter((folder) => folder !== '');
  const found = await Promise.all(
    folders.map(async (folder) => isAccessible(path.join(folder, program), constants.X_OK)),
  );
  return found.includes(true);
}

async function isAccessible(file: string, mode: number): Promise<boolean> {
  return access(file, mode).then(
    () => true,
    () => false,
  );
}
