import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { failWords, readFail, type FailAnswer } from '../../src/jobs/fail.ts';
import { followWords } from '../../src/jobs/follow.ts';
import { launchWords, readLaunch, taskCommand } from '../../src/jobs/launch.ts';
import { JobRecords, SLEEP, type StagedJob } from '../helpers/job-records.ts';

async function fail(records: JobRecords, job: StagedJob, reason: string): Promise<FailAnswer> {
  return readFail(await records.run(records.scripts.fail, failWords(records.base, job.folder, reason)));
}

test('following a task that has not begun returns and says so, for nobody else knows whether it ever will', async (t) => {
  await using records = await JobRecords.open();
  const job = await records.stage(SLEEP, { mode: 'task' });
  await records.launch(job, 'task');
  const words = followWords(records.base, job.folder, { stdout: 0, stderr: 0, follow: true });
  t.deepEqual(await records.run(records.scripts.follow, words), { status: 3, stdout: '', stderr: '' });
});

test('what became of a task is written down once, stays, and keeps its wrapper from starting anything', async (t) => {
  await using records = await JobRecords.open();
  const job = await records.stage(['sh', '-c', 'echo ran'], { mode: 'task' });
  await records.launch(job, 'task');
  const reason = 'launch: task rejected on node1: No such\nimage: x';
  t.is(await fail(records, job, reason), 'recorded');
  t.is(await fail(records, job, 'another reason'), 'finished');
  const expected = 'FAILED launch: task rejected on node1: No such image: x';
  t.is(await records.state(job), expected);
  t.is((await records.sh('"$@"', ...taskCommand(records.base, job.folder))).status, 1);
  t.is(await records.state(job, 'running'), expected);
  t.deepEqual(await records.processes(job), []);
});

test('a job that runs is not written off, and one that was lost with its task stays lost', async (t) => {
  await using records = await JobRecords.open();
  const job = await records.startSleeper();
  t.is(await fail(records, job, 'lost: task failed on node1'), 'busy');
  t.is(await records.state(job), 'RUNNING');
  const processes = [await records.wrapper(job), ...(await records.processes(job))];
  for (const pid of processes) process.kill(pid, 'SIGKILL');
  await records.wait(job);
  t.is(await fail(records, job, 'lost: task failed on node1'), 'recorded');
  t.is(await records.state(job), 'DONEWITHERROR lost: task failed on node1');
});

test('a task that was cancelled and never began is KILLED, also when it is written off', async (t) => {
  await using records = await JobRecords.open();
  const job = await records.stage(SLEEP, { mode: 'task' });
  await records.launch(job, 'task');
  await records.sh('echo "cancel 1.00" >"$1/cancel"', job.directory);
  t.is(await fail(records, job, 'launch: it has no service'), 'recorded');
  t.is(await records.state(job), 'KILLED before start');
});

test('a claim says how old it is to whoever launches the same job again, and one that has ended does not', async (t) => {
  await using records = await JobRecords.open();
  const job = await records.stage(SLEEP, { mode: 'task' });
  await records.launch(job, 'task');
  const young = await records.launch(job, 'task');
  t.true(young.kind === 'already' && young.ageMs !== undefined && young.ageMs < 30_000, JSON.stringify(young));
  const aged = 'read -r v u rest <"$1/claim" && echo "$v $((${u%.*} - 500)).00 $rest" >"$1/claim"';
  await records.sh(aged, job.directory);
  const old = await records.launch(job, 'task');
  t.true(old.kind === 'already' && old.ageMs !== undefined && old.ageMs >= 500_000, JSON.stringify(old));
  await records.cancel(job, 500, 'record');
  t.deepEqual(await records.launch(job, 'task'), { kind: 'already', pid: undefined });
});

test('what lay still is looked at before anything of it is changed', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-shims-'));
  // What `chmod` has touched is new for `find`; everything else came 61 s ago.
  const shims = {
    chmod: '#!/bin/sh\n: >"$SHIMS/changed"\nPATH=${PATH#*:} exec chmod "$@"\n',
    find: '#!/bin/sh\n[ -e "$SHIMS/changed" ] && exec date +%s.0\necho $(($(date +%s) - 61)).0\n',
  };
  for (const [name, text] of Object.entries(shims)) await writeFile(path.join(folder, name), text, { mode: 0o755 });
  const through = ['env', `SHIMS=${folder}`, `PATH=${folder}:${process.env['PATH']}`];
  await using records = await JobRecords.open();
  const shimmed = await JobRecords.open({ through, base: records.base });
  const job = await records.stage(SLEEP);
  t.deepEqual(await shimmed.launch(job), {
    kind: 'refused',
    reason: 'the upload lay still for more than 50 s: send it again',
  });
  t.is(await records.state(job), 'none');
  await rm(folder, { recursive: true });
});

test('a name that is refused names nothing that is deleted (I11)', async (t) => {
  await using records = await JobRecords.open();
  const job = await records.stage(SLEEP);
  const outside = `${records.base}/../victim`;
  for (const [folder, nonce] of [
    ['../../victim', 'aaaaaaaa'],
    [job.folder, 'x/../../../victim'],
    ['victim', ''],
  ] as const) {
    await mkdir(`${outside}.aaaaaaaa`, { recursive: true });
    await mkdir(outside, { recursive: true });
    await mkdir(`${records.base}/.new/${job.folder}.x`, { recursive: true });
    const words = launchWords({ base: records.base, folder, nonce, hash: job.spec.hash, mode: 'host' });
    const answer = readLaunch(await records.run(records.scripts.launch, words));
    t.not(answer.kind, 'started');
    await t.notThrowsAsync(access(`${outside}.aaaaaaaa`));
    await t.notThrowsAsync(access(outside));
  }
});

test('cancelled while it was sent, a job stays KILLED, and is not launched when it is sent again', async (t) => {
  await using records = await JobRecords.open();
  const job = await records.stage(SLEEP, { id: 'abcdefabcdef' });
  t.deepEqual(await records.cancel(job), { kind: 'marked' });
  const again = await records.stage(SLEEP, { id: 'abcdefabcdef' });
  t.is(await records.state(again), 'KILLED before start');
  t.deepEqual(await records.launch(again), { kind: 'refused', reason: 'it was cancelled while it was sent' });
  t.is(await records.state(again), 'KILLED before start');
  // Its own launch, which was under way: at no stage is it anything else.
  t.deepEqual(await records.launch(job, 'task'), { kind: 'claimed' });
  t.is(await records.state(job), 'KILLED before start');
});

test('what goes on printing is read as far as was wished', async (t) => {
  await using records = await JobRecords.open();
  const job = await records.start(['sh', '-c', 'yes | head -c 100000; exec sleep 3600']);
  await records.readSoon(job, 'stdout');
  const upTo = { stdout: 9, stderr: 0 };
  const words = followWords(records.base, job.folder, { stdout: 3, stderr: 0, follow: false, upTo });
  t.deepEqual(await records.run(records.scripts.follow, words), { status: 0, stdout: '\ny\ny\ny', stderr: '' });
  await records.cancel(job);
});

test('of two launches with one id and two names at the same moment one starts', async (t) => {
  await using records = await JobRecords.open();
  for (let round = 0; round < 5; round++) {
    const id = `00000000000${round}`;
    const jobs = [await records.stage(SLEEP, { id }), await records.stage(SLEEP, { id, name: 'other' })];
    const answers = await Promise.all(jobs.map(async (job) => records.launch(job)));
    t.deepEqual(answers.map(({ kind }) => kind).toSorted(), ['conflict', 'started']);
    for (const job of jobs) await records.cancel(job);
  }
});

test('a second wrapper of a job that runs says nothing of it', async (t) => {
  await using records = await JobRecords.open();
  const job = await records.startSleeper();
  const words = taskCommand(records.base, job.folder);
  t.is((await records.sh('"$@"', ...words)).status, 1);
  t.is(await records.state(job), 'RUNNING');
  t.is((await records.sh('ls "$1/failed"', job.directory)).stdout, '');
});

test('a timer that is over is not signalled, for its number may be another process by now', async (t) => {
  const records = await JobRecords.open();
  const folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-timer-'));
  // The wrapper's own stop_timer, with the number of a stranger whose start is another.
  const script = `${records.scripts.wrapper.replace(/main "\$@"\s*$/, '')}
cd "$1" && setsid sleep 60 & timer=$! timer_start=1; sleep 0.2
stop_timer; kill -0 "$timer" && echo lives
start_of "$timer"; timer_start=$start
stop_timer; wait "$timer"; echo $?`;
  t.is((await records.sh(script, folder)).stdout, 'lives\n137\n');
  await rm(folder, { recursive: true });
});
