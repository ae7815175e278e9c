import type { RememberedSpec } from './spec.ts';

/** Where a cluster lives: in containers of one engine (Docker Compose), or as a stack on a swarm. */
export type PlatformKind = 'containers' | 'swarm';

export const PLATFORM_KINDS: readonly PlatformKind[] = ['containers', 'swarm'];

export type ClusterRole = 'master' | 'worker' | 'notebook' | 'history';

/** In the order in which containers are listed. */
export const CLUSTER_ROLES: readonly ClusterRole[] = ['master', 'notebook', 'history', 'worker'];

/** The role that a label names; `undefined` for what is not a Spark container. */
export function parseRole(label: string | undefined): ClusterRole | undefined {
  return CLUSTER_ROLES.find((role) => role === label);
}

/** A cluster as its platform sees it now. */
export interface Cluster {
  readonly name: string;
  readonly platform: PlatformKind;
  readonly services: readonly ClusterService[];
  /** The current container of every slot: the master, notebook, history server, the workers by number; also those that do not run. */
  readonly containers: readonly ClusterContainer[];
  /** `undefined` for a cluster that was deployed by hand. */
  readonly remembered: RememberedSpec | undefined;
  /** The swarm's nodes; none for containers of one engine. */
  readonly nodes: readonly ClusterNode[];
}

/** A node of the swarm that a cluster is on. */
export interface ClusterNode {
  readonly id: string;
  /** Its host name: a machine that joined anew leaves an entry of the same name behind. */
  readonly name: string;
  readonly role: 'manager' | 'worker';
  /** As Docker spells it: `active`, `pause`, `drain`. */
  readonly availability: string;
  /** As Docker spells it: `unknown`, `down`, `ready`, `disconnected`. */
  readonly state: string;
  /** It is ready and active, and the cluster's constraints let workers run there. */
  readonly takesWorkers: boolean;
  /** What made it part of the swarm: `lab up`, `swarm create`, or somebody else. */
  readonly madeBy: 'lab' | 'swarm' | 'other';
}

export interface ClusterService {
  readonly id: string;
  /** As Docker names it: `spark_worker`. */
  readonly name: string;
  /** `undefined` for a service that a user added to the file. */
  readonly role: ClusterRole | undefined;
  readonly image: string;
  readonly wanted: number;
  readonly running: number;
  /** What the platform says of the last change of the service, as Docker spells it: `updating`, `paused`. */
  readonly update: { readonly state: string; readonly message: string } | undefined;
}

export interface ClusterContainer {
  /** `master`, `worker-2`: the same on every platform. */
  readonly displayName: string;
  readonly role: ClusterRole;
  /** The platform's own id of it: a task, or a container. */
  readonly id: string;
  readonly containerId: string | undefined;
  /** Name of the machine; empty while none is chosen. */
  readonly node: string;
  /** Its id: a machine that joined anew leaves an entry of the same name behind. */
  readonly nodeId: string;
  /** Address of the machine at which published ports answer. */
  readonly address: string | undefined;
  /** As the platform spells it. */
  readonly state: string;
  readonly isRunning: boolean;
  /** Why it is not running, in the platform's words; empty when all is well. */
  readonly error: string;
  readonly exitCode: number | undefined;
  readonly since: string;
  /** Published port by the port inside: `{7077: 7077, 8080: 31000}`. */
  readonly publishedPorts: Readonly<Record<number, number>>;
  /** How often this slot failed lately. */
  readonly failures: number;
}

export function findMaster(cluster: Cluster): ClusterContainer | undefined {
  return cluster.containers.find((container) => container.role === 'master');
}

export function findNotebook(cluster: Cluster): ClusterContainer | undefined {
  return cluster.containers.find((container) => container.role === 'notebook');
}

export function findHistory(cluster: Cluster): ClusterContainer | undefined {
  return cluster.containers.find((container) => container.role === 'history');
}

export function listWorkers(cluster: Cluster): readonly ClusterContainer[] {
  return cluster.containers.filter((container) => container.role === 'worker');
}

/** How many workers there shall be. */
export function wantedWorkers(cluster: Cluster): number {
  return cluster.services.find((service) => service.role === 'worker')?.wanted ?? 0;
}

/** `1 worker`, `3 workers`. */
export function countWorkers(count: number): string {
  return `${count} ${count === 1 ? 'worker' : 'workers'}`;
}
