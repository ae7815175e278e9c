import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

export interface ContextFile {
  readonly name: string;
  /** `unix:///run/docker.sock`; empty if it says none. */
  readonly host: string;
  /** What a command of ours makes says here whose it is; empty if it says nothing. */
  readonly description: string;
}

/**
 * The docker contexts of this user, by name. From docker's own files, because `docker context ls` costs a TAB 40 ms; whoever
 * connects asks docker. Source: docker/cli `cli/context/store/metadatastore.go`.
 */
export async function listContexts(env: Environment): Promise<readonly ContextFile[]> {
  const folder = path.join(dockerFolder(env), 'contexts', 'meta');
  const names = await readdir(folder).catch(() => []);
  const contexts = await Promise.all(names.map(async (name) => readJson(path.join(folder, name, 'meta.json'))));
  return contexts
    .map(({ Name: name, Endpoints: endpoints, Metadata: metadata }) => ({
      name: typeof name === 'string' ? name : '',
      host: hostIn(endpoints),
      description: descriptionIn(metadata),
    }))
    .filter(({ name }) => name !== '')
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
}

/** The context in which docker works without `--context`; `undefined` for its default. */
export async function readCurrentContext(env: Environment): Promise<string | undefined> {
  const { currentContext } = await readJson(path.join(dockerFolder(env), 'config.json'));
  return typeof currentContext === 'string' && currentContext !== '' ? currentContext : undefined;
}

function dockerFolder(env: Environment): string {
  return env['DOCKER_CONFIG'] || path.join(env['HOME'] || homedir(), '.docker');
}

function hostIn(endpoints: unknown): string {
  return (endpoints as { docker?: { Host?: string } } | undefined)?.docker?.Host ?? '';
}

function descriptionIn(metadata: unknown): string {
  const description = (metadata as { Description?: unknown } | undefined)?.Description;
  return typeof description === 'string' ? description : '';
}

async function readJson(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Readonly<Record<string, unknown>>;
  } catch {
    // Whatever is wrong with docker's files, it is not said in the middle of a line.
    return {};
  }
}
