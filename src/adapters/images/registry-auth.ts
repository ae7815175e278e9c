import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

import { CommandError, UsageError } from '../../errors.ts';
import type { Shell } from '../shell/shell.ts';

export interface AuthSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly shell: Shell;
}

interface DockerConfig {
  readonly auths?: Readonly<Record<string, StoredAuth>>;
  /** Helper for all registries: `pass`, whose program is `docker-credential-pass`. */
  readonly credsStore?: string;
  /** Helper by registry. */
  readonly credHelpers?: Readonly<Record<string, string>>;
}

interface StoredAuth {
  /** `USER:PASSWORD`, base64. */
  readonly auth?: string;
  readonly identitytoken?: string;
}

/** Docker Hub has its credentials under one name of old. Source: docker/cli `cli/command/registry.go`, `IndexServer`. */
const DOCKER_HUB = 'index.docker.io';
const DOCKER_HUB_SERVER = `https://${DOCKER_HUB}/v1/`;

/**
 * What this person has told docker about the registry, as the header `X-Registry-Auth` takes it; `undefined` when it is
 * nothing. The value is a secret: it goes into a request and nowhere else.
 *
 * Shape: base64url of `{username, password, serveraddress}`, or of `{identitytoken, serveraddress}`.
 * Source: docker/cli `cli/config/credentials`; moby `api/types/registry/authconfig.go`.
 *
 * @param registry host and port: `registry.example:5000`
 * @throws UsageError if docker's config cannot be read; CommandError if a credential helper fails
 */
export async function readRegistryAuth(registry: string, { env, shell }: AuthSource): Promise<string | undefined> {
  const config = await readDockerConfig(env);
  const server = registry === 'docker.io' || registry === DOCKER_HUB ? DOCKER_HUB_SERVER : registry;
  const helper = config.credHelpers?.[server] ?? config.credsStore;
  const found = helper ? await askHelper(helper, server, shell) : undefined;
  const credentials = found ?? parseStored(findStored(config.auths ?? {}, server));
  if (!credentials) return undefined;
  const value = JSON.stringify({ ...credentials, serveraddress: server });
  // With its padding: Go's decoder wants it.
  return Buffer.from(value).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

async function readDockerConfig(env: AuthSource['env']): Promise<DockerConfig> {
  const folder = env['DOCKER_CONFIG'] || path.join(env['HOME'] || homedir(), '.docker');
  const file = path.join(folder, 'config.json');
  try {
    return JSON.parse(await readFile(file, 'utf8')) as DockerConfig;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    // Not the parser's words: they quote what they read.
    const seen = error instanceof SyntaxError ? 'it is not JSON' : (error as Error).message;
    throw new UsageError(`Cannot read ${file}: ${seen}`);
  }
}

/** Older entries have a scheme and a path: `https://registry.example/v1/`. */
function findStored(auths: Readonly<Record<string, StoredAuth>>, registry: string): StoredAuth | undefined {
  const key = Object.keys(auths).find((name) => name.replace(/^https?:\/\//, '').replace(/\/.*$/, '') === registry);
  return auths[registry] ?? (key === undefined ? undefined : auths[key]);
}

type Credentials =
  { readonly username: string; readonly password: string } | { readonly identitytoken: string } | undefined;

function parseStored(stored: StoredAuth | undefined): Credentials {
  if (stored?.identitytoken) return { identitytoken: stored.identitytoken };
  const [, username, password] = /^([^:]+):(.*)$/s.exec(Buffer.from(stored?.auth ?? '', 'base64').toString()) ?? [];
  return username === undefined || password === undefined ? undefined : { username, password };
}

/** Source: docker/docker-credential-helpers, `get`: the server on standard input, JSON on standard output. */
async function askHelper(helper: string, registry: string, shell: Shell): Promise<Credentials> {
  const command = [`docker-credential-${helper}`, 'get'] as const;
  try {
    const { stdout } = await shell.run(command, { input: registry });
    const { Username, Secret } = JSON.parse(stdout) as { readonly Username: string; readonly Secret: string };
    return Username === '<token>' ? { identitytoken: Secret } : { username: Username, password: Secret };
  } catch (error) {
    if (!(error instanceof CommandError)) throw new UsageError(`${command.join(' ')} answers no JSON`);
    if (/credentials not found/i.test(error.stdout + error.stderr)) return undefined;
    // What it printed may hold what it was asked for.
    throw new CommandError({ command, exitStatus: error.exitStatus, stdout: '', stderr: '' });
  }
}
