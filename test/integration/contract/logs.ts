import type { Behaviour } from './behaviour.ts';

/** What the daemons of the cluster "spark" printed. */
export const LOGS: readonly Behaviour[] = [
  {
    title: "logs come from the master and from a worker, as many lines as asked for, under the daemons' names",
    run: async (t, stand) => {
      const cluster = stand.cluster('spark');
      const all = await cluster.command('logs', 'master');
      t.is(all.status, 0, all.stderr);
      t.regex(all.stdout, /INFO Master: I have been elected leader/);
      const { status, stdout, stderr } = await cluster.command('logs', 'worker-1', '--tail', '3');
      t.is(status, 0, stderr);
      t.is(stdout.split('\n').length, 4, stdout);
      const both = await cluster.command('logs', '--tail', '1');
      t.regex(both.stdout, /^master {3}\| /m);
      t.regex(both.stdout, /^worker-2 \| /m);
    },
  },
  {
    title: 'a daemon that is not there is said, with those that are',
    run: async (t, stand) => {
      const cluster = stand.cluster('spark');
      const { status, stderr } = await cluster.command('logs', 'worker-9');
      t.is(status, 1);
      t.true(
        stderr.includes(
          `error: No logs of worker-9 in the cluster "${cluster.name}"\nhint: there are: master, worker-1, worker-2\n`,
        ),
        stderr,
      );
    },
  },
  {
    title: 'logs -f shows new lines until Ctrl-C, which is how it ends well',
    run: async (t, stand) => {
      const cluster = stand.cluster('spark');
      const words = ['logs', 'master', '-f', '--tail', '1', '--name', cluster.name];
      const follow = cluster.place.start('bin/spark-swarm', words);
      await follow.waitForOutput(/./);
      const run = cluster.startSubmit(['test/jobs/endless.py']);
      await follow.waitForOutput(/INFO Master: Registered app endless/);
      run.kill('SIGINT');
      t.is((await run.ended).status, 130);
      follow.kill('SIGINT');
      const { status, stderr } = await follow.ended;
      t.is(status, 0, stderr);
    },
  },
];
