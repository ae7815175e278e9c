import test from 'ava';
import fc from 'fast-check';

import { findProblems, type Observed, type Problem } from '../../../src/cluster/problems.ts';
import { isSparkReady } from '../../../src/spark/master-state.ts';
import {
  GIB,
  MIB,
  cluster,
  clusterService,
  container,
  masterState,
  pending,
  sparkWorker,
} from '../../helpers/builders.ts';

const WANTED = { count: 2, cores: 1, memoryBytes: GIB };
const find = (changes: Partial<Observed> = {}): readonly Problem[] =>
  findProblems({ cluster: cluster(), state: masterState(), wanted: WANTED, silent: [], ...changes });
const withWorker = (changes: Parameters<typeof container>[1]): Partial<Observed> => ({
  cluster: cluster({ containers: [container('master'), container('worker-1'), pending('worker-2', changes)] }),
  state: masterState({ workers: [sparkWorker('worker-1')] }),
});

test('a healthy cluster has no problems', (t) => t.deepEqual(find(), []));

/** Docker's words on engines 20.10 and 26.1, and ours. */
const causes: readonly (readonly [error: string, message: string, hint: string | null])[] = [
  [
    'No such image: spark-swarm:latest',
    'is rejected: the image spark-swarm:latest is missing on node lab-3',
    'spark-swarm deploy brings it there',
  ],
  [
    'no suitable node (insufficient resources on 3 nodes)',
    'is rejected: no suitable node: insufficient resources on 3 nodes',
    'spark-swarm deploy with smaller --worker-memory, or fewer --workers',
  ],
  [
    'no suitable node (scheduling constraints not satisfied on 3 nodes)',
    'is rejected: no suitable node: scheduling constraints not satisfied on 3 nodes',
    'spark-swarm deploy with smaller --worker-memory, or fewer --workers',
  ],
  [
    'mkdir /var/lib/docker/volumes/x: no space left on device',
    'is rejected: no space left on node lab-3',
    'docker system df on that node shows what takes it',
  ],
  [
    'driver failed programming external connectivity: Bind for 0.0.0.0:8080 failed: port is already allocated',
    'is rejected: a port is taken on node lab-3',
    'choose another with --port ui=0',
  ],
  [
    'invalid mount config for type "bind": bind source path does not exist: /srv/data',
    'is rejected: a folder is missing on node lab-3 (invalid mount config for type "bind": bind source path does not exist: /srv/data)',
    null,
  ],
  [
    'task: non-zero exit (137)',
    'is rejected: was killed (exit status 137): most often its memory limit',
    'spark-swarm deploy with a larger --worker-memory (for the master: --master-memory)',
  ],
  ['task: non-zero exit (1)', 'is rejected: ended with exit status 1', null],
  ['something that nobody has met', 'is rejected: something that nobody has met', null],
  ['', 'is rejected', null],
];

for (const [error, message, hint] of causes) {
  test(`the cause ${JSON.stringify(error)} is explained`, (t) => {
    t.deepEqual(find(withWorker({ state: 'rejected', error, node: 'lab-3' })), [
      { subject: 'worker-2', message, hint },
    ]);
  });
}

test('a container that failed again and again says how often', (t) => {
  const [problem] = find(withWorker({ state: 'ready', error: 'task: non-zero exit (1)', failures: 4 }));
  t.is(problem?.message, 'is ready: ended with exit status 1 (failed 4 times)');
});

test('a service that is missing is a problem, with what to type', (t) => {
  const problems = find({
    cluster: cluster({ name: 'b', services: [clusterService('master')], containers: [container('master')] }),
    state: masterState({ workers: [] }),
    wanted: { ...WANTED, count: 0 },
  });
  t.deepEqual(problems, [{ subject: 'worker', message: 'has no service', hint: 'spark-swarm deploy --name b' }]);
});

test('containers that the swarm has not begun with are missing', (t) => {
  const problems = find({
    cluster: cluster({ services: [clusterService('master'), clusterService('worker', { wanted: 3 })] }),
    wanted: { ...WANTED, count: 3 },
  });
  t.deepEqual(problems, [{ subject: 'worker', message: 'has 2 of 3 containers', hint: null }]);
});

test('a master that runs and does not answer is a problem', (t) => {
  t.deepEqual(find({ state: undefined }), [
    { subject: 'master', message: 'does not answer', hint: 'spark-swarm logs master --name spark' },
  ]);
});

test('a master that does not run is said once', (t) => {
  const down = cluster({ containers: [pending('master'), container('worker-1'), container('worker-2')] });
  t.deepEqual(
    find({ cluster: down, state: undefined }).map(({ message }) => message),
    ['is pending'],
  );
});

test('a master that is not ALIVE is a problem', (t) => {
  t.deepEqual(find({ state: masterState({ status: 'RECOVERING' }) }), [
    { subject: 'master', message: 'is RECOVERING', hint: null },
  ]);
});

test('a decommissioned worker is a problem, with the resize that ends it', (t) => {
  const workers = [sparkWorker('worker-1'), sparkWorker('worker-2', { state: 'DECOMMISSIONED' })];
  t.deepEqual(find({ state: masterState({ workers }) }), [
    {
      subject: 'worker-2',
      message: 'is decommissioned and takes no work',
      hint: 'spark-swarm resize --workers 2 --name spark',
    },
  ]);
});

test('containers that run and have not registered are a problem', (t) => {
  t.deepEqual(find({ state: masterState({ workers: [sparkWorker('worker-1')] }) }), [
    {
      subject: 'workers',
      message: '2 containers run, and the master sees 1 ALIVE',
      hint: 'spark-swarm logs --name spark',
    },
  ]);
});

test('a worker of another size than asked is a problem', (t) => {
  const workers = [sparkWorker('worker-1', { memoryBytes: 512 * MIB }), sparkWorker('worker-2', { cores: 4 })];
  t.deepEqual(find({ state: masterState({ workers }) }), [
    { subject: 'worker-1', message: 'offers 512m, asked were 1g', hint: null },
    { subject: 'worker-2', message: 'offers 4 cores, asked were 1', hint: null },
  ]);
});

test('any size is right where nobody remembers what was asked', (t) => {
  const workers = [sparkWorker('a', { memoryBytes: 3 * GIB }), sparkWorker('b', { cores: 7 })];
  t.deepEqual(
    find({ state: masterState({ workers }), wanted: { count: 2, cores: undefined, memoryBytes: undefined } }),
    [],
  );
});

test('more workers than asked are a problem', (t) => {
  const workers = ['worker-1', 'worker-2', 'worker-3'].map((host) => sparkWorker(host));
  const containers = ['master', 'worker-1', 'worker-2', 'worker-3'].map((name) => container(name));
  t.deepEqual(find({ cluster: cluster({ containers }), state: masterState({ workers }) }), [
    { subject: 'workers', message: '3 are ALIVE, asked were 2', hint: null },
  ]);
});

test('a worker whose container is gone is a problem while the master lists it', (t) => {
  const workers = ['worker-1', 'worker-2', 'worker-3'].map((host) => sparkWorker(host));
  t.deepEqual(find({ state: masterState({ workers }) }), [
    {
      subject: 'master',
      message: 'lists 3 workers ALIVE, and 2 containers run: one that is gone is dropped within a minute',
      hint: null,
    },
  ]);
});

test('an address that does not answer is a problem', (t) => {
  const silent = [{ name: 'master web UI', address: 'http://10.0.0.1:8080', probe: { host: '10.0.0.1', port: 8080 } }];
  t.deepEqual(find({ silent }), [
    { subject: 'master web UI', message: 'http://10.0.0.1:8080 does not answer from this machine', hint: null },
  ]);
});

test('a cluster that is not Spark-ready never goes without a problem that says why', (t) => {
  const anyWorker = fc.record({
    state: fc.constantFrom('ALIVE' as const, 'DEAD' as const, 'DECOMMISSIONED' as const, 'UNKNOWN' as const),
    cores: fc.integer({ min: 1, max: 2 }),
    memoryBytes: fc.constantFrom(GIB, 2 * GIB),
  });
  fc.assert(
    fc.property(
      fc.option(
        fc.record({
          status: fc.constantFrom('ALIVE', 'STANDBY', 'RECOVERING'),
          workers: fc.array(anyWorker, { maxLength: 4 }),
        }),
        { nil: undefined },
      ),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 0, max: 3 }),
      (seen, count, present) => {
        const workers = Array.from({ length: present }, (_, index) => container(`worker-${index + 1}`));
        const state =
          seen &&
          masterState({
            status: seen.status,
            workers: seen.workers.map((worker, index) => sparkWorker(`worker-${index + 1}`, worker)),
          });
        const wanted = { ...WANTED, count };
        const observed = cluster({
          services: [clusterService('master'), clusterService('worker', { wanted: count })],
          containers: [container('master'), ...workers],
        });
        if (state && isSparkReady(state, wanted)) return;
        t.not(findProblems({ cluster: observed, state, wanted, silent: [] }).length, 0);
      },
    ),
  );
});
