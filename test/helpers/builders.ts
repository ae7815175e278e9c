import { readFileSync } from 'node:fs';
import path from 'node:path';

import {
  parseRole,
  type Cluster,
  type ClusterContainer,
  type ClusterNode,
  type ClusterRole,
  type ClusterService,
} from '../../src/cluster/cluster.ts';
import type { ClusterHost } from '../../src/cluster/hosts.ts';
import type { PlacementNode } from '../../src/cluster/placement.ts';
import { planMasterSize, planWorkerSize } from '../../src/cluster/sizes.ts';
import { DEFAULT_PORTS, NO_MACHINE_SETTINGS, rememberSpec, type ClusterSpec } from '../../src/cluster/spec.ts';
import { LABELS, STACK_NAMESPACE_LABEL } from '../../src/labels.ts';
import type { LocalFolders } from '../../src/platforms/local-folders.ts';
import type { MasterState, SparkApplication, SparkWorker } from '../../src/spark/master-state.ts';
import type { StackService, StackTask, SwarmNode } from '../../src/stack/swarm-state.ts';
import { projectRoot } from './cli.ts';

/** Data with defaults: a test names only what it is about. */

export const MIB = 1024 ** 2;
export const GIB = 1024 ** 3;

/** Text of a captured answer. */
export function readFixture(file: string): string {
  return readFileSync(path.join(projectRoot, 'test', 'fixtures', file), 'utf8');
}

export function readJsonFixture(file: string): unknown {
  return JSON.parse(readFixture(file));
}

export function spec(changes: Partial<ClusterSpec> = {}): ClusterSpec {
  return {
    name: 'spark',
    image: 'spark-swarm:latest',
    imageId: 'sha256:aaaa',
    workers: 2,
    worker: planWorkerSize(1792 * MIB, 1),
    master: planMasterSize(3200 * MIB, 1),
    ports: DEFAULT_PORTS,
    constraints: [],
    notebook: undefined,
    history: undefined,
    conf: {},
    env: {},
    data: undefined,
    bind: undefined,
    machine: NO_MACHINE_SETTINGS,
    file: undefined,
    ...changes,
  };
}

const PUBLISHED: Readonly<Record<string, ClusterContainer['publishedPorts']>> = {
  master: { 7077: 7077, 8080: 8080 },
  notebook: { 8888: 8888 },
  history: { 18080: 18_080 },
};

export function container(displayName: string, changes: Partial<ClusterContainer> = {}): ClusterContainer {
  return {
    displayName,
    role: parseRole(displayName) ?? 'worker',
    id: `task-${displayName}`,
    containerId: `c0ffee-${displayName}`,
    node: 'node-1',
    nodeId: 'id-n1',
    address: '127.0.0.1',
    state: 'running',
    isRunning: true,
    error: '',
    exitCode: undefined,
    since: '2026-11-20T23:36:12.712521607Z',
    publishedPorts: PUBLISHED[displayName] ?? {},
    failures: 0,
    ...changes,
  };
}

/** A container that does not run, and has none on any machine. */
export function pending(displayName: string, changes: Partial<ClusterContainer> = {}): ClusterContainer {
  return container(displayName, { containerId: undefined, node: '', state: 'pending', isRunning: false, ...changes });
}

export function clusterService(role: ClusterRole, changes: Partial<ClusterService> = {}): ClusterService {
  const count = role === 'worker' ? 2 : 1;
  return {
    id: `id-${role}`,
    name: `spark_${role}`,
    role,
    image: 'spark-swarm:latest',
    wanted: count,
    running: count,
    update: undefined,
    ...changes,
  };
}

/** A node of the swarm that takes workers. */
export function clusterNode(name: string, changes: Partial<ClusterNode> = {}): ClusterNode {
  const node = { id: `id-${name}`, name, role: 'worker', availability: 'active', state: 'ready' } as const;
  return { ...node, takesWorkers: true, madeBy: 'swarm', ...changes };
}

/** The same node with the names by which people know it. */
export function clusterHost(name: string, changes: Partial<ClusterHost> = {}): ClusterHost {
  const { id, role, availability, state } = clusterNode(name);
  const known = { address: `${name}.address`, engine: undefined, machine: `ssh/root@${name}:22`, isJoining: false };
  return { id, name, role, availability, state, ...known, ...changes };
}

/** Folders of a machine whose person has the uid 1000, and what is said of them. */
export function localFolders(changes: Partial<LocalFolders> = {}): LocalFolders {
  return {
    person: { uid: 1000, gid: 1000, groups: [] },
    defaultFolder: '/srv/project/nfs',
    read: async () => ({ uid: 1000, gid: 1000, mode: 0o40755 }),
    openToGroup: (folder) => Promise.reject(new Error(`unexpected: open ${folder} to its group`)),
    ...changes,
  };
}

/** A healthy cluster of a master and two workers. */
export function cluster(changes: Partial<Cluster> = {}): Cluster {
  return {
    name: 'spark',
    platform: 'swarm',
    services: [clusterService('master'), clusterService('worker')],
    containers: ['master', 'worker-1', 'worker-2'].map((name) => container(name)),
    remembered: rememberSpec(spec()),
    nodes: [],
    ...changes,
  };
}

export function sparkWorker(host: string, changes: Partial<SparkWorker> = {}): SparkWorker {
  return {
    id: `worker-20261120233609-${host}-40000`,
    host,
    state: 'ALIVE',
    cores: 1,
    coresUsed: 0,
    memoryBytes: GIB,
    memoryUsedBytes: 0,
    ...changes,
  };
}

export function application(name: string, changes: Partial<SparkApplication> = {}): SparkApplication {
  return {
    id: 'app-20261120233630-0000',
    name,
    user: 'spark',
    state: 'RUNNING',
    cores: 2,
    memoryPerExecutorBytes: GIB,
    startedAt: '2026-11-20T23:36:30.635Z',
    ...changes,
  };
}

export function masterState(changes: Partial<MasterState> = {}): MasterState {
  return {
    url: 'spark://master:7077',
    status: 'ALIVE',
    workers: [sparkWorker('worker-1'), sparkWorker('worker-2')],
    applications: [],
    ...changes,
  };
}

/** What a master with this state answers at `/json/`. */
export function masterPage({ url, status, workers, applications }: MasterState): string {
  return JSON.stringify({
    url,
    status,
    workers: workers.map((worker) => ({
      id: worker.id,
      host: worker.host,
      state: worker.state,
      cores: worker.cores,
      coresused: worker.coresUsed,
      memory: worker.memoryBytes / MIB,
      memoryused: worker.memoryUsedBytes / MIB,
    })),
    activeapps: applications.map((app) => ({
      id: app.id,
      name: app.name,
      user: app.user,
      state: app.state,
      cores: app.cores,
      memoryperexecutor: app.memoryPerExecutorBytes / MIB,
      starttime: Date.parse(app.startedAt),
    })),
  });
}

export function placementNode(hostname: string, changes: Partial<PlacementNode> = {}): PlacementNode {
  return {
    hostname,
    isManager: hostname === 'n1',
    host: hostname,
    cores: 4,
    memoryBytes: 8 * GIB,
    reservedCores: 0,
    reservedMemoryBytes: 0,
    takesWorkers: true,
    ...changes,
  };
}

export function swarmNode(hostname: string, changes: Partial<SwarmNode> = {}): SwarmNode {
  const isFirst = hostname === 'n1';
  return {
    id: `id-${hostname}`,
    hostname,
    role: isFirst ? 'manager' : 'worker',
    availability: 'active',
    state: 'ready',
    address: '10.0.0.1',
    isLeader: isFirst,
    cores: 4,
    memoryBytes: 8 * GIB,
    labels: {},
    ...changes,
  };
}

/** A service of one of our stacks; `role` may be another name, for one that the user added. */
export function stackService(role: string, changes: Partial<StackService> = {}): StackService {
  const isOurs = role === 'master' || role === 'worker';
  return {
    id: `id-${role}`,
    version: 1,
    name: `spark_${role}`,
    labels: {
      [STACK_NAMESPACE_LABEL]: 'spark',
      [LABELS.cluster]: 'spark',
      ...(isOurs ? { [LABELS.role]: role } : {}),
    },
    containerLabels: {},
    image: 'spark-swarm:latest',
    replicas: role === 'worker' ? 2 : 1,
    limitCores: undefined,
    limitMemoryBytes: undefined,
    reservedCores: 0,
    reservedMemoryBytes: 0,
    ports: [],
    update: undefined,
    updatedAt: '2026-11-20T23:00:00Z',
    ...changes,
  };
}

export function stackTask(role: string, slot: number, changes: Partial<StackTask> = {}): StackTask {
  return {
    id: `task-${role}-${slot}`,
    serviceId: `id-${role}`,
    slot,
    nodeId: 'id-n1',
    state: 'running',
    desiredState: 'running',
    error: '',
    containerId: `c0ffee-${role}-${slot}`,
    exitCode: 0,
    createdAt: '2026-11-20T23:10:00Z',
    since: '2026-11-20T23:10:04Z',
    ports: [],
    ...changes,
  };
}
