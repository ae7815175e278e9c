import {
  CLUSTER_ROLES,
  parseRole,
  type Cluster,
  type ClusterContainer,
  type ClusterNode,
  type ClusterRole,
  type ClusterService,
} from '../cluster/cluster.ts';
import { parseRememberedSpec } from '../cluster/spec.ts';
import { LABELS, STACK_NAMESPACE_LABEL } from '../labels.ts';
import { matchesConstraints } from './constraints.ts';
import {
  hasEnded,
  isRunning,
  isWanted,
  type ServicePort,
  type StackService,
  type StackTask,
  type SwarmNode,
} from './swarm-state.ts';

/** How far back failures count: a daemon that cannot start fails every few seconds. */
const RECENT_MS = 600_000;

export interface SwarmSnapshot {
  readonly nodes: readonly SwarmNode[];
  readonly services: readonly StackService[];
  readonly tasks: readonly StackTask[];
}

/** Name of the cluster a service belongs to; a stack deployed by hand is a cluster of the stack's name. */
export function clusterNameOf(labels: Readonly<Record<string, string>>): string | undefined {
  return labels[LABELS.cluster] ?? labels[STACK_NAMESPACE_LABEL];
}

/** Every cluster among the services: those with a role label, and what else is in their stacks. */
export function findClusters(snapshot: SwarmSnapshot): readonly Cluster[] {
  const names = new Set(
    snapshot.services.filter((service) => roleOfService(service)).map((service) => clusterNameOf(service.labels)),
  );
  return [...names]
    .filter((name) => name !== undefined)
    .toSorted()
    .map((name) => describeCluster(name, snapshot));
}

function describeCluster(name: string, snapshot: SwarmSnapshot): Cluster {
  // The drivers of jobs come and go beside the cluster.
  const services = snapshot.services.filter(
    ({ labels }) => clusterNameOf(labels) === name && labels[LABELS.job] === undefined,
  );
  const masterService = services.find((service) => roleOfService(service) === 'master');
  const remembered = parseRememberedSpec(masterService?.labels[LABELS.spec]);
  return {
    name,
    platform: 'swarm',
    services: services.map((service) => describeService(service, snapshot)).toSorted(byName),
    containers: services
      .flatMap((service) => describeContainers(service, snapshot))
      .toSorted((a, b) => CLUSTER_ROLES.indexOf(a.role) - CLUSTER_ROLES.indexOf(b.role) || slotOf(a) - slotOf(b)),
    remembered,
    nodes: snapshot.nodes.map((node) => describeNode(node, remembered?.constraints ?? [])),
  };
}

function describeNode(node: SwarmNode, constraints: readonly string[]): ClusterNode {
  const { id, hostname: name, role, availability, state, labels } = node;
  const isUsable = state === 'ready' && availability === 'active';
  const madeBy =
    labels[LABELS.nodeSwarm] !== undefined ? 'swarm' : labels[LABELS.nodeHost] !== undefined ? 'lab' : 'other';
  const takesWorkers = isUsable && matchesConstraints(constraints, node);
  return { id, name, role, availability, state, takesWorkers, madeBy };
}

function describeService(service: StackService, { tasks, nodes }: SwarmSnapshot): ClusterService {
  return {
    id: service.id,
    name: service.name,
    role: roleOfService(service),
    image: service.image,
    wanted: service.replicas ?? 0,
    running: tasks.filter((task) => task.serviceId === service.id && isRunning(task, nodes)).length,
    update: service.update,
  };
}

function describeContainers(service: StackService, snapshot: SwarmSnapshot): readonly ClusterContainer[] {
  const role = roleOfService(service);
  if (role === undefined) return [];
  const tasks = snapshot.tasks.filter((task) => task.serviceId === service.id);
  const slots = new Set(tasks.filter(isWanted).map((task) => task.slot));
  return [...slots].map((slot) => describeSlot(role, { slot, tasks, service, nodes: snapshot.nodes }));
}

interface Slot {
  readonly slot: number;
  readonly tasks: readonly StackTask[];
  readonly service: StackService;
  readonly nodes: readonly SwarmNode[];
}

function describeSlot(role: ClusterRole, { slot, tasks: serviceTasks, service, nodes }: Slot): ClusterContainer {
  const tasks = serviceTasks
    .filter((task) => task.slot === slot)
    .toSorted((a, b) => compareText(b.createdAt, a.createdAt));
  const current = tasks.find(isWanted) ?? tasks[0];
  if (!current) throw new Error(`no task in slot ${slot}`);
  const lastFailure = tasks.find((task) => hasEnded(task) && task.error !== '');
  const node = nodes.find(({ id }) => id === current.nodeId);
  const running = isRunning(current, nodes);
  const isNodeLost = node !== undefined && node.state !== 'ready';
  return {
    displayName: role === 'worker' ? `worker-${slot}` : role,
    role,
    id: current.id,
    containerId: current.containerId,
    node: node?.hostname ?? '',
    nodeId: current.nodeId,
    address: node?.address,
    state: isNodeLost ? 'lost' : current.state,
    isRunning: running,
    error: running
      ? ''
      : isNodeLost
        ? `node ${node.hostname} is ${node.state}`
        : current.error || lostNode(tasks, current, nodes) || (lastFailure?.error ?? ''),
    exitCode: running ? undefined : lastFailure?.exitCode,
    since: current.since,
    publishedPorts: Object.fromEntries(
      portsOf(current, service, running).flatMap((port) =>
        port.publishedPort === undefined ? [] : [[port.targetPort, port.publishedPort]],
      ),
    ),
    failures: tasks.filter((task) => isRecentFailure(task, current, service)).length,
  };
}

/**
 * Where a task's ports are published. Docker does not fill this in for a task that starts while the managers choose a leader
 * anew: then it is what the service asks for, as far as that says a number.
 */
function portsOf(task: StackTask, service: StackService, running: boolean): readonly ServicePort[] {
  return running && task.ports.length === 0 ? service.ports.filter(({ mode }) => mode === 'host') : task.ports;
}

/** The node that took the slot's last container with it; its task says `running` for ever. Empty when there is none. */
function lostNode(tasks: readonly StackTask[], current: StackTask, nodes: readonly SwarmNode[]): string {
  const previous = tasks.find((task) => task.id !== current.id);
  const node = previous && !hasEnded(previous) ? nodes.find(({ id }) => id === previous.nodeId) : undefined;
  return node === undefined || node.state === 'ready' ? '' : `node ${node.hostname} is ${node.state}`;
}

/** Failures of long ago, or before the service was last changed, say nothing of the container that starts now. */
function isRecentFailure(task: StackTask, current: StackTask, service: StackService): boolean {
  if (task.state !== 'failed' && task.state !== 'rejected') return false;
  // Times of creation are the manager's clock; when a task failed is its node's.
  const createdAt = Date.parse(task.createdAt);
  return createdAt >= Date.parse(service.updatedAt) && createdAt >= Date.parse(current.createdAt) - RECENT_MS;
}

function roleOfService(service: StackService): ClusterRole | undefined {
  return parseRole(service.labels[LABELS.role]);
}

function slotOf(container: ClusterContainer): number {
  return Number(container.displayName.replace('worker-', '')) || 0;
}

function byName(a: ClusterService, b: ClusterService): number {
  return compareText(a.name, b.name);
}

/** Not `localeCompare`: its first call loads the collation data, 16 ms of every `status`. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
