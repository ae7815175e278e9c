import test from 'ava';

import { InterruptedError, NotFoundError, UnreachableError, WaitTimeoutError } from '../../../src/errors.ts';
import { formatResizePlan, planResize, resizeCluster, type ResizeOptions } from '../../../src/operations/resize.ts';
import { application } from '../../helpers/builders.ts';
import { FakeCluster } from '../../helpers/fake-cluster.ts';

const resize = (fake: FakeCluster, workers: number, changes: Partial<ResizeOptions> = {}): Promise<void> =>
  resizeCluster(fake.context, { name: 'spark', workers, timeoutMs: 5000, wait: true, force: false, ...changes });

/** Three workers: the first and the third work for an application, the second is idle. */
function busyCluster(): FakeCluster {
  const fake = new FakeCluster(3);
  fake.spark = { ...fake.spark!, applications: [application('job')] };
  fake.setWorker('worker-1', { coresUsed: 1 });
  fake.setWorker('worker-3', { coresUsed: 1 });
  return fake;
}

const names = (fake: FakeCluster): readonly string[] =>
  fake.cluster?.containers.filter(({ isRunning }) => isRunning).map(({ displayName }) => displayName) ?? [];

test('growing sets the number and waits until Spark has them all', async (t) => {
  const fake = new FakeCluster(2);
  await resize(fake, 4);
  t.deepEqual(fake.calls, ['lock spark for resize', 'set 4 workers', 'unlock spark']);
  t.deepEqual(fake.stepTitles, ['Change the number of workers from 2 to 4', 'Wait until Spark is ready']);
  t.deepEqual(fake.outcomes, { scale: 'done', ready: '4 workers ALIVE' });
});

test('the number that is there already is nothing to do', async (t) => {
  const fake = new FakeCluster(2);
  await resize(fake, 2);
  t.deepEqual(fake.calls, ['lock spark for resize', 'set 2 workers', 'unlock spark']);
  t.deepEqual(fake.outcomes, { scale: 'skipped: it is as asked', ready: '2 workers ALIVE' });
});

test('shrinking an idle cluster stops exactly the victims, and lowers the number only then', async (t) => {
  const fake = new FakeCluster(4);
  await resize(fake, 2);
  t.deepEqual(fake.calls, ['lock spark for resize', 'stop worker-4 worker-3', 'set 2 workers', 'unlock spark']);
  t.deepEqual(fake.outcomes, {
    drain: 'no application is running',
    stop: 'done',
    scale: 'done',
    ready: '2 workers ALIVE',
  });
});

test('shrinking under a job takes the idle worker, whatever its number', async (t) => {
  const fake = busyCluster();
  await resize(fake, 2);
  t.deepEqual(fake.calls, [
    'lock spark for resize',
    'kill -SIGPWR worker-2',
    'stop worker-2',
    'set 2 workers',
    'unlock spark',
  ]);
  t.deepEqual(names(fake), ['master', 'worker-1', 'worker-3']);
});

test('busy victims are all drained before the first is stopped', async (t) => {
  const fake = busyCluster();
  await resize(fake, 1);
  t.deepEqual(fake.calls, [
    'lock spark for resize',
    'kill -SIGPWR worker-2',
    'kill -SIGPWR worker-3',
    'stop worker-2 worker-3',
    'set 1 workers',
    'unlock spark',
  ]);
  t.is(fake.outcomes['drain'], 'worker-2, worker-3 drained');
});

test('a drain that runs out of time has stopped nothing, and ends with 3', async (t) => {
  const fake = busyCluster();
  fake.keepsExecutors = true;
  const error = await t.throwsAsync(resize(fake, 2, { timeoutMs: 1 }), { instanceOf: WaitTimeoutError });
  t.is(error.message, 'Gave up after 1 ms waiting for the executors on worker-2 to end; nothing was stopped');
  t.is(error.hint, 'the same command goes on with the same workers; --force stops them without waiting');
  t.is(error.exitCode, 3);
  t.deepEqual(fake.calls, ['lock spark for resize', 'kill -SIGPWR worker-2', 'unlock spark']);
  t.deepEqual(names(fake), ['master', 'worker-1', 'worker-2', 'worker-3']);
});

test('the next run goes on with the victim of an unfinished one, and does not signal it again', async (t) => {
  const fake = busyCluster();
  fake.setWorker('worker-1', { state: 'DECOMMISSIONED', coresUsed: 1 }, 0);
  await resize(fake, 2);
  t.deepEqual(fake.calls, ['lock spark for resize', 'stop worker-1', 'set 2 workers', 'unlock spark']);
  t.is(fake.outcomes['drain'], 'worker-1 drained');
});

test('a worker that died in the meantime needs no draining', async (t) => {
  const fake = busyCluster();
  fake.setWorker('worker-2', { state: 'DECOMMISSIONED' }, 3);
  const plan = resize(fake, 2);
  fake.setWorker('worker-2', { state: 'DEAD' });
  await plan;
  t.true(fake.calls.includes('stop worker-2'));
});

test('a victim that does not run is neither signalled nor stopped', async (t) => {
  const fake = busyCluster();
  fake.setContainer('worker-2', { isRunning: false, state: 'pending', containerId: undefined });
  fake.setWorker('worker-2', { state: 'DEAD' });
  await resize(fake, 2);
  t.deepEqual(fake.calls, ['lock spark for resize', 'stop ', 'set 2 workers', 'unlock spark']);
});

test('--force stops without asking Spark', async (t) => {
  const fake = busyCluster();
  await resize(fake, 1, { force: true });
  t.deepEqual(fake.calls, ['lock spark for resize', 'stop worker-2 worker-3', 'set 1 workers', 'unlock spark']);
  t.is(fake.outcomes['drain'], 'skipped: --force');
});

test('workers that an unfinished shrink left decommissioned are started anew when they stay', async (t) => {
  const fake = new FakeCluster(3);
  fake.setWorker('worker-2', { state: 'DECOMMISSIONED' });
  await resize(fake, 3);
  t.deepEqual(fake.calls, ['lock spark for resize', 'set 3 workers', 'restart worker-2', 'unlock spark']);
  t.deepEqual(names(fake), ['master', 'worker-1', 'worker-3', 'worker-2']);
});

test('a decommissioned worker that is coming up again by itself is left alone', async (t) => {
  const fake = new FakeCluster(3);
  fake.setWorker('worker-2', { state: 'DECOMMISSIONED' });
  fake.setContainer('worker-2', { isRunning: false, state: 'ready', containerId: undefined });
  t.deepEqual((await planResize(fake.context, 'spark', 3)).restarts, []);
});

test('a master that runs and does not answer stops a shrink: nobody knows what the workers do', async (t) => {
  const fake = new FakeCluster(3);
  fake.spark = undefined;
  fake.read = async () => ({ status: 1, stdout: '', stderr: '' });
  const error = await t.throwsAsync(resize(fake, 2), { instanceOf: UnreachableError });
  t.is(error.message, 'Cannot ask Spark to drain worker-3: the master of the cluster "spark" does not answer');
  t.is(error.hint, 'run the same command again when it does; --force stops them without asking');
  t.deepEqual(
    fake.calls.filter((call) => !call.startsWith('read')),
    ['lock spark for resize', 'unlock spark'],
  );
});

test('a master that falls silent between the plan and the drain stops a shrink too', async (t) => {
  const fake = busyCluster();
  for (const question of [2, 3, 4]) fake.busyAt.add(question);
  const error = await t.throwsAsync(resize(fake, 2), { instanceOf: UnreachableError });
  t.is(error.message, 'Cannot ask Spark to drain worker-2: the master of the cluster "spark" does not answer');
  t.is(error.hint, 'run the same command again when it does; --force stops them without asking');
  t.deepEqual(fake.calls, ['lock spark for resize', 'unlock spark']);
});

test('a master that is late once, at the plan or at the drain, is asked again', async (t) => {
  for (const question of [1, 2]) {
    const fake = busyCluster();
    fake.busyAt.add(question);
    await resize(fake, 2);
    t.true(fake.calls.includes('kill -SIGPWR worker-2'), fake.calls.join('\n'));
  }
});

test('a master that does not run cannot be asked, and stops no shrink', async (t) => {
  const fake = new FakeCluster(3);
  fake.setContainer('master', { isRunning: false, state: 'failed' });
  await resize(fake, 2, { wait: false });
  t.deepEqual(fake.calls, ['lock spark for resize', 'stop worker-3', 'set 2 workers', 'unlock spark']);
  t.is(fake.outcomes['drain'], 'the master does not run: there is nobody to ask');
});

test('a command without --force does not name it', async (t) => {
  const fake = busyCluster();
  fake.keepsExecutors = true;
  const error = await t.throwsAsync(resize(fake, 2, { timeoutMs: 1, force: undefined }), {
    instanceOf: WaitTimeoutError,
  });
  t.is(error.hint, 'the same command goes on with the same workers');
});

test('a master that came up after the plan is asked all the same', async (t) => {
  const fake = busyCluster();
  const up = fake.cluster!;
  fake.setContainer('master', { isRunning: false, state: 'failed' });
  const down = fake.cluster;
  let reads = 0;
  fake.readCluster = async () => (reads++ === 0 ? down : fake.cluster);
  fake.cluster = up;
  await resize(fake, 2);
  t.deepEqual(fake.calls.slice(0, 3), ['lock spark for resize', 'kill -SIGPWR worker-3', 'stop worker-3']);
  t.is(fake.outcomes['drain'], 'worker-3 drained');
});

test('--no-wait does not wait for Spark', async (t) => {
  const fake = new FakeCluster(2);
  await resize(fake, 3, { wait: false });
  t.deepEqual(fake.outcomes, { scale: 'done' });
});

test('Ctrl-C during a drain stops nothing and gives the lock back', async (t) => {
  const fake = busyCluster();
  fake.keepsExecutors = true;
  const running = resize(fake, 2);
  fake.controller.abort(new InterruptedError('Interrupted'));
  await t.throwsAsync(running);
  t.false(fake.calls.some((call) => call.startsWith('stop')));
  t.is(fake.calls.at(-1), 'unlock spark');
});

test('a cluster that is not there cannot be resized', async (t) => {
  const error = await t.throwsAsync(resize(new FakeCluster(), 2), { instanceOf: NotFoundError });
  t.is(error.message, 'No cluster named "spark"');
  t.is(error.hint, 'spark-swarm list shows them all');
});

test('a plan says who goes, and what each of them does', async (t) => {
  const fake = busyCluster();
  fake.setWorker('worker-2', { state: 'DECOMMISSIONED' });
  const down = await planResize(fake.context, 'spark', 1);
  t.deepEqual(formatResizePlan(down), [
    'drain and stop worker-2 (already decommissioned)',
    'drain and stop worker-3 (1 of 1 cores in use)',
    'change the number of workers from 3 to 1',
  ]);
  t.deepEqual(formatResizePlan(await planResize(fake.context, 'spark', 4)), [
    'drain and restart worker-2 (decommissioned, takes no new work)',
    'change the number of workers from 3 to 4',
  ]);
  t.deepEqual(fake.calls, []);
});

test('a plan names idle workers and those that have not registered', async (t) => {
  const fake = new FakeCluster(3);
  fake.spark = { ...fake.spark!, workers: fake.spark!.workers.slice(0, 2) };
  t.deepEqual(formatResizePlan(await planResize(fake.context, 'spark', 1)), [
    'drain and stop worker-3 (not registered with the master)',
    'drain and stop worker-2 (idle)',
    'change the number of workers from 3 to 1',
  ]);
  t.deepEqual(formatResizePlan(await planResize(new FakeCluster(2).context, 'spark', 2)), []);
});
