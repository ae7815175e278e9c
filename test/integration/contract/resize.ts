import { endsRight, keepBusy } from '../../helpers/shuffle-cache.ts';
import type { Behaviour } from './behaviour.ts';

/** The cluster "spark" of two workers grows to three and shrinks again, under jobs that keep all workers busy. */
export const RESIZE: readonly Behaviour[] = [
  {
    title: 'growing under a job adds a worker, and leaves the others and the job alone',
    run: async (t, stand) => {
      const cluster = stand.cluster('spark');
      const run = await keepBusy(t, cluster, 2);
      const before = await cluster.processes();
      const { status, stdout, stderr } = await cluster.resize(3);
      t.is(status, 0, stderr);
      t.is(stdout, `The cluster "${cluster.name}" has 3 workers\n`);
      const after = await cluster.processes();
      t.deepEqual(
        after.map(({ name }) => name),
        ['master', 'worker-1', 'worker-2', 'worker-3'],
      );
      t.deepEqual(
        after.filter(({ name }) => name !== 'worker-3'),
        before,
      );
      const { healthy, master } = await cluster.statusWithMaster();
      t.true(healthy);
      t.is(master?.aliveWorkers, 3);
      await endsRight(t, run);
    },
  },
  {
    title: 'more workers than fit are refused with the sum, and nothing changes',
    run: async (t, stand) => {
      const cluster = stand.cluster('spark');
      const before = await cluster.memberIds();
      const { status, stderr } = await cluster.resize(100);
      t.is(status, 2, stderr);
      t.regex(stderr, /^error: 100 workers /m);
      t.deepEqual(await cluster.memberIds(), before);
    },
  },
  {
    title: 'shrinking under a job that keeps all workers busy: right result, nothing computed twice',
    run: async (t, stand) => {
      const cluster = stand.cluster('spark');
      const run = await keepBusy(t, cluster, 3);
      const before = await cluster.processes();
      await cluster.statusWithMaster();
      const hurried = await cluster.resize(2, '--timeout', '1ms');
      t.is(hurried.status, 3, hurried.stderr);
      t.regex(
        hurried.stderr,
        /^error: Gave up after 1.* waiting for the executors on worker-[0-9] to end; nothing was stopped$/m,
      );
      t.deepEqual(await cluster.processes(), before);
      const [, victim] = /the executors on (worker-[0-9]) to end/.exec(hurried.stderr) ?? [];

      await cluster.statusWithMaster();
      const shrink = await cluster.resize(2);
      t.is(shrink.status, 0, shrink.stderr);
      t.is(shrink.stdout, `The cluster "${cluster.name}" has 2 workers\n`);
      // Same containers, same processes, and exactly the one that was chosen first has gone.
      t.deepEqual(
        await cluster.processes(),
        before.filter(({ name }) => name !== victim),
      );
      await endsRight(t, run);
      t.true((await cluster.statusWithMaster()).healthy);
    },
  },
  {
    title: 'a resize to what is there does nothing',
    run: async (t, stand) => {
      const cluster = stand.cluster('spark');
      const before = await cluster.processes();
      const { status, stdout } = await cluster.resize(2);
      t.is(status, 0);
      t.is(stdout, `The cluster "${cluster.name}" has 2 workers\n`);
      t.deepEqual(await cluster.processes(), before);
    },
  },
];
