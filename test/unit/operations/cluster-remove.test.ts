import test from 'ava';

import { ConflictError, NotFoundError, UnreachableError, WaitTimeoutError } from '../../../src/errors.ts';
import { parseHosts } from '../../../src/machines/parse-hosts.ts';
import {
  formatRemovedHosts,
  planRemoveHosts,
  removeHosts,
  type RemovedHosts,
  type RemoveHostsOptions,
} from '../../../src/operations/cluster-remove.ts';
import { application, cluster, clusterHost, container } from '../../helpers/builders.ts';
import { FakeCluster } from '../../helpers/fake-cluster.ts';
import { FakeHostPool } from '../../helpers/fake-host-pool.ts';

interface Stage {
  readonly fake: FakeCluster;
  readonly pool: FakeHostPool;
}

/** A manager without workers, and two hosts with so many. */
function stage(first = 2, second = 1): Stage {
  const fake = new FakeCluster(first + second);
  for (let number = 1; number <= first + second; number++) {
    const node = number <= first ? 'h2' : 'h3';
    fake.setContainer(`worker-${number}`, { node, nodeId: `id-${node}` });
  }
  fake.setContainer('master', { node: 'h1', nodeId: 'id-h1' });
  const hosts = [clusterHost('h1', { role: 'manager' }), clusterHost('h2'), clusterHost('h3')];
  return { fake, pool: new FakeHostPool(hosts, fake.calls) };
}

const remove = async (
  { fake, pool }: Stage,
  hosts: string,
  changes: Partial<RemoveHostsOptions> = {},
): Promise<RemovedHosts> =>
  removeHosts(fake.context, pool, {
    name: 'spark',
    hosts: parseHosts(hosts, 'HOST'),
    timeoutMs: 5000,
    wait: true,
    force: false,
    ...changes,
  });

/** Another cluster that has a worker on this node. */
const withNeighbour = ({ fake }: Stage, nodeId: string): void => {
  const own = fake.cluster!;
  const other = cluster({ name: 'other', containers: [container('worker-1', { nodeId })] });
  fake.listClusters = async () => [fake.cluster ?? own, other];
};

test('exactly the workers of the host go, whatever they do, and then the host', async (t) => {
  const at = stage();
  at.fake.spark = { ...at.fake.spark!, applications: [application('job')] };
  at.fake.setWorker('worker-1', { coresUsed: 1 });
  at.fake.setWorker('worker-2', { coresUsed: 1 });
  t.deepEqual(await remove(at, 'h2'), { name: 'spark', removed: ['h2'], workers: 1 });
  t.deepEqual(at.fake.calls, [
    'lock spark for remove',
    'pause h2',
    'kill -SIGPWR worker-1',
    'kill -SIGPWR worker-2',
    'stop worker-1 worker-2',
    'set 1 workers',
    'leave h2',
    'unlock spark',
  ]);
});

test('a master that is silent for three looks stops nothing, whenever that is', async (t) => {
  for (const question of [1, 2]) {
    const at = stage();
    at.fake.spark = { ...at.fake.spark!, applications: [application('job')] };
    at.fake.setWorker('worker-3', { coresUsed: 1 });
    for (const look of [0, 1, 2]) at.fake.busyAt.add(question + look);
    const error = await t.throwsAsync(remove(at, 'h3'), { instanceOf: UnreachableError });
    t.is(error.message, 'Cannot ask Spark to drain worker-3: the master of the cluster "spark" does not answer');
    t.deepEqual(at.fake.calls, ['lock spark for remove', 'pause h3', 'unlock spark']);
  }
});

test('a drain that runs out of time stops nothing, and the host stays', async (t) => {
  const at = stage();
  at.fake.spark = { ...at.fake.spark!, applications: [application('job')] };
  at.fake.setWorker('worker-3', { coresUsed: 1 });
  at.fake.keepsExecutors = true;
  await t.throwsAsync(remove(at, 'h3', { timeoutMs: 1 }), { instanceOf: WaitTimeoutError });
  t.deepEqual(at.fake.calls, ['lock spark for remove', 'pause h3', 'kill -SIGPWR worker-3', 'unlock spark']);
});

test('the last worker is started anew on another host', async (t) => {
  const at = stage(0, 1);
  at.fake.startsOn = { node: 'h2', nodeId: 'id-h2' };
  t.deepEqual(await remove(at, 'h3'), { name: 'spark', removed: ['h3'], workers: 1 });
  t.deepEqual(at.fake.calls, [
    'lock spark for remove',
    'pause h3',
    'set 1 workers',
    'restart worker-1',
    'leave h3',
    'unlock spark',
  ]);
});

test('a host without workers leaves, and the number stays: an interrupted run goes on', async (t) => {
  const at = stage(2, 0);
  t.deepEqual(await remove(at, 'h3'), { name: 'spark', removed: ['h3'], workers: 2 });
  t.deepEqual(at.fake.calls, ['lock spark for remove', 'pause h3', 'set 2 workers', 'leave h3', 'unlock spark']);
});

test('who is unknown, and who manages the swarm, is refused before anything is changed', async (t) => {
  const at = stage();
  const unknown = await t.throwsAsync(remove(at, 'h4'), { instanceOf: NotFoundError });
  t.is(unknown.message, "h4 isn't in spark");
  const manager = await t.throwsAsync(remove(at, 'h1,h2'), { instanceOf: ConflictError });
  t.is(manager.message, 'Cannot remove h1 from spark: it manages the swarm');
  t.is(manager.hint, 'spark-swarm cluster kill -n spark takes the whole cluster down');
  const nothing = await t.throwsAsync(remove(at, 'h2', { name: 'other' }), { instanceOf: NotFoundError });
  t.is(nothing.message, "other doesn't exist");
  at.pool.refusal = new ConflictError('h2 has no label of ours');
  await t.throwsAsync(remove(at, 'h2'), { message: 'h2 has no label of ours' });
  t.true(at.fake.calls.every((call) => call.includes('lock')));
});

test('a host on which another cluster works stays in the swarm', async (t) => {
  const at = stage();
  withNeighbour(at, 'id-h2');
  t.deepEqual(await remove(at, 'h2'), { name: 'spark', removed: ['h2'], workers: 1 });
  t.deepEqual(at.fake.calls, ['lock spark for remove', 'stop worker-1 worker-2', 'set 1 workers', 'unlock spark']);
  t.deepEqual(at.fake.said, ['note: h2 stays in the swarm: other clusters work there']);
  const gone = await t.throwsAsync(remove(at, 'h2'), { instanceOf: NotFoundError });
  t.is(gone.message, "h2 isn't in spark");
});

test('the last worker does not go from a host that stays', async (t) => {
  const at = stage(0, 1);
  withNeighbour(at, 'id-h3');
  const error = await t.throwsAsync(remove(at, 'h3'), { instanceOf: ConflictError });
  t.is(error.message, 'Cannot remove h3 from spark: its last worker is there, and other clusters keep the host');
});

test('a plan says which workers go, and who leaves', async (t) => {
  const { fake, pool } = stage();
  const { changes } = await planRemoveHosts(fake.context, pool, { name: 'spark', hosts: parseHosts('h2', 'HOST') });
  t.deepEqual(changes, [
    'drain and stop worker-1 (idle)',
    'drain and stop worker-2 (idle)',
    'change the number of workers from 3 to 1',
    'h2 leaves the swarm',
  ]);
  t.deepEqual(fake.calls, []);
});

test('the result is one line', (t) => {
  t.is(
    formatRemovedHosts({ name: 'demo', removed: ['h3'], workers: 1 }),
    'Removed h3 from the cluster "demo": it has 1 worker\n',
  );
});
