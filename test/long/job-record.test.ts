import { rm, stat } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';

import type { JobView } from '../../src/jobs/judge-snapshot.ts';
import type { JobFlags } from '../../src/jobs/job-words.ts';
import { streamJobLogs } from '../../src/operations/jobs/logs.ts';
import { findJob } from '../../src/operations/jobs/read-jobs.ts';
import { runJob } from '../../src/operations/jobs/run.ts';
import { waitForJob } from '../../src/operations/jobs/wait.ts';
import { JobRecords } from '../helpers/job-records.ts';
import { LocalJobs } from '../helpers/local-jobs.ts';
import { killForMemory } from '../helpers/memory-rounds.ts';

test('cancel at seven moments of the launch, twenty times each, ends with KILLED and without a process (J15)', async (t) => {
  await using records = await JobRecords.open();
  for (let round = 0; round < 20; round++) {
    for (const pauseMs of [0, 1, 5, 20, 50, 100, 300]) {
      const job = await records.stage(['sleep', '3600']);
      const launching = records.launch(job);
      await sleep(pauseMs);
      const seen = await records.cancel(job);
      const answer = await launching;
      t.true(['ended', 'marked'].includes(seen.kind), `${pauseMs} ms: ${JSON.stringify(seen)}`);
      t.true(['started', 'already'].includes(answer.kind), `${pauseMs} ms: ${JSON.stringify(answer)}`);
      t.regex(await records.end(job), /^KILLED/);
      t.deepEqual(await records.processes(job), []);
    }
  }
});

test('five gigabytes without an end of line go through in little memory, and with --max-output stay on the disk in little (J39)', async (t) => {
  t.timeout(600_000);
  await using jobs = await LocalJobs.open();
  const follow = { driverBytes: undefined };
  const run = async (flags: JobFlags): Promise<JobView> => {
    const { spec } = await runJob(jobs.context, await jobs.plan('head -c 5G /dev/zero | tr "\\0" x', flags), follow);
    return waitForJob(jobs.context, await findJob(jobs.context, spec.id), {});
  };
  const whole = await run({});
  t.is(whole.state, 'SUCCEEDED');
  t.is(whole.bytes.stdout, 5 * 1024 ** 3);
  let bytes = 0;
  let mostMemory = 0;
  const before = process.memoryUsage.rss();
  const counter = new Writable({
    write: (chunk: Buffer, _, done) => {
      bytes += chunk.length;
      mostMemory = Math.max(mostMemory, process.memoryUsage.rss() - before);
      done();
    },
  });
  await streamJobLogs(jobs.context, whole, { stdout: counter, stderr: undefined, follow: false, tail: undefined });
  t.is(bytes, 5 * 1024 ** 3);
  t.true(mostMemory < 150e6, `${mostMemory} bytes of memory`);
  const startedAt = performance.now();
  await streamJobLogs(jobs.context, whole, { stdout: counter, stderr: undefined, follow: false, tail: 10 });
  t.true(performance.now() - startedAt < 5000);
  await rm(`${jobs.shell.base}/${whole.folder}`, { recursive: true });
  const trimmed = await run({ maxOutput: '64m' });
  t.is(trimmed.state, 'SUCCEEDED');
  const { blocks } = await stat(`${jobs.shell.base}/${trimmed.folder}/stdout`);
  t.true(blocks * 512 <= 82 * 1024 ** 2, `${blocks} blocks`);
});

test('of ten thousand readings during the end none is lost in between (J61)', async (t) => {
  await using records = await JobRecords.open();
  let readings = 0;
  while (readings < 10_000) {
    const job = await records.start(['sleep', '0.5']);
    const look = async (): Promise<void> => {
      for (let state = ''; state !== 'SUCCEEDED'; readings++) {
        state = await records.state(job);
        if (state !== 'RUNNING' && state !== 'SUCCEEDED') t.fail(state);
      }
    };
    await Promise.all([look(), look(), look()]);
    t.is(await records.state(job), 'SUCCEEDED');
  }
});

test('killed by the kernel for lack of memory is named twenty times of twenty, and a plain kill -9 never is (J37)', async (t) => {
  await killForMemory(t, 20);
});
