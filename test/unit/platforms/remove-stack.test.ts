import test from 'ava';

import { LABELS, STACK_NAMESPACE_LABEL } from '../../../src/labels.ts';
import type { RemoveResult } from '../../../src/platforms/platform.ts';
import { removeStack } from '../../../src/platforms/swarm/remove-stack.ts';
import { SwarmReader } from '../../../src/platforms/swarm/swarm-reader.ts';
import { refusal } from '../../helpers/fake-engine.ts';
import { FakeSwarm, type RawNamed } from '../../helpers/fake-swarm.ts';

const ours = { [STACK_NAMESPACE_LABEL]: 'spark', [LABELS.cluster]: 'spark' };
const named = (name: string, labels: Record<string, string>): RawNamed => ({
  ID: `id-${name}`,
  Version: { Index: 1 },
  UpdatedAt: '2026-11-20T23:00:00Z',
  Spec: { Name: name, Labels: labels },
});

/** The captured cluster with its network, secret, volumes and the lock of this very command, and others' beside it. */
async function startSwarm(): Promise<FakeSwarm> {
  const swarm = (await FakeSwarm.start()).alone();
  swarm.networks = [
    { Id: 'net', Name: 'spark_spark', Labels: { ...ours, [LABELS.role]: 'network' } },
    { Id: 'foreign', Name: 'spark_other', Labels: { [STACK_NAMESPACE_LABEL]: 'spark' } },
    { Id: 'elsewhere', Name: 'sparkle_spark', Labels: { [STACK_NAMESPACE_LABEL]: 'sparkle' } },
  ];
  swarm.secrets = [named('spark_auth', ours), named('spark_key', {})];
  swarm.configs = [named('spark_lock', { ...ours, [LABELS.lock]: '{}' }), named('spark_site', ours)];
  swarm.volumes = [
    { Name: 'spark_data', Labels: { ...ours, [LABELS.role]: 'data' } },
    { Name: 'spark_recovery', Labels: { ...ours, [LABELS.role]: 'recovery' } },
    { Name: 'spark_mine' },
  ];
  return swarm;
}

const remove = (swarm: FakeSwarm, volumes = false): Promise<RemoveResult> =>
  removeStack('spark', new SwarmReader(swarm.engine.api), {
    volumes,
    progress: () => {},
    signal: new AbortController().signal,
  });

test('all that is the cluster goes; data, and what is not ours, stays', async (t) => {
  await using swarm = await startSwarm();
  const { removed, keptVolumes, leftovers } = await remove(swarm);
  t.deepEqual(
    [...removed].toSorted(),
    [
      'config spark_site',
      'network spark_spark',
      'secret spark_auth',
      'service spark_master',
      'service spark_worker',
      'volume spark_recovery on lab-1',
    ].toSorted(),
  );
  t.deepEqual(keptVolumes, ['spark_data on lab-1']);
  t.deepEqual(leftovers, []);
  t.deepEqual(swarm.services, []);
  t.deepEqual(
    swarm.networks.map(({ Name }) => Name),
    ['spark_other', 'sparkle_spark'],
  );
  t.deepEqual(
    swarm.secrets.map(({ Spec }) => Spec.Name),
    ['spark_key'],
  );
  t.deepEqual(
    swarm.configs.map(({ Spec }) => Spec.Name),
    ['spark_lock'],
  );
  t.deepEqual(
    swarm.volumes.map(({ Name }) => Name),
    ['spark_data', 'spark_mine'],
  );
});

test('--volumes takes the data too', async (t) => {
  await using swarm = await startSwarm();
  const { keptVolumes } = await remove(swarm, true);
  t.deepEqual(keptVolumes, []);
  t.deepEqual(
    swarm.volumes.map(({ Name }) => Name),
    ['spark_mine'],
  );
});

test('a second removal has nothing to do', async (t) => {
  await using swarm = await startSwarm();
  await remove(swarm, true);
  const before = swarm.engine.changes.length;
  t.deepEqual(await remove(swarm, true), { removed: [], keptVolumes: [], remaining: [], leftovers: [] });
  t.is(swarm.engine.changes.length, before);
});

test('the containers that run are stopped on their nodes, ended ones of other stacks are not touched', async (t) => {
  await using swarm = await startSwarm();
  await remove(swarm);
  const stopped = swarm.engine.changes.filter((line) => line.endsWith('/stop'));
  t.deepEqual(stopped.toSorted(), [
    'POST /containers/be4bfece190cb7d7201bd1127780763ef5bf4c71f02028e8053ebed571525d40/stop',
    'POST /containers/d733cd7a5106028eed8ff9889a50c39d6b425371a3e8108ffdc1f2483cb79177/stop',
  ]);
});

test('somebody else in the same stack is left alone, and not waited for', async (t) => {
  await using swarm = await startSwarm();
  const worker = swarm.services.find(({ Spec }) => Spec.Name === 'spark_worker');
  const foreign = {
    ...worker!,
    ID: 'foreign',
    Spec: { ...worker!.Spec, Name: 'spark_web', Labels: { [STACK_NAMESPACE_LABEL]: 'spark' } },
  };
  swarm.services = [...swarm.services, foreign];
  const running = swarm.tasks.find(({ Status }) => Status.State === 'running');
  swarm.tasks = [...swarm.tasks, { ...running!, ID: 'foreign-task', ServiceID: 'foreign' }];
  const { removed } = await remove(swarm);
  t.false(removed.includes('service spark_web'));
  t.deepEqual(
    swarm.services.map(({ Spec }) => Spec.Name),
    ['spark_web'],
  );
});

test('of a stack deployed by hand goes what our file labels; the rest stays and is named', async (t) => {
  await using swarm = await startSwarm();
  swarm.services = swarm.services.map((service) => {
    const { [LABELS.cluster]: _, ...labels } = service.Spec.Labels ?? {};
    return { ...service, Spec: { ...service.Spec, Labels: labels } };
  });
  const [worker] = swarm.services;
  const labels = { [STACK_NAMESPACE_LABEL]: 'spark' };
  swarm.services = [
    ...swarm.services,
    { ...worker!, ID: 'db', Spec: { ...worker!.Spec, Name: 'spark_db', Labels: labels } },
  ];
  swarm.networks = swarm.networks.map((network) =>
    network.Id === 'net' ? { ...network, Labels: { ...labels, [LABELS.role]: 'network' } } : network,
  );
  swarm.containers = [
    { Id: 'ended', Labels: { ...labels, [LABELS.role]: 'worker' } },
    { Id: 'theirs', Labels: labels },
  ];
  const { removed, leftovers } = await remove(swarm);
  t.true(removed.includes('service spark_master') && removed.includes('service spark_worker'));
  t.deepEqual(
    swarm.services.map(({ ID }) => ID),
    ['db'],
  );
  t.deepEqual(
    swarm.networks.map(({ Name }) => Name),
    ['spark_other', 'sparkle_spark'],
  );
  t.true(swarm.engine.changes.includes('DELETE /containers/ended'));
  t.false(swarm.engine.changes.some((line) => line.includes('/containers/theirs')));
  t.deepEqual(leftovers, [
    'service spark_db stays: it has no label io.spark-swarm.role',
    'network spark_other stays: it has no label io.spark-swarm.role',
  ]);
});

test('a network that is still in use for a moment is tried again', async (t) => {
  await using swarm = await startSwarm();
  let refusals = 2;
  swarm.engine.on({
    'DELETE /networks/*': ({ id }) => {
      if (refusals-- > 0) return refusal(500, 'network spark_spark is in use by task x');
      swarm.networks = swarm.networks.filter(({ Id }) => Id !== id);
      return undefined;
    },
  });
  t.true((await remove(swarm)).removed.includes('network spark_spark'));
});

test('a node that does not answer is named, and not waited for', async (t) => {
  await using swarm = await FakeSwarm.start();
  swarm.nodes = swarm.nodes.map((node) =>
    node.Description.Hostname === 'lab-2' ? { ...node, Status: { ...node.Status, State: 'down' } } : node,
  );
  const { leftovers } = await remove(swarm);
  t.deepEqual(leftovers, [
    'node lab-2 is down; what runs there of "spark" goes when it returns, or with docker node rm, ended containers and volumes may stay',
  ]);
});

test('a node whose engine cannot be looked into is named: what has ended, and volumes, may stay there', async (t) => {
  await using swarm = await FakeSwarm.start();
  swarm.nodes = swarm.nodes.map((node) =>
    node.Description.Hostname === 'lab-3' ? { ...node, Spec: { ...node.Spec, Labels: {} } } : node,
  );
  const { leftovers } = await remove(swarm);
  t.deepEqual(leftovers, [
    'Cannot reach the engine of node lab-3: it has no label io.spark-swarm.node.engine; ended containers and volumes of "spark" may stay there',
  ]);
});

test('a cluster that is not there is nothing to remove', async (t) => {
  await using swarm = (await FakeSwarm.start()).empty();
  t.deepEqual(await remove(swarm), { removed: [], keptVolumes: [], remaining: [], leftovers: [] });
  t.deepEqual(swarm.engine.changes, []);
});
