import test from 'ava';

import { formatJobCost, parseCleanedLogs, parseJobCosts } from '../../../src/jobs/job-cost.ts';
import { cleanEventLogs, findApplicationIds, readJobCosts } from '../../../src/operations/jobs/job-cost.ts';

/** As docker/job/event-log.py prints it; of a real run of SparkPi on two executors. */
const PI = {
  applicationId: 'app-20261121091428-0000',
  applicationName: 'PythonPi',
  jobId: '0123456789ab',
  startedMs: 1_795_252_458_374,
  endedMs: 1_795_252_494_614,
  jobs: { total: 1, failed: 0 },
  stages: { total: 1, failed: 0 },
  tasks: { total: 10, failed: 0 },
  executors: { total: 2, lost: 0 },
  taskTimeMs: 6841,
  cpuTimeMs: 375,
  gcTimeMs: 0,
  inputBytes: 0,
  outputBytes: 0,
  shuffleReadBytes: 0,
  shuffleWriteBytes: 0,
  spillMemoryBytes: 0,
  spillDiskBytes: 0,
  resultBytes: 16_177,
  peakExecutionMemoryBytes: 0,
  peakHeapBytes: 83_591_416,
  peakDriverHeapBytes: 114_151_216,
  removedExecutors: [],
  failureReason: '',
  isWhole: true,
};

const parse = (...lines: readonly object[]): ReturnType<typeof parseJobCosts> =>
  parseJobCosts(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));

test('a cost is read as the script prints it', (t) => {
  const { startedMs: _, endedMs: __, ...sums } = PI;
  t.deepEqual(parse(PI), [
    { ...sums, startedAt: '2026-11-21T09:14:18.374Z', endedAt: '2026-11-21T09:14:54.614Z', durationMs: 36_240 },
  ]);
});

test('an application that has not ended, or was killed, has no end and no duration', (t) => {
  const [cost] = parse({ ...PI, endedMs: null, peakHeapBytes: null, isWhole: false });
  t.like(cost, { endedAt: undefined, durationMs: undefined, peakHeapBytes: undefined, isWhole: false });
});

test('lines that are no cost are left out, and fields that are no numbers are 0', (t) => {
  t.deepEqual(parseJobCosts('Traceback\n[]\nnull\n{}\n{"applicationId": 3}\n'), []);
  const [cost] = parse({
    applicationId: 'app-1',
    tasks: 'many',
    taskTimeMs: '3',
    startedMs: 1e300,
    removedExecutors: 1,
  });
  t.like(cost, { tasks: { total: 0, failed: 0 }, taskTimeMs: 0, startedAt: undefined, isWhole: false });
  t.deepEqual(cost?.removedExecutors, []);
});

test('executors that were lost keep their reason and time', (t) => {
  const removed = { id: '3', timeMs: 1_795_252_458_374, reason: 'Command exited with code 137' };
  t.deepEqual(parse({ ...PI, removedExecutors: [removed, 3] })[0]?.removedExecutors, [
    { id: '3', time: '2026-11-21T09:14:18.374Z', reason: 'Command exited with code 137' },
    { id: '', time: undefined, reason: '' },
  ]);
});

test('a cost for people names what there was, and leaves out what there was not', (t) => {
  const [cost] = parse(PI);
  t.deepEqual(cost && formatJobCost(cost), [
    ['application', 'app-20261121091428-0000  PythonPi'],
    ['lasted', '36.2 s'],
    ['jobs, stages', '1, 1'],
    ['tasks', '10'],
    ['executors', '2'],
    ['task time', '6.8 s (processor 375 ms, GC 0 ms)'],
    ['peak memory', 'executor heap 84 MB, driver heap 114 MB'],
  ]);
});

test('failures, shuffle, spill and a log that is not whole are said', (t) => {
  const [cost] = parse({
    ...PI,
    endedMs: null,
    stages: { total: 4, failed: 1 },
    tasks: { total: 210, failed: 4 },
    executors: { total: 5, lost: 3 },
    inputBytes: 2_000_000_000,
    outputBytes: 1500,
    shuffleReadBytes: 3_000_000,
    shuffleWriteBytes: 4_000_000,
    spillMemoryBytes: 90_000_000,
    spillDiskBytes: 30_000_000,
    peakExecutionMemoryBytes: 64_000_000,
    peakHeapBytes: null,
    peakDriverHeapBytes: null,
    isWhole: false,
  });
  t.deepEqual(cost && formatJobCost(cost).slice(1), [
    ['lasted', 'its log has no end'],
    ['jobs, stages', '1, 4 (1 failed)'],
    ['tasks', '210 (4 failed)'],
    ['executors', '5 (3 lost)'],
    ['task time', '6.8 s (processor 375 ms, GC 0 ms)'],
    ['read, written', '2.00 GB read, 2 kB written'],
    ['shuffle', '3 MB read, 4 MB written'],
    ['spilled', '90 MB of memory to 30 MB on disk'],
    ['peak memory', 'execution memory of one task 64 MB'],
    ['log', 'not all of it could be read: the sums are of what is there'],
  ]);
});

test('logs that were cleaned away are read by name and size', (t) => {
  t.deepEqual(parseCleanedLogs('{"name": "eventlog_v2_app-1", "bytes": 12}\n\n{}\nnonsense\n'), [
    { name: 'eventlog_v2_app-1', bytes: 12 },
  ]);
});

test('the script gets the job, or the application, as words of its own', async (t) => {
  const calls: (readonly string[])[] = [];
  const answers = ['app-1\napp-2\n', '', '{"name": "eventlog_v2_app-1", "bytes": 12}\n'];
  const unexpected = (): never => {
    throw new Error('not asked for');
  };
  const shell = {
    place: 'the master of "spark"',
    base: '/records',
    owner: undefined,
    run: async (script: string, words: readonly string[]) => {
      calls.push([script, ...words]);
      return { status: 0, stdout: answers.shift() ?? '', stderr: '' };
    },
    stream: unexpected,
    upload: unexpected,
  };
  const reader = { shell, script: 'SCRIPT', signal: new AbortController().signal };
  t.deepEqual(await findApplicationIds(reader, '0123456789ab'), ['app-1', 'app-2']);
  t.deepEqual(await readJobCosts(reader, { applicationId: 'app-1' }), []);
  const limits = { olderThanMs: 3_600_000, keepMs: 60_000, maxBytes: 5, dryRun: true };
  t.deepEqual(await cleanEventLogs(reader, limits), [{ name: 'eventlog_v2_app-1', bytes: 12 }]);
  const begin = ['exec python3 -I -c "$@"', 'SCRIPT', '/var/lib/spark/jobs/events'];
  t.deepEqual(calls, [
    [...begin, 'ids', 'job', '0123456789ab'],
    [...begin, 'costs', 'application', 'app-1'],
    [...begin, 'clean', 'dry', '3600', '60', '5'],
  ]);
});
