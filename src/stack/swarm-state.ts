/** What a swarm manager says about its nodes, services and tasks, in our units. Names are Docker's own. */

export interface SwarmNode {
  readonly id: string;
  readonly hostname: string;
  readonly role: 'manager' | 'worker';
  readonly availability: 'active' | 'pause' | 'drain';
  readonly state: 'unknown' | 'down' | 'ready' | 'disconnected';
  /** Address at which its published ports answer. */
  readonly address: string;
  readonly isLeader: boolean;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly labels: Readonly<Record<string, string>>;
}

export interface StackService {
  readonly id: string;
  /** Counter that an update must name, so that two at once do not overwrite each other. */
  readonly version: number;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly containerLabels: Readonly<Record<string, string>>;
  readonly image: string;
  /** `undefined` for services that are not replicated. */
  readonly replicas: number | undefined;
  readonly limitCores: number | undefined;
  readonly limitMemoryBytes: number | undefined;
  readonly reservedCores: number;
  readonly reservedMemoryBytes: number;
  readonly ports: readonly ServicePort[];
  readonly update: { readonly state: string; readonly message: string } | undefined;
  /** When somebody last changed what it shall be. */
  readonly updatedAt: string;
}

export interface ServicePort {
  readonly targetPort: number;
  /** `undefined`: the engine takes a free one for each task. */
  readonly publishedPort: number | undefined;
  readonly mode: 'ingress' | 'host';
}

export interface StackTask {
  readonly id: string;
  readonly serviceId: string;
  readonly slot: number;
  /** Empty until a node has been chosen. */
  readonly nodeId: string;
  /** As Docker spells it: `new pending assigned preparing starting running complete shutdown failed rejected remove orphaned`. */
  readonly state: string;
  readonly desiredState: string;
  /** Why it is in its state, in Docker's words; empty when all is well. */
  readonly error: string;
  readonly containerId: string | undefined;
  readonly exitCode: number | undefined;
  readonly createdAt: string;
  /** When the state was reached. */
  readonly since: string;
  readonly ports: readonly ServicePort[];
}

export interface SwarmObject {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

const ENDED_STATES = new Set(['complete', 'shutdown', 'failed', 'rejected', 'remove', 'orphaned']);

/**
 * Which nodes run masters: managers, unless all of them are drained, so that they only manage, and a worker is there.
 * `docker-compose.yml` says `node.role == manager`.
 */
export function roleOfMasterNodes(nodes: readonly SwarmNode[]): SwarmNode['role'] {
  const managers = nodes.filter(({ role }) => role === 'manager');
  const onlyManage = managers.length > 0 && managers.every(({ availability }) => availability === 'drain');
  const hasWorker = nodes.some(
    ({ role, state, availability }) => role === 'worker' && state === 'ready' && availability === 'active',
  );
  return onlyManage && hasWorker ? 'worker' : 'manager';
}

/** True when the task's container has ended, or never was. */
export function hasEnded(task: StackTask): boolean {
  return ENDED_STATES.has(task.state);
}

/** True when the swarm means this task to run: it is the current one of its slot. */
export function isWanted(task: StackTask): boolean {
  return task.desiredState === 'running' || task.desiredState === 'ready' || task.desiredState === 'accepted';
}

/** True when the scheduler counts what the task has reserved. Tasks of one-shot services are meant to be `complete` from the start. */
export function takesRoom(task: StackTask): boolean {
  return isWanted(task) || (task.desiredState === 'complete' && !hasEnded(task));
}

/** True for a task that runs, is meant to, and whose node answers: a task on a dead node still says "running". */
export function isRunning(task: StackTask, nodes: readonly SwarmNode[]): boolean {
  return (
    task.state === 'running' &&
    isWanted(task) &&
    nodes.some((node) => node.id === task.nodeId && node.state === 'ready')
  );
}
