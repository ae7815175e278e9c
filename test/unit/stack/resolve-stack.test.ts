import test from 'ava';
import fc from 'fast-check';
import { parse } from 'yaml';

import { planWorkerSize } from '../../../src/cluster/sizes.ts';
import type { ClusterPorts } from '../../../src/cluster/spec.ts';
import { ConfigError } from '../../../src/errors.ts';
import { LABELS } from '../../../src/labels.ts';
import type { ComposeDocument, ComposeService } from '../../../src/compose/compose-document.ts';
import { resolveStack, roleOf } from '../../../src/stack/resolve-stack.ts';
import { GIB, readFixture, spec } from '../../helpers/builders.ts';

/** docker-compose.yml of this project, as `docker stack config` gives it. */
const FILE = parse(readFixture('docker-stack-config/docker-compose-28.2.2.yml')) as ComposeDocument;
const AROUND = { secretName: 'spark_auth', mtu: 1400, hash: (text: string): string => text };

const resolve = (
  changes: Parameters<typeof spec>[0] = {},
  file: ComposeDocument = FILE,
  around: Partial<typeof AROUND> = {},
): ComposeDocument => resolveStack(file, spec(changes), { ...AROUND, ...around });
const service = (document: ComposeDocument, name: string): ComposeService => {
  const found = document.services[name];
  if (!found) throw new Error(`no service ${name}`);
  return found;
};
const hashOf = (document: ComposeDocument, name: string): string | undefined =>
  service(document, name).deploy?.labels?.[LABELS.hash];
const withService = (name: string, extra: ComposeService): ComposeDocument => ({
  ...FILE,
  services: { ...FILE.services, [name]: extra },
});

test('a worker gets its size, its number and a name of its own', (t) => {
  const worker = service(resolve({ workers: 3, worker: planWorkerSize(4 * GIB, 2), image: 'mine:1' }), 'worker');
  t.is(worker.image, 'mine:1');
  t.is(worker.hostname, 'worker-{{.Task.Slot}}');
  t.is(worker.deploy?.replicas, 3);
  t.deepEqual(worker.deploy?.resources, {
    limits: { cpus: '2', memory: '4g' },
    reservations: { cpus: '2', memory: '4g' },
  });
  t.deepEqual(worker.environment, {
    SPARK_WORKER_CORES: '2',
    SPARK_WORKER_MEMORY: '2944m',
    SPARK_EXECUTOR_CORES: '1',
    SPARK_EXECUTOR_MEMORY: '1472m',
  });
});

test('half a core is a limit for Docker, and one core for Spark', (t) => {
  const worker = service(resolve({ worker: planWorkerSize(2 * GIB, 0.5) }), 'worker');
  t.is(worker.deploy?.resources?.limits?.cpus, '0.5');
  t.is(worker.environment?.['SPARK_WORKER_CORES'], '1');
});

test('the master gets one replica, a limit of its own, and reserves memory alone', (t) => {
  const master = service(resolve(), 'master');
  t.is(master.deploy?.replicas, 1);
  t.deepEqual(master.deploy?.resources, {
    limits: { cpus: '1', memory: '3200m' },
    reservations: { memory: '3200m' },
  });
  t.deepEqual(master.environment, { SPARK_EXECUTOR_CORES: '1', SPARK_EXECUTOR_MEMORY: '1g' });
  t.deepEqual(master.deploy?.placement, { constraints: ['node.role == manager'] });
});

test('every part carries our labels, and the master remembers what was asked', (t) => {
  const resolved = resolve({ name: 'b' });
  for (const role of ['master', 'worker']) {
    const { labels, deploy } = service(resolved, role);
    t.deepEqual(labels, { [LABELS.role]: role, [LABELS.cluster]: 'b', [LABELS.imageId]: 'sha256:aaaa' });
    t.is(deploy?.labels?.[LABELS.role], role);
    t.is(deploy?.labels?.[LABELS.cluster], 'b');
  }
  t.deepEqual(JSON.parse(service(resolved, 'master').deploy?.labels?.[LABELS.spec] ?? ''), {
    image: 'spark-swarm:latest',
    workerMemoryBytes: 1792 * 1024 ** 2,
    workerCores: 1,
    masterMemoryBytes: 3200 * 1024 ** 2,
    masterCores: 1,
    ports: { master: 7077, ui: 8080 },
    constraints: [],
  });
  t.deepEqual(resolved.volumes, {
    data: { labels: { [LABELS.role]: 'data', [LABELS.cluster]: 'b' } },
    recovery: { labels: { [LABELS.role]: 'recovery', [LABELS.cluster]: 'b' } },
  });
});

const port = (target: number, published?: number): object => ({
  target,
  protocol: 'tcp',
  mode: 'host',
  ...(published === undefined ? {} : { published }),
});
const portRows: readonly (readonly [ports: ClusterPorts, published: readonly object[]])[] = [
  [{ master: 7077, ui: 8080 }, [port(7077, 7077), port(8080, 8080)]],
  [{ master: 0, ui: 9000 }, [port(7077), port(8080, 9000)]],
  [{ master: 'none', ui: 0 }, [port(8080)]],
  [{ master: 'none', ui: 'none' }, []],
];

for (const [ports, published] of portRows) {
  test(`the ports ${JSON.stringify(ports)} are published in host mode`, (t) => {
    t.deepEqual(service(resolve({ ports }), 'master').ports, published as never);
  });
}

test("ports that the user's file adds stay", (t) => {
  const extra = { target: 4040, published: 4040, mode: 'host', protocol: 'tcp' };
  const master = service(FILE, 'master');
  const file = withService('master', { ...master, ports: [...(master.ports ?? []), extra] });
  t.deepEqual(service(resolve({ ports: { master: 'none', ui: 'none' } }, file), 'master').ports, [extra]);
});

test("the secret is external, and Spark's services alone may read it", (t) => {
  const resolved = resolve({ name: 'b' }, withService('cache', { image: 'redis' }), { secretName: 'b_auth' });
  t.deepEqual(resolved.secrets, { 'spark-auth': { external: true, name: 'b_auth' } });
  const grant = { source: 'spark-auth', target: 'spark-auth-secret', uid: '185', gid: '185', mode: 0o400 };
  t.deepEqual(service(resolved, 'master').secrets, [grant]);
  t.deepEqual(service(resolved, 'worker').secrets, [grant]);
  t.is(service(resolved, 'cache').secrets, undefined);
});

test('the network is an overlay of ours, with the MTU of the nodes', (t) => {
  t.deepEqual(resolve().networks, {
    spark: {
      driver: 'overlay',
      labels: { [LABELS.role]: 'network', [LABELS.cluster]: 'spark' },
      driver_opts: { 'com.docker.network.driver.mtu': '1400' },
    },
  });
  const resolved = resolveStack(FILE, spec(), { ...AROUND, mtu: undefined });
  t.deepEqual(resolved.networks?.['spark']?.driver_opts, {});
});

test('an option of the network that the user has set wins', (t) => {
  const file = {
    ...FILE,
    networks: { spark: { driver_opts: { 'com.docker.network.driver.mtu': '9000', encrypted: '' } } },
  };
  t.deepEqual(resolve({}, file).networks?.['spark']?.driver_opts, {
    'com.docker.network.driver.mtu': '9000',
    encrypted: '',
  });
});

test('external networks and volumes are not ours to label', (t) => {
  const file: ComposeDocument = {
    ...FILE,
    networks: { ...FILE.networks, corporate: { external: true } },
    volumes: { ...FILE.volumes, shared: { external: true }, plain: null },
  };
  const { networks, volumes } = resolve({}, file);
  t.deepEqual(networks?.['corporate'], { external: true });
  t.deepEqual(volumes?.['shared'], { external: true });
  t.deepEqual(volumes?.['plain'], { labels: { [LABELS.cluster]: 'spark' } });
});

test("constraints are added to those of the user's file, for workers alone", (t) => {
  const worker = service(FILE, 'worker');
  const placement = { constraints: ['node.role == worker'], max_replicas_per_node: 2 };
  const file = withService('worker', { ...worker, deploy: { ...worker.deploy, placement } });
  const resolved = resolve({ constraints: ['node.labels.disk==ssd'] }, file);
  t.deepEqual(service(resolved, 'worker').deploy?.placement, {
    constraints: ['node.role == worker', 'node.labels.disk==ssd'],
    max_replicas_per_node: 2,
  });
  t.deepEqual(service(resolved, 'master').deploy?.placement, { constraints: ['node.role == manager'] });
});

test('a service that the user added is labelled and otherwise left alone', (t) => {
  const extra: ComposeService = {
    image: 'redis:7',
    environment: { A: 'b' },
    ports: [{ target: 6379 }],
    deploy: { replicas: 3, labels: { mine: 'yes' } },
  };
  const { labels, deploy, ...rest } = service(resolve({}, withService('cache', extra)), 'cache');
  t.deepEqual(labels, { [LABELS.cluster]: 'spark' });
  const { [LABELS.hash]: hash, ...deployLabels } = deploy?.labels ?? {};
  t.not(hash, undefined);
  t.deepEqual({ ...deploy, labels: deployLabels }, { replicas: 3, labels: { mine: 'yes', [LABELS.cluster]: 'spark' } });
  t.deepEqual(rest, { image: 'redis:7', environment: { A: 'b' }, ports: [{ target: 6379 }] });
});

test('what we do not know in the file is handed on', (t) => {
  const resolved = resolve({}, { ...FILE, configs: { a: { file: 'a.txt' } } });
  t.deepEqual(resolved['configs'], { a: { file: 'a.txt' } });
  t.deepEqual(service(resolved, 'worker')['cap_drop'], ['ALL']);
});

test('the number of workers is no part of the fingerprint', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), (workers) => {
      const resolved = resolve({ workers });
      t.is(hashOf(resolved, 'worker'), hashOf(resolve(), 'worker'));
      t.is(hashOf(resolved, 'master'), hashOf(resolve(), 'master'));
    }),
  );
});

test('the fingerprint changes with what the containers are made of', (t) => {
  const before = resolve();
  const changed = (changes: Parameters<typeof spec>[0]): readonly string[] =>
    ['master', 'worker'].filter((name) => hashOf(resolve(changes), name) !== hashOf(before, name));
  t.deepEqual(changed({ imageId: 'sha256:bbbb' }), ['master', 'worker']);
  t.deepEqual(changed({ image: 'mine:1' }), ['master', 'worker']);
  t.deepEqual(changed({ worker: planWorkerSize(4 * GIB, 1) }), ['master', 'worker']);
  t.deepEqual(changed({ ports: { master: 7077, ui: 0 } }), ['master']);
  t.deepEqual(changed({}), []);
});

test('a file that is resolved is not changed by it', (t) => {
  const before = JSON.stringify(FILE);
  resolve();
  t.is(JSON.stringify(FILE), before);
});

const expected = (role: string): string =>
  `services: expected exactly one with the label io.spark-swarm.role: ${role} under deploy.labels`;
const { master, worker } = FILE.services as { master: ComposeService; worker: ComposeService };
const broken: readonly (readonly [title: string, services: ComposeDocument['services'], message: string])[] = [
  ['no worker', { master }, `The compose file: ${expected('worker')}`],
  ['two masters', { master, worker, second: master }, `The compose file: ${expected('master')}`],
  [
    'neither',
    { web: { image: 'nginx' } },
    `The compose file has 2 problems:\n  ${expected('master')}\n  ${expected('worker')}`,
  ],
];

for (const [title, services, message] of broken) {
  test(`a file with ${title} is refused`, (t) => {
    const error = t.throws(() => resolve({}, { ...FILE, services }), { instanceOf: ConfigError });
    t.is(error.message, message);
  });
}

test('a role may stand in the labels of the service or of its containers, and other words are none', (t) => {
  t.is(roleOf({ deploy: { labels: { [LABELS.role]: 'master' } } }), 'master');
  t.is(roleOf({ labels: { [LABELS.role]: 'worker' } }), 'worker');
  t.is(roleOf({ labels: { [LABELS.role]: 'network' } }), undefined);
  t.is(roleOf({}), undefined);
});
