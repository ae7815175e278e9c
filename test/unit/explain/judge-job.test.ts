import test from 'ava';

import { failureTexts, judgeJob } from '../../../src/explain/judge-job.ts';
import type { ClusterReading } from '../../../src/explain/reading.ts';
import type { JobStatus } from '../../../src/jobs/job.ts';
import { masterState, MIB } from '../../helpers/builders.ts';
import {
  APP,
  daemon,
  endLine,
  executor,
  failedJob,
  reading,
  say,
  withDaemons,
} from '../../helpers/explain-readings.ts';

const SUBJECT = 'job etl (0123456789ab)';
const judge = (
  stderrTail: string,
  change: Partial<JobStatus> = {},
  known: ClusterReading = reading(),
): readonly string[] =>
  say(judgeJob(known, { jobStatus: failedJob(change), stderrTail, stdoutTail: '', applicationId: APP }));
const BOOTSTRAP =
  '26/11/21 09:18:41 WARN StandaloneAppClient$ClientEndpoint: Failed to connect to master master:7077\n' +
  '26/11/21 09:18:41 ERROR TransportClientFactory: Exception while bootstrapping client after 776 ms\n';
const SILENT =
  '26/11/21 09:19:40 ERROR StandaloneSchedulerBackend: Application has been killed. Reason: All masters are unresponsive! Giving up.\n';

test('what a job prints counts when it has failed, and not while it runs or when it succeeded', (t) => {
  const text = 'java.lang.ClassNotFoundException: com.example.Missing';
  t.is(judge(text).length, 1);
  for (const state of ['RUNNING', 'PENDING', 'SUCCEEDED', 'KILLED'] as const) t.deepEqual(judge(text, { state }), []);
});

test('the texts of a failed job are its output, and that of its executors that ended', (t) => {
  const worker = daemon('worker-1', {
    log: endLine(0, 1),
    executors: [executor(0, { isRunning: false, stderr: 'why' })],
  });
  const job = { jobStatus: failedJob(), stderrTail: 'err', stdoutTail: 'out', applicationId: APP };
  t.deepEqual(failureTexts(job, withDaemons(worker)), [
    { source: 'the driver', text: 'err' },
    { source: 'the driver', text: 'out' },
    { source: 'executor 0 on worker-1', text: 'why' },
  ]);
});

test('SS-J17: a secret that the master does not take, while it runs and after', (t) => {
  const expected = [
    `SS-J17 ${SUBJECT}: is refused by the master, because the driver's secret is missing or another one (the driver: Exception while bootstrapping client after 776 ms)`,
  ];
  t.deepEqual(judge(BOOTSTRAP, { state: 'RUNNING' }), expected);
  t.deepEqual(judge(BOOTSTRAP + SILENT), expected);
  t.deepEqual(judge('ERROR TransportClientFactory: Exception while bootstrapping client after 776 ms'), []);
});

test('SS-J13: the master went away; SS-J07: it is there, and the driver does not understand it', (t) => {
  t.deepEqual(judge(SILENT, {}, reading({ master: undefined })), [
    `SS-J13 ${SUBJECT}: ended with the master, or because it lost it (the driver: Application has been killed. Reason: All masters are unresponsive! Giving up.)`,
  ]);
  t.deepEqual(judge('', { reason: 'lost: the container was restarted' }), [
    `SS-J13 ${SUBJECT}: ended with the master, or because it lost it (lost: the container was restarted)`,
  ]);
  t.deepEqual(judge(SILENT, {}, reading({ master: masterState() })), [
    `SS-J07 ${SUBJECT}: gave up on a master that is ALIVE: most often its version of Spark is another one, or its address is wrong ` +
      '(the driver: Application has been killed. Reason: All masters are unresponsive! Giving up.)',
  ]);
});

test("SS-J11: the driver was killed at the limit of the master's container", (t) => {
  const full = daemon('master', { memory: { limitBytes: 1792 * MIB, peakBytes: 1792 * MIB, kills: 1 } });
  t.deepEqual(judge('', { exitCode: 137, reason: 'exit 137' }, withDaemons(full)), [
    `SS-J11 ${SUBJECT}: ended, because its driver was killed at the memory limit of the master's container (exit status 137 (exit 137); ` +
      'master: limit 1792m, at most 1792m in use, 1 process killed by the kernel since it started)',
  ]);
  t.deepEqual(judge('', { exitCode: 137, reason: 'exit 137' }), []);
});

test('SS-J14, SS-J15: a driver of its own whose container does not start', (t) => {
  const reason = 'pending: no suitable node (insufficient resources on 2 nodes)';
  t.deepEqual(judge('', { state: 'PENDING', reason }), [
    `SS-J15 ${SUBJECT}: is PENDING, because its container does not start (${reason})`,
  ]);
  t.deepEqual(judge('', { state: 'FAILED', reason: 'No such image: x' }), [
    `SS-J14 ${SUBJECT}: is FAILED, because its container does not start (No such image: x)`,
  ]);
});

test("SS-J11: a driver elsewhere has no part in the master's limit, and a word with these letters is no killing", (t) => {
  const full = daemon('master', { memory: { limitBytes: 1792 * MIB, peakBytes: 1792 * MIB, kills: 1 } });
  const task = { ...failedJob().spec, driver: 'task' as const };
  t.deepEqual(judge('', { spec: task, exitCode: 137, reason: 'killed (SIGKILL)' }, withDaemons(full)), []);
  t.deepEqual(judge('', { reason: 'there is no room for the record' }), []);
  const reason = 'killed: out of memory (SIGKILL by the kernel)';
  t.deepEqual(judge('', { spec: task, exitCode: 137, reason }, withDaemons(full)), [
    `SS-J11 ${SUBJECT}: ended, because the memory where its driver ran was full (exit status 137 (${reason}))`,
  ]);
  const fixOf = (driver: 'task' | 'ssh://ada@host'): readonly string[] => {
    const jobStatus = failedJob({ spec: { ...task, driver }, exitCode: 137, reason });
    const job = { jobStatus, stderrTail: '', stdoutTail: '', applicationId: APP };
    return judgeJob(reading(), job).map(({ fix }) => fix);
  };
  t.deepEqual(fixOf('task'), [
    'a larger --driver-memory, which makes its container larger, or less data in the driver',
  ]);
  t.deepEqual(fixOf('ssh://ada@host'), ['a smaller --driver-memory, or less data in the driver']);
});

test('SS-J13: the machine of an ssh driver is not the master, and only a swarm gives a driver its own container', (t) => {
  const reason = 'lost: the machine or container was restarted';
  const ssh = { ...failedJob().spec, driver: 'ssh://ada@host' as const };
  t.deepEqual(judge('', { spec: ssh, reason }), []);
  const fixOf = (platform: 'containers' | 'swarm'): readonly string[] => {
    const known = reading();
    const job = { jobStatus: failedJob({ reason }), stderrTail: '', stdoutTail: '', applicationId: APP };
    return judgeJob({ ...known, cluster: { ...known.cluster, platform } }, job).map(({ fix }) => fix);
  };
  t.deepEqual(fixOf('containers'), ['run it again']);
  t.deepEqual(fixOf('swarm'), [
    'run it again; a driver in a container of its own goes on without that of the master: spark-swarm job run --driver task …',
  ]);
});
