import { getEventListeners } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { text as readText } from 'node:stream/consumers';

import test from 'ava';

import {
  ConflictError,
  InterruptedError,
  NotFoundError,
  createCluster,
  listClusters,
  readNotebookUrl,
  readStatus,
  removeCluster,
  resizeCluster,
  submitApplication,
  type ClusterStatus,
  type CreateClusterOptions,
  type ProgressEvent,
} from '../../src/index.ts';
import { projectRoot } from '../helpers/cli.ts';
import { listObjectsNamed } from '../helpers/docker-objects.ts';
import { theEngine, usePlainEngine } from '../helpers/lab-tests.ts';
import { waitFor } from '../helpers/wait-for.ts';

usePlainEngine();

const jobs = path.join(projectRoot, 'test', 'jobs');

/** A cluster of this run, on this machine's engine: which platform it is on is found out. */
const on = (
  key: string,
): { readonly name: string; readonly processEnv: Readonly<Record<string, string | undefined>> } => {
  const engine = theEngine();
  return { name: engine.cluster(key).name, processEnv: { ...process.env, ...engine.env } };
};

/** Its status as soon as the master's page answers: on a busy machine it may be late for once. */
const readAnswering = async (key: string): Promise<ClusterStatus> =>
  waitFor(`the master of ${key} to answer`, {
    read: async () => readStatus(on(key)),
    until: ({ master }) => master !== null,
  });

/** As small as it can be. */
const small = (key: string): CreateClusterOptions => ({
  ...on(key),
  platform: 'containers',
  image: theEngine().image,
  workers: 1,
  workerMemory: '1280m',
  masterMemory: '1792m',
  ports: { master: 0, ui: 0 },
  data: theEngine().data,
  conf: { 'spark.ui.showConsoleProgress': false },
  env: { GREETING: 'good morning' },
});

const namesOf = (events: readonly ProgressEvent[]): readonly string[] =>
  events.flatMap((event) => ('id' in event && event.type !== 'step-progress' ? [`${event.type} ${event.id}`] : []));

/** A signal that is aborted when the call begins to wait for Spark. */
function abortWhileWaiting(): {
  readonly events: readonly ProgressEvent[];
  readonly signal: AbortSignal;
  readonly onEvent: (event: ProgressEvent) => void;
} {
  const controller = new AbortController();
  const events: ProgressEvent[] = [];
  const onEvent = (event: ProgressEvent): void => {
    events.push(event);
    if (event.type === 'step-started' && event.id === 'ready') controller.abort();
  };
  return { events, signal: controller.signal, onEvent };
}

test.serial('createCluster makes a cluster, says what it does, and returns when Spark is ready', async (t) => {
  const events: ProgressEvent[] = [];
  const created = await createCluster({ ...small('lib'), onEvent: (event) => events.push(event) });
  t.like(created, { name: on('lib').name, platform: 'containers' });
  t.regex(created.masterUrl ?? '', /^spark:\/\/127\.0\.0\.1:[0-9]+$/);
  t.deepEqual(
    created.endpoints.map(({ name }) => name),
    ['spark master', 'master web UI', 'data (here)', 'data (cluster)'],
  );
  t.true(created.changes.length > 0);
  t.deepEqual(namesOf(events), [
    'step-started deploy',
    'step-done deploy',
    'step-started ready',
    'step-done ready',
    'step-started endpoints',
    'step-done endpoints',
  ]);
});

test.serial('createCluster with nothing new to wish for does nothing', async (t) => {
  const { changes, masterUrl } = await createCluster(on('lib'));
  t.deepEqual(changes, []);
  t.truthy(masterUrl);
});

test.serial('readStatus gives what status -o json prints', async (t) => {
  const status = await readAnswering('lib');
  const { exitStatus, ...printed } = await theEngine().cluster('lib').statusWithMaster();
  t.is(exitStatus, 0);
  t.true(status.healthy);
  t.deepEqual(JSON.parse(JSON.stringify(status)), printed);
});

test.serial('listClusters finds it by the engine that the environment names', async (t) => {
  const listed = await listClusters({ processEnv: on('lib').processEnv });
  const found = listed.find(({ name }) => name === on('lib').name);
  t.like(found, { platform: 'containers', workers: 1, runningWorkers: 1, image: theEngine().image });
  t.regex(found?.masterUrl ?? '', /^spark:\/\//);
});

test.serial("submitApplication brings files of its folder, and gives the application's text and status", async (t) => {
  const argv = ['--files', 'notes.txt', path.join(jobs, 'echo.py'), '7', 'a b', '$(id)', 'ü'];
  const cwd = await mkdtemp(path.join(tmpdir(), 'spark-swarm-library-'));
  t.teardown(async () => rm(cwd, { recursive: true }));
  await writeFile(path.join(cwd, 'notes.txt'), 'ü\n');
  const { exitStatus, stdout } = await submitApplication({ ...on('lib'), cwd, argv });
  t.is(exitStatus, 7);
  const said = JSON.parse(stdout) as { readonly arguments: readonly string[]; readonly brought: object };
  t.deepEqual(said.arguments, ['a b', '$(id)', 'ü']);
  t.deepEqual(said.brought, { 'notes.txt': 'ü\n' });
});

test.serial('submitApplication writes to a stream as it comes, and an abort cancels it on the cluster', async (t) => {
  const controller = new AbortController();
  const stdout = new PassThrough();
  const cluster = on('lib');
  const running = submitApplication({ ...cluster, cwd: jobs, argv: ['endless.py'], stdout, signal: controller.signal });
  const told = readText(stdout);
  // Looked at below; until then a failure of something else comes first.
  running.catch(() => {});
  await waitFor('the application to run', {
    read: async () => (await readStatus(cluster)).master?.applications ?? [],
    until: (applications) => applications.some(({ cores }) => cores > 0),
    show: (applications) => applications,
    limitMs: 180_000,
  });
  const remove = await t.throwsAsync(removeCluster(cluster), { instanceOf: ConflictError });
  t.regex(remove.message, /^Nobody is there to be asked: Remove the cluster ".*"\? 1 running: /);
  await t.throwsAsync(createCluster({ ...cluster, env: { GREETING: 'good night' }, confirm: () => false }), {
    instanceOf: ConflictError,
    message: /^The answer was no: Replace the containers of the cluster /,
  });
  controller.abort();
  await t.throwsAsync(running, { instanceOf: InterruptedError, message: 'Interrupted' });
  t.is(getEventListeners(controller.signal, 'abort').length, 0);
  t.deepEqual((await readAnswering('lib')).master?.applications, []);
  t.is(stdout.writableEnded, false);
  stdout.end();
  await told;
});

test.serial('resizeCluster grows; one that was aborted goes on with the same call', async (t) => {
  const { events, signal, onEvent } = abortWhileWaiting();
  const aborted = resizeCluster({ ...on('lib'), workers: 2, signal, onEvent });
  await t.throwsAsync(aborted, { instanceOf: InterruptedError, message: 'Interrupted' });
  t.is(getEventListeners(signal, 'abort').length, 0);
  // What was begun is told to its end.
  const names = namesOf(events);
  for (const name of names.filter((each) => each.startsWith('step-started '))) {
    const id = name.replace('step-started ', '');
    t.true(
      names.some((each) => new RegExp(`^step-(done|skipped|failed) ${id}$`).test(each)),
      names.join(),
    );
  }
  const { workers } = await resizeCluster({ ...on('lib'), workers: 2 });
  t.is(workers, 2);
  t.is((await readAnswering('lib')).master?.aliveWorkers, 2);
  const { changes } = await resizeCluster({ ...on('lib'), workers: 1 });
  t.is(changes.at(-1), 'change the number of workers from 2 to 1');
});

test.serial('what is not there is not found', async (t) => {
  const { name } = on('none');
  await t.throwsAsync(readStatus(on('none')), {
    instanceOf: NotFoundError,
    message: `No cluster named "${name}"`,
  });
  await t.throwsAsync(readNotebookUrl(on('lib')), {
    instanceOf: NotFoundError,
    message: `The cluster "${on('lib').name}" has no notebook`,
  });
});

test.serial('a createCluster that was aborted goes on with the same call, and waits for nobody', async (t) => {
  const { signal, onEvent } = abortWhileWaiting();
  await t.throwsAsync(createCluster({ ...small('cut'), signal, onEvent }), { instanceOf: InterruptedError });
  const events: ProgressEvent[] = [];
  await createCluster({ ...small('cut'), onEvent: (event) => events.push(event) });
  t.false(events.some((event) => event.type === 'note' && event.message.startsWith('waiting for')));
  t.true((await readAnswering('cut')).healthy);
});

test.serial('removeCluster leaves nothing of it; when there is none it does nothing', async (t) => {
  for (const key of ['lib', 'cut']) {
    const { name, removed } = await removeCluster({ ...on(key), volumes: true });
    t.is(name, on(key).name);
    t.true(removed.length > 0);
  }
  t.deepEqual(await listObjectsNamed(theEngine().manager, theEngine().name), []);
  t.deepEqual((await removeCluster(on('lib'))).removed, []);
});
