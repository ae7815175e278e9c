import test from 'ava';

import { judgeApplication } from '../../../src/explain/judge-application.ts';
import { application, MIB } from '../../helpers/builders.ts';
import {
  activeApp,
  APP,
  daemon,
  endLine,
  executor,
  reading,
  say,
  withDaemons,
} from '../../helpers/explain-readings.ts';

const NAME = `application ${APP} "etl"`;
const TOO_SMALL =
  'Exception in thread "main" org.apache.spark.SparkIllegalArgumentException: [INVALID_DRIVER_MEMORY] System memory 456130560 must be at least 471859200.\n' +
  'Please increase heap size.\n\tat org.apache.spark.memory.UnifiedMemoryManager$.getMaxMemory(UnifiedMemoryManager.scala:473)\n' +
  '26/11/21 09:14:23 INFO DiskBlockManager: Shutdown hook called\n';
const small = activeApp({ application: application('etl', { memoryPerExecutorBytes: 450 * MIB }) });
const gone = { isRunning: false, ageSeconds: 3 };

test('an application that works has no finding, and neither has one whose executors only start', (t) => {
  t.deepEqual(judgeApplication(reading(), activeApp()), []);
  const begun = { executors: [executor(0, { ageSeconds: 1, stderr: '' })] };
  const young = withDaemons(daemon('worker-1', begun), daemon('worker-2'));
  t.deepEqual(judgeApplication(young, activeApp({ driver: undefined })), []);
});

test('SS-J04: a heap that is too small is known before the first executor has ended; 450m may be enough', (t) => {
  t.deepEqual(judgeApplication(reading(), small), []);
  const smaller = activeApp({ application: application('etl', { memoryPerExecutorBytes: 449 * MIB }) });
  t.deepEqual(say(judgeApplication(reading(), smaller)), [
    `SS-J04 ${NAME}: gets executors that end at once, because their heap is too small, and the master starts others for ever ` +
      '(asked: 449m for an executor, and Spark needs 471859200 bytes (450m) of heap)',
  ]);
});

test('SS-J04: after the first one its own words are the proof', (t) => {
  const worker = daemon('worker-1', { executors: [executor(0, { ...gone, stderr: TOO_SMALL })], log: endLine(0, 1) });
  const found = judgeApplication(withDaemons(worker, daemon('worker-2')), small);
  t.deepEqual(
    found.map(({ proof, fix }) => [proof, fix]),
    [
      [
        '1 executor ended so far; executor 0 on worker-1: Command exited with code 1; its own words: Exception in thread "main" org.apache.spark.SparkIllegalArgumentException: [INVALID_DRIVER_MEMORY] System memory 456130560 must be at least 471859200.',
        'end it, then: spark-swarm submit --conf spark.executor.memory=512m …',
      ],
    ],
  );
});

test('SS-J04: otherwise one that ended is no loop, two are, and not when the third has settled', (t) => {
  const stderr =
    'Error: Could not find or load main class x\n26/11/21 09:14:36 ERROR CoarseGrainedExecutorBackend: RECEIVED SIGNAL TERM\n';
  const ended = [executor(0, { ...gone, stderr }), executor(1, { ...gone, stderr })];
  const judge = (log: string, third: Parameters<typeof executor>[1]): readonly string[] =>
    say(
      judgeApplication(
        withDaemons(daemon('worker-1', { executors: [...ended, executor(2, third)], log })),
        activeApp(),
      ),
    );
  t.deepEqual(judge(endLine(0, 1), { ageSeconds: 1 }), []);
  t.deepEqual(judge(endLine(0, 1) + endLine(1, 1), { ageSeconds: 61 }), []);
  t.deepEqual(judge(endLine(0, 1) + endLine(1, 1), { ageSeconds: 1 }), [
    `SS-J04 ${NAME}: gets executors that end at once, and the master starts others for ever (2 executors ended so far; ` +
      'executor 1 on worker-1: Command exited with code 1; its own words: Error: Could not find or load main class x)',
  ]);
});

test('executors of other applications, those that ended well, and those whose driver had gone do not count', (t) => {
  const stderr =
    '26/11/21 09:14:36 ERROR CoarseGrainedExecutorBackend: Executor self-exiting due to : Driver h:1 disassociated! Shutting down.\n';
  const log = endLine(0, 0) + endLine(1, 1, 'app-20261120233630-0009') + endLine(2, 1) + endLine(3, 1);
  const executors = [executor(2, { ...gone, stderr }), executor(3, { ...gone, stderr })];
  t.deepEqual(judgeApplication(withDaemons(daemon('worker-1', { log, executors })), activeApp()), []);
});

test('SS-J05: a driver that does not answer from a worker; refused alone may be one that has ended', (t) => {
  const judge = (result: string, stderr = ''): readonly string[] =>
    say(
      judgeApplication(
        withDaemons(
          daemon('worker-1', {
            executors: [executor(0, { ageSeconds: 5, stderr })],
            connections: [{ address: 'host-of-master:40001', result }],
          }),
        ),
        activeApp(),
      ),
    );
  t.deepEqual(judge('ok', 'java.io.IOException: Failed to connect to a:1\n'), []);
  t.deepEqual(judge('refused'), []);
  const prefix = `SS-J05 ${NAME}: has executors that do not reach its driver at host-of-master:40001 (connecting to host-of-master:40001 from worker-1: `;
  t.deepEqual(judge('timeout'), [`${prefix}timeout)`]);
  t.deepEqual(
    judge('refused', 'Caused by: java.io.IOException: Failed to connect to host-of-master/10.0.0.2:40001\n'),
    [
      `${prefix}refused; executor 0 on worker-1: Caused by: java.io.IOException: Failed to connect to host-of-master/10.0.0.2:40001)`,
    ],
  );
});

test("SS-J11: killed at the container's limit, only where the kernel has killed", (t) => {
  const judge = (kills: number): readonly string[] =>
    say(
      judgeApplication(
        withDaemons(
          daemon('worker-1', {
            log: endLine(0, 137),
            memory: { limitBytes: 1792 * MIB, peakBytes: 1792 * MIB, kills },
          }),
        ),
        activeApp(),
      ),
    );
  t.deepEqual(judge(0), []);
  t.deepEqual(judge(1), [
    `SS-J11 ${NAME}: lost 1 executor, killed by the kernel at the memory limit of worker-1 (executor 0 on worker-1: Command exited ` +
      'with code 137; limit 1792m, at most 1792m in use, 1 process killed by the kernel since it started)',
  ]);
});

test('SS-J12: the Java heap, by the status that Spark gives it and by the words', (t) => {
  const stderr =
    '26/11/21 09:14:36 ERROR Executor: Exception in task 0.0\njava.lang.OutOfMemoryError: Java heap space\n\tat x\n';
  const worker = daemon('worker-1', { log: endLine(0, 52), executors: [executor(0, { ...gone, stderr })] });
  t.deepEqual(say(judgeApplication(withDaemons(worker), activeApp())), [
    `SS-J12 ${NAME}: lost 1 executor, because their Java heap of 1g was full (executor 0 on worker-1: java.lang.OutOfMemoryError: Java heap space)`,
  ]);
});

test('SS-J07: by what the driver says, by its process, and by its silence', (t) => {
  const proofs = (app: Parameters<typeof activeApp>[0], versions: readonly string[]): readonly string[] =>
    judgeApplication(withDaemons(daemon('master', { driverVersions: versions })), activeApp(app)).map(
      ({ id, severity, proof }) => `${id} ${severity}: ${proof}`,
    );
  const all = 'master has Spark 4.2.1, worker-1 has Spark 4.2.1, worker-2 has Spark 4.2.1';
  const driver = { spark: '4.1.1', properties: {}, failures: [] };
  t.deepEqual(proofs({ driver }, []), [`SS-J07 error: the driver has Spark 4.1.1; ${all}`]);
  t.deepEqual(proofs({ driver: undefined }, ['4.1.1']), [`SS-J07 error: the driver has Spark 4.1.1; ${all}`]);
  t.deepEqual(proofs({ driver: undefined }, ['4.2.1']), []);
  t.deepEqual(proofs({ driver: undefined }, []), [
    'SS-J07 warning: executor 0 has run for 90 s, and the driver at host-of-master:40001 tells nothing of itself',
  ]);
});

test('a stage that failed says why', (t) => {
  const reason =
    "Task 0 in stage 2.0 failed 4 times (TID 3) (worker-2 executor 1): ModuleNotFoundError: No module named 'nltk'\n";
  const driver = { spark: '4.2.1', properties: {}, failures: [{ stageId: 2, reason }] };
  t.deepEqual(say(judgeApplication(reading(), activeApp({ driver }))), [
    `SS-J09 ${NAME}: needs the Python module nltk, which is missing where executor 1 on worker-2 runs (executor 1 on worker-2: ${reason.trim()})`,
  ]);
});
