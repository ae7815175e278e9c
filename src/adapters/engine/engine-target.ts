import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

import { CommandError, NotFoundError, UsageError } from '../../errors.ts';
import type { Shell } from '../shell/shell.ts';
import { SshConnection } from '../ssh/ssh-connection.ts';
import { formatEndpoint, parseDockerHost, type EngineEndpoint, type TlsMaterial } from './endpoint.ts';
import { EngineApi } from './engine-api.ts';
import { readTlsFiles, tlsFilesIn } from './tls-files.ts';

/** One engine, as both our own requests and the docker command line reach it. */
export interface EngineTarget {
  readonly api: EngineApi;
  /** Docker context it was found by; `undefined` when a DOCKER_HOST named it. */
  readonly contextName: string | undefined;
  /** False when nothing named an engine and Docker's default was taken. */
  readonly isExplicit: boolean;
  /** Environment that points the docker command line to the very same engine. */
  readonly dockerEnv: Readonly<Record<string, string>>;
  /** Name or address of its machine, where the endpoint holds an alias of ~/.ssh/config. */
  readonly hostAddress?: string | undefined;
}

export interface EngineChoice {
  /** Value of `--context`. */
  readonly context: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly shell: Shell;
}

const DEFAULT_SOCKET = '/var/run/docker.sock';

/**
 * The engine the user means: `--context`, else `DOCKER_HOST`, `DOCKER_CONTEXT`, the current context (design D14).
 * Source: docker/cli `cli/command/cli.go`, resolveContextName.
 *
 * @throws NotFoundError for a context that does not exist; UsageError for a DOCKER_HOST that cannot be read
 */
export async function resolveEngineTarget({ context, env, shell }: EngineChoice): Promise<EngineTarget> {
  if (context === undefined && env['DOCKER_HOST']) return hostTarget(env['DOCKER_HOST'], env);
  const named = context ?? (env['DOCKER_CONTEXT'] || undefined);
  const contextName = named ?? (await readCurrentContext(env));
  if (contextName === undefined || contextName === 'default') {
    const endpoint: EngineEndpoint = { kind: 'unix', socketPath: DEFAULT_SOCKET };
    return target(endpoint, { contextName: 'default', isExplicit: named !== undefined, env });
  }
  return dialTarget(await inspectContext(contextName, shell), { contextName, isExplicit: true, env });
}

/** The engine behind a socket on this machine: a lab's node, for one. */
export function socketTarget(socketPath: string, contextName?: string): EngineTarget {
  return target({ kind: 'unix', socketPath }, { contextName, isExplicit: true, env: {} });
}

interface Naming {
  readonly contextName: string | undefined;
  readonly isExplicit: boolean;
  readonly env: EngineChoice['env'];
}

/**
 * The engine in DOCKER_HOST. With DOCKER_TLS_VERIFY or DOCKER_CERT_PATH, a tcp address is spoken to by TLS, and its certificate
 * is checked; docker's own command line also knows TLS without a check, which is not taken over.
 * Source: docker/cli `cli/flags/options.go`.
 */
async function hostTarget(host: string, env: EngineChoice['env']): Promise<EngineTarget> {
  const naming = { contextName: undefined, isExplicit: true, env };
  const folder = certFolder(env);
  if (folder === undefined || !/^(?:tcp|https?):/.test(host)) {
    return dialTarget(parseDockerHost(host, 'DOCKER_HOST', undefined), naming);
  }
  const tls = await readTlsFiles(
    tlsFilesIn(folder),
    env['DOCKER_CERT_PATH'] ? 'DOCKER_CERT_PATH' : 'DOCKER_TLS_VERIFY',
  );
  const found = target(parseDockerHost(host, 'DOCKER_HOST', tls), naming);
  return { ...found, dockerEnv: { ...found.dockerEnv, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder } };
}

/** Folder of the certificates that DOCKER_HOST is used with; undefined without TLS. */
function certFolder(env: EngineChoice['env']): string | undefined {
  if (!env['DOCKER_TLS_VERIFY'] && !env['DOCKER_CERT_PATH']) return undefined;
  return env['DOCKER_CERT_PATH'] || dockerFolder(env);
}

/** As {@link target}; over ssh, where its machine is. */
async function dialTarget(endpoint: EngineEndpoint, naming: Naming): Promise<EngineTarget> {
  const found = target(endpoint, naming);
  if (endpoint.kind !== 'ssh') return found;
  // Whoever uses the engine says what is wrong with ssh.
  const resolved = await SshConnection.of(endpoint)
    .resolve()
    .catch(() => undefined);
  return { ...found, hostAddress: resolved?.hostName };
}

function target(endpoint: EngineEndpoint, { contextName, isExplicit, env }: Naming): EngineTarget {
  const address = formatEndpoint(endpoint);
  const label =
    contextName === undefined || contextName === 'default' ? address : `${address} (context ${contextName})`;
  const byContext = contextName !== undefined && contextName !== 'default';
  return {
    api: new EngineApi(endpoint, label),
    contextName,
    isExplicit,
    dockerEnv: {
      // Set but empty counts as not set: so that the context is used, and no certificate of another engine.
      ...(byContext && endpoint.kind === 'tcp'
        ? { DOCKER_CONTEXT: contextName, DOCKER_HOST: '' }
        : { DOCKER_HOST: address }),
      ...(env['DOCKER_TLS_VERIFY'] ? { DOCKER_TLS_VERIFY: '' } : {}),
    },
  };
}

function dockerFolder(env: EngineChoice['env']): string {
  return env['DOCKER_CONFIG'] || path.join(env['HOME'] || homedir(), '.docker');
}

/** `currentContext` of ~/.docker/config.json; `undefined` when there is none. */
async function readCurrentContext(env: EngineChoice['env']): Promise<string | undefined> {
  const folder = dockerFolder(env);
  try {
    const config = JSON.parse(await readFile(path.join(folder, 'config.json'), 'utf8')) as { currentContext?: string };
    return config.currentContext || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new UsageError(`Cannot read ${path.join(folder, 'config.json')}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

interface InspectedContext {
  readonly Endpoints: { readonly docker?: { readonly Host?: string; readonly SkipTLSVerify?: boolean } };
  readonly Storage: { readonly TLSPath?: string };
  readonly TLSMaterial: { readonly docker?: readonly string[] };
}

async function inspectContext(name: string, shell: Shell): Promise<EngineEndpoint> {
  // Asked of docker, not read from its files: where contexts live and how they are written is its own business.
  const { stdout } = await shell
    .run(['docker', 'context', 'inspect', name, '--format', '{{json .}}'])
    .catch((error: unknown) => {
      if (error instanceof CommandError && /not found|does not exist/.test(error.stderr)) {
        throw new NotFoundError(`No docker context named "${name}"`, { hint: 'docker context ls', cause: error });
      }
      throw error;
    });
  const inspected = JSON.parse(stdout) as InspectedContext;
  const docker = inspected.Endpoints.docker;
  if (!docker?.Host) throw new UsageError(`The docker context "${name}" names no Docker engine`);
  const tls = await readTlsMaterial(inspected, docker.SkipTLSVerify ?? false);
  return parseDockerHost(docker.Host, `docker context "${name}"`, tls);
}

async function readTlsMaterial(inspected: InspectedContext, skipVerify: boolean): Promise<TlsMaterial | undefined> {
  const files = inspected.TLSMaterial.docker ?? [];
  const folder = inspected.Storage.TLSPath;
  if (files.length === 0 || !folder) return undefined;
  const read = async (file: string): Promise<string | undefined> =>
    files.includes(file) ? readFile(path.join(folder, 'docker', file), 'utf8') : undefined;
  const [ca, cert, key] = await Promise.all([read('ca.pem'), read('cert.pem'), read('key.pem')]);
  return { ca, cert, key, verify: !skipVerify };
}
