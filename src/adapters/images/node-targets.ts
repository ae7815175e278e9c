import type { ShipTarget } from '../../image/ship-image.ts';
import type { SwarmNode } from '../../stack/swarm-state.ts';
import type { EngineApi } from '../engine/engine-api.ts';
import { NodeEngines } from '../engine/node-engines.ts';

export interface NodeTargets {
  readonly reachable: readonly ShipTarget[];
  /** Nodes to which nothing can be brought, each with why, ready to be printed. */
  readonly unreachable: readonly string[];
}

/** The engines of a swarm's nodes by name, as far as something says how to reach them and they say that it is they. */
export async function findNodeTargets(manager: EngineApi, nodes: readonly SwarmNode[]): Promise<NodeTargets> {
  const engines = new NodeEngines(manager);
  const reachable: ShipTarget[] = [];
  const unreachable: string[] = [];
  for (const node of nodes.toSorted((left, right) =>
    left.hostname.localeCompare(right.hostname, 'en', { numeric: true }),
  )) {
    if (node.state !== 'ready') {
      unreachable.push(`${node.hostname}: the swarm says it is ${node.state}`);
      continue;
    }
    const found = await engines.look(node);
    if (found.api) reachable.push({ name: node.hostname, api: found.api });
    else unreachable.push(`${node.hostname}: ${found.error.message}`);
  }
  return { reachable, unreachable };
}
