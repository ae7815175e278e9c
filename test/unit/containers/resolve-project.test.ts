import test from 'ava';

import { planWorkerSize } from '../../../src/cluster/sizes.ts';
import type { NotebookSpec } from '../../../src/cluster/spec.ts';
import type { ComposeDocument, ComposeService } from '../../../src/compose/compose-document.ts';
import { objectName, resolveProject, secretsVolumeName } from '../../../src/containers/resolve-project.ts';
import { ConfigError } from '../../../src/errors.ts';
import { LABELS } from '../../../src/labels.ts';
import { GIB, MIB, readJsonFixture, spec } from '../../helpers/builders.ts';

/** docker-compose.yml of this project, as `docker compose config --format json` gives it, without its name. */
const { name: _, ...FILE } = readJsonFixture('docker-compose-config/docker-compose-2.26.1.json') as ComposeDocument;
const NOTEBOOK: NotebookSpec = {
  image: 'spark-swarm:latest-notebook',
  imageId: 'sha256:nnnn',
  limitBytes: 1920 * MIB,
};

type Changes = Parameters<typeof spec>[0];

/** As Compose resolves the file for a project of this name. */
const fileOf = (name: string): ComposeDocument =>
  JSON.parse(JSON.stringify(FILE).replaceAll('"name":"spark_', `"name":"${name}_`)) as ComposeDocument;
const resolve = (changes: Changes = {}, file = fileOf(changes.name ?? 'spark'), mtu?: string): ComposeDocument =>
  resolveProject(file, spec(changes), { mtu, hash: (text) => text });
const service = (document: ComposeDocument, name: string): ComposeService => {
  const found = document.services[name];
  if (!found) throw new Error(`no service ${name}`);
  return found;
};
const withService = (name: string, extra: ComposeService): ComposeDocument => ({
  ...FILE,
  services: { ...FILE.services, [name]: extra },
});
const SECRETS = { type: 'volume', source: 'secrets', target: '/run/secrets', read_only: true };

test('the whole file as Compose is given it: nothing of a swarm, names of its own, labels on containers', (t) => {
  const resolved = resolve({ name: 'b', workers: 3 });
  t.deepEqual(Object.keys(resolved).toSorted(), ['networks', 'services', 'volumes']);
  t.deepEqual(resolved.networks, {
    spark: { name: 'b-spark', ipam: {}, labels: { [LABELS.role]: 'network', [LABELS.cluster]: 'b' } },
  });
  t.deepEqual(resolved.volumes, {
    jobs: { name: 'b-jobs', labels: { [LABELS.role]: 'jobs', [LABELS.cluster]: 'b' } },
    data: { name: 'b-data', labels: { [LABELS.role]: 'data', [LABELS.cluster]: 'b' } },
    recovery: { name: 'b-recovery', labels: { [LABELS.role]: 'recovery', [LABELS.cluster]: 'b' } },
    secrets: { external: true, name: 'b-secrets' },
  });
  const worker = service(resolved, 'worker');
  t.deepEqual(worker.deploy, {
    replicas: 3,
    resources: { limits: { cpus: '1', memory: '1792m' }, reservations: { memory: '1792m' } },
    restart_policy: { condition: 'any', delay: '5s' },
  });
  t.deepEqual(worker.volumes?.at(-1), SECRETS);
  t.is(worker['hostname'], undefined);
  t.deepEqual(worker.ports, []);
});

test('a container carries its role, its cluster, its image and the fingerprint of its service, but no wishes', (t) => {
  for (const role of ['master', 'worker', 'notebook']) {
    const { labels } = service(resolve({ notebook: NOTEBOOK }), role);
    const { [LABELS.hash]: hash, ...others } = labels ?? {};
    t.deepEqual(others, {
      [LABELS.role]: role,
      [LABELS.cluster]: 'spark',
      [LABELS.imageId]: role === 'notebook' ? 'sha256:nnnn' : 'sha256:aaaa',
    });
    t.true((hash ?? '').length > 0);
  }
});

test('ports are bound to this machine alone, unless asked otherwise; a free one has no number', (t) => {
  const ports = { master: 7077, ui: 0, jupyter: 8888, history: 18_080 } as const;
  const published = { protocol: 'tcp', mode: 'host' };
  const resolved = resolve({ ports, notebook: NOTEBOOK });
  t.deepEqual(service(resolved, 'master').ports, [
    { host_ip: '127.0.0.1', target: 7077, ...published, published: '7077' },
    { host_ip: '127.0.0.1', target: 8080, ...published },
  ]);
  t.deepEqual(service(resolved, 'notebook').ports, [
    { host_ip: '127.0.0.1', target: 8888, ...published, published: '8888' },
  ]);
  t.deepEqual(
    service(resolve({ ports, bind: '0.0.0.0' }), 'master').ports?.map(({ host_ip: address }) => address),
    ['0.0.0.0', '0.0.0.0'],
  );
});

test("an address that the user's file names for a port of its own stays", (t) => {
  const own = { target: 4040, published: '4040', host_ip: '192.168.7.7', protocol: 'tcp', mode: 'ingress' };
  const { ports = [], ...master } = FILE.services['master'] ?? {};
  const resolved = resolve({ bind: '0.0.0.0' }, withService('master', { ...master, ports: [...ports, own] }));
  t.deepEqual(service(resolved, 'master').ports?.[0], own);
});

test('a folder is bound as /data, and its owner is who the containers run as', (t) => {
  const data = { path: '/srv/my $data', here: '/srv/my $data', user: '1000:100' };
  const resolved = resolve({ data, notebook: NOTEBOOK });
  const bind = { type: 'bind', source: '/srv/my $$data', target: '/data' };
  for (const role of ['master', 'worker', 'notebook']) {
    const { volumes, user } = service(resolved, role);
    t.deepEqual(
      volumes?.filter(({ target }) => target === '/data'),
      [bind],
    );
    t.is(user, '1000:100');
  }
  t.deepEqual(Object.keys(resolved.volumes ?? {}).toSorted(), ['jobs', 'notebooks', 'recovery', 'secrets']);
});

test('what has a `$` is still one after Compose has read the file again', (t) => {
  const file = withService('cache', { image: 'redis', environment: { A: 'a$$b' } });
  const changes = {
    env: { PRICE: '5$', HOME_OF: '${HOME}' },
    conf: { 'spark.x': '$1' },
    machine: { proxies: { HTTP_PROXY: 'http://me:pa$$@127.0.0.1:3128' }, hasCaBundle: false },
  };
  const resolved = resolve(changes, file);
  t.deepEqual(service(resolved, 'cache').environment, { A: 'a$$b' });
  const { environment = {} } = JSON.parse(interpolate(JSON.stringify(service(resolved, 'worker')))) as ComposeService;
  t.like(environment, {
    PRICE: '5$',
    HOME_OF: '${HOME}',
    SPARK_SWARM_CONF: 'spark.x $1',
    HTTP_PROXY: 'http://me:pa$$@127.0.0.1:3128',
  });
});

/** As Compose does it to a file: `$$` is one `$`, and every other one begins a variable. */
function interpolate(text: string): string {
  const alone = text.replaceAll('$$', '').indexOf('$');
  if (alone >= 0) throw new Error(`a variable begins in ${text}`);
  return text.replaceAll('$$', '$');
}

test('the document reads back from a label as it was given', (t) => {
  const resolved = resolve({ notebook: NOTEBOOK, env: { A: '$"\'\n' } });
  t.deepEqual(JSON.parse(JSON.stringify(resolved)), dropUndefined(resolved));
});

function dropUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(dropUndefined);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries.map(([key, inner]) => [key, dropUndefined(inner)]));
}

test("the network has the MTU of the engine's own, unless the file says another", (t) => {
  const option = 'com.docker.network.driver.mtu';
  t.deepEqual(resolve({}, FILE, '1400').networks?.['spark']?.driver_opts, { [option]: '1400' });
  const file = { ...FILE, networks: { spark: { driver_opts: { [option]: '9000' } } } };
  t.deepEqual(resolve({}, file, '1400').networks?.['spark']?.driver_opts, { [option]: '9000' });
  t.is(resolve().networks?.['spark']?.driver_opts, undefined);
});

test('networks and volumes of others are not ours to name or label', (t) => {
  const mounts = [{ type: 'volume', source: 'shared', target: '/s' }];
  const file = {
    ...withService('cache', { image: 'redis', volumes: mounts }),
    networks: { spark: null, corporate: { external: true, name: 'corp' } },
    volumes: { ...FILE.volumes, shared: { external: true, name: 'theirs' } },
  };
  const { networks, volumes } = resolve({}, file);
  t.deepEqual(networks?.['corporate'], { external: true, name: 'corp' });
  t.deepEqual(networks?.['spark'], { name: 'spark-spark', labels: { [LABELS.cluster]: 'spark' } });
  t.deepEqual(volumes?.['shared'], { external: true, name: 'theirs' });
});

test('a name that the file itself gives a network or a volume stays', (t) => {
  const file = {
    ...FILE,
    networks: { spark: { name: 'backbone' } },
    volumes: { ...FILE.volumes, data: { name: 'lake', labels: { [LABELS.role]: 'data' } } },
  };
  const { networks, volumes } = resolve({}, file);
  t.is(networks?.['spark']?.name, 'backbone');
  t.is(volumes?.['data']?.name, 'lake');
  t.is(volumes?.['recovery']?.name, 'spark-recovery');
});

test('a file without networks has the one that Compose gives every service', (t) => {
  const { networks: __, ...file } = FILE;
  t.deepEqual(resolve({}, file as ComposeDocument).networks, {
    default: { name: 'spark-default', labels: { [LABELS.cluster]: 'spark' } },
  });
});

test('a service that the user added has our labels, its own ports, and no secrets', (t) => {
  const extra = { image: 'redis', ports: [{ target: 6379, published: '6379' }], deploy: { labels: { mine: 'yes' } } };
  const { labels, ...rest } = service(resolve({}, withService('cache', extra)), 'cache');
  const { [LABELS.hash]: ___, ...others } = labels ?? {};
  t.deepEqual(others, { [LABELS.cluster]: 'spark', mine: 'yes' });
  t.deepEqual(rest.ports, [{ target: 6379, published: '6379' }]);
  t.is(rest.volumes, undefined);
});

test("secrets and configs of the user's own file stay", (t) => {
  const resolved = resolve({}, { ...FILE, secrets: { a: { file: '/a' } }, configs: { b: { file: '/b' } } });
  t.deepEqual(resolved.secrets, { a: { file: '/a' } });
  t.deepEqual(resolved.configs, { b: { file: '/b' } });
});

test("the machine's certificates are read from the folder of secrets", (t) => {
  const resolved = resolve({ machine: { proxies: {}, hasCaBundle: true } });
  t.is(service(resolved, 'worker').environment?.['SPARK_SWARM_CA_BUNDLE'], '/run/secrets/ca-bundle.crt');
});

test('a history server gets no secrets, but where certificates are among them', (t) => {
  const history = { limitBytes: 448 * MIB };
  const mounts = (changes: Changes): readonly string[] =>
    service(resolve(changes), 'history').volumes?.map(({ target }) => target) ?? [];
  t.false(mounts({ history }).includes('/run/secrets'));
  t.true(mounts({ history, machine: { proxies: {}, hasCaBundle: true } }).includes('/run/secrets'));
});

test('the fingerprint changes with what the containers are made of, and with nothing else', (t) => {
  const hashOf = (document: ComposeDocument, name: string): string | undefined =>
    document.services[name]?.labels?.[LABELS.hash];
  const before = resolve();
  const changed = (changes: Changes): readonly string[] =>
    ['master', 'worker'].filter((name) => hashOf(resolve(changes), name) !== hashOf(before, name));
  t.deepEqual(changed({}), []);
  t.deepEqual(changed({ workers: 7 }), []);
  t.deepEqual(changed({ notebook: NOTEBOOK }), []);
  t.deepEqual(changed({ constraints: ['node.role==worker'] }), []);
  t.deepEqual(changed({ imageId: 'sha256:bbbb' }), ['master', 'worker']);
  t.deepEqual(changed({ worker: planWorkerSize(4 * GIB, 2) }), ['master', 'worker']);
  t.deepEqual(changed({ ports: { master: 7077, ui: 0, jupyter: 8888, history: 18_080 } }), ['master']);
  t.deepEqual(changed({ bind: '0.0.0.0' }), ['master']);
  t.deepEqual(changed({ env: { A: 'b' } }), ['master', 'worker']);
});

test('a file without workers is refused', (t) => {
  t.throws(() => resolve({}, { ...FILE, services: { master: FILE.services['master'] ?? {} } }), {
    instanceOf: ConfigError,
    message:
      'The compose file: services: expected exactly one with the label io.spark-swarm.role: worker under deploy.labels',
  });
});

test("names have a dash where a stack's have an underscore", (t) => {
  t.is(objectName('a', 'memory-1'), 'a-memory-1');
  t.is(secretsVolumeName('a'), 'a-secrets');
});
