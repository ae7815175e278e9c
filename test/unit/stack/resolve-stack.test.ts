import test from 'ava';
import fc from 'fast-check';
import { parse } from 'yaml';

import { planWorkerSize } from '../../../src/cluster/sizes.ts';
import type { NotebookSpec } from '../../../src/cluster/spec.ts';
import { LABELS } from '../../../src/labels.ts';
import type { ComposeDocument, ComposeService } from '../../../src/compose/compose-document.ts';
import { nameObjects, resolveStack, type StackSurroundings } from '../../../src/stack/resolve-stack.ts';
import { GIB, MIB, readFixture, spec } from '../../helpers/builders.ts';

/** docker-compose.yml of this project, as `docker stack config` gives it. */
const FILE = parse(readFixture('docker-stack-config/docker-compose-28.2.2.yml')) as ComposeDocument;
const AROUND: StackSurroundings = {
  mtu: 1400,
  masterNodeId: undefined,
  objects: nameObjects('spark'),
  hash: (text) => text,
};
const NOTEBOOK: NotebookSpec = {
  image: 'spark-swarm:latest-notebook',
  imageId: 'sha256:nnnn',
  limitBytes: 1920 * MIB,
};

const resolve = (
  changes: Parameters<typeof spec>[0] = {},
  file: ComposeDocument = FILE,
  around: Partial<StackSurroundings> = {},
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

test('a worker has a name of its own, the master its one replica', (t) => {
  const resolved = resolve({ workers: 3 });
  t.is(service(resolved, 'worker').hostname, 'worker-{{.Task.Slot}}');
  t.is(service(resolved, 'worker').deploy?.replicas, 3);
  t.is(service(resolved, 'master').hostname, undefined);
  t.deepEqual(service(resolved, 'master').deploy?.placement, { constraints: ['node.role == manager'] });
});

test('every part carries our labels, and the master remembers what was asked', (t) => {
  const resolved = resolve({ name: 'b' });
  for (const role of ['master', 'worker']) {
    const { labels, deploy } = service(resolved, role);
    t.deepEqual(labels, { [LABELS.role]: role, [LABELS.cluster]: 'b', [LABELS.imageId]: 'sha256:aaaa' });
    t.is(deploy?.labels?.[LABELS.role], role);
    t.is(deploy?.labels?.[LABELS.cluster], 'b');
  }
  t.deepEqual(resolved.volumes, {
    data: { labels: { [LABELS.role]: 'data', [LABELS.cluster]: 'b' } },
    jobs: { labels: { [LABELS.role]: 'jobs', [LABELS.cluster]: 'b' } },
    recovery: { labels: { [LABELS.role]: 'recovery', [LABELS.cluster]: 'b' } },
  });
});

test("the secret is external, and Spark's services alone may read it", (t) => {
  const resolved = resolve({ name: 'b' }, withService('cache', { image: 'redis' }), { objects: nameObjects('b') });
  t.deepEqual(resolved.secrets, { 'spark-auth': { external: true, name: 'b_auth' } });
  const grant = { source: 'spark-auth', target: 'spark-auth-secret', uid: '185', gid: '185', mode: 0o400 };
  t.deepEqual(service(resolved, 'master').secrets, [grant]);
  t.deepEqual(service(resolved, 'worker').secrets, [grant]);
  t.is(service(resolved, 'cache').secrets, undefined);
});

test('a history server has the certificates of the machine, and no secret', (t) => {
  const machine = { proxies: {}, hasCaBundle: true };
  const history = service(resolve({ history: { limitBytes: 448 * MIB }, machine }), 'history');
  t.deepEqual(history.secrets, []);
  t.deepEqual(history.configs, [{ source: 'ca-bundle', target: '/run/configs/ca-bundle.crt', mode: 0o444 }]);
});

test('where managers only manage, master and notebook run on a worker', (t) => {
  const resolved = resolve({ notebook: NOTEBOOK }, FILE, { masterNodeId: 'n2', masterRole: 'worker' });
  for (const role of ['master', 'notebook']) {
    t.deepEqual(service(resolved, role).deploy?.placement, { constraints: ['node.role == worker', 'node.id==n2'] });
  }
});

test('a notebook may read its token too, and is kept with the master on one node', (t) => {
  const grant = { uid: '1000', gid: '100', mode: 0o400 };
  const data = { path: '/srv/data', here: undefined, user: '1000:100' };
  const resolved = resolve({ notebook: NOTEBOOK, data }, FILE, { masterNodeId: 'n1' });
  t.deepEqual(resolved.secrets, {
    'spark-auth': { external: true, name: 'spark_auth' },
    'notebook-token': { external: true, name: 'spark_notebook_token' },
  });
  const auth = { source: 'spark-auth', target: 'spark-auth-secret', ...grant };
  t.deepEqual(service(resolved, 'worker').secrets, [auth]);
  t.deepEqual(service(resolved, 'notebook').secrets, [
    auth,
    { source: 'notebook-token', target: 'notebook-token', ...grant },
  ]);
  for (const role of ['master', 'notebook']) {
    t.deepEqual(service(resolved, role).deploy?.placement, { constraints: ['node.role == manager', 'node.id==n1'] });
  }
  t.deepEqual(service(resolved, 'worker').deploy?.placement?.constraints, []);
  t.deepEqual(resolved.volumes?.['notebooks'], {
    labels: { [LABELS.role]: 'notebooks', [LABELS.cluster]: 'spark' },
  });
});

test("the machine's certificates are a config of every Spark service, beside those of the file", (t) => {
  const machine = { proxies: {}, hasCaBundle: true };
  const own = { source: 'site', target: '/etc/site' };
  const file = { ...withService('worker', { ...FILE.services['worker'], configs: [own] }), configs: { site: {} } };
  const resolved = resolve({ machine, notebook: NOTEBOOK }, file);
  const bundle = { source: 'ca-bundle', target: '/run/configs/ca-bundle.crt', mode: 0o444 };
  t.deepEqual(resolved.configs, { site: {}, 'ca-bundle': { external: true, name: 'spark_ca_bundle' } });
  t.deepEqual(service(resolved, 'worker').configs, [own, bundle]);
  t.deepEqual(service(resolved, 'notebook').configs, [bundle]);
  t.is(service(resolved, 'master').environment?.['SPARK_SWARM_CA_BUNDLE'], '/run/configs/ca-bundle.crt');
  t.is(resolve().configs, undefined);
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
    ...withService('cache', { image: 'redis', volumes: [{ type: 'volume', source: 'shared', target: '/s' }] }),
    networks: { ...FILE.networks, corporate: { external: true } },
    volumes: { ...FILE.volumes, shared: { external: true } },
  };
  const { networks, volumes } = resolve({}, file);
  t.deepEqual(networks?.['corporate'], { external: true });
  t.deepEqual(volumes?.['shared'], { external: true });
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
  t.deepEqual(changed({ ports: { master: 7077, ui: 0, jupyter: 8888, history: 18_080 } }), ['master']);
  t.deepEqual(changed({ constraints: ['node.role==worker'] }), ['worker']);
  t.deepEqual(changed({ conf: { 'spark.a': 'b' } }), ['master', 'worker']);
  t.deepEqual(changed({ notebook: NOTEBOOK }), []);
  t.deepEqual(changed({}), []);
});

test('a file that is resolved is not changed by it', (t) => {
  const before = JSON.stringify(FILE);
  resolve();
  t.is(JSON.stringify(FILE), before);
});
