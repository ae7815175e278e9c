import { rm } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { text as readText } from 'node:stream/consumers';

import test from 'ava';

import {
  ConflictError,
  InvalidStateError,
  NotFoundError,
  UnreachableError,
  WaitTimeoutError,
} from '../../../../src/errors.ts';
import type { JobPlan } from '../../../../src/jobs/job-plan.ts';
import type { JobShell } from '../../../../src/jobs/job-shell.ts';
import type { JobView } from '../../../../src/jobs/judge-snapshot.ts';
import { cancelJob } from '../../../../src/operations/jobs/cancel.ts';
import { cleanJobs } from '../../../../src/operations/jobs/clean.ts';
import { CountingWriter } from '../../../../src/operations/jobs/counting-writer.ts';
import { streamJobLogs } from '../../../../src/operations/jobs/logs.ts';
import { findJob, readJobs } from '../../../../src/operations/jobs/read-jobs.ts';
import { runJob, type Launched } from '../../../../src/operations/jobs/run.ts';
import { waitForJob } from '../../../../src/operations/jobs/wait.ts';
import { application, masterState } from '../../../helpers/builders.ts';
import { LocalJobs } from '../../../helpers/local-jobs.ts';

const start = async (jobs: LocalJobs, plan: JobPlan): Promise<Launched> =>
  runJob(jobs.context, plan, { driverBytes: undefined });

/** A job of this script that has been started. */
async function begin(jobs: LocalJobs, script: string, flags = {}): Promise<JobView> {
  const { spec } = await start(jobs, await jobs.plan(script, flags));
  return findJob(jobs.context, spec.id);
}

/** Event logs that say which application a job has been. */
const EVENTS = {
  shell: { run: async () => ({ status: 0, stdout: 'app-1\n', stderr: '' }) } as unknown as JobShell,
  script: '',
};

const wish = { olderThanMs: 0, keepMs: 0, maxBytes: 1e12, dryRun: false };

for (const cuts of [['after'], ['before'], ['after', 'after'], ['before', 'after'], ['after', 'before']] as const) {
  test(`a launch that is cut ${cuts.join(', then ')} its answer is tried again, and starts the job once`, async (t) => {
    await using jobs = await LocalJobs.open();
    jobs.shell.cuts.push(...cuts);
    const { spec, process, isRepeated } = await start(jobs, await jobs.plan('sleep 600'));
    t.false(isRepeated);
    const all = await readJobs(jobs.context);
    t.deepEqual(
      all.map((each) => [each.spec.id, each.state, each.process]),
      [[spec.id, 'RUNNING', process]],
    );
  });
}

test('a launch that is cut for good says that nothing is known, and what to type', async (t) => {
  await using jobs = await LocalJobs.open();
  jobs.shell.cuts.push('after', 'after', 'after');
  const plan = await jobs.plan('sleep 600');
  const error = await t.throwsAsync(start(jobs, plan), { instanceOf: UnreachableError });
  t.is(error.message, `Whether the job ${plan.spec.id} was started is not known: The connection was lost`);
  t.is(error.hint, `spark-swarm job status --name spark ${plan.spec.id}`);
  t.is((await findJob(jobs.context, plan.spec.id)).state, 'RUNNING');
});

test('the same job again is told to be there, another one with its id is a conflict', async (t) => {
  await using jobs = await LocalJobs.open();
  const plan = await jobs.plan('sleep 600', { id: 'abcdef012345' });
  const first = await start(jobs, plan);
  const second = await start(jobs, await jobs.plan('sleep 600', { id: 'abcdef012345' }));
  t.deepEqual([first.isRepeated, second.isRepeated, second.process], [false, true, first.process]);
  await t.throwsAsync(start(jobs, await jobs.plan('sleep 2', { id: 'abcdef012345' })), {
    instanceOf: ConflictError,
    message: 'There is another job with the id abcdef012345 in this machine',
  });
});

test('a job is waited for, and its end is returned', async (t) => {
  await using jobs = await LocalJobs.open();
  const view = await waitForJob(jobs.context, await begin(jobs, 'sleep 0.3; exit 5'), {});
  t.deepEqual([view.state, view.reason, view.exitCode], ['DONEWITHERROR', 'exit 5', 5]);
});

test('waiting has a limit, and the job goes on', async (t) => {
  await using jobs = await LocalJobs.open();
  const job = await begin(jobs, 'sleep 600');
  const error = await t.throwsAsync(waitForJob(jobs.context, job, { timeoutMs: 100 }), {
    instanceOf: WaitTimeoutError,
  });
  t.is(error.message, `The job ${job.spec.id} is RUNNING after 100 ms`);
  t.is((await findJob(jobs.context, job.spec.id)).state, 'RUNNING');
});

test('a place that does not answer for a while changes nothing of what is waited for', async (t) => {
  await using jobs = await LocalJobs.open();
  const job = await begin(jobs, 'sleep 0.5; exit 6');
  jobs.shell.streamCuts.push(0);
  jobs.shell.cuts.push('before', 'after');
  t.is((await waitForJob(jobs.context, job, {})).reason, 'exit 6');
});

test('cancel ends a job, and one that has ended is not changed', async (t) => {
  await using jobs = await LocalJobs.open();
  const job = await begin(jobs, 'sleep 600');
  const first = await cancelJob(jobs.context, job, {});
  t.deepEqual([first.view.state, first.wasFinal], ['KILLED', false]);
  const second = await cancelJob(jobs.context, first.view, {});
  t.deepEqual([second.view.state, second.wasFinal], ['KILLED', true]);
  // It has ended since it was looked at.
  const stale = await cancelJob(jobs.context, job, {});
  t.deepEqual([stale.view.state, stale.wasFinal], ['KILLED', true]);
});

test('cancel waits for a master that does not answer at once, and has given nothing back yet', async (t) => {
  const answers = [
    undefined,
    masterState({ applications: [application('works', { id: 'app-1' })] }),
    undefined,
    masterState(),
  ];
  await using jobs = await LocalJobs.open({ events: EVENTS, readMaster: async () => answers.shift() });
  const job = await begin(jobs, 'sleep 600');
  const ofSpark: JobView = { ...job, spec: { ...job.spec, type: 'spark' } };
  t.is((await cancelJob(jobs.context, ofSpark, {})).view.state, 'KILLED');
  t.is(answers.length, 0);
});

test('logs gives each stream, its last lines, and nothing that was not asked for', async (t) => {
  await using jobs = await LocalJobs.open();
  const job = await waitForJob(jobs.context, await begin(jobs, 'seq 1 5; seq 6 9 >&2'), {});
  const read = async (tail: number | undefined, which: 'stdout' | 'stderr'): Promise<string> => {
    const output = new PassThrough();
    const nothing = { stdout: undefined, stderr: undefined };
    await streamJobLogs(jobs.context, job, { ...nothing, [which]: output, follow: false, tail });
    output.end();
    return readText(output);
  };
  t.is(await read(undefined, 'stdout'), '1\n2\n3\n4\n5\n');
  t.is(await read(2, 'stdout'), '4\n5\n');
  t.is(await read(undefined, 'stderr'), '6\n7\n8\n9\n');
});

test('of a job with --max-output logs says how much is gone, and gives what is kept', async (t) => {
  await using jobs = await LocalJobs.open();
  const job = await waitForJob(
    jobs.context,
    await begin(jobs, 'seq 1000000 1999999; seq 1000000 1999999 >&2', { maxOutput: '1m' }),
    {},
  );
  const [output, all] = [new PassThrough(), new PassThrough().resume()];
  const text = readText(output);
  await streamJobLogs(jobs.context, job, { stdout: output, stderr: all, follow: false, tail: undefined });
  output.end();
  const kept = await text;
  t.regex(kept, /^1\d{6}\n/);
  t.true(kept.endsWith('\n1999999\n') && kept.length <= 1.25 * 1024 ** 2, `${kept.length} characters`);
  const notes = jobs.events.flatMap((event) =>
    event.type === 'note' ? [event.message.replace(/[\d.]+ MB/, 'N MB')] : [],
  );
  t.deepEqual(notes, [
    'the first N MB of its standard output are gone: --max-output keeps the last',
    'the first N MB of its standard error are gone: --max-output keeps the last',
  ]);
  await streamJobLogs(jobs.context, job, { stdout: all, stderr: undefined, follow: false, tail: 5 });
  t.is(jobs.events.filter(({ type }) => type === 'note').length, 2);
});

test('what is given back while it is read is counted and not shown', async (t) => {
  const output = new PassThrough();
  const writer = new CountingWriter({ output, offset: 10 }, true);
  for (const text of ['\0\0', '\0\0ab\0c', '']) await new Promise((resolve) => writer.write(text, resolve));
  const whole = new CountingWriter({ output, offset: 0 });
  await new Promise((resolve) => whole.write('\0d', resolve));
  output.end();
  t.is(await readText(output), 'abc\0d');
  t.is(writer.position, 18);
});

test('logs of a job that is gone says so', async (t) => {
  await using jobs = await LocalJobs.open();
  const job = await waitForJob(jobs.context, await begin(jobs, 'echo'), {});
  await rm(`${jobs.shell.base}/${job.folder}`, { recursive: true });
  const output = new PassThrough();
  const error = await t.throwsAsync(
    streamJobLogs(jobs.context, job, { stdout: output, stderr: undefined, follow: true, tail: undefined }),
    { instanceOf: NotFoundError },
  );
  t.is(error.message, `The job ${job.spec.id} is unknown now: its folder in this machine has been removed`);
});

test('clean deletes what has ended, and never what runs', async (t) => {
  await using jobs = await LocalJobs.open();
  const ended = await waitForJob(jobs.context, await begin(jobs, 'echo'), {});
  const running = await begin(jobs, 'sleep 600');
  const dry = await cleanJobs(jobs.context, { ...wish, dryRun: true });
  t.deepEqual(
    dry.removed.map(({ id }) => id),
    [ended.spec.id],
  );
  t.is((await readJobs(jobs.context)).length, 2);
  const cleaned = await cleanJobs(jobs.context, wish);
  t.deepEqual([cleaned.removed.map(({ id }) => id), cleaned.refused], [[ended.spec.id], []]);
  t.true(cleaned.freedBytes > 0);
  t.deepEqual(
    (await readJobs(jobs.context)).map(({ spec }) => spec.id),
    [running.spec.id],
  );
});

test('a driver that has no room as a service leaves no record behind', async (t) => {
  const refused = new InvalidStateError('no room');
  const runner = {
    start: () => Promise.reject(refused),
    observe: async () => new Map(),
    openShell: async () => undefined,
    remove: async () => {},
  };
  await using jobs = await LocalJobs.open({ driver: 'task', runner });
  const plan = await jobs.plan('echo', { driver: 'task' });
  t.is(await t.throwsAsync(start(jobs, plan)), refused);
  t.deepEqual(await readJobs(jobs.context), []);
});
