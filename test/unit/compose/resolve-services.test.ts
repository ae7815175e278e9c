import test from 'ava';

import { planWorkerSize } from '../../../src/cluster/sizes.ts';
import type { ClusterPorts } from '../../../src/cluster/spec.ts';
import type { ComposeService } from '../../../src/compose/compose-document.ts';
import { ConfigError } from '../../../src/errors.ts';
import { LABELS } from '../../../src/labels.ts';
import { GIB, MIB } from '../../helpers/builders.ts';
import {
  FILE,
  NOTEBOOK,
  type Services,
  fromFile,
  resolve,
  service,
  withService,
} from '../../helpers/resolved-services.ts';

test('a worker gets its size and its number', (t) => {
  const worker = service('worker', { workers: 3, worker: planWorkerSize(4 * GIB, 2), image: 'mine:1' });
  t.is(worker.image, 'mine:1');
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
  const worker = service('worker', { worker: planWorkerSize(2 * GIB, 0.5) });
  t.is(worker.deploy?.resources?.limits?.cpus, '0.5');
  t.is(worker.environment?.['SPARK_WORKER_CORES'], '1');
});

test('the master gets one replica, a limit of its own, and reserves memory alone', (t) => {
  const master = service('master');
  t.is(master.deploy?.replicas, 1);
  t.deepEqual(master.deploy?.resources, {
    limits: { cpus: '1', memory: '3200m' },
    reservations: { memory: '3200m' },
  });
  t.deepEqual(master.environment, { SPARK_EXECUTOR_CORES: '1', SPARK_EXECUTOR_MEMORY: '1g' });
});

test('every part carries our labels, and the master remembers what was asked', (t) => {
  const resolved = resolve({ name: 'b' });
  for (const role of ['master', 'worker']) {
    const { labels, deploy } = resolved[role] ?? {};
    t.deepEqual(labels, { [LABELS.role]: role, [LABELS.cluster]: 'b', [LABELS.imageId]: 'sha256:aaaa' });
    t.is(deploy?.labels?.[LABELS.role], role);
    t.is(deploy?.labels?.[LABELS.cluster], 'b');
  }
  t.deepEqual(JSON.parse(resolved['master']?.deploy?.labels?.[LABELS.spec] ?? ''), {
    image: 'spark-swarm:latest',
    workerMemoryBytes: 1792 * MIB,
    workerCores: 1,
    masterMemoryBytes: 3200 * MIB,
    masterCores: 1,
    ports: { master: 7077, ui: 8080, jupyter: 8888, history: 18_080 },
    constraints: [],
    notebook: false,
    history: false,
    conf: {},
    env: {},
    machine: { proxies: {}, hasCaBundle: false },
  });
});

const port = (target: number, published?: number): object => ({
  target,
  protocol: 'tcp',
  mode: 'host',
  ...(published === undefined ? {} : { published }),
});
const portRows: readonly (readonly [ports: ClusterPorts, master: readonly object[], notebook: readonly object[]])[] = [
  [
    { master: 7077, ui: 8080, jupyter: 8888, history: 18_080 },
    [port(7077, 7077), port(8080, 8080)],
    [port(8888, 8888)],
  ],
  [{ master: 0, ui: 9000, jupyter: 0, history: 18_080 }, [port(7077), port(8080, 9000)], [port(8888)]],
  [{ master: 'none', ui: 0, jupyter: 'none', history: 'none' }, [port(8080)], []],
  [{ master: 'none', ui: 'none', jupyter: 1, history: 'none' }, [], [port(8888, 1)]],
];

for (const [ports, master, notebook] of portRows) {
  test(`the ports ${JSON.stringify(ports)} are published in host mode`, (t) => {
    t.deepEqual(service('master', { ports }).ports, master as never);
    t.deepEqual(service('notebook', { ports, notebook: NOTEBOOK }).ports, notebook as never);
  });
}

test("ports that the user's file adds stay", (t) => {
  const extra = { target: 4040, published: 4040, mode: 'host', protocol: 'tcp' };
  const file = withService('master', { ...fromFile('master'), ports: [...(fromFile('master').ports ?? []), extra] });
  const ports = { master: 'none', ui: 'none', jupyter: 'none', history: 'none' } as const;
  t.deepEqual(service('master', { ports }, file).ports, [extra]);
});

test('a proxy that the user names counts in both spellings', (t) => {
  const machine = { proxies: { HTTPS_PROXY: 'http://a', https_proxy: 'http://a' }, hasCaBundle: false };
  t.like(service('worker', { machine, env: { https_proxy: 'http://b' } }).environment, {
    HTTPS_PROXY: 'http://b',
    https_proxy: 'http://b',
  });
});

test('properties and variables reach master, workers and notebook, and no other service', (t) => {
  const changes = {
    conf: { 'spark.sql.shuffle.partitions': '8', 'spark.x': 'a  b $c' },
    env: { COLOR: 'blue', PRICE: '5$' },
    notebook: NOTEBOOK,
  };
  const resolved = resolve(changes, withService('cache', { image: 'redis', environment: { A: 'b' } }));
  for (const role of ['master', 'worker', 'notebook']) {
    t.like(resolved[role]?.environment, {
      SPARK_SWARM_CONF: 'spark.sql.shuffle.partitions 8\nspark.x a  b $$c',
      COLOR: 'blue',
      PRICE: '5$$',
    });
  }
  t.deepEqual(resolved['cache']?.environment, { A: 'b' });
});

test('what the machine needs to reach the world comes before what the user says', (t) => {
  const machine = { proxies: { HTTP_PROXY: 'http://127.0.0.1:3128', NO_PROXY: 'localhost' }, hasCaBundle: true };
  const { environment } = service('worker', { machine, env: { NO_PROXY: 'mine', PIP_CERT: '/own.crt' } });
  t.like(environment, {
    HTTP_PROXY: 'http://127.0.0.1:3128',
    NO_PROXY: 'mine',
    SPARK_SWARM_CA_BUNDLE: '/run/ca.crt',
    SSL_CERT_FILE: '/run/ca.crt',
    REQUESTS_CA_BUNDLE: '/run/ca.crt',
    CURL_CA_BUNDLE: '/run/ca.crt',
    PIP_CERT: '/own.crt',
  });
  t.false('SSL_CERT_FILE' in (service('worker', { machine: { ...machine, hasCaBundle: false } }).environment ?? {}));
});

test("what a variable of the user says wins over the sizes of the file, not over the worker's own", (t) => {
  const env = { SPARK_WORKER_CORES: '99', LANG: 'C.UTF-8' };
  t.like(service('worker', { env }).environment, { SPARK_WORKER_CORES: '1', LANG: 'C.UTF-8' });
});

test('a folder becomes /data of every Spark container, and its owner their user', (t) => {
  const data = { path: '/srv/my $data', here: '/srv/my $data', user: '1000:100' };
  const resolved = resolve({ data, notebook: NOTEBOOK }, withService('cache', { image: 'redis' }));
  for (const role of ['master', 'worker', 'notebook']) {
    const { volumes, user } = resolved[role] ?? {};
    t.deepEqual(
      volumes?.filter(({ target }) => target === '/data'),
      [{ type: 'bind', source: '/srv/my $$data', target: '/data' }],
    );
    t.is(user, '1000:100');
  }
  t.is(resolved['cache']?.volumes, undefined);
  t.is(resolved['cache']?.['user'], undefined);
  const { volumes, user } = service('worker', { data: { path: '/d', here: undefined, user: undefined } });
  t.deepEqual(volumes?.at(-1), { type: 'bind', source: '/d', target: '/data' });
  t.is(user, undefined);
});

test('a service that the user added is labelled and otherwise left alone', (t) => {
  const extra: ComposeService = {
    image: 'redis:7',
    environment: { A: 'b' },
    ports: [{ target: 6379 }],
    deploy: { replicas: 3, labels: { mine: 'yes' } },
  };
  t.deepEqual(service('cache', {}, withService('cache', extra)), {
    ...extra,
    labels: { [LABELS.cluster]: 'spark' },
    deploy: { replicas: 3, labels: { mine: 'yes', [LABELS.cluster]: 'spark' } },
  });
});

test('what we do not know of a service is handed on, and the file is not changed', (t) => {
  const before = JSON.stringify(FILE);
  t.deepEqual(service('worker', { notebook: NOTEBOOK })['cap_drop'], ['ALL']);
  t.is(JSON.stringify(FILE), before);
});

const expected = (role: string): string =>
  `services: expected exactly one with the label io.spark-swarm.role: ${role} under deploy.labels`;
const [master, worker] = [fromFile('master'), fromFile('worker')];
const broken: readonly (readonly [title: string, services: Services, message: string])[] = [
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
