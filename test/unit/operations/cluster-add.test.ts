import test from 'ava';

import { ConflictError, InvalidStateError, NotFoundError, UsageError } from '../../../src/errors.ts';
import { parseHosts } from '../../../src/machines/parse-hosts.ts';
import {
  addHosts,
  describeAddHosts,
  formatAddedHosts,
  planAddHosts,
  type AddedHosts,
} from '../../../src/operations/cluster-add.ts';
import { clusterHost, clusterService, pending } from '../../helpers/builders.ts';
import { FakeCluster } from '../../helpers/fake-cluster.ts';
import { FakeHostPool } from '../../helpers/fake-host-pool.ts';

/** Two hosts with a worker each; what starts anew starts on the third, when that is there. */
function stage(): { readonly fake: FakeCluster; readonly pool: FakeHostPool } {
  const fake = new FakeCluster(2);
  for (const number of [1, 2]) fake.setContainer(`worker-${number}`, { node: `h${number}`, nodeId: `id-h${number}` });
  fake.startsOn = { node: 'h3', nodeId: 'id-h3' };
  const pool = new FakeHostPool([clusterHost('h1', { role: 'manager' }), clusterHost('h2')], fake.calls);
  return { fake, pool };
}

const add = async ({ fake, pool }: ReturnType<typeof stage>, hosts: string, name = 'spark'): Promise<AddedHosts> =>
  addHosts(fake.context, pool, { name, hosts: parseHosts(hosts, 'HOST'), timeoutMs: 5000, wait: true });

test('a host joins, gets the data, and then a worker', async (t) => {
  const at = stage();
  t.deepEqual(await add(at, 'h3'), { name: 'spark', added: ['h3'], workers: 3 });
  t.deepEqual(at.fake.calls, [
    'join h3',
    'lock spark for add',
    'data to h3',
    'release h3',
    'set 3 workers',
    'unlock spark',
  ]);
  t.deepEqual(at.fake.stepTitles, [
    'Bring the data to h3',
    'Change the number of workers from 2 to 3',
    'Wait until Spark is ready',
  ]);
  t.deepEqual(at.fake.said, []);
});

test('a host that has a worker is in the cluster already, and nothing is changed', async (t) => {
  const at = stage();
  const error = await t.throwsAsync(add(at, 'h3,h2'), { instanceOf: ConflictError });
  t.is(error.message, 'h2 already in spark');
  t.deepEqual(at.fake.calls, []);
});

test('adding twice: the second says that it is there', async (t) => {
  const at = stage();
  await add(at, 'root@h3');
  await t.throwsAsync(add(at, 'root@h3'), { instanceOf: ConflictError, message: 'root@h3 already in spark' });
});

test('an interrupted add goes on: a node without a worker gets one, a joining one is brought in, a worker without a node counts', async (t) => {
  const joined = stage();
  joined.pool.hosts = [...joined.pool.hosts, clusterHost('h3')];
  await add(joined, 'h3');
  t.deepEqual(joined.fake.calls, ['lock spark for add', 'data to h3', 'set 3 workers', 'unlock spark']);

  for (const state of [{ isJoining: true }, { availability: 'drain', machine: undefined }, { state: 'down' }]) {
    const half = stage();
    half.pool.hosts = [...half.pool.hosts, clusterHost('h3', state)];
    await add(half, 'h3');
    t.is(half.fake.calls[0], 'join h3', JSON.stringify(state));
  }

  const raised = stage();
  raised.pool.hosts = [...raised.pool.hosts, clusterHost('h3')];
  const cluster = raised.fake.cluster!;
  raised.fake.cluster = {
    ...cluster,
    services: [clusterService('master'), clusterService('worker', { wanted: 3 })],
    containers: [...cluster.containers, pending('worker-3', { nodeId: '' })],
  };
  const plan = await planAddHosts(raised.fake.context, raised.pool, { name: 'spark', hosts: parseHosts('h3', 'HOST') });
  t.deepEqual([plan.from, plan.to], [3, 3]);
});

test('a worker that waits for room starts on the new host, after the data are there', async (t) => {
  const at = stage();
  const cluster = at.fake.cluster!;
  at.fake.cluster = {
    ...cluster,
    services: [clusterService('master'), clusterService('worker', { wanted: 3 })],
    containers: [...cluster.containers, pending('worker-3', { nodeId: '' })],
  };
  at.pool.onRelease = () => {
    const worker = cluster.containers.find(({ role }) => role === 'worker');
    const started = { ...worker!, displayName: 'worker-3', node: 'h3', nodeId: 'id-h3' };
    at.fake.cluster = { ...at.fake.cluster!, containers: [...cluster.containers, started] };
  };
  const added = await addHosts(at.fake.context, at.pool, {
    name: 'spark',
    hosts: parseHosts('h3', 'HOST'),
    timeoutMs: 5000,
    wait: false,
  });
  t.deepEqual(added, { name: 'spark', added: ['h3'], workers: 3 });
  t.deepEqual(at.fake.calls.slice(0, 4), ['join h3', 'lock spark for add', 'data to h3', 'release h3']);
});

test('a host stays without containers when its data cannot be brought, and the next add goes on', async (t) => {
  const at = stage();
  at.pool.data = () => {
    throw new InvalidStateError('its disk is full');
  };
  await t.throwsAsync(add(at, 'h3'), { message: 'its disk is full' });
  t.deepEqual(at.fake.calls, ['join h3', 'lock spark for add', 'data to h3', 'unlock spark']);
  at.pool.data = () => 'copied';
  await add(at, 'h3');
  t.deepEqual(at.fake.calls.slice(4), [
    'join h3',
    'lock spark for add',
    'data to h3',
    'release h3',
    'set 3 workers',
    'unlock spark',
  ]);
});

test('a host that somebody has paused, or an interrupted remove, is refused before anything is changed', async (t) => {
  const at = stage();
  at.pool.hosts = [...at.pool.hosts, clusterHost('h3', { availability: 'pause', machine: 'ssh/root@h3:22' })];
  const error = await t.throwsAsync(add(at, 'h3'), { instanceOf: ConflictError });
  t.is(error.message, 'Cannot add h3 (pause) to spark: no new containers come there');
  t.is(
    error.hint,
    'on a manager: docker node update --availability active h3; after an interrupted "cluster remove" run that again first',
  );
  t.deepEqual(at.fake.calls, []);
});

test('a plan says who joins, and how many workers there will be', async (t) => {
  const { fake, pool } = stage();
  const plan = await planAddHosts(fake.context, pool, { name: 'spark', hosts: parseHosts('h[3-4]', 'HOST') });
  t.deepEqual(await describeAddHosts(pool, plan), [
    'h3: joins',
    'h4: joins',
    'change the number of workers from 2 to 4',
  ]);
  t.deepEqual(fake.calls, []);
});

test('what preflight finds ends it before anything is changed', async (t) => {
  const at = stage();
  at.pool.refusal = new InvalidStateError('h3: the clock is 4 min behind');
  await t.throwsAsync(add(at, 'h3'), { message: 'h3: the clock is 4 min behind' });
  t.deepEqual(at.fake.calls, []);
});

test('a worker that the swarm puts elsewhere is said', async (t) => {
  const at = stage();
  at.fake.startsOn = { node: 'h1', nodeId: 'id-h1' };
  await add(at, 'h3');
  t.deepEqual(at.fake.said, [
    'warning: h3 is in the swarm, and no worker of spark is there: the swarm placed it elsewhere (spark-swarm cluster info -n spark shows where)',
  ]);
});

test('no cluster, and one that has no hosts', async (t) => {
  const at = stage();
  await t.throwsAsync(add(at, 'h3', 'other'), { instanceOf: NotFoundError, message: "other doesn't exist" });
  at.fake.cluster = { ...at.fake.cluster!, platform: 'containers' };
  const error = await t.throwsAsync(add(at, 'h3'), { instanceOf: UsageError });
  t.is(error.message, 'HOST: spark is in containers of one engine; expected a cluster on a swarm');
});

test('the result is one line', (t) => {
  t.is(
    formatAddedHosts({ name: 'demo', added: ['h3', 'h4'], workers: 4 }),
    'Added h3, h4 to the cluster "demo": it has 4 workers\n',
  );
});
