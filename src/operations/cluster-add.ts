import { countWorkers, listWorkers, wantedWorkers, type Cluster } from '../cluster/cluster.ts';
import { findHost, findHosts, type ClusterHost } from '../cluster/hosts.ts';
import { ConflictError } from '../errors.ts';
import { runSteps, type FlowStep } from '../events.ts';
import type { HostAddress } from '../machines/machine.ts';
import { formatHost } from '../machines/parse-hosts.ts';
import { assertHasHosts, type HostPool } from './cluster-hosts.ts';
import { withLock, type OperationContext } from './operation.ts';
import { planResize, resizeSteps } from './resize.ts';

export interface AddHostsOptions {
  readonly name: string;
  readonly hosts: readonly HostAddress[];
  readonly timeoutMs: number;
  /** Wait until Spark has the new workers. */
  readonly wait: boolean;
}

export interface AddHostsPlan {
  readonly cluster: Cluster;
  /** Hosts that have to join the swarm, or to end what an interrupted run began. */
  readonly joining: readonly HostAddress[];
  readonly from: number;
  readonly to: number;
}

export interface AddedHosts {
  readonly name: string;
  /** Names of the nodes. */
  readonly added: readonly string[];
  readonly workers: number;
}

/**
 * What has to be done for these hosts to work in the cluster. Changes nothing.
 *
 * A host counts as being in the cluster when a worker of it is there, so that an interrupted `add` goes on when it is run
 * again, and a node that only another cluster uses can be added.
 *
 * @throws ConflictError `HOST already in NAME`, and for a node that somebody has paused or drained; NotFoundError, UsageError
 */
export async function planAddHosts(
  { platform }: Pick<OperationContext, 'platform'>,
  pool: HostPool,
  { name, hosts }: Pick<AddHostsOptions, 'name' | 'hosts'>,
): Promise<AddHostsPlan> {
  const cluster = await platform.readCluster(name);
  assertHasHosts(cluster, name);
  const present = await pool.listHosts();
  const places = hosts.map((host) => ({ host, node: findHost(present, host) }));
  const working = places.filter(({ node }) => node !== undefined && hasWorker(cluster, node));
  if (working.length > 0) {
    throw new ConflictError(`${working.map(({ host }) => formatHost(host)).join(', ')} already in ${name}`);
  }
  refusePaused(
    places.flatMap(({ node }) => node ?? []),
    name,
  );
  const from = wantedWorkers(cluster);
  return {
    cluster,
    joining: places.filter(({ node }) => !isWhole(node)).map(({ host }) => host),
    from,
    to: from + missingWorkers(cluster, hosts.length),
  };
}

/** Sentences for people, with what preflight finds. Changes nothing. */
export async function describeAddHosts(
  pool: HostPool,
  { joining, from, to }: AddHostsPlan,
): Promise<readonly string[]> {
  return [
    ...(joining.length === 0 ? [] : await pool.planJoin(joining)),
    ...(from === to ? [] : [`change the number of workers from ${from} to ${to}`]),
  ];
}

/**
 * Joins hosts to the cluster's swarm, brings image and data, lets containers come, and gives each a worker. Run again, it goes
 * on.
 */
export async function addHosts(
  context: OperationContext,
  pool: HostPool,
  options: AddHostsOptions,
): Promise<AddedHosts> {
  const { name, timeoutMs } = options;
  const { joining } = await planAddHosts(context, pool, options);
  if (joining.length > 0) await pool.join(joining);
  return withLock(context, name, { command: 'add', timeoutMs }, async () => {
    const cluster = await context.platform.readCluster(name);
    assertHasHosts(cluster, name);
    const nodes = findHosts(await pool.listHosts(), options.hosts, name);
    const idle = nodes.filter((node) => !hasWorker(cluster, node));
    const to = wantedWorkers(cluster) + missingWorkers(cluster, idle.length);
    await runSteps(
      nodes.map((node) => dataStep(pool, cluster, node)),
      context.report,
      context.signal,
    );
    const held = nodes.filter(({ isJoining }) => isJoining);
    if (held.length > 0) await pool.release(held);
    const plan = await planResize(context, name, to);
    const resize = { name, workers: to, timeoutMs, wait: options.wait, force: undefined };
    await runSteps(resizeSteps(context, resize, plan), context.report, context.signal);
    if (options.wait) await warnOfIdleHosts(context, nodes, name);
    return { name, added: nodes.map((node) => node.name), workers: to };
  });
}

/** `host4, host5 joined: the cluster "demo" has 5 workers`. */
export function formatAddedHosts({ name, added, workers }: AddedHosts): string {
  return `Added ${added.join(', ')} to the cluster "${name}": it has ${countWorkers(workers)}\n`;
}

function dataStep(pool: HostPool, cluster: Cluster, node: ClusterHost): FlowStep {
  return {
    id: `data-${node.name}`,
    title: `Bring the data to ${node.name}`,
    run: async (step) => pool.bringData(cluster, node, step),
  };
}

function hasWorker(cluster: Cluster, { id }: ClusterHost): boolean {
  return listWorkers(cluster).some(({ nodeId, containerId }) => nodeId === id && containerId !== undefined);
}

/** A user has paused or drained them, or a `remove` that was interrupted: a worker would never start there. */
function refusePaused(nodes: readonly ClusterHost[], name: string): void {
  const paused = nodes.filter(
    ({ availability, isJoining, machine }) => machine !== undefined && !isJoining && availability !== 'active',
  );
  if (paused.length === 0) return;
  const names = paused.map((node) => `${node.name} (${node.availability})`).join(', ');
  throw new ConflictError(`Cannot add ${names} to ${name}: no new containers come there`, {
    hint: `on a manager: ${paused.map((node) => `docker node update --availability active ${node.name}`).join(' && ')}; after an interrupted "cluster remove" run that again first`,
  });
}

/** It takes containers. */
function isWhole(node: ClusterHost | undefined): boolean {
  return node !== undefined && node.state === 'ready' && node.availability === 'active' && !node.isJoining;
}

/** Workers that an interrupted run has asked for, and that have no node yet, are for these hosts. */
function missingWorkers(cluster: Cluster, hosts: number): number {
  const homeless = listWorkers(cluster).filter(({ nodeId }) => nodeId === '').length;
  return Math.max(0, hosts - homeless);
}

/** The swarm chooses the node with the fewest workers that has room: mostly, but not always, the new one. */
async function warnOfIdleHosts(
  { platform, report }: OperationContext,
  nodes: readonly ClusterHost[],
  name: string,
): Promise<void> {
  const cluster = await platform.readCluster(name);
  for (const node of nodes) {
    if (!cluster || hasWorker(cluster, node)) continue;
    const message = `${node.name} is in the swarm, and no worker of ${name} is there: the swarm placed it elsewhere`;
    report({ type: 'warning', message: `${message} (spark-swarm cluster info -n ${name} shows where)` });
  }
}
