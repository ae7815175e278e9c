import test from 'ava';

import { ClusterSweep } from '../helpers/cluster-sweep.ts';
import { theCluster, useLab } from '../helpers/lab-tests.ts';
import { RESIZE, sweepPair } from './sweep-pair.ts';

useLab();

const SERVICE = 'sbin/spark-cluster-service';

test.serial('deploy and remove, interrupted at every changing call, converge when run again', async (t) => {
  t.timeout(7_200_000);
  const cluster = theCluster('sweep');
  await using sweep = await ClusterSweep.open(cluster);
  await sweepPair(t, sweep, [
    { title: 'deploy', file: SERVICE, words: ['deploy', ...cluster.deployArgs('--workers', '1')] },
    { title: 'remove', file: SERVICE, words: ['remove', '--name', 'sweep', '--yes', '--volumes'] },
  ]);
});

test.serial('growing and shrinking, interrupted at every changing call, converge when run again', async (t) => {
  t.timeout(7_200_000);
  const cluster = theCluster('sweep');
  t.is((await cluster.deploy('--workers', '1')).status, 0);
  // With an application there, a shrink also drains.
  const run = cluster.startSubmit(['test/jobs/endless.py'], { limitMs: 7_200_000 });
  await run.waitForOutput(/^working app-/m);
  {
    await using sweep = await ClusterSweep.open(cluster);
    await sweepPair(t, sweep, [
      { title: 'grow', file: RESIZE, words: ['--name', 'sweep', '--workers', '2'] },
      { title: 'shrink', file: RESIZE, words: ['--name', 'sweep', '--workers', '1'] },
    ]);
  }
  run.kill('SIGINT');
  t.is((await run.ended).status, 130);
});
