import type { Behaviour } from './behaviour.ts';

/** The cluster "twice", of one worker, comes and goes more than once. */
export const AGAIN: readonly Behaviour[] = [
  {
    title: 'two deploys at once end in one cluster, both well; a port that is not published has no line',
    run: async (t, stand) => {
      const cluster = stand.cluster('twice');
      const flags = ['--workers', '1', '--port', 'ui=none'];
      const outcomes = await Promise.all([cluster.deploy(...flags), cluster.deploy(...flags)]);
      t.deepEqual(
        outcomes.map(({ status }) => status),
        [0, 0],
        outcomes.map(({ stderr }) => stderr).join('\n---\n'),
      );
      t.is(outcomes[0]?.stdout, outcomes[1]?.stdout);
      t.deepEqual(
        outcomes[0]?.stdout.split('\n').map((line) => line.replace(/ {2,}.*$/, '')),
        ['spark master', 'data (here)', 'data (cluster)', ''],
      );
      const said = new RegExp(`waiting for another command on the cluster "${cluster.name}": deploy by process`);
      t.true(outcomes.some(({ stderr }) => said.test(stderr)));
      t.is((await cluster.memberIds()).length, 2);
      t.true((await cluster.statusWithMaster()).healthy);
    },
  },
  {
    title: 'remove and deploy again works at once, two times in a row',
    run: async (t, stand) => {
      const cluster = stand.cluster('twice');
      for (const round of [1, 2]) {
        const removal = await cluster.remove();
        t.is(removal.status, 0, `round ${round}: ${removal.stderr}`);
        const { status, stderr } = await cluster.deploy('--workers', '1');
        t.is(status, 0, `round ${round}: ${stderr}`);
      }
      t.true((await cluster.statusWithMaster()).healthy);
      t.is((await cluster.remove('--volumes')).status, 0);
    },
  },
];
