import { findNodeTargets } from '../adapters/images/node-targets.ts';
import type { EngineApi } from '../adapters/engine/engine-api.ts';
import { resolveEngineTarget } from '../adapters/engine/engine-target.ts';
import { LocalShell } from '../adapters/shell/local-shell.ts';
import { DEFAULT_CLUSTER_NAME } from '../cluster/cluster-name.ts';
import { InvalidStateError } from '../errors.ts';
import type { Report } from '../events.ts';
import type { ShipTarget } from '../image/ship-images.ts';
import { connect } from './connect.ts';
import type { Connection, Surroundings } from './connection.ts';

export interface PruneEngines {
  /** Each once, nodes by their hostnames. */
  readonly engines: readonly ShipTarget[];
  /** One of each swarm whose services count. */
  readonly managers: readonly EngineApi[];
  readonly unreachable: readonly string[];
}

/**
 * The engine that docker itself would use, and the nodes of the swarm that a deploy would be on: that engine's own, else
 * the lab's or the one that we made.
 *
 * @throws UnreachableError, NotFoundError as `connect`
 */
export async function findPruneEngines(
  around: Surroundings,
  { context, report }: { readonly context?: string | undefined; readonly report: Report },
): Promise<PruneEngines> {
  const target = await resolveEngineTarget({ context, env: around.env, shell: new LocalShell() });
  await target.api.get('/_ping', { timeoutMs: 5000 });
  const connection = await findSwarm(around, { context, report });
  if (!connection?.reader)
    return { engines: [{ name: target.api.name, api: target.api }], managers: [], unreachable: [] };
  const { reader } = connection;
  const { reachable, unreachable } = await findNodeTargets(reader.engines, await reader.client.listNodes());
  const isNode = reachable.some(({ api }) => JSON.stringify(api.endpoint) === JSON.stringify(target.api.endpoint));
  const engines = isNode ? reachable : [{ name: target.api.name, api: target.api }, ...reachable];
  return { engines, managers: [reader.client.api], unreachable };
}

/** `undefined` where there is none. */
async function findSwarm(
  around: Surroundings,
  options: { readonly context?: string | undefined; readonly report: Report },
): Promise<Connection | undefined> {
  try {
    return await connect(around, { ...options, platform: 'swarm', name: DEFAULT_CLUSTER_NAME });
  } catch (error) {
    if (error instanceof InvalidStateError) return undefined;
    throw error;
  }
}
