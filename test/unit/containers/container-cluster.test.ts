import test from 'ava';

import { parseContainer, type RawContainer } from '../../../src/adapters/engine/parse-container.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { rememberSpec } from '../../../src/cluster/spec.ts';
import { findProjects, projectOf } from '../../../src/containers/container-cluster.ts';
import type { ClusterMemory, EngineContainer, EngineSnapshot } from '../../../src/containers/engine-container.ts';
import { COMPOSE_PROJECT_LABEL, LABELS, STACK_NAMESPACE_LABEL } from '../../../src/labels.ts';
import { readJsonFixture, spec } from '../../helpers/builders.ts';

const parseFixture = (file: string): readonly EngineContainer[] =>
  (readJsonFixture(`docker-engine/${file}-20.10.24.json`) as readonly RawContainer[]).map(parseContainer);
/** A cluster of ours with a notebook, as it runs. */
const OURS = parseFixture('compose-containers');
/** A project that somebody has started by hand, and one of which a port was taken. */
const BY_HAND = parseFixture('compose-by-hand');

const named = (...names: readonly string[]): readonly EngineContainer[] =>
  [...OURS, ...BY_HAND].filter(({ name }) => names.includes(name));

const memory = (changes: Partial<ClusterMemory> = {}): ClusterMemory => ({
  cluster: 'nb',
  revision: 1,
  volume: 'nb-memory-1',
  workers: 2,
  spec: JSON.stringify(rememberSpec(spec({ name: 'nb' }))),
  document: '{}',
  ...changes,
});

const find = (containers: readonly EngineContainer[], around: Partial<EngineSnapshot> = {}): readonly Cluster[] =>
  findProjects({ containers, memories: [], host: 'laptop', address: '127.0.0.1', isLocal: true, ...around });
const only = (...given: Parameters<typeof find>): Cluster => {
  const [cluster, ...more] = find(...given);
  if (!cluster || more.length > 0) throw new Error('expected one cluster');
  return cluster;
};

test('a cluster of ours: master, notebook and workers in this order, with names, ports and what is remembered', (t) => {
  const cluster = only(OURS.toReversed(), { memories: [memory()] });
  t.is(cluster.name, 'nb');
  t.is(cluster.platform, 'containers');
  t.deepEqual(
    cluster.containers.map(({ displayName, role, state, isRunning, error, exitCode, failures }) => ({
      displayName,
      role,
      well: [state, isRunning, error, exitCode, failures],
    })),
    ['master', 'notebook', 'worker-1', 'worker-2'].map((displayName) => ({
      displayName,
      role: displayName.replace(/-\d/, ''),
      well: ['running', true, '', undefined, 0],
    })) as never,
  );
  t.deepEqual(
    cluster.containers.map(({ publishedPorts }) => publishedPorts),
    [{ 7077: 32777, 8080: 32776 }, { 8888: 32775 }, {}, {}],
  );
  const [master] = cluster.containers;
  t.is(master?.containerId, '31725a0a17a1159e74d62ccd5dcc38cb9eb59c4bd095a26c0fae1bc5fc2aced9');
  t.is(master?.id, master?.containerId);
  t.is(master?.node, 'laptop');
  t.is(master?.address, '127.0.0.1');
  t.is(master?.since, '2026-11-21T02:21:20.759997427Z');
  t.deepEqual(cluster.services, [
    service('master', 'master', 1),
    service('notebook', 'notebook', 1, 'spark-swarm:latest-notebook'),
    service('worker', 'worker', 2),
  ]);
  t.deepEqual(cluster.remembered, rememberSpec(spec({ name: 'nb' })));
});

function service(key: string, role: string, count: number, image = 'spark-swarm:latest'): never {
  return { id: key, name: `nb-${key}`, role, image, wanted: count, running: count, update: undefined } as never;
}

test('workers that shall be there and are not have the free numbers', (t) => {
  const cluster = only(named('nb-master-1', 'nb-worker-2'), { memories: [memory({ workers: 3 })] });
  t.deepEqual(
    cluster.containers.map(({ displayName, state, containerId }) => [displayName, state, containerId?.length]),
    [
      ['master', 'running', 64],
      ['worker-1', 'missing', undefined],
      ['worker-2', 'running', 64],
      ['worker-3', 'missing', undefined],
    ],
  );
  t.deepEqual(cluster.containers[1], {
    displayName: 'worker-1',
    role: 'worker',
    id: 'missing-1',
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
  });
  const worker = cluster.services.find(({ role }) => role === 'worker');
  t.deepEqual([worker?.wanted, worker?.running], [3, 1]);
});

test('more workers than are wanted, as between two steps of a shrink, are all shown', (t) => {
  const cluster = only(OURS, { memories: [memory({ workers: 1 })] });
  t.is(cluster.containers.filter(({ role }) => role === 'worker').length, 2);
  t.is(cluster.services.find(({ role }) => role === 'worker')?.wanted, 1);
});

test('a project made by hand is a cluster of its name, without memory, and strangers in it are services', (t) => {
  const cluster = only(named('by-hand-master-1', 'by-hand-worker-1', 'by-hand-web-1'));
  t.is(cluster.name, 'by-hand');
  t.is(cluster.remembered, undefined);
  t.deepEqual(
    cluster.containers.map(({ displayName }) => displayName),
    ['master', 'worker-1'],
  );
  t.deepEqual(
    cluster.services.map(({ id, role, wanted, running }) => [id, role, wanted, running]),
    [
      ['master', 'master', 1, 1],
      ['web', undefined, 1, 1],
      ['worker', 'worker', 1, 0],
    ],
  );
});

test('a container that ran out of memory says so in the words that a swarm has for it', (t) => {
  const [, worker] = only(named('by-hand-master-1', 'by-hand-worker-1')).containers;
  t.like(worker, {
    state: 'exited',
    isRunning: false,
    error: 'non-zero exit (137): out of memory',
    exitCode: 137,
    since: '2026-11-21T02:28:51.297364206Z',
    failures: 0,
  });
});

test('a container that cannot stay up counts how often it was started again', (t) => {
  const [spare] = only(named('by-hand-spare-1')).containers;
  t.like(spare, {
    state: 'restarting',
    isRunning: false,
    error: 'non-zero exit (1)',
    exitCode: 1,
    since: '2026-11-21T02:28:54.820130694Z',
    failures: 5,
  });
});

test("a container that could not be started has the engine's words, and no exit status", (t) => {
  const [master] = only(named('taken-master-1')).containers;
  t.true(master?.error.endsWith('Bind for 127.0.0.1:39871 failed: port is already allocated'), master?.error);
  t.is(master?.state, 'created');
  t.is(master?.exitCode, undefined);
  t.deepEqual(master?.publishedPorts, {});
  const [created] = only(named('taken-master-1').map((each) => ({ ...each, error: '' }))).containers;
  t.is(created?.error, 'it was never started');
});

test('a container that has ended well has no error', (t) => {
  const ended = named('by-hand-worker-1').map((each) => ({ ...each, exitCode: 0, isOomKilled: false }));
  t.like(only(ended).containers[0], { state: 'exited', error: '', exitCode: 0 });
});

const addresses: readonly (readonly [bound: string, machine: string, address: string | undefined])[] = [
  ['127.0.0.1', '127.0.0.1', '127.0.0.1'],
  ['0.0.0.0', '127.0.0.1', '127.0.0.1'],
  ['::', 'far.example', 'far.example'],
  ['', 'far.example', 'far.example'],
  ['192.168.7.7', '127.0.0.1', '192.168.7.7'],
  ['127.0.0.1', 'far.example', undefined],
  ['::1', 'far.example', undefined],
];

for (const [bound, machine, address] of addresses) {
  test(`a port that is bound to "${bound}" of ${machine} answers at ${address ?? 'no address of this machine'}`, (t) => {
    const master = named('nb-master-1').map((each) => ({
      ...each,
      ports: each.ports.map((port) => ({ ...port, hostIp: bound })),
    }));
    t.is(only(master, { address: machine, isLocal: machine === '127.0.0.1' }).containers[0]?.address, address);
  });
}

test('a cluster of which no container is left is still one, and lacks all that it shall have', (t) => {
  const cluster = only([], { memories: [memory({ workers: 1 })] });
  t.is(cluster.name, 'nb');
  t.deepEqual(
    cluster.services.map(({ name, role, image, wanted, running }) => [name, role, image, wanted, running]),
    [
      ['nb-master', 'master', 'spark-swarm:latest', 1, 0],
      ['nb-worker', 'worker', 'spark-swarm:latest', 1, 0],
    ],
  );
  t.true(cluster.containers.some(({ displayName, state }) => displayName === 'worker-1' && state === 'missing'));
});

test('two clusters of one engine are two, by name', (t) => {
  t.deepEqual(
    find([...OURS, ...named('by-hand-master-1')].toReversed()).map(({ name }) => name),
    ['by-hand', 'nb'],
  );
});

test("a swarm's containers carry our labels too, and belong to no project", (t) => {
  const task = OURS.map((each) => {
    const { [COMPOSE_PROJECT_LABEL]: _, ...labels } = each.labels;
    return { ...each, labels: { ...labels, [STACK_NAMESPACE_LABEL]: 'nb' } };
  });
  t.deepEqual(find(task), []);
  t.is(projectOf({ [LABELS.cluster]: 'nb' }), undefined);
});

test('a project without a Spark container is no cluster', (t) => {
  t.deepEqual(find(named('by-hand-web-1')), []);
});

test('our label says whose a thing is, before the name of the project', (t) => {
  t.is(projectOf({ [COMPOSE_PROJECT_LABEL]: 'p', [LABELS.cluster]: 'c' }), 'c');
  t.is(projectOf({ [COMPOSE_PROJECT_LABEL]: 'p' }), 'p');
  t.is(projectOf(null), undefined);
  t.is(projectOf(undefined), undefined);
});
