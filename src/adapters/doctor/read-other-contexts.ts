import type { OtherContext } from '../../doctor/context-reading.ts';
import { CommandError, ToolkitError } from '../../errors.ts';
import { resolveEngineTarget } from '../engine/engine-target.ts';
import { findLabs } from '../labs/find-labs.ts';
import type { Shell } from '../shell/shell.ts';
import { seenOf } from './read-engine.ts';

/** One that does not answer must not hold up the others. */
const ANSWER_LIMIT_MS = 4000;

/** Shape of the descriptions in `lab/lab-context.ts` and `swarm/swarm-name.ts`: docker keeps no labels on contexts. */
const DESCRIPTION = /^spark-swarm (lab|swarm) "([a-z][a-z0-9-]*)"$/;

interface ListedContext {
  readonly Name: string;
  readonly Description?: string;
  readonly DockerEndpoint?: string;
}

export interface OtherContextSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly shell: Shell;
  /** The chosen one, which has checks of its own. */
  readonly chosen: string | undefined;
  readonly signal: AbortSignal;
}

/** Contexts of ours besides the chosen one, each with what its engine says. */
export async function readOtherContexts(sources: OtherContextSources): Promise<readonly OtherContext[]> {
  const { chosen, shell, signal } = sources;
  const listed = (await listContexts(shell, signal)).filter(({ Name }) => Name !== chosen);
  const found = await Promise.all(listed.map(async (context) => describe(context, sources)));
  return found.filter((context) => context !== undefined);
}

async function listContexts(shell: Shell, signal: AbortSignal): Promise<readonly ListedContext[]> {
  try {
    const { stdout } = await shell.run(['docker', 'context', 'ls', '--format', '{{json .}}'], { signal });
    return stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as ListedContext);
  } catch (error) {
    if (error instanceof CommandError) return [];
    throw error;
  }
}

async function describe(
  { Name: name, Description, DockerEndpoint: host = '' }: ListedContext,
  { env, shell, signal }: OtherContextSources,
): Promise<OtherContext | undefined> {
  const [, kind, place = ''] = DESCRIPTION.exec(Description ?? '') ?? [];
  if (kind !== 'lab' && kind !== 'swarm') return undefined;
  const silence = await askWhy(name, { env, shell, signal });
  const isGone = kind === 'lab' && silence !== '' && !findLabs(env).some((lab) => lab.name === place);
  return { name, kind, place, host, silence, isGone };
}

/** @returns why it does not answer; empty when it does */
async function askWhy(
  name: string,
  { env, shell, signal }: Pick<OtherContextSources, 'env' | 'shell' | 'signal'>,
): Promise<string> {
  try {
    const around = { ...env, DOCKER_HOST: undefined, DOCKER_CONTEXT: undefined };
    const { api } = await resolveEngineTarget({ context: name, env: around, shell });
    try {
      await api.get('/_ping', { timeoutMs: ANSWER_LIMIT_MS, signal });
      return '';
    } catch (error) {
      if (!(error instanceof ToolkitError)) throw error;
      return seenOf(error, api.name);
    } finally {
      api.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ToolkitError) return error.message.split('\n')[0] ?? '';
    throw error;
  }
}
