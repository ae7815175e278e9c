import { Readable } from 'node:stream';
import { text as readText } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

import { EngineError, NotFoundError, ToolkitError } from '../../errors.ts';
import { LABELS } from '../../labels.ts';
import type { EngineApi, RequestOptions } from '../engine/engine-api.ts';
import { describeSelf, isAlive, parseIdentity } from '../files/process-identity.ts';

/** Name of all that a probe makes, before its number. */
const PREFIX = 'spark-swarm-probe';
/** Of a probe on another machine nobody here sees whether it lives; none takes so long. */
const STALE_MS = 300_000;
const REMOVAL_LIMIT_MS = 10_000;
const POLL_MS = 100;

interface Labelled {
  readonly Labels?: Readonly<Record<string, string>> | null;
}

/** Name of this run's objects. */
export function probeName(run: string): string {
  return `${PREFIX}-${run}`;
}

/** Name of the container on a node whose first one could not do it. */
export function secondProbeName(run: string): string {
  return `${PREFIX}-${run}-image`;
}

/** Says who made it, so that the next run knows a leftover. */
export function probeLabel(): string {
  return JSON.stringify({ ...describeSelf(), since: new Date().toISOString() });
}

/**
 * Makes an image that holds nothing but the links by which a node's own /usr becomes a system: 31 bytes, no download.
 * @returns its name
 */
export async function importProbeImage(api: EngineApi, run: string, label: string): Promise<string> {
  const { packTar } = await import('modern-tar');
  const archive = await packTar(
    ['bin', 'sbin', 'lib', 'lib64'].map((name) => ({
      header: { name, type: 'symlink' as const, linkname: `usr/${name}`, size: 0, mode: 0o777, mtime: new Date(0) },
    })),
  );
  const response = await api.open('POST', '/images/create', {
    query: {
      fromSrc: '-',
      repo: PREFIX,
      tag: run,
      changes: `LABEL ${LABELS.probe}=${JSON.stringify(label)}`,
    },
    stream: Readable.from([archive]),
    contentType: 'application/x-tar',
  });
  const words = await readText(response);
  if (words.includes('"error"'))
    throw new EngineError(`The engine at ${api.name} takes no image: ${words.trim()}`, 500);
  return `${PREFIX}:${run}`;
}

/** What a run has made on a node. */
export async function removeProbeContainers(api: EngineApi, run: string): Promise<void> {
  await Promise.all([probeName(run), secondProbeName(run)].map(async (name) => removeContainer(api, name)));
  // After the containers, which hold it.
  await removeUntilGone(api, `/images/${PREFIX}:${run}`);
}

/** The network of a run, once nothing is on it any more. */
export async function removeProbeNetwork(
  api: EngineApi,
  run: string,
  limitMs: number = REMOVAL_LIMIT_MS,
): Promise<void> {
  await removeUntilGone(api, `/networks/${probeName(run)}`, { limitMs });
}

async function removeContainer(api: EngineApi, name: string): Promise<void> {
  await removeUntilGone(api, `/containers/${name}`, { query: { force: true, v: true } });
}

/**
 * Asks until it is not there any more: an engine that is at it already says 409 and goes on, a network is let go of a moment
 * after its last container, and a busy engine may kill a container later than it waits for that.
 *
 * @throws EngineError with what the engine said last, when it is still there after `limitMs`, however long one answer took;
 * UnreachableError
 */
async function removeUntilGone(
  api: EngineApi,
  path: string,
  {
    query = {},
    limitMs = REMOVAL_LIMIT_MS,
  }: { readonly query?: RequestOptions['query']; readonly limitMs?: number } = {},
): Promise<void> {
  const deadline = Date.now() + limitMs;
  for (let isLast = false; ; isLast = Date.now() > deadline) {
    try {
      await api.delete(path, { query });
      if (isLast) throw new EngineError('it is still there', 409);
    } catch (error) {
      if (error instanceof NotFoundError) return;
      if (isLast || !(error instanceof EngineError)) throw error;
    }
    await sleep(POLL_MS);
  }
}

/** Takes away what runs that were killed have left: containers and images of a node, and the networks of a manager. */
export async function removeLeftovers(api: EngineApi, isManager: boolean): Promise<void> {
  const filters = { label: [LABELS.probe] };
  const [containers, images, networks, { SystemTime }] = await Promise.all([
    api.get<readonly (Labelled & { readonly Id: string })[]>('/containers/json', { query: { all: true, filters } }),
    api.get<readonly (Labelled & { readonly RepoTags: readonly string[] | null })[]>('/images/json', {
      query: { filters },
    }),
    isManager ? api.get<readonly (Labelled & { readonly Id: string })[]>('/networks', { query: { filters } }) : [],
    api.get<{ readonly SystemTime: string }>('/info'),
  ]);
  const nowMs = Date.parse(SystemTime);
  const isLeft = (object: Labelled): boolean => isLeftover(object.Labels?.[LABELS.probe] ?? '', nowMs);
  await Promise.all(containers.filter(isLeft).map(async ({ Id }) => ignoreRefusal(removeContainer(api, Id))));
  await Promise.all([
    ...images
      .filter(isLeft)
      .flatMap(({ RepoTags }) => RepoTags ?? [])
      .map(async (tag) => ignoreRefusal(removeUntilGone(api, `/images/${tag}`))),
    ...networks.filter(isLeft).map(async ({ Id }) => ignoreRefusal(removeUntilGone(api, `/networks/${Id}`))),
  ]);
}

/** Its process is gone; of one that cannot be seen from here the time decides. */
function isLeftover(label: string, nowMs: number): boolean {
  try {
    const value = JSON.parse(label) as { readonly since?: string };
    const identity = parseIdentity(value);
    const alive = identity && isAlive(identity);
    if (alive !== undefined) return !alive;
    return nowMs - Date.parse(value.since ?? '') > STALE_MS;
  } catch {
    return false;
  }
}

/** What cannot be removed now is a leftover of the next run. */
async function ignoreRefusal(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof ToolkitError)) throw error;
  });
}
