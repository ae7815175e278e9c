import test from 'ava';

import { theCluster } from '../../helpers/lab-tests.ts';

export function resizeTests(): void {
  test.serial('growing adds a worker, and leaves the others alone', async (t) => {
    const cluster = theCluster('spark');
    const before = await cluster.processes();
    const { status, stdout, stderr } = await cluster.resize(3);
    t.is(status, 0, stderr);
    t.is(stdout, 'The cluster "spark" has 3 workers\n');
    const after = await cluster.processes();
    t.deepEqual(
      after.filter(({ name }) => name !== 'worker-3'),
      before,
    );
    const { healthy, master } = await cluster.status();
    t.true(healthy);
    t.is(master?.aliveWorkers, 3);
  });

  test.serial('more workers than fit are refused with the sum, and nothing changes', async (t) => {
    const cluster = theCluster('spark');
    const before = await cluster.taskIds();
    const { status, stderr } = await cluster.resize(100);
    t.is(status, 2, stderr);
    t.regex(stderr, /^error: 100 workers /m);
    t.deepEqual(await cluster.taskIds(), before);
  });

  test.serial('shrinking under a job that keeps all workers busy: right result, nothing computed twice', async (t) => {
    const cluster = theCluster('spark');
    const run = cluster.startSubmit(['test/jobs/shuffle_cache.py', '20', '3']);
    await run.waitForOutput(/^busy app-/m);
    const before = await cluster.processes();
    const hurried = await cluster.resize(2, '--timeout', '1s');
    t.is(hurried.status, 3, hurried.stderr);
    t.regex(
      hurried.stderr,
      /^error: Gave up after 1.* waiting for the executors on worker-[0-9] to end; nothing was stopped$/m,
    );
    t.deepEqual(await cluster.processes(), before);
    const [, victim] = /the executors on (worker-[0-9]) to end/.exec(hurried.stderr) ?? [];

    const shrink = await cluster.resize(2);
    t.is(shrink.status, 0, shrink.stderr);
    const after = await cluster.processes();
    t.is(after.length, 3, 'the master and two workers');
    t.false(
      after.some(({ name }) => name === victim),
      'the one that was chosen first has gone',
    );
    for (const daemon of after)
      t.true(
        before.some((old) => JSON.stringify(old) === JSON.stringify(daemon)),
        `${daemon.name} is the process of before`,
      );

    const { status, stdout, stderr } = await run.ended;
    t.is(status, 0, stderr);
    t.regex(stdout, /^stages recomputed 0$/m);
    t.regex(stdout, /^records computed twice 0$/m);
    t.true((await cluster.status()).healthy);
  });

  test.serial('a resize to what is there does nothing', async (t) => {
    const cluster = theCluster('spark');
    const before = await cluster.processes();
    const { status, stdout } = await cluster.resize(2);
    t.is(status, 0);
    t.is(stdout, 'The cluster "spark" has 2 workers\n');
    t.deepEqual(await cluster.processes(), before);
  });
}
