import test from 'ava';

import {
  parseNode,
  parseObject,
  parseService,
  parseTask,
  type RawNode,
  type RawService,
  type RawTask,
} from '../../../src/adapters/swarm/parse-swarm.ts';
import { LABELS } from '../../../src/labels.ts';
import { MIB, readJsonFixture } from '../../helpers/builders.ts';

const nodes = readJsonFixture('docker-engine/nodes-26.1.5.json') as readonly RawNode[];
const services = readJsonFixture('docker-engine/services-26.1.5.json') as readonly RawService[];
const tasks = readJsonFixture('docker-engine/tasks-26.1.5.json') as readonly RawTask[];

function first<T>(items: readonly T[], isWanted: (item: T) => boolean = () => true): T {
  const found = items.find((item) => isWanted(item));
  if (found === undefined) throw new Error('the fixture has no such item');
  return found;
}

const manager = first(nodes, (node) => node.Spec.Role === 'manager');
const master = first(services, (service) => service.Spec.Name === 'spark_master');
const worker = first(services, (service) => service.Spec.Name === 'spark_worker');
const running = first(tasks, (task) => task.Status.State === 'running' && task.ServiceID === master.ID);

test('a node has cores and bytes, and the address where its ports answer', (t) => {
  const { id: _, labels, ...node } = parseNode(manager);
  t.deepEqual(node, {
    hostname: 'lab-1',
    role: 'manager',
    availability: 'active',
    state: 'ready',
    address: '192.168.77.11',
    isLeader: true,
    cores: 2,
    memoryBytes: 25_276_510_208,
  });
  t.is(labels[LABELS.nodeMtu], '1400');
});

test('a manager that reports a useless address is known by the one it advertises', (t) => {
  for (const [address, advertised, expected] of [
    ['0.0.0.0', '192.168.1.2:2377', '192.168.1.2'],
    ['127.0.0.1', '192.168.1.2:2377', '192.168.1.2'],
    ['', '[fd00::1]:2377', 'fd00::1'],
    ['10.0.0.9', '192.168.1.2:2377', '10.0.0.9'],
  ] as const) {
    const raw = { ...manager, Status: { State: 'ready' as const, Addr: address }, ManagerStatus: { Addr: advertised } };
    t.is(parseNode(raw).address, expected);
  }
});

test('a node that says nothing of itself has nothing', (t) => {
  const { ManagerStatus: _, ...plain } = manager;
  const { address, cores, isLeader, labels, memoryBytes } = parseNode({
    ...plain,
    Spec: { Role: 'worker', Availability: 'drain' },
    Description: { Hostname: 'x', Resources: {} },
    Status: { State: 'unknown' },
  });
  t.deepEqual(
    { address, cores, isLeader, labels, memoryBytes },
    {
      address: '127.0.0.1',
      cores: 0,
      isLeader: false,
      labels: {},
      memoryBytes: 0,
    },
  );
});

test('a service has its limits, reservations, ports and labels', (t) => {
  const { labels, containerLabels, ...service } = parseService(worker);
  t.deepEqual(service, {
    id: worker.ID,
    version: worker.Version.Index,
    name: 'spark_worker',
    image: 'spark-swarm:latest',
    replicas: 2,
    limitCores: 1,
    limitMemoryBytes: 1792 * MIB,
    reservedCores: 1,
    reservedMemoryBytes: 1792 * MIB,
    ports: [],
    update: service.update,
    updatedAt: worker.UpdatedAt,
  });
  t.is(labels[LABELS.role], 'worker');
  t.is(containerLabels[LABELS.role], 'worker');
  t.deepEqual(parseService(master).ports, [
    { targetPort: 7077, publishedPort: 7077, mode: 'host' },
    { targetPort: 8080, publishedPort: 8080, mode: 'host' },
  ]);
});

test('a service with little in it is read, too', (t) => {
  const bare: RawService = {
    ID: 'x',
    Version: { Index: 1 },
    UpdatedAt: '2026-01-01T00:00:00Z',
    Spec: {
      Name: 'x',
      TaskTemplate: {},
      Mode: {},
      EndpointSpec: { Ports: [{ TargetPort: 80, PublishedPort: 0 }] },
    },
  };
  const service = parseService(bare);
  t.is(service.replicas, undefined);
  t.is(service.image, '');
  t.is(service.reservedMemoryBytes, 0);
  t.is(service.limitCores, undefined);
  t.deepEqual(service.ports, [{ targetPort: 80, publishedPort: undefined, mode: 'ingress' }]);
  t.is(parseService({ ...bare, Spec: { ...bare.Spec, Mode: { Replicated: {} } } }).replicas, 1);
});

test('a task has its container, its ports and no error while all is well', (t) => {
  const { id: _, ...task } = parseTask(running);
  t.deepEqual(task, {
    serviceId: master.ID,
    slot: 1,
    nodeId: manager.ID,
    state: 'running',
    desiredState: 'running',
    error: '',
    containerId: 'be4bfece190cb7d7201bd1127780763ef5bf4c71f02028e8053ebed571525d40',
    exitCode: 0,
    createdAt: '2026-11-20T23:36:04.032303629Z',
    since: '2026-11-20T23:36:08.49467052Z',
    ports: [
      { targetPort: 8080, publishedPort: 8080, mode: 'host' },
      { targetPort: 7077, publishedPort: 7077, mode: 'host' },
    ],
  });
});

test('a task that has ended keeps its exit status', (t) => {
  const ended = first(tasks, (task) => task.Status.State === 'shutdown');
  t.is(parseTask(ended).exitCode, 143);
});

test('a task without a node or a container has neither', (t) => {
  const { NodeID: _, ...unplaced } = running;
  const task = parseTask({
    ...unplaced,
    Status: { State: 'pending', Timestamp: '2026-01-01T00:00:00Z', Err: 'no suitable node' },
  });
  t.is(task.nodeId, '');
  t.is(task.containerId, undefined);
  t.is(task.exitCode, undefined);
  t.is(task.error, 'no suitable node');
});

test('a secret or a config is its name and its labels', (t) => {
  t.deepEqual(parseObject({ ID: 'a', Spec: { Name: 'spark_auth' } }), { id: 'a', name: 'spark_auth', labels: {} });
});
