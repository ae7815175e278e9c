import test from 'ava';

import { ConflictError } from '../../../src/errors.ts';
import {
  describeKill,
  formatKilled,
  killCluster,
  planKill,
  type Killed,
  type KillPlan,
  type SwarmEnd,
} from '../../../src/operations/cluster-kill.ts';
import { FakeCluster } from '../../helpers/fake-cluster.ts';

const ending = (fake: FakeCluster, changes: Partial<SwarmEnd> = {}): SwarmEnd => ({
  listNodes: async () => ['h1', 'h2'],
  listClusters: async () => (fake.cluster ? ['spark'] : []),
  listOurMachines: async () => [],
  check: async () => {},
  leave: async () => {
    fake.calls.push('leave');
    return ['machines and images stay'];
  },
  removeMachine: async (machine) => void fake.calls.push(`remove ${machine}`),
  ...changes,
});

const plan = async (fake: FakeCluster, swarm: SwarmEnd | undefined, volumes = false): Promise<KillPlan> =>
  planKill('spark', { context: fake.context, cluster: fake.cluster, volumes, swarm });
const kill = async (fake: FakeCluster, swarm: SwarmEnd | undefined, volumes = false): Promise<Killed> =>
  killCluster(await plan(fake, swarm, volumes), {
    timeoutMs: 5000,
    report: fake.context.report,
    signal: fake.context.signal,
  });

test('the cluster goes, then its swarm, then machines that we made', async (t) => {
  const fake = new FakeCluster(2);
  fake.removeResult = {
    removed: ['service spark_master'],
    keptVolumes: ['spark_data on h2'],
    remaining: [],
    leftovers: [],
  };
  const swarm = ending(fake, { listOurMachines: async () => [{ machine: 'docker-machine/myvm1', data: [] }] });
  t.deepEqual(describeKill(await plan(fake, swarm)), [
    'the cluster "spark" goes (2 workers)',
    'h1, h2 leave the swarm "spark", which ends',
    'machines that we made are removed: docker-machine/myvm1',
  ]);
  const killed = await kill(fake, swarm);
  t.deepEqual(fake.calls, [
    'lock spark for remove',
    'remove spark',
    'unlock spark',
    'leave',
    'remove docker-machine/myvm1',
  ]);
  t.is(
    formatKilled('spark', killed),
    'Removed the cluster "spark"\nKept (--volumes removes them): spark_data on h2\n' +
      'The swarm "spark" has ended: h1, h2 left\nRemoved machines: docker-machine/myvm1\n',
  );
});

test('a swarm that create did not make stays', async (t) => {
  const fake = new FakeCluster(1);
  const killed = await kill(fake, undefined);
  t.deepEqual(killed.left, []);
  t.deepEqual(fake.calls, ['lock spark for remove', 'remove spark', 'unlock spark']);
});

test('a swarm on which another cluster is stays, and it is said', async (t) => {
  const fake = new FakeCluster(1);
  const swarm = ending(fake, { listClusters: async () => ['spark', 'other'] });
  t.deepEqual(describeKill(await plan(fake, swarm)), [
    'the cluster "spark" goes (1 worker)',
    'the swarm "spark" stays: "other" is on it',
  ]);
  await kill(fake, swarm);
  t.deepEqual(fake.calls, ['lock spark for remove', 'remove spark', 'unlock spark']);
  t.deepEqual(fake.said, ['note: the swarm "spark" stays: "other" is on it']);
});

test('an interrupted kill goes on with the swarm that is left', async (t) => {
  const fake = new FakeCluster();
  const killed = await killCluster(
    await planKill('spark', { context: undefined, cluster: undefined, volumes: false, swarm: ending(fake) }),
    {
      timeoutMs: 5000,
      report: fake.context.report,
      signal: fake.context.signal,
    },
  );
  t.deepEqual(fake.calls, ['leave']);
  t.is(formatKilled('spark', killed), 'The swarm "spark" has ended: h1, h2 left\n');
});

test('where parts of the cluster stay, the swarm below them stays', async (t) => {
  const fake = new FakeCluster(1);
  fake.removeResult = { removed: [], keptVolumes: [], remaining: ['network spark_spark stays'], leftovers: [] };
  const killed = await kill(fake, ending(fake));
  t.deepEqual(fake.calls, ['lock spark for remove', 'remove spark', 'unlock spark']);
  t.is(formatKilled('spark', killed), 'network spark_spark stays\n');
});

test('a machine that we made stays with the data on it, until --volumes says that they may go', async (t) => {
  const machines = [
    { machine: 'docker-machine/myvm1', data: ['spark_data'] },
    { machine: 'docker-machine/myvm2', data: [] },
    { machine: 'docker-machine/myvm3', data: undefined },
  ];
  const listOurMachines: SwarmEnd['listOurMachines'] = async () => machines;
  const staying = [
    'docker-machine/myvm1 stays: it has spark_data (--volumes removes it with its data)',
    'docker-machine/myvm3 stays: its engine does not say which data it has (--volumes removes it with its data)',
  ];
  const keeping = new FakeCluster(1);
  t.deepEqual(describeKill(await plan(keeping, ending(keeping, { listOurMachines }))), [
    'the cluster "spark" goes (1 worker)',
    'h1, h2 leave the swarm "spark", which ends',
    'machines that we made are removed: docker-machine/myvm2',
    ...staying,
  ]);
  const killed = await kill(keeping, ending(keeping, { listOurMachines }));
  t.deepEqual(killed.removedMachines, ['docker-machine/myvm2']);
  t.deepEqual(keeping.calls.slice(3), ['leave', 'remove docker-machine/myvm2']);
  t.deepEqual(
    keeping.said.slice(-2),
    staying.map((line) => `note: ${line}`),
  );

  const ended = new FakeCluster(1);
  await kill(ended, ending(ended, { listOurMachines }), true);
  t.deepEqual(ended.calls.slice(3), ['leave', ...machines.map(({ machine }) => `remove ${machine}`)]);
});

test('a folder of the hosts is data too', async (t) => {
  const fake = new FakeCluster(1);
  const remembered = { ...fake.cluster!.remembered!, data: { path: '/srv/data', here: undefined, user: undefined } };
  fake.cluster = { ...fake.cluster!, remembered };
  const listOurMachines: SwarmEnd['listOurMachines'] = async () => [{ machine: 'docker-machine/myvm1', data: [] }];
  t.deepEqual((await plan(fake, ending(fake, { listOurMachines }))).swarm?.staying, [
    'docker-machine/myvm1 stays: it has the folder /srv/data (--volumes removes it with its data)',
  ]);
});

test('what stands in the way of the end is said before the cluster is gone', async (t) => {
  const fake = new FakeCluster(1);
  const check = async (cluster: string): Promise<void> => {
    throw new ConflictError(`a service that is not ours is beside ${cluster}`);
  };
  await t.throwsAsync(kill(fake, ending(fake, { check })), { message: 'a service that is not ours is beside spark' });
  t.deepEqual(fake.calls, []);
});
