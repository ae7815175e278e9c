import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import test from 'ava';

import { openJobTools } from '../../../../src/adapters/jobs/job-tools.ts';
import {
  readCapsuleFile,
  saveCapsule,
  unpackCapsule,
  withCapsuleFolder,
} from '../../../../src/adapters/jobs/capsule-file.ts';
import { EngineError, InvalidStateError, UnreachableError, UsageError } from '../../../../src/errors.ts';
import { planCapsule, type Capsule } from '../../../../src/jobs/capsule.ts';
import type { JobPlan } from '../../../../src/jobs/job-plan.ts';
import type { JobView } from '../../../../src/jobs/judge-snapshot.ts';
import { exportJob, fetchCapsule } from '../../../../src/operations/jobs/export.ts';
import { findJob } from '../../../../src/operations/jobs/read-jobs.ts';
import { runJob } from '../../../../src/operations/jobs/run.ts';
import { waitForJob } from '../../../../src/operations/jobs/wait.ts';
import { LocalJobs } from '../../../helpers/local-jobs.ts';

const folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-export-'));
test.after.always(() => rm(folder, { recursive: true }));
const { signal } = new AbortController();
let files = 0;
const newFile = (): string => path.join(folder, `${(files += 1)}.tar.gz`);

async function run(jobs: LocalJobs, plan: JobPlan): Promise<JobView> {
  await runJob(jobs.context, plan, { driverBytes: undefined });
  return waitForJob(jobs.context, await findJob(jobs.context, plan.spec.id), {});
}

async function save(jobs: LocalJobs, job: JobView, file = newFile()): Promise<string> {
  await exportJob(jobs.context, job, { about: { n: 1 }, receive: async (archive) => saveCapsule(archive, file) });
  return file;
}

/** The job of a capsule once more. */
async function again(jobs: LocalJobs, capsule: Capsule): Promise<JobView> {
  const tools = await openJobTools({ cwd: '/', env: { HOME: folder }, cluster: 'spark' });
  const { plan } = await planCapsule(capsule, { id: undefined, driver: undefined }, tools);
  return run(jobs, plan);
}

const output = async (jobs: LocalJobs, { folder: name }: JobView): Promise<string> =>
  readFile(path.join(jobs.shell.base, name, 'stdout'), 'utf8');

const SCRIPT = 'echo "$1 $LEVEL $(cat data.txt)"; echo left >left.txt; exit 3';

async function odd(jobs: LocalJobs): Promise<JobPlan> {
  const data = path.join(folder, 'data.txt');
  await writeFile(data, 'of the file');
  return jobs.plan(SCRIPT, { arg: ['a  b'], param: ["LEVEL=it's\n'"], lib: [data] });
}

test('a capsule holds what was run, what came of it, and what it ran on; only its owner may read it', async (t) => {
  await using jobs = await LocalJobs.open();
  const job = await run(jobs, await odd(jobs));
  const file = await save(jobs, job);
  t.is((await stat(file)).mode & 0o777, 0o600);
  const target = await mkdtemp(path.join(folder, 'all-'));
  execFileSync('tar', ['-xzf', file, '-C', target]);
  t.deepEqual(await readdir(target), [job.folder]);
  const read = async (name: string): Promise<string> => readFile(path.join(target, job.folder, name), 'utf8');
  t.is(await read('capsule.json'), '{\n  "n": 1\n}\n');
  t.is(await read('stdout'), "a  b it's\n' of the file\n");
  t.is(await read('exit'), 'v1 3\n');
  t.is(await read('files/left.txt'), 'left\n');
  t.regex(await read('versions.txt'), /^NAME=|\nNAME=|PRETTY_NAME=/);
  const names = await readdir(path.join(target, job.folder));
  for (const name of ['lock', 'wrapper', 'canceller']) t.false(names.includes(name), name);
});

test('the job of a capsule runs as it did before, as a job of its own', async (t) => {
  await using jobs = await LocalJobs.open();
  const job = await run(jobs, await odd(jobs));
  const file = await save(jobs, job);
  const second = await withCapsuleFolder(async (target) =>
    again(jobs, await readCapsuleFile(file, { folder: target, signal })),
  );
  t.not(second.spec.id, job.spec.id);
  t.deepEqual([second.state, second.exitCode], ['DONEWITHERROR', 3]);
  t.is(await output(jobs, second), await output(jobs, job));
});

test('a job is run once more from its record, without what it has left', async (t) => {
  await using jobs = await LocalJobs.open();
  const job = await run(jobs, await odd(jobs));
  const seen: string[] = [];
  const second = await withCapsuleFolder(async (target) => {
    const capsule = await fetchCapsule(jobs.context, job, async (archive) =>
      unpackCapsule(archive, { folder: target, source: 'x', signal }),
    );
    seen.push(...(await readdir(target)), ...(await readdir(path.join(target, 'files'))));
    return again(jobs, capsule);
  });
  t.deepEqual(seen.toSorted(), ['data.txt', 'env.sh', 'files', 'job.sh', 'spec.json']);
  t.is(await output(jobs, second), await output(jobs, job));
});

test('a job that runs is not exported, and nothing is written', async (t) => {
  await using jobs = await LocalJobs.open();
  const { spec } = await runJob(jobs.context, await jobs.plan('sleep 600'), { driverBytes: undefined });
  const file = newFile();
  const error = await t.throwsAsync(save(jobs, await findJob(jobs.context, spec.id), file), {
    instanceOf: InvalidStateError,
  });
  t.is(error.message, `The job ${spec.id} has not ended: it is RUNNING`);
  await t.throwsAsync(stat(file), { code: 'ENOENT' });
});

test('a file that is there is not written over', async (t) => {
  await using jobs = await LocalJobs.open();
  const job = await run(jobs, await jobs.plan('true'));
  const file = newFile();
  await writeFile(file, 'mine');
  await t.throwsAsync(save(jobs, job, file), {
    instanceOf: UsageError,
    message: `FILE: cannot write ${file}: it is there already; expected a new name`,
  });
  t.is(await readFile(file, 'utf8'), 'mine');
});

test('of an export that breaks no file stays, and why it broke is said', async (t) => {
  await using jobs = await LocalJobs.open();
  const job = await run(jobs, await jobs.plan('head -c 1000000 /dev/urandom'));
  const file = newFile();
  jobs.shell.streamCuts.push(1000);
  await t.throwsAsync(save(jobs, job, file), { instanceOf: UnreachableError, message: 'The connection was lost' });
  await t.throwsAsync(stat(file), { code: 'ENOENT' });
  await rm(path.join(jobs.shell.base, job.folder), { recursive: true });
  await t.throwsAsync(save(jobs, job, file), {
    instanceOf: EngineError,
    message: `Cannot read the record of the job ${job.spec.id} in this machine: no record ${job.folder}`,
  });
  await t.throwsAsync(stat(file), { code: 'ENOENT' });
});

test('a full disk here ends an export with its own words', async (t) => {
  await using jobs = await LocalJobs.open();
  const job = await run(jobs, await jobs.plan('head -c 3000000 /dev/urandom'));
  const full = async (archive: Readable): Promise<void> => {
    const disk = new Writable({ write: (_, __, done) => done(new Error('ENOSPC: no space left on device, write')) });
    return pipeline(archive, disk);
  };
  await t.throwsAsync(exportJob(jobs.context, job, { about: {}, receive: full }), {
    message: 'ENOSPC: no space left on device, write',
  });
  // Whatever is written to it, there is no room.
  await t.throwsAsync(saveCapsule(Readable.from(['x']), '/dev/full'), { instanceOf: UsageError });
});

const broken: readonly (readonly [title: string, make: (file: string) => Promise<void> | void, seen: RegExp])[] = [
  ['that is not there', () => {}, /: there is no such file$/],
  ['that is no archive', async (file) => writeFile(file, 'hello'), /: incorrect header check$/],
  [
    'without a spec',
    (file) => void execFileSync('tar', ['-czf', file, '-C', '/etc', 'hostname']),
    /: it has no spec\.json$/,
  ],
];

for (const [title, script] of [
  ['whose spec is a link', 'ln -s /etc/hostname spec.json'],
  ['whose spec lies elsewhere', 'mkdir a && echo "{}" >a/spec.json && echo "--transform=s,^x/a/,x/../," >args'],
  ['with another spec', 'echo \'{"schemaVersion":2}\' >spec.json'],
] as const) {
  test(`a capsule ${title} is none, and nothing is written outside`, async (t) => {
    const file = newFile();
    const all = await mkdtemp(path.join(folder, 'make-'));
    execFileSync(
      'sh',
      ['-c', `mkdir x && cd x && : >args && ${script} && cd .. && tar -czPf "$1" $(cat x/args) x`, 'make', file],
      {
        cwd: all,
      },
    );
    await withCapsuleFolder(async (target) => {
      const inner = path.join(target, 'inner');
      await mkdir(inner);
      const error = await t.throwsAsync(readCapsuleFile(file, { folder: inner, signal }), { instanceOf: UsageError });
      t.regex(
        error.message,
        /: (it has no spec\.json|its spec\.json is damaged, or of another version|.*traversal.*)$/,
      );
      t.deepEqual(await readdir(target), ['inner']);
    });
  });
}

test('a small file that much comes out of fills no disk', async (t) => {
  await using jobs = await LocalJobs.open();
  const file = await save(jobs, await run(jobs, await jobs.plan('head -c 1000000 /dev/zero')));
  await t.throwsAsync(
    withCapsuleFolder(async (target) =>
      unpackCapsule(createReadStream(file), { folder: target, source: file, signal, maxBytes: 100_000 }),
    ),
    { instanceOf: UsageError, message: `Cannot read the capsule ${file}: more than 100 kB come out of it` },
  );
});

for (const [title, make, seen] of broken) {
  test(`a file ${title} is no capsule`, async (t) => {
    const file = newFile();
    await make(file);
    const error = await t.throwsAsync(
      withCapsuleFolder(async (target) => readCapsuleFile(file, { folder: target, signal })),
      { instanceOf: UsageError },
    );
    t.true(error.message.startsWith(`Cannot read the capsule ${file}: `));
    t.regex(error.message, seen);
    t.is(error.hint, 'spark-swarm job export JOB makes one');
  });
}

test('a capsule that is cut off is none', async (t) => {
  await using jobs = await LocalJobs.open();
  const file = await save(jobs, await run(jobs, await jobs.plan('head -c 100000 /dev/urandom')));
  await writeFile(file, (await readFile(file)).subarray(0, 50_000));
  await t.throwsAsync(
    withCapsuleFolder(async (target) => readCapsuleFile(file, { folder: target, signal })),
    { instanceOf: UsageError, message: `Cannot read the capsule ${file}: unexpected end of file` },
  );
});
