import test from 'ava';

import { removeCluster } from '../../../src/operations/remove.ts';
import { FakeCluster } from '../../helpers/fake-cluster.ts';

const OPTIONS = { name: 'spark', volumes: false, timeoutMs: 1000 };

test('a removal holds the lock, and says what went and what stayed', async (t) => {
  const fake = new FakeCluster(2);
  fake.removeResult = {
    removed: ['service spark_master', 'network spark_spark'],
    keptVolumes: ['v'],
    remaining: [],
    leftovers: [],
  };
  t.deepEqual(await removeCluster(fake.context, OPTIONS), fake.removeResult);
  t.deepEqual(fake.calls, ['lock spark for remove', 'remove spark', 'unlock spark']);
  t.deepEqual(fake.stepTitles, ['Remove the cluster "spark"']);
  t.is(fake.outcomes['remove'], '2 objects');
});

test('nothing to remove is no error', async (t) => {
  const fake = new FakeCluster();
  t.deepEqual((await removeCluster(fake.context, OPTIONS)).removed, []);
  t.is(fake.outcomes['remove'], 'nothing to remove');
});
