import test from 'ava';

import { InvalidStateError, NotFoundError, UnreachableError, WaitTimeoutError } from '../../../src/errors.ts';
import { formatRebalancePlan, planRebalance, rebalanceCluster } from '../../../src/operations/rebalance.ts';
import { application, clusterNode } from '../../helpers/builders.ts';
import { FakeCluster } from '../../helpers/fake-cluster.ts';

const NODES = ['n1', 'n2', 'n3'].map((name) => clusterNode(name));

/** Three workers, two of them on the second node; the third node has come back empty. */
function crowdedCluster(): FakeCluster {
  const fake = new FakeCluster(3);
  fake.cluster = { ...fake.cluster!, nodes: NODES };
  const places = { 'worker-1': 'n1', 'worker-2': 'n2', 'worker-3': 'n2' };
  for (const [name, node] of Object.entries(places)) fake.setContainer(name, { node, nodeId: `id-${node}` });
  fake.startsOn = { node: 'n3', nodeId: 'id-n3' };
  return fake;
}

const rebalance = async (fake: FakeCluster, timeoutMs = 5000): Promise<Record<string, string>> =>
  Object.fromEntries(await rebalanceCluster(fake.context, { name: 'spark', timeoutMs }));

test('a worker of the fullest node is stopped, and started anew on the emptiest', async (t) => {
  const fake = crowdedCluster();
  t.deepEqual(formatRebalancePlan(await planRebalance(fake.context, 'spark')), [
    'drain worker-3 on n2 (idle) and start it anew, on n3',
  ]);
  t.deepEqual(await rebalance(fake), { 'worker-3': 'n3' });
  t.deepEqual(fake.calls, ['lock spark for rebalance', 'restart worker-3', 'unlock spark']);
  t.deepEqual(fake.stepTitles, ['Move worker-3 from n2 to n3']);
  t.deepEqual(fake.outcomes, { 'move-worker-3': 'it is on n3' });
});

test('under a job the idle worker is asked to go first, and nothing else is touched', async (t) => {
  const fake = crowdedCluster();
  fake.spark = { ...fake.spark!, applications: [application('job')] };
  fake.setWorker('worker-3', { coresUsed: 1 });
  await rebalance(fake);
  t.deepEqual(fake.calls, ['lock spark for rebalance', 'kill -SIGPWR worker-2', 'restart worker-2', 'unlock spark']);
});

test('a drain that runs out of time stops nothing', async (t) => {
  const fake = crowdedCluster();
  fake.spark = { ...fake.spark!, applications: [application('job')] };
  for (const name of ['worker-2', 'worker-3']) fake.setWorker(name, { coresUsed: 1 });
  fake.keepsExecutors = true;
  const error = await t.throwsAsync(rebalance(fake, 0), { instanceOf: WaitTimeoutError });
  t.is(error.message, 'Gave up after 0 ms waiting for the executors on worker-3 to end; nothing was stopped');
  t.is(error.hint, 'the same command goes on with the same workers');
  t.false(fake.calls.some((call) => call.startsWith('restart')));
});

test('a master that falls silent before the drain stops it', async (t) => {
  const fake = crowdedCluster();
  fake.spark = { ...fake.spark!, applications: [application('job')] };
  for (const question of [2, 3, 4]) fake.busyAt.add(question);
  const error = await t.throwsAsync(rebalance(fake), { instanceOf: UnreachableError });
  t.is(error.message, 'Cannot ask Spark to drain worker-3: the master of the cluster "spark" does not answer');
  t.is(error.hint, 'run the same command again when it does');
  t.deepEqual(fake.calls, ['lock spark for rebalance', 'unlock spark']);
});

test('a worker that the swarm puts back is said', async (t) => {
  const fake = crowdedCluster();
  fake.startsOn = { node: 'n2', nodeId: 'id-n2' };
  t.deepEqual(await rebalance(fake), { 'worker-3': 'n2' });
  t.deepEqual(fake.said, [
    'warning: worker-3 came back on n2: the swarm did not place it on n3 (docker node inspect n3 shows what is reserved there)',
  ]);
});

test('workers that are spread evenly are left alone', async (t) => {
  const fake = crowdedCluster();
  fake.setContainer('worker-3', { node: 'n3', nodeId: 'id-n3' });
  t.deepEqual(await rebalance(fake), {});
  t.deepEqual(fake.calls, ['lock spark for rebalance', 'unlock spark']);
});

test('there is nothing to spread on one engine, and nothing of a cluster that is not there', async (t) => {
  const fake = crowdedCluster();
  fake.capabilities = { hasNodes: false, bindsAddresses: true };
  const single = await t.throwsAsync(planRebalance(fake.context, 'spark'), { instanceOf: InvalidStateError });
  t.is(single.message, 'Cannot spread the workers of the cluster "spark": it is in containers of one engine');
  const missing = await t.throwsAsync(planRebalance(fake.context, 'other'), { instanceOf: NotFoundError });
  t.is(missing.message, 'No cluster named "other"');
});
