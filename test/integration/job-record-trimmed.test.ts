import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

import test from 'ava';
import { unpackTar } from 'modern-tar';

import { followWords, offsetsWords, readOffsets, type JobOffsets } from '../../src/jobs/follow.ts';
import type { LaunchAnswer } from '../../src/jobs/launch.ts';
import { JobRecords, SLEEP, type StagedJob } from '../helpers/job-records.ts';
import { liveParents } from '../helpers/processes.ts';
import { waitFor } from '../helpers/wait-for.ts';

const MIB = 1024 ** 2;
const KEPT = { maxOutputBytes: MIB };
/** Lines of eight bytes. */
const lines = (count: number): string => `seq 1000000 ${1_000_000 + count - 1}`;

async function offsets(records: JobRecords, job: StagedJob, wanted: number | 'all' = 'all'): Promise<JobOffsets> {
  return readOffsets(
    (await records.run(records.scripts.offsets, offsetsWords(records.base, job.folder, wanted))).stdout,
  );
}

async function blocks(records: JobRecords, job: StagedJob, name: string): Promise<number> {
  const [count = 0, size = 0] = (await records.sh('stat -c "%b %B" "$1"', `${job.directory}/${name}`)).stdout
    .split(' ')
    .map(Number);
  return count * size;
}

/** The child of a job's wrapper that is not the job, and that waits between its looks: others come and go. */
async function trimmerOf(records: JobRecords, job: StagedJob): Promise<number> {
  const wrapper = await records.wrapper(job);
  const found = await waitFor('two children of the wrapper', {
    read: async () => {
      const own = new Set(await records.processes(job));
      const parents = [...liveParents()];
      const waiting = new Set(parents.flatMap(([pid, parent]) => (commandOf(pid) === 'sleep 1' ? [parent] : [])));
      const children = parents.flatMap(([pid, parent]) => (parent === wrapper ? [pid] : []));
      return { job: own.size, trimmer: children.find((pid) => !own.has(pid) && waiting.has(pid)) };
    },
    until: (seen) => seen.job > 0 && seen.trimmer !== undefined,
  });
  return found.trimmer ?? 0;
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
  } catch {
    return '';
  }
}

test('with --max-output the last of each output is kept, from the beginning of a line on, and every byte keeps its number (J39)', async (t) => {
  await using records = await JobRecords.open();
  const job = await records.start(['sh', '-c', `${lines(1_000_000)}; seq 5 >&2; exit 3`], KEPT);
  t.is(await records.end(job), 'DONEWITHERROR exit 3');
  const { stdout, stderr } = await offsets(records, job);
  t.is(stdout.size, 8_000_000);
  t.is(stdout.start, stdout.gone);
  t.is(stdout.gone % 8, 0);
  const left = stdout.size - stdout.gone;
  t.true(left <= 1.25 * MIB && left >= MIB - 8, `${left} are left`);
  // File systems count some blocks more: beyond the end, and for where they are.
  t.true((await blocks(records, job, 'stdout')) <= 2.25 * MIB);
  t.deepEqual(stderr, { start: 0, size: 10, gone: 0 });
  const words = followWords(records.base, job.folder, {
    stdout: stdout.start,
    stderr: undefined,
    follow: false,
    upTo: { stdout: stdout.size, stderr: 0 },
  });
  const { stdout: kept } = await records.run(records.scripts.follow, words);
  t.is(kept.length, stdout.size - stdout.gone);
  t.is(kept.slice(0, 8), `${1_000_000 + stdout.gone / 8}\n`);
  t.is(kept.slice(-8), '1999999\n');
  t.is((await offsets(records, job, 3)).stdout.start, 8_000_000 - 24);
  t.is((await offsets(records, job, 999_999)).stdout.start, stdout.gone);
});

test('a job that goes on is trimmed meanwhile, and what it prints next comes after it', async (t) => {
  await using records = await JobRecords.open();
  const script = `${lines(500_000)}; until [ -e ../go ]; do sleep 0.05; done; echo last`;
  const job = await records.start(['sh', '-c', script], KEPT);
  const { stdout } = await waitFor('room that is given back', {
    read: async () => offsets(records, job),
    until: (seen) => seen.stdout.gone > 0 && seen.stdout.size === 4_000_000,
  });
  t.is(await records.state(job), 'RUNNING');
  const words = followWords(records.base, job.folder, { stdout: stdout.start, stderr: undefined, follow: true });
  const following = records.run(records.scripts.follow, words);
  await records.sh(': >"$1/go"', job.directory);
  const kept = (await following).stdout;
  t.is(await records.end(job), 'SUCCEEDED');
  t.is(kept.length, 4_000_000 - stdout.start + 5);
  t.is(kept.slice(-13), '1499999\nlast\n');
});

test('a line without an end is cut where the limit is', async (t) => {
  await using records = await JobRecords.open();
  const job = await records.start(['sh', '-c', 'head -c 5000000 /dev/zero | tr "\\0" x'], KEPT);
  t.is(await records.end(job), 'SUCCEEDED');
  const { stdout } = await offsets(records, job);
  t.is(stdout.size, 5_000_000);
  t.true(stdout.gone >= 5_000_000 - 1.25 * MIB, `${stdout.gone} are gone`);
});

test('who trims is no process of the job, and ends with it, and with a wrapper that was killed', async (t) => {
  await using records = await JobRecords.open();
  const gone = async (pid: number): Promise<boolean> =>
    waitFor(`the end of ${pid}`, {
      read: () => Promise.resolve(!liveParents().has(pid)),
      until: (isOver) => isOver,
    });
  const killed = await records.start(SLEEP, KEPT);
  await records.readSoon(killed, 'stdout');
  const trimmer = await trimmerOf(records, killed);
  t.false((await records.processes(killed)).includes(trimmer));
  process.kill(await records.wrapper(killed), 'SIGKILL');
  t.true(await gone(trimmer));
  await records.cancel(killed);
  const ended = await records.start(['sh', '-c', 'until [ -e ../go ]; do sleep 0.05; done'], KEPT);
  const other = await trimmerOf(records, ended);
  await records.sh(': >"$1/go"', ended.directory);
  t.is(await records.end(ended), 'SUCCEEDED');
  t.true(await gone(other));
});

test('without the one who trims the job goes on, and at its end there is as much as was asked for', async (t) => {
  await using records = await JobRecords.open();
  const script = `until [ -e ../go ]; do sleep 0.05; done; ${lines(500_000)}`;
  const job = await records.start(['sh', '-c', script], KEPT);
  process.kill(await trimmerOf(records, job), 'SIGKILL');
  await records.sh(': >"$1/go"', job.directory);
  t.is(await records.end(job), 'SUCCEEDED');
  const { stdout } = await offsets(records, job);
  t.true(stdout.size === 4_000_000 && stdout.gone > 0, JSON.stringify(stdout));
});

test('an output that the job has emptied, and a number that it wrote itself, hide nothing', async (t) => {
  await using records = await JobRecords.open();
  const script = `${lines(500_000)} >&2; until [ -e ../go ]; do sleep 0.05; done; echo oops >/dev/stderr; echo why >&2; exit 4`;
  const job = await records.start(['sh', '-c', script], KEPT);
  await waitFor('room that is given back', {
    read: async () => offsets(records, job),
    until: (seen) => seen.stderr.gone > 0,
  });
  await records.sh(': >"$1/go"', job.directory);
  t.is(await records.end(job), 'DONEWITHERROR exit 4');
  t.deepEqual((await offsets(records, job)).stderr, { start: 0, size: 9, gone: 0 });
  for (const text of ['x[$(touch pwned)0]', '0900000', '', '99999999999999999999']) {
    await records.sh('printf %s "$2" >"$1/stderr.from"', job.directory, text);
    const words = offsetsWords(records.base, job.folder, 'all');
    const { stdout } = await records.sh('exec bash -c "$@"', records.scripts.offsets, 'offsets', ...words);
    t.deepEqual(readOffsets(stdout).stderr, { start: 0, size: 9, gone: 0 }, text);
    t.false(readdirSync(job.directory).includes('pwned'));
  }
});

test('where the beginning of a file cannot be given back the job is refused, with the reason', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-path-'));
  t.teardown(async () => rm(folder, { recursive: true }));
  for (const name of readdirSync('/usr/bin').filter((one) => one !== 'fallocate'))
    await symlink(`/usr/bin/${name}`, path.join(folder, name));
  await using records = await JobRecords.open();
  const without = await JobRecords.open({ through: ['env', `PATH=${folder}`], base: records.base });
  const launch = async (maxOutputBytes?: number): Promise<LaunchAnswer> =>
    without.launch(await records.stage(['true'], maxOutputBytes === undefined ? {} : { maxOutputBytes }));
  t.deepEqual(await launch(MIB), {
    kind: 'refused',
    reason: 'fallocate is missing: util-linux is needed for --max-output',
  });
  const refusing = '#!/bin/sh\necho "fallocate: fallocate failed: Operation not supported" >&2\nexit 1\n';
  await writeFile(path.join(folder, 'fallocate'), refusing, { mode: 0o755 });
  t.deepEqual(await launch(MIB), {
    kind: 'refused',
    reason: `--max-output is not possible in ${records.base}: Operation not supported`,
  });
  t.deepEqual(readdirSync(`${records.base}/.new`), []);
  t.is((await launch()).kind, 'started');
});

test('an exported job holds what is kept, without the hole before it', async (t) => {
  await using records = await JobRecords.open();
  const job = await records.start(['sh', '-c', `${lines(1_000_000)}; echo err >&2`], KEPT);
  t.is(await records.end(job), 'SUCCEEDED');
  const file = `${records.base}/../capsule.tar.gz`;
  const script = 'sh -c "$1" export "$2" "$3" "{}" >"$4" && base64 -w0 "$4"';
  const { stdout: text } = await records.sh(script, records.scripts.export, records.base, job.folder, file);
  const entries = await unpackTar(gunzipSync(Buffer.from(text, 'base64')));
  const bodyOf = (name: string): string | undefined => {
    const found = entries.filter(({ header }) => header.name === `${job.folder}/${name}`);
    return found.length === 1 && found[0]?.data ? Buffer.from(found[0].data).toString() : undefined;
  };
  const { gone, size } = (await offsets(records, job)).stdout;
  t.is(bodyOf('stdout')?.length, size - gone);
  t.is(bodyOf('stdout')?.slice(-8), '1999999\n');
  t.is(bodyOf('stderr'), 'err\n');
  t.is(bodyOf('stdout.from'), undefined);
});
