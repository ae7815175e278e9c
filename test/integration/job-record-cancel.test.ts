import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';

import type { CancelAnswer } from '../../src/jobs/cancel.ts';
import { JobRecords, SLEEP, type StagedJob } from '../helpers/job-records.ts';
import { waitFor } from '../helpers/wait-for.ts';

/** Ignores what it can, and has a child that does so too. */
const STUBBORN = ['sh', '-c', 'trap "" INT TERM HUP; sleep 3600 & echo up; while :; do sleep 1; done'];

test('wrapper killed -9: the job is RUNNING, and a cancel ends it all the same (J03, J19)', async (t) => {
  await using records = await JobRecords.open();
  const job = await records.startSleeper();
  process.kill(await records.wrapper(job), 'SIGKILL');
  t.is(await stateAfter(records, job, 'RUNNING'), 'RUNNING its wrapper is dead; live processes: 1');
  const begun = performance.now();
  t.deepEqual(await records.cancel(job), { kind: 'ended', code: 130 });
  t.true(performance.now() - begun < 30_000);
  t.is(await records.state(job), 'KILLED the wrapper was gone');
  t.deepEqual(await records.processes(job), []);
});

test('wrapper and job killed -9: lost, and it stays lost (J03, I2, I3)', async (t) => {
  await using records = await JobRecords.open();
  const job = await records.startSleeper();
  const processes = await records.processes(job);
  process.kill(await records.wrapper(job), 'SIGKILL');
  for (const pid of processes) process.kill(pid, 'SIGKILL');
  const lost = 'DONEWITHERROR lost: gone without an exit record';
  t.is(await records.end(job), lost);
  t.deepEqual(await records.cancel(job), { kind: 'lost' });
  t.is(await records.state(job), lost);
});

test('cancelled before its launch it never runs, a hundred times (J13)', async (t) => {
  await using records = await JobRecords.open();
  const rounds = Array.from({ length: 100 }, (_, round) => round);
  await inPairs(rounds, async () => {
    const job = await records.stage(['sh', '-c', `echo ran >>"${records.base}/../ran"`]);
    t.deepEqual(await records.cancel(job), { kind: 'marked' });
    t.is(await records.state(job), 'KILLED before start');
    t.is((await records.launch(job)).kind, 'already');
    t.is(await records.state(job), 'KILLED before start');
  });
  t.is((await records.sh('cat "$1"', `${records.base}/../ran`)).stdout, '');
});

test('cancel at any moment of the launch ends with KILLED and without a process (J15)', async (t) => {
  await using records = await JobRecords.open();
  for (const pauseMs of [0, 1, 5, 20, 50, 100, 300]) {
    const job = await records.stage(['sleep', '3600']);
    const [answer, seen] = await Promise.all([records.launch(job), cancelAfter(records, job, pauseMs)]);
    t.true(['ended', 'marked', 'finished'].includes(seen.kind), `${pauseMs} ms: ${JSON.stringify(seen)}`);
    t.true(answer.kind === 'started' || answer.kind === 'already', JSON.stringify(answer));
    t.regex(await records.end(job), /^KILLED/);
    t.deepEqual(await records.processes(job), []);
  }
});

test('cancel after the end changes nothing (J17, I2)', async (t) => {
  await using records = await JobRecords.open();
  const job = await records.start(['true']);
  t.is(await records.end(job), 'SUCCEEDED');
  t.deepEqual(await records.cancel(job), { kind: 'finished' });
  t.is(await records.state(job), 'SUCCEEDED');
  t.is((await records.sh('ls "$1"', `${job.directory}/cancel`)).stdout, '');
});

test('a stopped job is RUNNING (stopped), and a cancel wakes it to end (J23)', async (t) => {
  await using records = await JobRecords.open();
  const job = await records.startSleeper();
  for (const pid of await records.processes(job)) process.kill(pid, 'SIGSTOP');
  t.is(await stateAfter(records, job, 'RUNNING'), 'RUNNING stopped');
  const begun = performance.now();
  t.deepEqual(await records.cancel(job), { kind: 'ended', code: 130 });
  t.true(performance.now() - begun < 30_000);
  t.is(await records.state(job), 'KILLED');
});

test('a job that ignores INT and TERM and has children is gone after both graces (E7)', async (t) => {
  await using records = await JobRecords.open();
  const job = await records.startSleeper(STUBBORN);
  const begun = performance.now();
  t.deepEqual(await records.cancel(job, 1000), { kind: 'ended', code: 137 });
  const took = performance.now() - begun;
  t.true(took >= 2000 && took < 30_000, `${took} ms`);
  t.is(await records.state(job), 'KILLED escalated');
  t.deepEqual(await records.processes(job), []);
});

test("a process that left the job's session is ended with it", async (t) => {
  await using records = await JobRecords.open();
  const job = await records.startSleeper([
    'sh',
    '-c',
    'setsid setsid sh -c "echo up; exec sleep 3600" & exec sleep 3600',
  ]);
  t.is((await records.processes(job)).length, 2);
  t.deepEqual(await records.cancel(job), { kind: 'ended', code: 130 });
  t.deepEqual(await records.processes(job), []);
});

test('a timeout ends the job as KILLED timeout, within 2 s of it (J69)', async (t) => {
  await using records = await JobRecords.open();
  const kind = await records.start(SLEEP, { timeoutMs: 5000 });
  const stubborn = await records.start(STUBBORN, { timeoutMs: 10_000, graceMs: 300 });
  t.is(await records.end(kind), 'KILLED timeout');
  const { durationMs = 0 } = (await records.see(kind)) ?? {};
  t.true(durationMs >= 4900 && durationMs < 7000, `${durationMs} ms`);
  t.is(await records.end(stubborn), 'KILLED timeout, escalated');
  t.deepEqual(await records.processes(stubborn), []);
});

test('what does not reach its timeout leaves no timer behind (J69)', async (t) => {
  await using records = await JobRecords.open();
  // Its own, or another run of this test would be seen.
  const timeoutMs = 3_000_000 + randomInt(599_999);
  const job = await records.start(['true'], { timeoutMs });
  t.is(await records.end(job), 'SUCCEEDED');
  await waitFor('the end of the timer', {
    read: async () =>
      (await records.sh('grep -la "^sleep.$1" /proc/[0-9]*/cmdline', (timeoutMs / 1000).toFixed(3))).stdout,
    until: (seen) => seen === '',
  });
  t.pass();
});

/** What comes after this state. */
async function stateAfter(records: JobRecords, job: StagedJob, state: string): Promise<string> {
  return waitFor(`what comes after ${state}`, {
    read: async () => records.state(job),
    until: (seen) => seen !== state,
  });
}

async function cancelAfter(records: JobRecords, job: StagedJob, pauseMs: number): Promise<CancelAnswer> {
  await sleep(pauseMs);
  return records.cancel(job);
}

/** Two at a time: the machine that tests has two cores. */
async function inPairs<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const work = async (): Promise<void> => {
    for (const item of rest) await run(item);
  };
  await Promise.all([work(), work()]);
}
