import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

import { CommandError, NotFoundError, UsageError } from '../../errors.ts';
import type { Shell } from '../shell/shell.ts';
import { formatEndpoint, parseDockerHost, type EngineEndpoint, type TlsMaterial } from './endpoint.ts';
import { EngineApi } from './engine-api.ts';

/** One engine, as both our own requests and the docker command line reach it. */
export interface EngineTarget {
  readonly api: EngineApi;
  /** Docker context it was found by; `undefined` when a DOCKER_HOST named it. */
  readonly contextName: string | undefined;
  /** False when nothing named an engine and Docker's default was taken. */
  readonly isExplicit: boolean;
  /** Environment that points the docker command line to the very same engine. */
  readonly dockerEnv: Readonly<Record<string, string>>;
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
    return target(endpoint, { contextName: 'default', isExplicit: named !== undefined });
  }
  return target(await inspectContext(contextName, shell), { contextName, isExplicit: true });
}

/** The engine behind a socket on this machine: a lab's node, for one. */
export function socketTarget(socketPath: string, contextName?: string): EngineTarget {
  return target({ kind: 'unix', socketPath }, { contextName, isExplicit: true });
}

function hostTarget(host: string, env: EngineChoice['env']): EngineTarget {
  const isTls = Boolean(env['DOCKER_TLS_VERIFY'] || env['DOCKER_CERT_PATH']);
  if (isTls)
    throw new UsageError('DOCKER_HOST with DOCKER_CERT_PATH is not read; make a context of it', {
      hint: `docker context create NAME --docker host=${host},ca=…,cert=…,key=…, then --context NAME`,
    });
  return target(parseDockerHost(host, 'DOCKER_HOST', undefined), { contextName: undefined, isExplicit: true });
}

function target(
  endpoint: EngineEndpoint,
  { contextName, isExplicit }: { readonly contextName: string | undefined; readonly isExplicit: boolean },
): EngineTarget {
  const address = formatEndpoint(endpoint);
  const label =
    contextName === undefined || contextName === 'default' ? address : `${address} (context ${contextName})`;
  const byContext = contextName !== undefined && contextName !== 'default';
  return {
    api: new EngineApi(endpoint, label),
    contextName,
    isExplicit,
    // A set but empty DOCKER_HOST counts as not set, so that the context is used.
    dockerEnv:
      byContext && endpoint.kind === 'tcp'
        ? { DOCKER_CONTEXT: contextName, DOCKER_HOST: '' }
        : { DOCKER_HOST: address },
  };
}

/** `currentContext` of ~/.docker/config.json; `undefined` when there is none. */
async function readCurrentContext(env: EngineChoice['env']): Promise<string | undefined> {
  const folder = env['DOCKER_CONFIG'] || path.join(env['HOME'] || homedir(), '.docker');
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
