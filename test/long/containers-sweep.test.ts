import test from 'ava';

import { ClusterSweep } from '../helpers/cluster-sweep.ts';
import { theEngine, usePlainEngine } from '../helpers/lab-tests.ts';
import { RESIZE, sweepPair } from './sweep-pair.ts';

usePlainEngine();

test.serial('start and remove, interrupted at every changing call, converge when run again', async (t) => {
  t.timeout(7_200_000);
  const cluster = theEngine().cluster('sweep');
  const [file, ...words] = cluster.launcher;
  await using sweep = await ClusterSweep.open(cluster);
  await sweepPair(t, sweep, [
    { title: 'start', file, words: [...words, ...cluster.deployArgs('--workers', '1')] },
    { title: 'remove', file: 'bin/spark-swarm', words: ['remove', '--name', cluster.name, '--yes', '--volumes'] },
  ]);
});

test.serial(
  'growing and shrinking containers, interrupted at every changing call, converge when run again',
  async (t) => {
    t.timeout(7_200_000);
    const cluster = theEngine().cluster('sweep');
    t.is((await cluster.deploy('--workers', '1')).status, 0);
    await using sweep = await ClusterSweep.open(cluster);
    await sweepPair(t, sweep, [
      { title: 'grow', file: RESIZE, words: ['--name', cluster.name, '--workers', '2'] },
      { title: 'shrink', file: RESIZE, words: ['--name', cluster.name, '--workers', '1'] },
    ]);
  },
);
