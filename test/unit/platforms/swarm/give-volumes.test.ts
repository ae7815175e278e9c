import test from 'ava';

import { rememberSpec } from '../../../../src/cluster/spec.ts';
import { LABELS, STACK_NAMESPACE_LABEL } from '../../../../src/labels.ts';
import { giveStackVolumes } from '../../../../src/platforms/swarm/give-volumes.ts';
import { SwarmReader } from '../../../../src/platforms/swarm/swarm-reader.ts';
import { spec } from '../../../helpers/builders.ts';
import { Answer } from '../../../helpers/fake-engine.ts';
import { FakeSwarm } from '../../../helpers/fake-swarm.ts';
import { chownArgv } from '../../../helpers/chown-argv.ts';

const labels = { [LABELS.cluster]: 'spark', [STACK_NAMESPACE_LABEL]: 'spark' };
const ANNA = spec({ data: { path: '/d', here: undefined, user: '1000:100' } });

/** Nodes that all have the same volumes: two with files of the containers' user, and others. */
async function start(): Promise<FakeSwarm> {
  const swarm = await FakeSwarm.start();
  swarm.volumes = [
    { Name: 'spark_notebooks', Labels: { ...labels, [LABELS.role]: 'notebooks' } },
    { Name: 'spark_recovery', Labels: { ...labels, [LABELS.role]: 'recovery' } },
    { Name: 'spark_data', Labels: { ...labels, [LABELS.role]: 'data' } },
    { Name: 'spark-notebooks', Labels: { [LABELS.cluster]: 'spark', [LABELS.role]: 'notebooks' } },
    { Name: 'b_notebooks', Labels: { ...labels, [LABELS.cluster]: 'b', [LABELS.role]: 'notebooks' } },
  ];
  swarm.engine.on({
    'POST /containers/create': () => new Answer(201, JSON.stringify({ Id: 'helper' })),
    'POST /containers/*/start': () => new Answer(204),
    'POST /containers/*/wait': () => ({ StatusCode: 0 }),
  });
  return swarm;
}

const give = (swarm: FakeSwarm, present: Parameters<typeof giveStackVolumes>[1]): Promise<void> =>
  giveStackVolumes(ANNA, present, new SwarmReader(swarm.engine.api));
const nodesOf = (swarm: FakeSwarm): readonly string[] =>
  swarm.engine.requests
    .filter(({ path }) => path === '/containers/create')
    .map(({ socket }) => swarm.nodes.find(({ ID }) => ID === socket)?.Description.Hostname ?? '');

test('another owner is given the files of before, on every node', async (t) => {
  await using swarm = await start();
  await give(swarm, rememberSpec(spec()));
  t.deepEqual(nodesOf(swarm).toSorted(), ['lab-1', 'lab-2', 'lab-3']);
  const request = swarm.engine.requests.find(({ path }) => path === '/containers/create');
  t.like(JSON.parse(request?.body ?? ''), {
    Image: 'spark-swarm:latest',
    Entrypoint: chownArgv('1000:100', ['/volumes/spark_notebooks', '/volumes/spark_recovery']),
  });
});

test('the same owner has nothing to be given', async (t) => {
  await using swarm = await start();
  await give(swarm, rememberSpec(ANNA));
  t.deepEqual(swarm.engine.lines, []);
});

test('a cluster that was removed has left files of nobody knows whom', async (t) => {
  await using swarm = await start();
  await give(swarm, undefined);
  t.is(nodesOf(swarm).length, 3);
});

test('a node that is down, or whose engine cannot be asked, is passed over', async (t) => {
  await using swarm = await start();
  swarm.nodes = swarm.nodes.map((node) => {
    const { Hostname } = node.Description;
    if (Hostname === 'lab-2') return { ...node, Status: { ...node.Status, State: 'down' as const } };
    return Hostname === 'lab-3' ? { ...node, Spec: { ...node.Spec, Labels: {} } } : node;
  });
  await give(swarm, undefined);
  t.deepEqual(nodesOf(swarm), ['lab-1']);
});
