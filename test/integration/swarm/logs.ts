import test from 'ava';

import { theCluster, theLab } from '../../helpers/lab-tests.ts';

export function logTests(): void {
  test.serial("logs come from the master's node and from a worker's, as many lines as asked for", async (t) => {
    const all = await theLab().run('bin/spark-swarm', ['logs', 'master', '--name', 'spark']);
    t.is(all.status, 0, all.stderr);
    t.regex(all.stdout, /INFO Master: I have been elected leader/);
    const { status, stdout, stderr } = await theLab().run('bin/spark-swarm', [
      'logs',
      'worker-1',
      '--tail',
      '3',
      '--name',
      'spark',
    ]);
    t.is(status, 0, stderr);
    t.is(stdout.split('\n').length, 4, stdout);
    const both = await theLab().run('bin/spark-swarm', ['logs', '--tail', '1', '--name', 'spark']);
    t.regex(both.stdout, /^master {3}\| /m);
    t.regex(both.stdout, /^worker-2 \| /m);
  });

  test.serial('a daemon that is not there is said, with those that are', async (t) => {
    const { status, stderr } = await theLab().run('bin/spark-swarm', ['logs', 'worker-9', '--name', 'spark']);
    t.is(status, 1);
    t.regex(
      stderr,
      /^error: No logs of worker-9 in the cluster "spark"\nhint: there are: master, worker-1, worker-2$/m,
    );
  });

  test.serial('logs -f shows new lines until Ctrl-C, which is how it ends well', async (t) => {
    const follow = theLab().start('bin/spark-swarm', ['logs', 'master', '-f', '--tail', '0', '--name', 'spark']);
    const run = theCluster('spark').startSubmit(['test/jobs/endless.py']);
    await follow.waitForOutput(/INFO Master: Registered app endless/);
    run.kill('SIGINT');
    t.is((await run.ended).status, 130);
    follow.kill('SIGINT');
    const { status, stderr } = await follow.ended;
    t.is(status, 0, stderr);
  });
}
