import pMap from 'p-map';

import type { PlacementNode } from '../../cluster/placement.ts';
import { LABELS } from '../../labels.ts';
import { clusterNameOf, type SwarmSnapshot } from '../../stack/swarm-cluster.ts';
import { isWanted, roleOfMasterNodes, type StackService, type SwarmNode } from '../../stack/swarm-state.ts';
import { listStackVolumes } from './stack-volumes.ts';
import type { SwarmReader } from './swarm-reader.ts';

/** Volumes that people look for in the next cluster of the name. */
const KEPT_ROLES: ReadonlySet<string | undefined> = new Set(['jobs', 'notebooks']);

/**
 * Where several nodes may run the master, it stays on one: the volumes of its jobs, of event logs and notebooks are that
 * node's. The present one, if that answers; else one that has such volumes of a cluster that was removed; else the one with the
 * most memory left.
 *
 * @returns undefined where there is no choice
 */
export async function chooseMasterNode(
  name: string,
  { nodes, services, tasks }: SwarmSnapshot,
  { places, reader }: { readonly places: readonly PlacementNode[]; readonly reader: SwarmReader },
): Promise<string | undefined> {
  const role = roleOfMasterNodes(nodes);
  const candidates = nodes.filter((node) => node.role === role && node.state === 'ready');
  if (candidates.length < 2) return undefined;
  const master = findMasterService(name, services);
  const present = tasks.find((task) => task.serviceId === master?.id && isWanted(task));
  const kept = candidates.find(({ id }) => id === present?.nodeId);
  if (kept) return kept.id;
  const room = ({ hostname }: SwarmNode): number => {
    const place = places.find((candidate) => candidate.isManager && candidate.hostname === hostname);
    return place ? place.memoryBytes - place.reservedMemoryBytes : -Infinity;
  };
  const roomiest = candidates.toSorted((a, b) => room(b) - room(a) || byHostname(a, b));
  const usable = roomiest.filter((node) => room(node) > -Infinity);
  const keepers = await pMap(usable, async (node) => hasKeptVolumes(name, node, reader));
  return (usable.find((_, index) => keepers[index]) ?? roomiest[0])?.id;
}

export function findMasterService(name: string, services: readonly StackService[]): StackService | undefined {
  return services.find(({ labels }) => clusterNameOf(labels) === name && labels[LABELS.role] === 'master');
}

/** False of a node whose engine cannot be asked. */
async function hasKeptVolumes(name: string, node: SwarmNode, { engines }: SwarmReader): Promise<boolean> {
  const api = await engines.find(node).catch(() => undefined);
  const volumes = api && (await listStackVolumes(api, name).catch(() => undefined));
  return volumes?.some(({ Labels }) => KEPT_ROLES.has(Labels?.[LABELS.role])) ?? false;
}

function byHostname(a: SwarmNode, b: SwarmNode): number {
  return a.hostname < b.hostname ? -1 : 1;
}
