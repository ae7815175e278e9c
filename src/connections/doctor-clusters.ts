import pMap from 'p-map';

import { readEngineLocks, readSwarmLocks } from '../adapters/doctor/read-locks.ts';
import type { EngineApi } from '../adapters/engine/engine-api.ts';
import type { EngineTarget } from '../adapters/engine/engine-target.ts';
import { listVolumes } from '../adapters/engine/list-volumes.ts';
import { countWorkers, wantedWorkers, type Cluster } from '../cluster/cluster.ts';
import type {
  ClusterReading,
  ClustersReading,
  HeldReading,
  ImageReading,
  VolumeReading,
} from '../doctor/clusters-reading.ts';
import { NotFoundError, ToolkitError } from '../errors.ts';
import { silent } from '../events.ts';
import { readImage } from '../image/image-state.ts';
import { LABELS, STACK_NAMESPACE_LABEL } from '../labels.ts';
import { readStatus } from '../operations/status.ts';
import { clusterNameOf } from '../stack/swarm-cluster.ts';
import type { SwarmNode } from '../stack/swarm-state.ts';
import { connectContainers, connectSwarm, createContainerReader, type Surroundings } from './connection.ts';

/** Kinds of volumes that stay when a cluster is removed. */
const KEPT_ROLES = new Set(['data', 'notebooks', 'jobs']);
const CLUSTERS_AT_ONCE = 4;

export interface ClusterPlaces {
  /** The engine that commands would use. */
  readonly target: EngineTarget;
  /** The swarm that they would use; `undefined` where there is none. */
  readonly swarm: EngineTarget | undefined;
}

/** Everything of ours on the engine and the swarm that commands would use. */
export async function readClusters(around: Surroundings, { target, swarm }: ClusterPlaces): Promise<ClustersReading> {
  const parts = await Promise.all([readEngine(around, target), ...(swarm ? [readSwarm(around, swarm)] : [])]);
  const names = new Set(parts.flatMap(({ clusters }) => clusters.map(({ name }) => name)));
  return {
    clusters: parts.flatMap(({ clusters }) => clusters),
    images: parts.flatMap(({ images }) => images),
    volumes: unique(parts.flatMap(({ volumes }) => volumes)).filter(({ cluster }) => !names.has(cluster)),
    locks: parts.flatMap(({ locks }) => locks),
    held: parts.flatMap(({ held }) => held),
  };
}

async function readEngine(around: Surroundings, target: EngineTarget): Promise<ClustersReading> {
  const { signal } = around;
  const connection = connectContainers(around, target, { report: silent });
  const [clusters, volumes, locks] = await Promise.all([
    createContainerReader(around, target).listClusters(),
    readVolumes(target.api, 'this engine', signal),
    readEngineLocks(target.api, signal),
  ]);
  return { clusters: await describe(connection, clusters), images: [], volumes, locks, held: [] };
}

async function readSwarm(around: Surroundings, target: EngineTarget): Promise<ClustersReading> {
  const { signal } = around;
  const connection = connectSwarm(around, target, { report: silent });
  const { reader } = connection;
  if (!reader) return { clusters: [], images: [], volumes: [], locks: [], held: [] };
  const [clusters, nodes, services, locks] = await Promise.all([
    reader.listClusters(),
    reader.client.listNodes(),
    reader.client.listServices([LABELS.held]),
    readSwarmLocks(target.api, signal),
  ]);
  const engines = await findEngines(nodes, async (node) => reader.engines.find(node));
  const [described, images, volumes] = await Promise.all([
    describe(connection, clusters),
    readImages(clusters, engines, signal),
    Promise.all(engines.map(async ({ node, api }) => readVolumes(api, node.hostname, signal))),
  ]);
  const held = services.map(({ name, labels, replicas }): HeldReading => ({
    cluster: clusterNameOf(labels) ?? labels[STACK_NAMESPACE_LABEL] ?? '',
    service: name,
    wanted: replicas ?? 0,
  }));
  return { clusters: described, images, volumes: volumes.flat(), locks, held };
}

async function describe(
  connection: Parameters<typeof readStatus>[0],
  clusters: readonly Cluster[],
): Promise<readonly ClusterReading[]> {
  return pMap(
    clusters,
    async (cluster): Promise<ClusterReading> => {
      const known = { name: cluster.name, platform: cluster.platform, workers: countWorkers(wantedWorkers(cluster)) };
      try {
        const { healthy, problems } = await readStatus(connection, cluster.name);
        return { ...known, isHealthy: healthy, problems };
      } catch (error) {
        connection.signal.throwIfAborted();
        if (!(error instanceof ToolkitError)) throw error;
        // Removed in the meantime, or its platform has stopped to answer: another check says that.
        return { ...known, isHealthy: error instanceof NotFoundError ? true : undefined, problems: [] };
      }
    },
    { concurrency: CLUSTERS_AT_ONCE },
  );
}

interface NodeEngine {
  readonly node: SwarmNode;
  readonly api: EngineApi;
}

/** Engines of the nodes that answer; those that do not are findings of the nodes. */
async function findEngines(
  nodes: readonly SwarmNode[],
  find: (node: SwarmNode) => Promise<EngineApi | undefined>,
): Promise<readonly NodeEngine[]> {
  const found = await Promise.all(
    nodes
      .filter(({ state }) => state === 'ready')
      .map(async (node) => {
        const api = await find(node);
        return api ? { node, api } : undefined;
      }),
  );
  return found.filter((engine) => engine !== undefined);
}

async function readImages(
  clusters: readonly Cluster[],
  engines: readonly NodeEngine[],
  signal: AbortSignal,
): Promise<readonly ImageReading[]> {
  const users = new Map<string, Set<string>>();
  for (const { name, services } of clusters)
    for (const { image, role } of services)
      if (role !== undefined) users.set(image, (users.get(image) ?? new Set()).add(name));
  const active = engines.filter(({ node }) => node.availability === 'active');
  return Promise.all(
    [...users].map(async ([image, names]) => {
      const found = await Promise.all(active.map(async ({ api }) => readImage(api, image, signal)));
      return {
        image,
        clusters: [...names],
        nodes: active.map(({ node }) => node.hostname),
        missingOn: active.filter((_, index) => found[index] === undefined).map(({ node }) => node.hostname),
      };
    }),
  );
}

async function readVolumes(api: EngineApi, place: string, signal: AbortSignal): Promise<readonly VolumeReading[]> {
  const volumes = await listVolumes(api, { label: [LABELS.cluster], signal });
  return volumes
    .filter(({ Labels }) => KEPT_ROLES.has(Labels?.[LABELS.role] ?? ''))
    .map(({ Name: name, Labels }) => ({ name, cluster: Labels?.[LABELS.cluster] ?? '', place }));
}

/** The manager of a swarm is also the engine: its volumes are seen twice. */
function unique(volumes: readonly VolumeReading[]): readonly VolumeReading[] {
  const byName = new Map<string, VolumeReading>();
  for (const volume of volumes.filter(({ place }) => place !== 'this engine'))
    byName.set(volume.name + volume.place, volume);
  const onNodes = new Set([...byName.values()].map(({ name }) => name));
  return [...volumes.filter(({ place, name }) => place === 'this engine' && !onNodes.has(name)), ...byName.values()];
}
