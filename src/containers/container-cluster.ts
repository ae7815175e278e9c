import {
  CLUSTER_ROLES,
  parseRole,
  type Cluster,
  type ClusterContainer,
  type ClusterRole,
  type ClusterService,
} from '../cluster/cluster.ts';
import { parseRememberedSpec } from '../cluster/spec.ts';
import { COMPOSE_PROJECT_LABEL, COMPOSE_SERVICE_LABEL, LABELS } from '../labels.ts';
import type { ClusterMemory, EngineContainer, EngineSnapshot } from './engine-container.ts';

const NUMBER_LABEL = 'com.docker.compose.container-number';

/**
 * Name of the cluster that a container, network or volume of Compose belongs to; a project made by hand is a cluster of the
 * project's name. `undefined` for what is not Compose's: a swarm's containers carry our labels, too.
 */
export function projectOf(labels: Readonly<Record<string, string>> | null | undefined): string | undefined {
  const project = labels?.[COMPOSE_PROJECT_LABEL];
  return project === undefined ? undefined : (labels?.[LABELS.cluster] ?? project);
}

/** Every cluster among the containers: projects with at least one Spark container, and what else is in them. */
export function findProjects(snapshot: EngineSnapshot): readonly Cluster[] {
  const names = new Set([
    ...snapshot.containers.filter(({ labels }) => roleOf(labels)).map(({ labels }) => projectOf(labels)),
    // A command that was interrupted, or somebody, may have left no container of it.
    ...snapshot.memories.map(({ cluster }) => cluster),
  ]);
  return [...names]
    .filter((name) => name !== undefined)
    .toSorted()
    .map((name) => describeProject(name, snapshot));
}

function describeProject(name: string, snapshot: EngineSnapshot): Cluster {
  const containers = snapshot.containers.filter(({ labels }) => projectOf(labels) === name);
  const memory = snapshot.memories.find(({ cluster }) => cluster === name);
  const workers = containers.filter(({ labels }) => roleOf(labels) === 'worker');
  const wanted = memory?.workers ?? workers.length;
  const present = containers.flatMap((container) => describeContainer(container, snapshot) ?? []);
  return {
    name,
    platform: 'containers',
    services: withMissing(describeServices(name, containers, wanted), { name, memory }),
    containers: [...present, ...missingWorkers(present, wanted)].toSorted(
      (a, b) => CLUSTER_ROLES.indexOf(a.role) - CLUSTER_ROLES.indexOf(b.role) || numberOf(a) - numberOf(b),
    ),
    remembered: parseRememberedSpec(memory?.spec),
    nodes: [],
  };
}

function describeServices(
  name: string,
  containers: readonly EngineContainer[],
  wantedWorkers: number,
): readonly ClusterService[] {
  const keys = [...new Set(containers.map(({ labels }) => labels[COMPOSE_SERVICE_LABEL] ?? ''))].toSorted();
  return keys.map((key) => {
    const members = containers.filter(({ labels }) => labels[COMPOSE_SERVICE_LABEL] === key);
    const role = roleOf(members[0]?.labels ?? {});
    return {
      id: key,
      name: `${name}-${key}`,
      role,
      image: imageOf(members),
      wanted: role === 'worker' ? wantedWorkers : members.length,
      running: members.filter(({ state }) => state === 'running').length,
      update: undefined,
    };
  });
}

/** Workers that came later were made by the image's id, so that they run what the others do. */
function imageOf(members: readonly EngineContainer[]): string {
  return (members.find(({ image }) => !image.startsWith('sha256:')) ?? members[0])?.image ?? '';
}

/** What is remembered and has no container. */
function withMissing(
  services: readonly ClusterService[],
  { name, memory }: { readonly name: string; readonly memory: ClusterMemory | undefined },
): readonly ClusterService[] {
  if (!memory) return services;
  const image = parseRememberedSpec(memory.spec)?.image ?? '';
  const missing = (['master', 'worker'] as const).filter((role) => services.every((service) => service.role !== role));
  return [
    ...services,
    ...missing.map((role) => ({
      id: role,
      name: `${name}-${role}`,
      role,
      image,
      wanted: role === 'worker' ? memory.workers : 1,
      running: 0,
      update: undefined,
    })),
  ];
}

function describeContainer(
  container: EngineContainer,
  { host, address, isLocal }: EngineSnapshot,
): ClusterContainer | undefined {
  const role = roleOf(container.labels);
  if (role === undefined) return undefined;
  const isRunning = container.state === 'running';
  return {
    displayName: role === 'worker' ? `worker-${container.labels[NUMBER_LABEL] ?? '1'}` : role,
    role,
    id: container.id,
    containerId: container.id,
    node: host,
    nodeId: host,
    address: addressOf(container, { address, isLocal }),
    state: container.state,
    isRunning,
    error: isRunning ? '' : explain(container),
    exitCode: isRunning || container.state === 'created' ? undefined : container.exitCode,
    since: sinceOf(container),
    publishedPorts: Object.fromEntries(
      container.ports.map(({ targetPort, publishedPort }) => [targetPort, publishedPort]),
    ),
    failures: isRunning ? 0 : container.restarts,
  };
}

/** `undefined` for a port that only another machine's own programs reach: here the same address is somebody else's. */
/** `undefined` for a loopback address of another machine: here something else answers there. */
function addressOf(
  { ports: [first] }: EngineContainer,
  { address, isLocal }: Pick<EngineSnapshot, 'address' | 'isLocal'>,
): string | undefined {
  const hostIp = first?.hostIp ?? '';
  if (hostIp === '' || hostIp === '0.0.0.0' || hostIp === '::') return address;
  return isLocal || !/^(127\.|::1$)/.test(hostIp) ? hostIp : undefined;
}

/** In the words that a swarm has for it, so that one table explains both. */
function explain({ error, exitCode, isOomKilled, state }: EngineContainer): string {
  if (error !== '') return error;
  if (state === 'created') return 'it was never started';
  return isOomKilled ? 'non-zero exit (137): out of memory' : exitCode === 0 ? '' : `non-zero exit (${exitCode})`;
}

function sinceOf({ state, createdAt, startedAt, finishedAt }: EngineContainer): string {
  if (state === 'running') return startedAt;
  return state === 'exited' || state === 'restarting' || state === 'dead' ? finishedAt : createdAt;
}

/** Workers that shall be there and are not: a command was interrupted, or somebody has removed them. */
function missingWorkers(present: readonly ClusterContainer[], wanted: number): readonly ClusterContainer[] {
  const workers = present.filter(({ role }) => role === 'worker');
  const taken = new Set(workers.map(numberOf));
  const free = Array.from({ length: wanted + workers.length }, (_, index) => index + 1).filter((n) => !taken.has(n));
  return free.slice(0, Math.max(0, wanted - workers.length)).map((number) => ({
    displayName: `worker-${number}`,
    role: 'worker',
    id: `missing-${number}`,
    containerId: undefined,
    node: '',
    nodeId: '',
    address: undefined,
    state: 'missing',
    isRunning: false,
    error: 'there is no such container',
    exitCode: undefined,
    since: '',
    publishedPorts: {},
    failures: 0,
  }));
}

function roleOf(labels: Readonly<Record<string, string>>): ClusterRole | undefined {
  return parseRole(labels[LABELS.role]);
}

function numberOf({ displayName }: ClusterContainer): number {
  return Number(displayName.replace('worker-', '')) || 0;
}
