import test from 'ava';

import { resolveSpec, type ClusterFlags, type PresentCluster } from '../../../src/cluster/resolve-spec.ts';
import { defaultWorkerMemoryBytes } from '../../../src/cluster/sizes.ts';
import { parseRememberedSpec, rememberSpec, type RememberedSpec } from '../../../src/cluster/spec.ts';
import { UsageError } from '../../../src/errors.ts';
import { formatSize } from '../../../src/units.ts';
import { GIB, MIB, spec } from '../../helpers/builders.ts';

const remembered: RememberedSpec = {
  image: 'mine:1',
  workerMemoryBytes: 4 * GIB,
  workerCores: 2,
  masterMemoryBytes: 5 * GIB,
  masterCores: 2,
  ports: { master: 17_077, ui: 'none', jupyter: 18_888, history: 0 },
  constraints: ['node.labels.disk==ssd'],
  notebook: true,
  history: true,
  conf: { 'spark.sql.shuffle.partitions': '8' },
  env: { COLOR: 'blue' },
  data: { path: '/srv/data', here: '/srv/data', user: '1000:1000' },
  bind: '0.0.0.0',
  machine: { proxies: { HTTP_PROXY: 'http://127.0.0.1:3128' }, hasCaBundle: true },
  file: '/srv/my-compose.yml',
};
const present: PresentCluster = { remembered, workers: 5 };
const resolve = (flags: Omit<ClusterFlags, 'name'> = {}, there?: PresentCluster): ReturnType<typeof resolveSpec> =>
  resolveSpec({ name: 'spark', ...flags }, there);
/** As the label will have it, when the images have been looked up. */
const remember = (flags: Omit<ClusterFlags, 'name'>): RememberedSpec => {
  const { notebook, ...wanted } = resolve(flags, present);
  const image = notebook ? { image: 'mine:1-notebook', imageId: '', limitBytes: GIB } : undefined;
  return rememberSpec({ ...wanted, imageId: '', notebook: image });
};

test('without flags and without a cluster everything is the default', (t) => {
  const { worker, master, ...rest } = resolve();
  t.deepEqual(rest, {
    name: 'spark',
    image: 'spark-swarm:latest',
    workers: 2,
    ports: { master: 7077, ui: 8080, jupyter: 8888, history: 18_080 },
    constraints: [],
    notebook: false,
    history: undefined,
    conf: {},
    env: {},
    data: undefined,
    bind: undefined,
    machine: { proxies: {}, hasCaBundle: false },
    file: undefined,
  });
  t.is(formatSize(worker.limitBytes), '1792m');
  t.is(worker.limitCores, 1);
  t.is(formatSize(master.limitBytes), '3200m');
});

test('without flags a cluster keeps all it has, its present number of workers too', (t) => {
  t.deepEqual(remember({}), remembered);
  t.is(resolve({}, present).workers, 5);
});

test('a flag changes what it names and nothing else', (t) => {
  const kept = { ...remembered };
  t.deepEqual(remember({ image: 'b:2' }), { ...kept, image: 'b:2' });
  t.deepEqual(remember({ workerMemoryBytes: 6 * GIB }), { ...kept, workerMemoryBytes: 6 * GIB });
  t.deepEqual(remember({ masterMemoryBytes: 3 * GIB }), { ...kept, masterMemoryBytes: 3 * GIB });
  t.deepEqual(remember({ masterCores: 1 }), { ...kept, masterCores: 1 });
  t.deepEqual(remember({ ports: { ui: 0 } }), { ...kept, ports: { ...kept.ports, ui: 0 } });
  t.deepEqual(remember({ constraints: [] }), { ...kept, constraints: [] });
  t.deepEqual(remember({ notebook: false }), { ...kept, notebook: false });
  t.deepEqual(remember({ conf: { 'spark.a': 'b' } }), { ...kept, conf: { ...kept.conf, 'spark.a': 'b' } });
  t.deepEqual(remember({ env: { COLOR: 'red' } }), { ...kept, env: { COLOR: 'red' } });
  t.deepEqual(remember({ clearsConf: true, conf: { 'spark.a': 'b' } }), { ...kept, conf: { 'spark.a': 'b' } });
  t.deepEqual(remember({ clearsEnv: true }), { ...kept, env: {} });
  const data = { path: '/x', here: '/x', user: undefined };
  t.deepEqual(remember({ data }), { ...kept, data });
  t.deepEqual(remember({ file: '/other.yml' }), { ...kept, file: '/other.yml' });
  t.deepEqual(remember({ bind: '127.0.0.1' }), { ...kept, bind: '127.0.0.1' });
  t.is(resolve({ workers: 1 }, present).workers, 1);
});

test('the machine that made a cluster is kept, and counts for a new one', (t) => {
  const here = { proxies: { HTTPS_PROXY: 'http://127.0.0.1:8118' }, hasCaBundle: false };
  t.deepEqual(resolve({ machine: here }).machine, here);
  t.deepEqual(resolve({ machine: here }, present).machine, remembered.machine);
  t.deepEqual(resolve({ machine: here }, { remembered: undefined, workers: 2 }).machine, here);
});

test('other cores take their own default memory, unless memory was chosen, now or before', (t) => {
  t.is(formatSize(resolve({ workerCores: 3 }, present).worker.limitBytes), formatSize(remembered.workerMemoryBytes));
  const byDefault = { ...remembered, workerCores: 1, workerMemoryBytes: defaultWorkerMemoryBytes(1) };
  t.is(formatSize(resolve({ workerCores: 4 }, { ...present, remembered: byDefault }).worker.limitBytes), '6016m');
  t.is(formatSize(resolve({ workerCores: 0.5 }).worker.limitBytes), '1792m');
  t.is(formatSize(resolve({ workerCores: 4, workerMemoryBytes: 8 * GIB }, present).worker.limitBytes), '8g');
});

test('a cluster deployed by hand keeps its number of workers and takes the defaults', (t) => {
  const { workers, worker } = resolve({}, { remembered: undefined, workers: 3 });
  t.is(workers, 3);
  t.is(formatSize(worker.limitBytes), '1792m');
});

test('a deploy that was cut short before its workers gets the default number, not none', (t) => {
  t.is(resolve({}, { remembered, workers: undefined }).workers, 2);
});

test('a size that is too small is refused with its sum', (t) => {
  t.throws(() => resolve({ workerMemoryBytes: 512 * MIB }), {
    instanceOf: UsageError,
    message:
      '--worker-memory: 512m is too small for 1 core: 384m daemon + 1 × (384m overhead + 512m executor) = 1280m; expected 1280m or more',
  });
});

test('two doors cannot have one port, but may both be free or not published', (t) => {
  t.throws(() => resolve({ ports: { ui: 7077 } }), {
    instanceOf: UsageError,
    message: '--port: master and ui cannot both have port 7077',
  });
  t.deepEqual(resolve({ ports: { ui: 0, master: 0 } }).ports, { ui: 0, master: 0, jupyter: 8888, history: 18_080 });
  t.deepEqual(resolve({ ports: { ui: 'none', master: 'none' } }).ports, {
    ui: 'none',
    master: 'none',
    jupyter: 8888,
    history: 18_080,
  });
  t.deepEqual(resolve({ ports: { jupyter: 8080 } }).ports, { master: 7077, ui: 8080, jupyter: 8080, history: 18_080 });
  t.throws(() => resolve({ notebook: true, ports: { jupyter: 8080 } }), {
    instanceOf: UsageError,
    message: '--port: ui and jupyter cannot both have port 8080',
  });
});

test('what a label remembers reads back as it was, and a broken label is none', (t) => {
  const kept = rememberSpec(spec());
  t.deepEqual(parseRememberedSpec(JSON.stringify(kept)), kept);
  t.is(parseRememberedSpec(undefined), undefined);
  t.is(parseRememberedSpec('{'), undefined);
});

test('a label of an earlier version says less, and the rest is as it was then', (t) => {
  const {
    notebook: _,
    conf: __,
    env: ___,
    data: ____,
    bind: _____,
    machine: ______,
    file: _______,
    ...old
  } = rememberSpec(spec());
  t.deepEqual(parseRememberedSpec(JSON.stringify(old)), rememberSpec(spec()));
});
