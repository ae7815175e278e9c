import { countWorkers, wantedWorkers, type Cluster } from '../cluster/cluster.ts';
import { findHosts, type ClusterHost } from '../cluster/hosts.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { runSteps } from '../events.ts';
import type { HostAddress } from '../machines/machine.ts';
import { assertHasHosts, type HostPool } from './cluster-hosts.ts';
import { withLock, type OperationContext } from './operation.ts';
import { formatResizePlan, planResize, resizeSteps, type ResizePlan } from './resize.ts';

export interface RemoveHostsOptions {
  readonly name: string;
  readonly hosts: readonly HostAddress[];
  readonly timeoutMs: number;
  readonly wait: boolean;
  /** Stop workers without draining them. */
  readonly force: boolean;
}

export interface RemoveHostsPlan {
  /** Hosts that leave the swarm. */
  readonly leaving: readonly ClusterHost[];
  /** Hosts that stay in it, because other clusters work there. */
  readonly staying: readonly ClusterHost[];
  readonly resize: ResizePlan;
  /** Sentences for people. */
  readonly changes: readonly string[];
}

export interface RemovedHosts {
  readonly name: string;
  /** Names of the nodes. */
  readonly removed: readonly string[];
  readonly workers: number;
}

/**
 * Which workers are on these hosts, and whether the hosts may leave. Changes nothing.
 *
 * @throws NotFoundError `HOST isn't in NAME`; ConflictError for a manager
 */
export async function planRemoveHosts(
  context: OperationContext,
  pool: HostPool,
  { name, hosts }: Pick<RemoveHostsOptions, 'name' | 'hosts'>,
): Promise<RemoveHostsPlan> {
  const clusters = await context.platform.listClusters();
  const cluster = clusters.find((each) => each.name === name);
  assertHasHosts(cluster, name);
  const nodes = findHosts(await pool.listHosts(), hosts, name);
  const others = clusters.filter((each) => each !== cluster);
  const staying = nodes.filter((node) => others.some((other) => isOn(other, node)));
  const strangers = staying.filter((node) => !isOn(cluster, node));
  if (strangers.length > 0) throw notIn(strangers, name);
  const leaving = nodes.filter((node) => !staying.includes(node));
  refuseManagers(nodes, name);
  if (leaving.length > 0) await pool.checkLeave(leaving);
  const resize = await planLeaving(context, cluster, nodes);
  refuseHomeless(resize, staying, name);
  return {
    leaving,
    staying,
    resize,
    changes: [
      ...formatResizePlan(resize),
      ...leaving.map((node) => `${node.name} leaves the swarm`),
      ...staying.map((node) => `${node.name} stays in the swarm: other clusters work there`),
    ],
  };
}

/**
 * Drains exactly the workers on these hosts, stops them, lowers the number by as many, and lets the nodes leave. A cluster
 * keeps one worker at least: that one is started anew on another host. Run again, it goes on.
 *
 * @throws WaitTimeoutError if a drain runs out of time, UnreachableError if a running master does not answer: nothing has been
 * stopped, and no new container comes to the hosts
 */
export async function removeHosts(
  context: OperationContext,
  pool: HostPool,
  options: RemoveHostsOptions,
): Promise<RemovedHosts> {
  const { name, timeoutMs, force, wait } = options;
  return withLock(context, name, { command: 'remove', timeoutMs }, async () => {
    const { leaving, staying, resize } = await planRemoveHosts(context, pool, options);
    if (leaving.length > 0) await pool.pause(leaving);
    const steps = resizeSteps(context, { name, workers: resize.to, timeoutMs, wait, force }, resize);
    await runSteps(steps, context.report, context.signal);
    if (leaving.length > 0) await pool.leave(resize.cluster, leaving, timeoutMs);
    for (const node of staying) {
      context.report({ type: 'note', message: `${node.name} stays in the swarm: other clusters work there` });
    }
    return { name, removed: [...leaving, ...staying].map((node) => node.name), workers: resize.to };
  });
}

export function formatRemovedHosts({ name, removed, workers }: RemovedHosts): string {
  return `Removed ${removed.join(', ')} from the cluster "${name}": it has ${countWorkers(workers)}\n`;
}

/** A resize whose victims are the workers on these nodes, whatever they do. */
async function planLeaving(
  context: OperationContext,
  cluster: Cluster,
  nodes: readonly ClusterHost[],
): Promise<ResizePlan> {
  const from = wantedWorkers(cluster);
  const { workers, restarts, isMasterKnown } = await planResize(context, cluster.name, from);
  const affected = workers.filter(({ container }) => nodes.some(({ id }) => id === container.nodeId));
  const to = Math.max(1, from - affected.length);
  const names = new Set(affected.map(({ container }) => container.displayName));
  const elsewhere = restarts.filter(({ container }) => !names.has(container.displayName));
  return {
    cluster,
    from,
    to,
    workers,
    victims: affected.slice(0, from - to),
    restarts: [...affected.slice(from - to), ...elsewhere],
    isMasterKnown,
  };
}

function isOn({ containers }: Cluster, { id }: ClusterHost): boolean {
  return containers.some(({ nodeId, containerId }) => nodeId === id && containerId !== undefined);
}

function notIn(nodes: readonly ClusterHost[], name: string): NotFoundError {
  const verb = nodes.length === 1 ? "isn't" : "aren't";
  return new NotFoundError(`${nodes.map((node) => node.name).join(', ')} ${verb} in ${name}`, {
    hint: `spark-swarm cluster info -n ${name} shows its hosts`,
  });
}

function refuseManagers(nodes: readonly ClusterHost[], name: string): void {
  const managers = nodes.filter(({ role }) => role === 'manager').map((node) => node.name);
  if (managers.length === 0) return;
  const what = managers.length === 1 ? 'it manages' : 'they manage';
  throw new ConflictError(`Cannot remove ${managers.join(', ')} from ${name}: ${what} the swarm`, {
    hint: `spark-swarm cluster kill -n ${name} takes the whole cluster down`,
  });
}

/** A last worker could come back to a host that goes on taking containers. */
function refuseHomeless({ victims, restarts, from }: ResizePlan, staying: readonly ClusterHost[], name: string): void {
  const isMoving =
    victims.length < from && restarts.some(({ container }) => staying.some(({ id }) => id === container.nodeId));
  if (!isMoving) return;
  throw new ConflictError(
    `Cannot remove ${staying.map((node) => node.name).join(', ')} from ${name}: its last worker is there, and other clusters keep the host`,
    { hint: `spark-swarm cluster kill -n ${name} takes the whole cluster down` },
  );
}
