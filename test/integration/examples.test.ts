import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import test from 'ava';

import { listObjectsNamed } from '../helpers/docker-objects.ts';
import { theEngine, usePlainEngine } from '../helpers/lab-tests.ts';
import type { RunningCommand } from '../helpers/lab-command.ts';
import { waitFor } from '../helpers/wait-for.ts';

usePlainEngine();

/** Runs a recipe as its head says: by zx. */
const start = (recipe: string, ...words: readonly string[]): RunningCommand =>
  theEngine().start('node_modules/.bin/zx', [`examples/${recipe}`, ...words]);

const common = (): readonly string[] => ['--image', theEngine().image, '--data', theEngine().data];

const small = ['--workers', '1', '--worker-memory', '1280m'];

const nightly = (...words: readonly string[]): RunningCommand =>
  start('nightly-job.mjs', '--name', theEngine().cluster('night').name, ...small, ...common(), '--', ...words);

test.serial('nightly-job.mjs prints what the application prints, and leaves nothing', async (t) => {
  await writeFile(path.join(theEngine().data, 'words.txt'), 'to be or not to be\n');
  const { status, stdout, stderr } = await nightly('--example', 'wordcount', '/data/words.txt').ended;
  t.is(status, 0, stderr);
  t.deepEqual(stdout.trim().split('\n').toSorted(), ['be: 2', 'not: 1', 'or: 1', 'to: 2']);
  t.deepEqual(await listObjectsNamed(theEngine().manager, theEngine().name), []);
});

test.serial("nightly-job.mjs ends with the application's status, and its words come through as typed", async (t) => {
  const { status, stdout, stderr } = await nightly('test/jobs/echo.py', '7', '0010', '--name', 'a b').ended;
  t.is(status, 7, stderr);
  t.deepEqual((JSON.parse(stdout) as { readonly arguments: unknown }).arguments, ['0010', '--name', 'a b']);
  t.deepEqual(await listObjectsNamed(theEngine().manager, theEngine().name), []);
});

test.serial('Ctrl-C ends nightly-job.mjs with 130, and its cluster with it', async (t) => {
  const job = nightly('test/jobs/endless.py');
  await job.waitForOutput(/^working /m);
  job.kill('SIGINT');
  const { status, stderr } = await job.ended;
  t.is(status, 130, stderr);
  t.regex(stderr, /^error: Interrupted$/m);
  t.deepEqual(await listObjectsNamed(theEngine().manager, theEngine().name), []);
});

test.serial('nightly-job.mjs touches no cluster on which an application runs', async (t) => {
  const cluster = theEngine().cluster('night');
  const deployed = await cluster.deploy('--workers', '1');
  t.is(deployed.status, 0, deployed.stderr);
  const before = await cluster.processes();
  const other = cluster.startSubmit(['test/jobs/endless.py']);
  await other.waitForOutput(/^working /m);
  await cluster.statusWithMaster();
  const { status, stderr } = await nightly('--example', 'pi').ended;
  t.is(status, 5);
  t.regex(stderr, /^error: Nobody is there to be asked: Remove the cluster ".*"\? 1 running: endless$/m);
  t.deepEqual(await cluster.processes(), before);
  other.kill('SIGINT');
  await other.ended;
  await cluster.remove('--volumes');
});

test.serial('classroom.mjs prints where each cluster is, and takes them away again', async (t) => {
  const prefix = theEngine().cluster('class').name;
  const words = ['--prefix', prefix, '--students', '2', '--no-notebook', ...common()];
  // Their names end otherwise than those of which a later run would know that they are leftovers.
  t.teardown(async () => void (await start('classroom.mjs', ...words, '--remove').ended));
  const made = await start('classroom.mjs', ...words).ended;
  t.is(made.status, 0, made.stderr);
  t.regex(made.stdout, new RegExp(`^${prefix}-1 +http://127\\.0\\.0\\.1:[0-9]+ *\\n${prefix}-2 +http://127`));
  const removed = await start('classroom.mjs', ...words, '--remove').ended;
  t.is(removed.stdout, `${prefix}-1: removed\n${prefix}-2: removed\n`, removed.stderr);
  t.deepEqual(await listObjectsNamed(theEngine().manager, theEngine().name), []);
});

test.serial('scale-by-queue.mjs follows the number of waiting files, until there are none', async (t) => {
  const cluster = theEngine().cluster('queue');
  const deployed = await cluster.deploy('--workers', '1');
  t.is(deployed.status, 0, deployed.stderr);
  const queue = path.join(theEngine().data, 'inbox');
  await mkdir(queue);
  await Promise.all([1, 2, 3, 4, 5, 6, 7].map(async (file) => writeFile(path.join(queue, `${file}.json`), '')));
  const flags = ['--files-per-worker', '3', '--max', '2', '--every', '1'];
  const scaling = start('scale-by-queue.mjs', '--name', cluster.name, '--queue', queue, ...flags);
  await scaling.waitForOutput(/^7 waiting: 1 → 2 workers$/m);
  await waitFor('two workers', {
    read: async () => cluster.status(),
    until: ({ healthy, master }) => healthy && master?.aliveWorkers === 2,
    limitMs: 180_000,
  });
  for (const file of await readdir(queue)) await rm(path.join(queue, file));
  const { status, stdout, stderr } = await scaling.ended;
  t.is(status, 0, stderr);
  // It may look while they go.
  t.regex(stdout, /^[0-3] waiting: 2 → 1 workers$/m);
  t.regex(stdout, /^nothing is waiting: 1 workers stay$/m);
  t.is((await cluster.statusWithMaster()).master?.wantedWorkers, 1);
  await cluster.remove('--volumes');
});
