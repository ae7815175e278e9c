import pMap from 'p-map';

import { UsageError } from '../../errors.ts';
import type { ShipTarget } from '../../image/ship-images.ts';
import type { SwarmNode } from '../../stack/swarm-state.ts';
import type { NodeEngines } from '../engine/node-engines.ts';

export interface NodeTargets {
  readonly reachable: readonly ShipTarget[];
  /** Nodes to which nothing can be brought, each with why, ready to be printed. */
  readonly unreachable: readonly string[];
}

/** Nodes that are asked at the same time. */
const CONCURRENT_NODES = 8;

/** The engines of a swarm's nodes by name, as far as something says how to reach them and they say that it is they. */
export async function findNodeTargets(engines: NodeEngines, nodes: readonly SwarmNode[]): Promise<NodeTargets> {
  const look = async (node: SwarmNode): Promise<ShipTarget | string> => {
    if (node.state !== 'ready') return `${node.hostname}: the swarm says it is ${node.state}`;
    const found = await engines.look(node);
    return found.api ? { name: node.hostname, api: found.api } : `${node.hostname}: ${found.error.message}`;
  };
  const found = await pMap(nodes.toSorted(byHostname), look, { concurrency: CONCURRENT_NODES });
  return {
    reachable: found.filter((target) => typeof target !== 'string'),
    unreachable: found.filter((target) => typeof target === 'string'),
  };
}

/**
 * Those of the nodes that are named.
 *
 * @param names `undefined` for all of them
 * @throws UsageError with the names that there are
 */
export function chooseNodes(nodes: readonly SwarmNode[], names: readonly string[] | undefined): readonly SwarmNode[] {
  if (names === undefined) return nodes;
  const unknown = names.filter((name) => !nodes.some(({ hostname }) => hostname === name));
  if (unknown.length === 0) return nodes.filter(({ hostname }) => names.includes(hostname));
  const known = nodes
    .toSorted(byHostname)
    .map(({ hostname }) => hostname)
    .join(', ');
  throw new UsageError(`--nodes: the swarm has no node ${unknown.join(', ')}; expected some of ${known}`);
}

function byHostname(left: SwarmNode, right: SwarmNode): number {
  return left.hostname.localeCompare(right.hostname, 'en', { numeric: true });
}
