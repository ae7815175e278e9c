import test from 'ava';

import { judgeWaiting } from '../../../src/explain/judge-waiting.ts';
import type { ApplicationReading, ClusterReading } from '../../../src/explain/reading.ts';
import { application, GIB, masterState, MIB, sparkWorker } from '../../helpers/builders.ts';
import { activeApp, APP, reading, say, waitingApp } from '../../helpers/explain-readings.ts';

const NAME = 'application app-20261120233630-0001 "waits"';
const asking = (cores: number, memoryPerExecutorBytes: number): ApplicationReading =>
  waitingApp({
    application: { ...waitingApp().application, memoryPerExecutorBytes },
    driver: { spark: '4.2.1', properties: { 'spark.executor.cores': String(cores) }, failures: [] },
  });
const workers = (...each: readonly Parameters<typeof sparkWorker>[1][]): ClusterReading =>
  reading({ master: masterState({ workers: each.map((one, index) => sparkWorker(`worker-${index + 1}`, one)) }) });

test('an application that has cores waits for nothing, whatever is free', (t) => {
  t.deepEqual(judgeWaiting(reading(), activeApp()), []);
});

test('one that the master only has not decided about yet has no finding', (t) => {
  t.deepEqual(judgeWaiting(workers({}, {}), waitingApp()), []);
});

test('nothing is said of a master that does not answer or still recovers', (t) => {
  t.deepEqual(judgeWaiting(reading({ master: undefined }), waitingApp()), []);
  t.deepEqual(judgeWaiting(reading({ master: masterState({ status: 'RECOVERING', workers: [] }) }), waitingApp()), []);
});

test('SS-J01 has what was asked, what is free, and who holds the rest', (t) => {
  const executors = [
    { id: 0, workerId: 'w', cores: 1, memoryMib: 1024, state: 'RUNNING' },
    { id: 1, workerId: 'w', cores: 1, memoryMib: 1024, state: 'RUNNING' },
    { id: 2, workerId: 'w', cores: 1, memoryMib: 1024, state: 'EXITED' },
  ];
  const holder = activeApp({ page: { coresAsked: undefined, coresGranted: 2, executors } });
  const found = judgeWaiting(reading({ applications: [holder, waitingApp()] }), waitingApp());
  t.deepEqual(say(found), [
    `SS-J01 ${NAME}: waits, because no worker has a core free (asked: 1 core and 1g for an executor; free on 2 workers: 0 of 2 cores, ` +
      `0m of 2g; held by ${APP} "etl" of spark (2 cores, 2g))`,
  ]);
  t.is(
    found[0]?.fix,
    'spark-swarm resize --name spark --workers 3, or end what holds them; --conf spark.cores.max=N leaves some to others',
  );
});

test('SS-J02: cores and memory are free, and not on the same worker', (t) => {
  const full = { memoryUsedBytes: 768 * MIB };
  const found = judgeWaiting(
    reading({ ...workers({ ...full }, { coresUsed: 1 }), applications: [waitingApp()] }),
    waitingApp(),
  );
  t.deepEqual(say(found), [
    `SS-J02 ${NAME}: waits, because no worker with a free core has the memory for its executor (asked: 1 core and 1g for an executor; ` +
      'free on 2 workers: 1 of 2 cores, 1280m of 2g; nobody is seen to hold the rest; the most that one of them has left: 256m)',
  ]);
});

test('SS-J03: too much memory, too many cores, and what would do', (t) => {
  const memory = judgeWaiting(reading(), asking(1, 4 * GIB));
  t.deepEqual(say(memory), [
    `SS-J03 ${NAME}: waits for an executor that is larger than any worker (asked: 1 core and 4g for an executor; the largest of 2 workers offers 1 core and 1g)`,
  ]);
  t.is(
    memory[0]?.fix,
    'spark-swarm submit --conf spark.executor.memory=1g …, or larger workers: spark-swarm deploy --name spark --worker-memory 5376m',
  );
  const cores = judgeWaiting(reading(), asking(4, GIB));
  t.is(
    cores[0]?.fix,
    'spark-swarm submit --conf spark.executor.cores=1 …, or larger workers: spark-swarm deploy --name spark --worker-cores 4',
  );
});

test('SS-J18: workers that are dead or decommissioned are none', (t) => {
  const found = judgeWaiting(workers({ state: 'DEAD' }, { state: 'DECOMMISSIONED' }), waitingApp());
  t.deepEqual(say(found), [
    `SS-J18 ${NAME}: waits, and no worker is there that could work for it (the master lists 0 workers ALIVE, 2 containers of workers running)`,
  ]);
});

test('SS-J19: fewer cores than one executor needs', (t) => {
  const app = { ...asking(2, GIB), page: { coresAsked: 1, coresGranted: 0, executors: [] } };
  t.deepEqual(say(judgeWaiting(workers({ cores: 4 }), app)), [
    `SS-J19 ${NAME}: waits for an executor that needs more cores than the application may use (spark.executor.cores is 2, spark.cores.max is 1)`,
  ]);
});

test('where the driver tells nothing, one core is asked for', (t) => {
  const app = waitingApp({ driver: undefined, page: undefined, application: application('waits', { cores: 0 }) });
  t.deepEqual(judgeWaiting(workers({}), app), []);
});
