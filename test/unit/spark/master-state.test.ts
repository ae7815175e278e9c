import test from 'ava';

import { aliveWorkers, formatReadiness, isSparkReady, parseMasterState } from '../../../src/spark/master-state.ts';
import { parseWorkerState } from '../../../src/spark/worker-state.ts';
import { GIB, masterPage, masterState, readFixture, sparkWorker } from '../../helpers/builders.ts';

const WANTED = { count: 2, cores: 1, memoryBytes: GIB };

test("the master's own page reads as its state, in bytes", (t) => {
  const state = parseMasterState(readFixture('spark/master-4.2.1.json'));
  t.deepEqual(state, {
    url: 'spark://master:7077',
    status: 'ALIVE',
    workers: [
      {
        id: 'worker-20261120233609-worker-1-42501',
        host: 'worker-1',
        state: 'ALIVE',
        cores: 1,
        coresUsed: 0,
        memoryBytes: GIB,
        memoryUsedBytes: 0,
      },
      {
        id: 'worker-20261120233614-worker-2-41161',
        host: 'worker-2',
        state: 'ALIVE',
        cores: 1,
        coresUsed: 0,
        memoryBytes: GIB,
        memoryUsedBytes: 0,
      },
    ],
    applications: [],
  });
});

test('an application that runs has its start in UTC and its memory in bytes', (t) => {
  const raw = JSON.parse(readFixture('spark/master-4.2.1.json')) as { completedapps: object[]; activeapps: object[] };
  raw.activeapps = raw.completedapps.map((app) => ({ ...app, state: 'RUNNING' }));
  t.deepEqual(parseMasterState(JSON.stringify(raw))?.applications, [
    {
      id: 'app-20261120233630-0000',
      name: 'PythonPi',
      user: 'spark',
      state: 'RUNNING',
      cores: 2,
      memoryPerExecutorBytes: GIB,
      startedAt: '2026-11-20T23:36:30.635Z',
    },
  ]);
});

test('a page that the builder makes is one that reads back', (t) => {
  t.deepEqual(parseMasterState(masterPage(masterState())), masterState());
});

const foreign = [
  '',
  '<html>It works!</html>',
  'null',
  '42',
  '[]',
  '{}',
  '{"url": 1, "workers": [], "activeapps": []}',
  '{"url": "spark://x"}',
  readFixture('spark/master-4.2.1.json').slice(0, 300),
  readFixture('spark/worker-4.2.1.json'),
];

for (const text of foreign) {
  test(`what another program answers is no master: ${JSON.stringify(text.slice(0, 30))}`, (t) => {
    t.is(parseMasterState(text), undefined);
  });
}

const readiness: readonly (readonly [title: string, state: Parameters<typeof masterState>[0], ready: boolean])[] = [
  ['exactly the asked workers', {}, true],
  ['a master that is not ALIVE', { status: 'RECOVERING' }, false],
  ['one worker too few', { workers: [sparkWorker('worker-1')] }, false],
  ['one worker too many', { workers: ['worker-1', 'worker-2', 'x'].map((host) => sparkWorker(host)) }, false],
  [
    'a dead worker of earlier beside the asked ones',
    { workers: [...masterState().workers, sparkWorker('worker-3', { state: 'DEAD' })] },
    true,
  ],
  [
    'a decommissioned worker instead of one that works',
    { workers: [sparkWorker('worker-1'), sparkWorker('worker-2', { state: 'DECOMMISSIONED' })] },
    false,
  ],
  ['other cores', { workers: [sparkWorker('worker-1'), sparkWorker('worker-2', { cores: 2 })] }, false],
  ['other memory', { workers: [sparkWorker('worker-1'), sparkWorker('worker-2', { memoryBytes: 1 })] }, false],
];

for (const [title, state, ready] of readiness) {
  test(`${title}: ${ready ? 'ready' : 'not ready'}`, (t) => t.is(isSparkReady(masterState(state), WANTED), ready));
}

test('where nobody remembers a size any is right', (t) => {
  const workers = [sparkWorker('a', { cores: 8 }), sparkWorker('b', { memoryBytes: 7 * GIB })];
  t.true(isSparkReady(masterState({ workers }), { count: 2, cores: undefined, memoryBytes: undefined }));
});

test('only ALIVE workers count', (t) => {
  const workers = (['ALIVE', 'DEAD', 'DECOMMISSIONED', 'UNKNOWN'] as const).map((state) =>
    sparkWorker(state, { state }),
  );
  t.deepEqual(
    aliveWorkers(masterState({ workers })).map(({ host }) => host),
    ['ALIVE'],
  );
});

test('what was last seen is one short line', (t) => {
  t.is(formatReadiness(undefined, WANTED), 'the master does not answer yet');
  t.is(
    formatReadiness(masterState({ workers: [sparkWorker('worker-1')] }), WANTED),
    'master ALIVE, 1 of 2 workers ALIVE',
  );
});

test("a worker's own page says how many executors run on it", (t) => {
  const page = readFixture('spark/worker-4.2.1.json');
  t.deepEqual(parseWorkerState(page), {
    id: 'worker-20261120233609-worker-1-42501',
    coresUsed: 0,
    executorCount: 0,
  });
  const raw = JSON.parse(page) as { executors: object[]; finishedexecutors: object[] };
  raw.executors = raw.finishedexecutors;
  t.is(parseWorkerState(JSON.stringify(raw))?.executorCount, 1);
});

test("what is no worker's page reads as none", (t) => {
  for (const text of ['', 'null', '[]', '{}', '<html>', '{"id": "x"}', readFixture('spark/master-4.2.1.json')]) {
    t.is(parseWorkerState(text), undefined);
  }
});
