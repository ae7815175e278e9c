import test from 'ava';

import { theCluster, theLab } from '../../helpers/lab-tests.ts';

/** Driver and executors must see one /data for the features job; a lab's nodes have one each. */
const ONE_NODE = ['--workers', '1', '--constraint', 'node.role==manager'];

export function againTests(): void {
  test.serial('two deploys at once end in one cluster, both well', async (t) => {
    const cluster = theCluster('twice');
    const outcomes = await Promise.all([cluster.deploy(...ONE_NODE), cluster.deploy(...ONE_NODE)]);
    t.deepEqual(
      outcomes.map(({ status }) => status),
      [0, 0],
      outcomes.map(({ stderr }) => stderr).join('\n---\n'),
    );
    t.is(outcomes[0]?.stdout, outcomes[1]?.stdout);
    t.true(
      outcomes.some(({ stderr }) =>
        /waiting for another command on the cluster "twice": deploy by process/.test(stderr),
      ),
    );
    t.is((await cluster.taskIds()).length, 2);
    t.true((await cluster.status()).healthy);
  });

  test.serial('pandas UDFs, parquet, SQL and MLlib work', async (t) => {
    const { status, stdout, stderr } = await theCluster('twice').submit(['test/jobs/features.py']);
    t.is(status, 0, stderr);
    t.regex(stdout, /^features ok [0-9]+ checks: spark /m);
  });

  test.serial('remove and deploy again works at once, two times in a row', async (t) => {
    const cluster = theCluster('twice');
    const name = ['--name', 'twice'];
    for (const round of [1, 2]) {
      const removal = await cluster.service('remove', '--yes', ...name);
      t.is(removal.status, 0, `round ${round}: ${removal.stderr}`);
      const { status, stderr } = await cluster.deploy(...ONE_NODE);
      t.is(status, 0, `round ${round}: ${stderr}`);
    }
    t.true((await cluster.status()).healthy);
    t.is((await theLab().run('bin/spark-swarm', ['remove', '--yes', '--volumes', ...name])).status, 0);
  });
}
