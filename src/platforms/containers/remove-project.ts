import pMap from 'p-map';

import { Container } from '../../adapters/engine/container.ts';
import { deleteVolume } from '../../adapters/engine/delete-volume.ts';
import type { EngineApi } from '../../adapters/engine/engine-api.ts';
import type { ListedVolume } from '../../adapters/engine/list-volumes.ts';
import type { EngineContainer } from '../../containers/engine-container.ts';
import { EngineError, NotFoundError } from '../../errors.ts';
import { COMPOSE_PROJECT_LABEL, LABELS } from '../../labels.ts';
import type { RemoveOptions, RemoveResult } from '../platform.ts';
import type { ContainerReader } from './container-reader.ts';
import { SECRETS_ROLE } from '../../containers/resolve-project.ts';
import { removeHelpers } from '../volume-owner.ts';

/** Spark's daemons end within a second; what does not is killed. */
const STOP_GRACE_SECONDS = 5;
/** Volumes that only serve the containers. All others hold what people have made, also those of services they added. */
const OWN_ROLES: ReadonlySet<string | undefined> = new Set(['recovery', SECRETS_ROLE]);

interface RawNetwork {
  readonly Id: string;
  readonly Name: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

/** Takes away containers, networks and volumes of one cluster, found by label, and returns when they are gone. */
export async function removeProject(
  name: string,
  reader: ContainerReader,
  options: RemoveOptions,
): Promise<RemoveResult> {
  const { api } = reader;
  const project = await reader.readProject(name);
  const ours = project.filter(({ labels }) => belongsTo(name, labels));
  if (ours.length > 0) options.progress('stopping containers');
  await pMap(ours, async ({ id }) => new Container(api, id).stopAndRemove(STOP_GRACE_SECONDS));
  await removeHelpers(name, api);
  options.signal.throwIfAborted();
  const networks = await removeNetworks(name, api);
  const volumes = await removeVolumes(name, reader, options);
  const strangers = isByHand(ours) ? project.filter((container) => !ours.includes(container)) : [];
  return {
    removed: [...ours.map((container) => `container ${container.name}`), ...networks.removed, ...volumes.removed],
    keptVolumes: volumes.kept,
    leftovers: strangers.map((container) => `container ${container.name} stays: it has no label ${LABELS.role}`),
    remaining: networks.inUse.map((network) => `network ${network} stays: what is not of "${name}" uses it`),
  };
}

/** By our label; in a project made by hand only the roles of our file are labelled. */
function belongsTo(name: string, labels: Readonly<Record<string, string>> | null | undefined): boolean {
  const cluster = labels?.[LABELS.cluster];
  return cluster === undefined
    ? labels?.[LABELS.role] !== undefined && labels[COMPOSE_PROJECT_LABEL] === name
    : cluster === name && labels?.[COMPOSE_PROJECT_LABEL] !== undefined;
}

function isByHand(ours: readonly EngineContainer[]): boolean {
  return ours.length > 0 && ours.every(({ labels }) => labels[LABELS.cluster] === undefined);
}

async function removeNetworks(
  name: string,
  api: EngineApi,
): Promise<{ readonly removed: readonly string[]; readonly inUse: readonly string[] }> {
  const found = await api.get<readonly RawNetwork[]>('/networks', {
    query: { filters: { label: [COMPOSE_PROJECT_LABEL] } },
  });
  const removed: string[] = [];
  const inUse: string[] = [];
  for (const { Id, Name } of found.filter((network) => belongsTo(name, network.Labels))) {
    try {
      await api.delete(`/networks/${Id}`);
      removed.push(`network ${Name}`);
    } catch (error) {
      if (error instanceof NotFoundError) continue;
      if (!(error instanceof EngineError) || !/has active endpoints/.test(error.message)) throw error;
      inUse.push(Name);
    }
  }
  return { removed, inUse };
}

async function removeVolumes(
  name: string,
  reader: ContainerReader,
  { volumes: removesData }: RemoveOptions,
): Promise<{ readonly removed: readonly string[]; readonly kept: readonly string[] }> {
  const ours = (await reader.listVolumes(name)).filter(({ Labels }) => belongsTo(name, Labels));
  // The lock is held by whoever removes, and goes with it.
  const found = ours.filter(({ Labels }) => Labels?.[LABELS.lock] === undefined && !isBeat(Labels));
  const isOwn = ({ Labels }: ListedVolume): boolean =>
    OWN_ROLES.has(Labels?.[LABELS.role]) || Labels?.[LABELS.workers] !== undefined;
  const isKept = (volume: ListedVolume): boolean => !removesData && !isOwn(volume);
  const going = found.filter((volume) => !isKept(volume));
  await pMap(going, async ({ Name }) => deleteVolume(reader.api, Name));
  return {
    removed: going.map(({ Name }) => `volume ${Name}`),
    kept: found
      .filter(isKept)
      .map(({ Name }) => Name)
      .toSorted(),
  };
}

function isBeat(labels: ListedVolume['Labels']): boolean {
  return labels?.[LABELS.beat] !== undefined;
}
