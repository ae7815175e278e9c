import test from 'ava';

import { listRunningApplications, removeCluster } from '../../../src/operations/remove.ts';
import { application, clusterService } from '../../helpers/builders.ts';
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

test('applications that a removal would end are those the master lists', async (t) => {
  const fake = new FakeCluster(2);
  t.deepEqual(await listRunningApplications(fake.context, 'spark'), []);
  fake.spark = { ...fake.spark!, applications: [application('job')] };
  t.deepEqual(
    (await listRunningApplications(fake.context, 'spark'))?.map(({ name }) => name),
    ['job'],
  );
});

test('no cluster or no master ends nobody; of a master that does not answer nobody knows', async (t) => {
  t.deepEqual(await listRunningApplications(new FakeCluster().context, 'spark'), []);
  const silent = new FakeCluster(2);
  silent.spark = undefined;
  t.is(await listRunningApplications(silent.context, 'spark'), undefined);
  const headless = new FakeCluster(2);
  headless.cluster = { ...headless.cluster!, services: [clusterService('worker')], containers: [] };
  t.deepEqual(await listRunningApplications(headless.context, 'spark'), []);
});
