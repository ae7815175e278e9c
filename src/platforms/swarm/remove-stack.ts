import { setTimeout as sleep } from 'node:timers/promises';

import pMap from 'p-map';

import { Container } from '../../adapters/engine/container.ts';
import type { EngineApi } from '../../adapters/engine/engine-api.ts';
import { EngineError, NotFoundError, WaitTimeoutError } from '../../errors.ts';
import { LABELS, STACK_NAMESPACE_LABEL } from '../../labels.ts';
import { hasEnded, type StackService, type StackTask, type SwarmNode } from '../../stack/swarm-state.ts';
import type { RemoveOptions, RemoveResult } from '../platform.ts';
import { removeHelpers } from '../volume-owner.ts';
import { removeDataHelpers } from './bring-data.ts';
import { handleVolumes, type Place } from './remove-volumes.ts';
import type { SwarmReader } from './swarm-reader.ts';

/** Spark's daemons end within a second; what does not is killed. */
const STOP_GRACE_SECONDS = 5;
const POLL_MS = 20;
/** Longer than the two pauses of 2 s that the engine makes when it stops a task, and a loaded machine's share. */
const GONE_TIMEOUT_MS = 60_000;
const RELEASE_TIMEOUT_MS = 10_000;

interface RawNetwork {
  readonly Id: string;
  readonly Name: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

/**
 * Takes away services, containers, networks, secrets and configs of one cluster, found by label, and waits until they are
 * gone on every node that answers.
 */
export async function removeStack(name: string, reader: SwarmReader, options: RemoveOptions): Promise<RemoveResult> {
  const { nodes, services, tasks } = await reader.readStack(name);
  const ours = services.filter((service) => belongsTo(name, service.labels));
  const places = await Promise.all(nodes.map(async (node) => findPlace(node, reader)));

  options.progress('stopping containers');
  // A service goes after its containers: the agent of a task whose service went first pauses for 2 s, twice, and keeps the
  // network meanwhile. So does the agent that was given a replacement, so there shall be none. Whoever is interrupted here
  // leaves services without containers: the next remove takes them away, the next deploy gives them new ones.
  await Promise.all(
    ours.map(async (service) => {
      await reader.client.holdPlacement(service.id).catch(ignoreRefusal);
      await stopContainers(service, places, tasks);
      await reader.client.removeService(service.id);
    }),
  );
  const foreign = services.filter((service) => !ours.includes(service));
  const foreignIds = new Set(foreign.map((service) => service.id));
  await waitForTasksGone(name, { nodes, foreign: foreignIds }, reader, options);
  await removeEndedContainers(name, places);
  await Promise.all(
    places.map(async ({ api }) => api && Promise.all([removeHelpers(name, api), removeDataHelpers(name, api)])),
  );
  const [networks, objects, volumes] = await Promise.all([
    removeNetworks(name, { places, isShared: foreign.length > 0 }, reader, options),
    removeObjects(name, reader),
    handleVolumes(name, places, options),
  ]);
  const removed = [
    ...ours.map((service) => `service ${service.name}`),
    ...networks.removed,
    ...objects,
    ...volumes.removed,
  ];
  // In a stack of ours everybody knows what somebody else added; who deployed by hand may believe that all of it is ours.
  const strangers = isByHand(ours) ? [...foreign.map(({ name: each }) => `service ${each}`), ...networks.foreign] : [];
  return {
    removed,
    keptVolumes: volumes.kept,
    remaining: networks.inUse.map((network) => `network ${network} stays: what is not of "${name}" uses it`),
    leftovers: [
      ...strangers.map((object) => `${object} stays: it has no label ${LABELS.role}`),
      ...(removed.length === 0 ? [] : places.flatMap((place) => describeBlind(name, place, tasks))),
    ],
  };
}

/** A service that cannot be held, or is gone, only takes longer. */
function ignoreRefusal(error: unknown): void {
  if (!(error instanceof EngineError) && !(error instanceof NotFoundError)) throw error;
}

async function findPlace(node: SwarmNode, reader: SwarmReader): Promise<Place> {
  if (node.state !== 'ready') return { node, api: undefined, problem: `node ${node.hostname} is ${node.state}` };
  const { api, error } = await reader.engines.look(node);
  return { node, api, problem: error?.message ?? '' };
}

/** What may stay on a node into which nobody can look. */
function describeBlind(name: string, { node, problem }: Place, tasks: readonly StackTask[]): readonly string[] {
  if (problem === '') return [];
  const runs = node.state !== 'ready' && tasks.some((task) => task.nodeId === node.id && !hasEnded(task));
  return [
    runs
      ? `${problem}; what runs there of "${name}" goes when it returns, or with docker node rm, ended containers and volumes may stay`
      : `${problem}; ended containers and volumes of "${name}" may stay there`,
  ];
}

/** By our labels; in a stack deployed by hand only the roles of our file are labelled. */
function belongsTo(name: string, labels: Readonly<Record<string, string>> | null | undefined): boolean {
  const cluster = labels?.[LABELS.cluster];
  return cluster === undefined ? labels?.[LABELS.role] !== undefined : cluster === name;
}

/** A stack that our commands have not touched. */
function isByHand(ours: readonly StackService[]): boolean {
  return ours.length > 0 && ours.every((service) => service.labels[LABELS.cluster] === undefined);
}

/** Stops and removes a service's containers on their nodes. A node that cannot be reached does it in its own time. */
async function stopContainers(
  service: StackService,
  places: readonly Place[],
  tasks: readonly StackTask[],
): Promise<void> {
  const targets = tasks.filter(
    (task) => task.serviceId === service.id && task.containerId !== undefined && !hasEnded(task),
  );
  await Promise.allSettled(
    targets.map(async (task) => {
      const api = places.find(({ node }) => node.id === task.nodeId)?.api;
      if (api && task.containerId) await new Container(api, task.containerId).stopAndRemove(STOP_GRACE_SECONDS);
    }),
  );
}

async function waitForTasksGone(
  name: string,
  { nodes, foreign }: { readonly nodes: readonly SwarmNode[]; readonly foreign: ReadonlySet<string> },
  reader: SwarmReader,
  { progress, signal }: RemoveOptions,
): Promise<void> {
  const readyNodes = new Set(nodes.filter((node) => node.state === 'ready').map((node) => node.id));
  const deadline = Date.now() + GONE_TIMEOUT_MS;
  for (;;) {
    const listed = await reader.client.listTasks([`${STACK_NAMESPACE_LABEL}=${name}`]);
    const tasks = listed.filter((task) => !foreign.has(task.serviceId));
    const alive = tasks.filter((task) => !hasEnded(task) && (task.nodeId === '' || readyNodes.has(task.nodeId)));
    if (alive.length === 0) return;
    if (Date.now() > deadline) {
      throw new WaitTimeoutError(
        `Gave up after ${GONE_TIMEOUT_MS / 1000} s waiting for the tasks of "${name}" to end; last seen: ${alive.length} ${alive[0]?.state}`,
        {
          hint: 'run the same command again',
        },
      );
    }
    progress(`waiting for ${alive.length} ${alive.length === 1 ? 'task' : 'tasks'} to end`);
    await sleep(POLL_MS, undefined, { signal });
  }
}

interface RawContainer {
  readonly Id: string;
  readonly Labels: Readonly<Record<string, string>>;
}

/** What is left of earlier tasks: the swarm keeps the containers of failed ones for a while, and they hold volumes. */
async function removeEndedContainers(name: string, places: readonly Place[]): Promise<void> {
  await pMap(places, async ({ api }) => {
    const found = await api?.get<readonly RawContainer[]>('/containers/json', {
      query: { all: true, filters: { label: [`${STACK_NAMESPACE_LABEL}=${name}`] } },
    });
    for (const { Id, Labels } of found ?? []) {
      if (api && belongsTo(name, Labels)) await new Container(api, Id).stopAndRemove(STOP_GRACE_SECONDS);
    }
  });
}

/** Secrets and configs, but not the lock that this command itself holds. */
async function removeObjects(name: string, reader: SwarmReader): Promise<readonly string[]> {
  const removed = await pMap(['secrets', 'configs'] as const, async (kind) => {
    const found = await reader.client.listObjects(kind, [`${LABELS.cluster}=${name}`]);
    const going = found.filter((object) => object.labels[LABELS.lock] === undefined);
    await pMap(going, async (object) => reader.client.removeObject(kind, object.id));
    return going.map((object) => `${kind === 'secrets' ? 'secret' : 'config'} ${object.name}`);
  });
  return removed.flat();
}

interface Networks {
  readonly removed: readonly string[];
  /** Ours, but somebody else's containers are in them. */
  readonly inUse: readonly string[];
  /** Of the same stack, and not ours. */
  readonly foreign: readonly string[];
}

async function removeNetworks(
  name: string,
  { places, isShared }: { readonly places: readonly Place[]; readonly isShared: boolean },
  reader: SwarmReader,
  options: RemoveOptions,
): Promise<Networks> {
  const found = await listNetworks(reader.client.api, `${STACK_NAMESPACE_LABEL}=${name}`);
  const ours = found.filter(({ Labels }) => belongsTo(name, Labels));
  const removed: string[] = [];
  const inUse: string[] = [];
  for (const network of ours) {
    const isGone = await removeNetwork(network, { places, isShared }, reader, options);
    if (isGone) removed.push(`network ${network.Name}`);
    else inUse.push(network.Name);
  }
  const foreign = found.filter((network) => !ours.includes(network)).map(({ Name }) => `network ${Name}`);
  return { removed, inUse, foreign };
}

/** @returns false where services that are not ours go on using it */
async function removeNetwork(
  network: RawNetwork,
  { places, isShared }: { readonly places: readonly Place[]; readonly isShared: boolean },
  reader: SwarmReader,
  { progress, signal }: RemoveOptions,
): Promise<boolean> {
  const deadline = Date.now() + (isShared ? RELEASE_TIMEOUT_MS : GONE_TIMEOUT_MS);
  for (;;) {
    try {
      await reader.client.api.delete(`/networks/${network.Id}`);
      break;
    } catch (error) {
      if (error instanceof NotFoundError) break;
      // "network x is in use by task y" while the manager has not seen the end of the last task.
      if (!(error instanceof EngineError)) throw error;
      if (Date.now() > deadline) {
        if (isShared && / in use /.test(error.message)) return false;
        throw error;
      }
      progress(`removing network ${network.Name}: ${error.message}`);
      await sleep(POLL_MS, undefined, { signal });
    }
  }
  progress(`waiting for network ${network.Name} to leave the nodes`);
  await Promise.all(
    places.map(async ({ api }) => {
      while (api && Date.now() < deadline && (await hasNetwork(api, network.Id)))
        await sleep(POLL_MS, undefined, { signal });
    }),
  );
  return true;
}

/** A deploy of the same name must not meet the old network on a node: its tasks would be refused for seconds. */
async function hasNetwork(api: EngineApi, id: string): Promise<boolean> {
  const networks = await api
    .get<readonly RawNetwork[]>('/networks', { query: { filters: { id: [id] } } })
    .catch(() => []);
  return networks.length > 0;
}

async function listNetworks(api: EngineApi, label: string): Promise<readonly RawNetwork[]> {
  return api.get('/networks', { query: { filters: { label: [label] } } });
}
