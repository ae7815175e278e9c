import test from 'ava';

import { resolveVolumes } from '../../../src/compose/added-services.ts';
import type { ComposeService } from '../../../src/compose/compose-document.ts';
import { ConfigError } from '../../../src/errors.ts';
import { LABELS } from '../../../src/labels.ts';
import { MIB } from '../../helpers/builders.ts';
import {
  type Changes,
  FILE,
  NOTEBOOK,
  fromFile,
  resolve,
  service,
  withService,
} from '../../helpers/resolved-services.ts';

const JOBS = { type: 'volume', source: 'jobs', target: '/var/lib/spark/jobs' };

test('a history server is run as the master is, with its own limit and port, and no way to the master', (t) => {
  const ports = { master: 7077, ui: 8080, jupyter: 8888, history: 0 } as const;
  const history = service('history', { history: { limitBytes: 448 * MIB }, name: 'b', ports });
  const { volumes, networks, cap_drop: dropped, read_only: readOnly } = fromFile('master');
  t.is(history.image, 'spark-swarm:latest');
  t.deepEqual(history['command'], ['history']);
  t.deepEqual(history.labels, {
    [LABELS.role]: 'history',
    [LABELS.cluster]: 'b',
    [LABELS.imageId]: 'sha256:aaaa',
  });
  t.deepEqual(history.networks, networks);
  t.deepEqual([history['cap_drop'], history['read_only']], [dropped, readOnly]);
  t.deepEqual(history.volumes, [...(volumes ?? []).filter(({ target }) => target !== '/var/lib/spark/recovery'), JOBS]);
  t.deepEqual(history.ports, [{ target: 18_080, protocol: 'tcp', mode: 'host' }]);
  t.is(history.deploy?.replicas, 1);
  t.deepEqual(history.deploy?.resources, {
    limits: { cpus: '1', memory: '448m' },
    reservations: { memory: '448m' },
  });
  t.is(history.deploy?.labels?.[LABELS.spec], undefined);
  t.is(history['extra_hosts'], undefined);
  t.false('history' in resolve());
});

test("the master's names, addresses and health are its own", (t) => {
  const master: ComposeService = {
    ...fromFile('master'),
    container_name: 'm',
    mac_address: '02:42:ac:11:00:02',
    healthcheck: { test: ['CMD', 'curl', 'localhost:8080'] },
    networks: { spark: { aliases: ['master'], ipv4_address: '10.0.0.2', priority: 5 }, other: null },
  };
  const file = withService('master', master);
  for (const [name, wish] of [
    ['history', { history: { limitBytes: MIB } }],
    ['notebook', { notebook: NOTEBOOK }],
  ] as const) {
    const added = service(name, wish, file);
    t.deepEqual(added.networks, { spark: { priority: 5 }, other: null });
    for (const key of ['container_name', 'mac_address', 'healthcheck']) t.false(key in added, key);
  }
  t.deepEqual(service('master', {}, file).networks, master.networks);
});

test("a history server of the user's own is refused beside ours, and is a service like any other without", (t) => {
  const file = withService('history', { image: 'theirs', deploy: { labels: { [LABELS.role]: 'history' } } });
  t.is(service('history', {}, file).image, 'theirs');
  const error = t.throws(() => resolve({ history: { limitBytes: 1 } }, file), { instanceOf: ConfigError });
  t.deepEqual(error.problems, ['services: history is the name of the service that --history adds; rename it']);
});

test('the master gets the volume of jobs where the file has none, and keeps the place that the file names', (t) => {
  t.deepEqual(service('master').volumes, [...(fromFile('master').volumes ?? []), JOBS]);
  t.deepEqual(service('worker').volumes, fromFile('worker').volumes);
  const own = { type: 'bind', source: '/srv/jobs', target: '/var/lib/spark/jobs' };
  const file = withService('master', { ...fromFile('master'), volumes: [own] });
  t.deepEqual(service('master', {}, file).volumes, [own]);
  t.deepEqual(service('history', { history: { limitBytes: MIB } }, file).volumes, [own]);
});

test("a volume of the user's own is not taken for that of jobs, unless it is mounted as that", (t) => {
  const { jobs: _, ...others } = FILE.volumes ?? {};
  for (const own of [null, {}, { external: true }, { labels: { [LABELS.role]: 'data' } }]) {
    const file = { ...FILE, volumes: { ...others, jobs: own } };
    const error = t.throws(() => resolve({}, file), { instanceOf: ConfigError });
    t.deepEqual(error.problems, [
      'volumes: jobs is the name of the volume that records of jobs are kept in; rename it, or mount it at /var/lib/spark/jobs of the master',
    ]);
    const mount = { ...JOBS, target: '/var/lib/spark/jobs/' };
    const master = { ...fromFile('master'), volumes: [mount] };
    const mounted = { ...file, services: { ...FILE.services, master } };
    t.deepEqual(service('master', {}, mounted).volumes, [mount]);
  }
  const labelled = { ...FILE, volumes: { ...others, jobs: { labels: { [LABELS.role]: 'jobs' } } } };
  t.deepEqual(service('master', {}, labelled).volumes?.at(-1), JOBS);
});

test('a notebook is run as the master is, with its own image, limit, port and folder', (t) => {
  const notebook = service('notebook', { notebook: NOTEBOOK, name: 'b' });
  const { volumes, networks, cap_drop: dropped, read_only: readOnly } = fromFile('master');
  t.is(notebook.image, 'spark-swarm:latest-notebook');
  t.deepEqual(notebook['command'], ['notebook']);
  t.deepEqual(notebook.labels, {
    [LABELS.role]: 'notebook',
    [LABELS.cluster]: 'b',
    [LABELS.imageId]: 'sha256:nnnn',
  });
  t.deepEqual(notebook.networks, networks);
  t.deepEqual([notebook['cap_drop'], notebook['read_only']], [dropped, readOnly]);
  t.deepEqual(notebook.volumes, [
    ...(volumes ?? []).filter(({ target }) => target !== '/var/lib/spark/recovery'),
    JOBS,
    { type: 'volume', source: 'notebooks', target: '/notebooks' },
  ]);
  t.is(notebook.deploy?.replicas, 1);
  t.deepEqual(notebook.deploy?.resources, {
    limits: { cpus: '1', memory: '1920m' },
    reservations: { memory: '1920m' },
  });
  t.is(notebook.deploy?.labels?.[LABELS.spec], undefined);
  t.is(notebook['extra_hosts'], undefined);
  t.false('notebook' in resolve());
});

test("what the user's file has where a notebook would go is refused, and is a service like any other without", (t) => {
  const own = { image: 'theirs', deploy: { labels: { [LABELS.role]: 'notebook' } } };
  const file = { ...withService('notebook', own), volumes: { ...FILE.volumes, notebooks: {} } };
  t.is(service('notebook', {}, file).image, 'theirs');
  const error = t.throws(() => resolve({ notebook: NOTEBOOK }, file), { instanceOf: ConfigError });
  t.deepEqual(error.problems, [
    'services: notebook is the name of the service that --notebook adds; rename it',
    'volumes: notebooks is the name of the volume that --notebook adds; rename it',
  ]);
});

test('only volumes that are used are made: a folder takes the place of one, a notebook adds one', (t) => {
  const volumes = (changes: Changes, file = FILE): object =>
    resolveVolumes(file, resolve(changes, file), { name: 'b' });
  const labels = (role: string): object => ({ labels: { [LABELS.role]: role, [LABELS.cluster]: 'b' } });
  t.deepEqual(volumes({}), { data: labels('data'), recovery: labels('recovery'), jobs: labels('jobs') });
  const data = { path: '/srv/data', here: undefined, user: undefined };
  t.deepEqual(volumes({ data, notebook: NOTEBOOK }), {
    recovery: labels('recovery'),
    jobs: labels('jobs'),
    notebooks: labels('notebooks'),
  });
  const mounts = [
    { type: 'volume', source: 'shared', target: '/s' },
    { type: 'volume', source: 'plain', target: '/p' },
  ];
  const file = {
    ...withService('cache', { image: 'redis', volumes: mounts }),
    volumes: { shared: { external: true }, plain: null, unused: {} },
  };
  t.deepEqual(volumes({ data }, file), {
    shared: { external: true },
    plain: { labels: { [LABELS.cluster]: 'b' } },
    jobs: labels('jobs'),
  });
});
