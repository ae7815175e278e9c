import { LABELS } from '../../labels.ts';
import { parseDockerHost, type EngineEndpoint } from '../engine/endpoint.ts';
import { EngineApi } from '../engine/engine-api.ts';
import { findLabs } from '../labs/find-labs.ts';
import { listContexts, readCurrentContext } from './context-files.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** An engine that is slower is not worth waiting for in the middle of a line. */
const LIMIT_MS = 200;
const DEFAULT_SOCKET = '/var/run/docker.sock';

/**
 * Names of the clusters on the engine that a command would use, and where nothing names one on those of this machine's labs
 * too. Empty when none answers at once.
 */
export async function listClusterNames(context: string | undefined, env: Environment): Promise<readonly string[]> {
  const endpoints = await findEndpoints(context, env);
  const names = await Promise.all(endpoints.map(namesOn));
  return [...new Set(names.flat())].toSorted();
}

async function findEndpoints(context: string | undefined, env: Environment): Promise<readonly EngineEndpoint[]> {
  if (context === undefined && env['DOCKER_HOST']) return endpointOf(env['DOCKER_HOST']);
  const name = context ?? (env['DOCKER_CONTEXT'] || (await readCurrentContext(env)));
  if (name !== undefined && name !== 'default') {
    const contexts = await listContexts(env);
    return endpointOf(contexts.find((candidate) => candidate.name === name)?.host ?? '');
  }
  const labs = context === undefined ? findLabs(env).map(({ managerSocket }) => managerSocket) : [];
  return [DEFAULT_SOCKET, ...labs].map((socketPath) => ({ kind: 'unix', socketPath }));
}

/** None for an engine behind TLS or ssh, which takes longer than we would wait. */
function endpointOf(host: string): readonly EngineEndpoint[] {
  try {
    const endpoint = parseDockerHost(host, 'DOCKER_HOST', undefined);
    return endpoint.kind === 'ssh' ? [] : [endpoint];
  } catch {
    return [];
  }
}

async function namesOn(endpoint: EngineEndpoint): Promise<readonly string[]> {
  const api = new EngineApi(endpoint);
  const query = { filters: { label: [LABELS.cluster] } };
  const signal = AbortSignal.timeout(LIMIT_MS);
  const ask = async <T>(path: string, all: object): Promise<readonly T[]> =>
    api.get<readonly T[]>(path, { query: { ...query, ...all }, signal }).catch(() => []);
  try {
    const [containers, services] = await Promise.all([
      ask<{ Labels?: Labels }>('/containers/json', { all: true }),
      ask<{ Spec?: { Labels?: Labels } }>('/services', {}),
    ]);
    return [...containers.map(({ Labels }) => Labels), ...services.map(({ Spec }) => Spec?.Labels)].flatMap(
      // Whoever may run containers there writes these labels, and a shell takes what is offered as it is.
      (labels) => (labels?.[LABELS.cluster] ?? '').match(/^[a-z][a-z0-9-]{0,31}$/)?.[0] ?? [],
    );
  } finally {
    api.close();
  }
}

type Labels = Readonly<Record<string, string>>;
