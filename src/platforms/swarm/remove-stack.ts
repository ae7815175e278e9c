import { setTimeout as sleep } from 'node:timers/promises';

import pMap from 'p-map';

import { Container } from '../../adapters/engine/container.ts';
import type { EngineApi } from '../../adapters/engine/engine-api.ts';
import { EngineError, NotFoundError, WaitTimeoutError } from '../../errors.ts';
import { LABELS, STACK_NAMESPACE_LABEL } from '../../labels.ts';
import { hasEnded, type StackService, type StackTask, type SwarmNode } from '../../stack/swarm-state.ts';
import type { RemoveOptions, RemoveResult } from '../platform.ts';
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
  readonly Labels?: Record<string, string>;
}

interface RawVolume {
  readonly Name: string;
  readonly Labels?: Record<string, string> | null;
}

/**
 * Takes away services, containers, networks, secrets and configs of one cluster, found by label, and waits until they are
 * gone on every node that answers.
 */
export async function removeStack(name: string, reader: SwarmReader, options: RemoveOptions): Promise<RemoveResult> {
  const { nodes, services, tasks } = await reader.readStack(name);
  const ours = services.filter((service) => isOurs(service, name, services));

  options.progress('stopping containers');
  // A service goes after its containers: the agent of a task whose service went first pauses for 2 s, twice, and holds the
  // network meanwhile. Whoever is interrupted in between leaves a cluster that starts its containers again.
  await Promise.all(
    ours.map(async (service) => {
      await stopContainers(service, { nodes, tasks }, reader);
      await reader.client.removeService(service.id);
    }),
  );
  const foreign = new Set(services.filter((service) => !ours.includes(service)).map((service) => service.id));
  await waitForTasksGone(name, { nodes, foreign }, reader, options);
  await removeEndedContainers(name, { nodes, byHand: isByHand(services) }, reader);
  const [networks, objects, volumes] = await Promise.all([
    removeNetworks(name, { nodes, byHand: isByHand(services) }, reader, options),
    removeObjects(name, reader),
    handleVolumes(name, nodes, reader, options),
  ]);
  const removed = [...ours.map((service) => `service ${service.name}`), ...networks, ...objects];
  return {
    removed: [...removed, ...volumes.removed],
    keptVolumes: volumes.kept,
    leftovers: nodes
      .filter((node) => node.state !== 'ready' && tasks.some((task) => task.nodeId === node.id && !hasEnded(task)))
      .map(
        (node) =>
          `node ${node.hostname} is ${node.state}: what it holds of "${name}" goes when it returns, or with docker node rm`,
      ),
  };
}

/** By our labels; in a stack deployed by hand, where only the roles are labelled, by the stack those two are in. */
function isOurs(service: StackService, name: string, services: readonly StackService[]): boolean {
  if (service.labels[LABELS.cluster] !== undefined) return service.labels[LABELS.cluster] === name;
  return service.labels[LABELS.role] !== undefined || isByHand(services);
}

/** A stack that our commands have not touched: in one of ours, what has no label is somebody else's. */
function isByHand(services: readonly StackService[]): boolean {
  return (
    services.some((service) => service.labels[LABELS.role] !== undefined) &&
    services.every((service) => service.labels[LABELS.cluster] === undefined)
  );
}

/** Stops and removes a service's containers on their nodes. A node that cannot be reached does it in its own time. */
async function stopContainers(
  service: StackService,
  { nodes, tasks }: { readonly nodes: readonly SwarmNode[]; readonly tasks: readonly StackTask[] },
  reader: SwarmReader,
): Promise<void> {
  const targets = tasks.filter(
    (task) => task.serviceId === service.id && task.containerId !== undefined && !hasEnded(task),
  );
  await Promise.allSettled(
    targets.map(async (task) => {
      const node = nodes.find(({ id }) => id === task.nodeId);
      const api = node?.state === 'ready' ? await reader.engines.find(node) : undefined;
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
async function removeEndedContainers(
  name: string,
  { nodes, byHand }: { readonly nodes: readonly SwarmNode[]; readonly byHand: boolean },
  reader: SwarmReader,
): Promise<void> {
  await pMap(
    nodes.filter((node) => node.state === 'ready'),
    async (node) => {
      const api = await reader.engines.find(node);
      const found = await api?.get<readonly RawContainer[]>('/containers/json', {
        query: { all: true, filters: { label: [`${STACK_NAMESPACE_LABEL}=${name}`] } },
      });
      for (const { Id, Labels } of found ?? []) {
        const isOurs = Labels[LABELS.cluster] === name || byHand || Labels[LABELS.role] !== undefined;
        if (api && isOurs) await new Container(api, Id).stopAndRemove(STOP_GRACE_SECONDS);
      }
    },
  );
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

async function removeNetworks(
  name: string,
  { nodes, byHand }: { readonly nodes: readonly SwarmNode[]; readonly byHand: boolean },
  reader: SwarmReader,
  options: RemoveOptions,
): Promise<readonly string[]> {
  const networks = (await listNetworks(reader.client.api, `${STACK_NAMESPACE_LABEL}=${name}`)).filter(
    (network) =>
      network.Labels?.[LABELS.cluster] === name ||
      (network.Labels?.[LABELS.cluster] === undefined && (byHand || network.Labels?.[LABELS.role] !== undefined)),
  );
  for (const network of networks) await removeNetwork(network, nodes, reader, options);
  return networks.map((network) => `network ${network.Name}`);
}

async function removeNetwork(
  network: RawNetwork,
  nodes: readonly SwarmNode[],
  reader: SwarmReader,
  { progress, signal }: RemoveOptions,
): Promise<void> {
  const deadline = Date.now() + GONE_TIMEOUT_MS;
  for (;;) {
    try {
      await reader.client.api.delete(`/networks/${network.Id}`);
      break;
    } catch (error) {
      if (error instanceof NotFoundError) break;
      // "network x is in use by task y" while the manager has not seen the end of the last task.
      if (!(error instanceof EngineError) || Date.now() > deadline) throw error;
      progress(`removing network ${network.Name}: ${error.message}`);
      await sleep(POLL_MS, undefined, { signal });
    }
  }
  progress(`waiting for network ${network.Name} to leave the nodes`);
  await Promise.all(
    nodes
      .filter((node) => node.state === 'ready')
      .map(async (node) => {
        const api = await reader.engines.find(node);
        while (api && Date.now() < deadline && (await hasNetwork(api, network.Id)))
          await sleep(POLL_MS, undefined, { signal });
      }),
  );
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

/** A container that is just being removed still holds its volumes for a moment. */
async function deleteVolume(api: EngineApi, name: string): Promise<void> {
  const deadline = Date.now() + RELEASE_TIMEOUT_MS;
  for (;;) {
    try {
      await api.delete(`/volumes/${name}`);
      return;
    } catch (error) {
      if (error instanceof NotFoundError) return;
      const isInUse = error instanceof EngineError && error.statusCode === 409;
      if (!isInUse || Date.now() > deadline) throw error;
      await sleep(POLL_MS);
    }
  }
}

/** Those of the cluster; of a stack deployed by hand those with a role, which only our file gives. */
async function listVolumes(api: EngineApi, name: string): Promise<readonly RawVolume[]> {
  const labels = [[`${LABELS.cluster}=${name}`], [`${STACK_NAMESPACE_LABEL}=${name}`, LABELS.role]];
  const found = await pMap(labels, async (label) =>
    api.get<{ readonly Volumes: readonly RawVolume[] | null }>('/volumes', { query: { filters: { label } } }),
  );
  const [ours = [], byHand = []] = found.map(({ Volumes }) => Volumes ?? []);
  return [...ours, ...byHand.filter((volume) => volume.Labels?.[LABELS.cluster] === undefined)];
}

async function handleVolumes(
  name: string,
  nodes: readonly SwarmNode[],
  reader: SwarmReader,
  { volumes: remove }: RemoveOptions,
): Promise<{ readonly removed: readonly string[]; readonly kept: readonly string[] }> {
  const perNode = await Promise.all(
    nodes
      .filter((node) => node.state === 'ready')
      .map(async (node) => {
        const api = await reader.engines.find(node);
        if (!api) return [];
        return pMap(await listVolumes(api, name), async (volume) => {
          // What the master knew of workers and applications is no data: it would only make the next master wait for them.
          const goes = remove || volume.Labels?.[LABELS.role] === 'recovery';
          if (goes) await deleteVolume(api, volume.Name);
          return { name: `${volume.Name} on ${node.hostname}`, goes };
        });
      }),
  );
  const all = perNode.flat();
  return {
    removed: all.filter(({ goes }) => goes).map(({ name: volume }) => `volume ${volume}`),
    kept: all.filter(({ goes }) => !goes).map(({ name: volume }) => volume),
  };
}
