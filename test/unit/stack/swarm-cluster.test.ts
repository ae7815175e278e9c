import test from 'ava';

import {
  parseNode,
  parseService,
  parseTask,
  type RawNode,
  type RawService,
  type RawTask,
} from '../../../src/adapters/swarm/parse-swarm.ts';
import {
  findMaster,
  listWorkers,
  wantedWorkers,
  type Cluster,
  type ClusterContainer,
} from '../../../src/cluster/cluster.ts';
import { LABELS, STACK_NAMESPACE_LABEL } from '../../../src/labels.ts';
import { findClusters, type SwarmSnapshot } from '../../../src/stack/swarm-cluster.ts';
import type { StackService, StackTask } from '../../../src/stack/swarm-state.ts';
import { readJsonFixture, stackService, stackTask, swarmNode } from '../../helpers/builders.ts';

/** A cluster of a master and two workers that was resized and deployed anew: a lab of three nodes, engine 26.1.5. */
const LAB: SwarmSnapshot = {
  nodes: (readJsonFixture('docker-engine/nodes-26.1.5.json') as readonly RawNode[]).map(parseNode),
  services: (readJsonFixture('docker-engine/services-26.1.5.json') as readonly RawService[]).map(parseService),
  tasks: (readJsonFixture('docker-engine/tasks-26.1.5.json') as readonly RawTask[]).map(parseTask),
};

function only(snapshot: SwarmSnapshot): Cluster {
  const [cluster, ...others] = findClusters(snapshot);
  if (!cluster || others.length > 0) throw new Error(`${others.length + (cluster ? 1 : 0)} clusters`);
  return cluster;
}

/** A stack of one master and the given tasks of the worker service. */
const swarm = (tasks: readonly StackTask[], changes: Partial<SwarmSnapshot> = {}): SwarmSnapshot => ({
  nodes: ['n1', 'n2'].map((name) => swarmNode(name)),
  services: [stackService('master'), stackService('worker')],
  tasks: [stackTask('master', 1), ...tasks],
  ...changes,
});
const firstWorker = (snapshot: SwarmSnapshot): ClusterContainer | undefined => listWorkers(only(snapshot))[0];

test('a real cluster is found with its current containers, not with those of earlier', (t) => {
  const cluster = only(LAB);
  t.is(cluster.name, 'spark');
  t.deepEqual(
    cluster.services.map(({ name, role, wanted, running }) => [name, role, wanted, running]),
    [
      ['spark_master', 'master', 1, 1],
      ['spark_worker', 'worker', 2, 2],
    ],
  );
  t.deepEqual(
    cluster.containers.map(({ displayName, node, state, isRunning, error, exitCode, failures }) => ({
      displayName,
      node,
      state,
      isRunning,
      error,
      exitCode,
      failures,
    })),
    [
      ['master', 'lab-1'],
      ['worker-1', 'lab-1'],
      ['worker-2', 'lab-2'],
    ].map(([displayName, node]) => ({
      displayName,
      node,
      state: 'running',
      isRunning: true,
      error: '',
      exitCode: undefined,
      failures: 0,
    })),
  );
  t.is(wantedWorkers(cluster), 2);
});

test('a real master has its ports, its address and what was asked of it', (t) => {
  const cluster = only(LAB);
  const master = findMaster(cluster);
  t.deepEqual(master?.publishedPorts, { 7077: 7077, 8080: 8080 });
  t.is(master?.address, '192.168.77.11');
  t.is(master?.containerId, 'be4bfece190cb7d7201bd1127780763ef5bf4c71f02028e8053ebed571525d40');
  t.is(cluster.remembered?.workerCores, 1);
  t.deepEqual(cluster.remembered?.ports, { master: 7077, ui: 8080 });
});

test('a stack deployed by hand is a cluster of its own name, with nothing remembered', (t) => {
  const byHand = LAB.services.map((service) => ({
    ...service,
    labels: {
      [STACK_NAMESPACE_LABEL]: 'handmade',
      ...(service.labels[LABELS.role] === undefined ? {} : { [LABELS.role]: service.labels[LABELS.role] }),
    },
  }));
  const cluster = only({ ...LAB, services: byHand });
  t.is(cluster.name, 'handmade');
  t.is(cluster.remembered, undefined);
  t.is(cluster.containers.length, 3);
});

test('services without a role are no cluster, but belong to the one of their stack', (t) => {
  const other = stackService('web', { name: 'shop_web', labels: { [STACK_NAMESPACE_LABEL]: 'shop' } });
  t.deepEqual(findClusters(swarm([], { services: [other] })), []);
  const cache = stackService('cache', { replicas: undefined });
  const cluster = only(swarm([], { services: [stackService('master'), cache, other] }));
  t.deepEqual(
    cluster.services.map(({ name, role, wanted }) => [name, role, wanted]),
    [
      ['spark_cache', undefined, 0],
      ['spark_master', 'master', 1],
    ],
  );
  t.is(wantedWorkers(cluster), 0);
});

test('several clusters are listed by name', (t) => {
  const named = (name: string): StackService =>
    stackService('master', { id: name, labels: { [LABELS.cluster]: name, [LABELS.role]: 'master' } });
  t.deepEqual(
    findClusters(swarm([], { services: [named('b'), named('a')] })).map(({ name }) => name),
    ['a', 'b'],
  );
});

test('workers are listed by number, not by text', (t) => {
  const tasks = [10, 2, 1].map((slot) => stackTask('worker', slot));
  t.deepEqual(
    only(swarm(tasks)).containers.map(({ displayName }) => displayName),
    ['master', 'worker-1', 'worker-2', 'worker-10'],
  );
});

test('a task on a node that is down is lost, although it says that it runs', (t) => {
  const nodes = [swarmNode('n1'), swarmNode('n2', { state: 'down' })];
  const snapshot = swarm([stackTask('worker', 1, { nodeId: 'id-n2' })], { nodes });
  const worker = firstWorker(snapshot);
  t.is(worker?.state, 'lost');
  t.false(worker?.isRunning);
  t.is(worker?.error, 'node n2 is down');
  t.is(only(snapshot).services.find(({ role }) => role === 'worker')?.running, 0);
});

test('a slot that waits for a node says what the swarm says', (t) => {
  const waiting = stackTask('worker', 1, {
    nodeId: '',
    state: 'pending',
    containerId: undefined,
    error: 'no suitable node (insufficient resources on 2 nodes)',
  });
  const worker = firstWorker(swarm([waiting]));
  t.is(worker?.state, 'pending');
  t.is(worker?.node, '');
  t.is(worker?.error, 'no suitable node (insufficient resources on 2 nodes)');
});

/** Ended one after the other, the first at 23:10:00; a new one is about to start. */
const failing = (count: number, createdAt = '2026-11-20T23:10:'): readonly StackTask[] => [
  ...Array.from({ length: count }, (_, index) =>
    stackTask('worker', 1, {
      id: `old-${index}`,
      state: 'failed',
      desiredState: 'shutdown',
      error: 'task: non-zero exit (1)',
      exitCode: 1,
      createdAt: `${createdAt}0${index}Z`,
    }),
  ),
  stackTask('worker', 1, {
    state: 'ready',
    desiredState: 'ready',
    containerId: undefined,
    createdAt: '2026-11-20T23:11:00Z',
  }),
];

test('a slot that failed again and again counts its failures and keeps the last error', (t) => {
  const worker = firstWorker(swarm(failing(3)));
  t.is(worker?.failures, 3);
  t.is(worker?.error, 'task: non-zero exit (1)');
  t.is(worker?.exitCode, 1);
  t.is(worker?.state, 'ready');
});

test('failures before the service was changed are not held against what was changed', (t) => {
  const services = [stackService('master'), stackService('worker', { updatedAt: '2026-11-20T23:10:30Z' })];
  t.is(firstWorker(swarm(failing(3), { services }))?.failures, 0);
});

test('failures of long ago are not held against a container that starts now', (t) => {
  const services = [stackService('master'), stackService('worker', { updatedAt: '2026-11-19T00:00:00Z' })];
  t.is(firstWorker(swarm(failing(3, '2026-11-20T22:00:'), { services }))?.failures, 0);
});

test('a container that runs again has no error, whatever there was before', (t) => {
  const again = stackTask('worker', 1, { createdAt: '2026-11-20T23:12:00Z' });
  const worker = firstWorker(swarm([...failing(1).slice(0, 1), again]));
  t.true(worker?.isRunning);
  t.is(worker?.error, '');
  t.is(worker?.exitCode, undefined);
});

test('a slot that is going away is listed no more', (t) => {
  const leaving = stackTask('worker', 3, { desiredState: 'remove' });
  t.is(listWorkers(only(swarm([stackTask('worker', 1), leaving]))).length, 1);
});

test('a port that the engine chose is read from the task, and one that is not published is left out', (t) => {
  const ports = [
    { targetPort: 8080, publishedPort: 32_768, mode: 'host' as const },
    { targetPort: 7077, publishedPort: undefined, mode: 'host' as const },
  ];
  const snapshot = swarm([], { tasks: [stackTask('master', 1, { ports })] });
  t.deepEqual(findMaster(only(snapshot))?.publishedPorts, { 8080: 32_768 });
});
