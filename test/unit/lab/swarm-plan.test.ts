import test from 'ava';

import { InvalidStateError } from '../../../src/errors.ts';
import {
  findGhosts,
  nodeLabels,
  planManager,
  planMember,
  type NodeInfo,
  type NodeSwarmInfo,
  type SwarmMember,
} from '../../../src/lab/swarm-plan.ts';

function info(swarm: Partial<NodeSwarmInfo> = {}): NodeInfo {
  return {
    node: 1,
    hostname: 'lab-1',
    address: '192.168.77.11',
    engineVersion: '26.1.5',
    storageDriver: 'overlay2',
    swarm: { state: 'active', nodeId: 'a', nodeAddress: '192.168.77.11', isManager: true, error: '', ...swarm },
  };
}

function member(id: string, hostname: string): SwarmMember {
  return { id, hostname, role: 'worker', availability: 'active', state: 'ready', address: '', labels: {} };
}

test('a manager in good order keeps its swarm', (t) => {
  t.is(planManager(info(), 'spark-lab'), 'keep');
});

test('a fresh engine makes a swarm', (t) => {
  t.is(planManager(info({ state: 'inactive' }), 'spark-lab'), 'init');
});

for (const swarm of [
  { state: 'error', error: 'certificates have expired' },
  { state: 'pending' },
  { nodeAddress: '192.168.90.11' },
]) {
  test(`a swarm with ${JSON.stringify(swarm)} is made anew`, (t) => {
    t.is(planManager(info(swarm), 'spark-lab'), 'leave-and-init');
  });
}

test('a locked swarm is left to its user', (t) => {
  const error = t.throws(() => planManager(info({ state: 'locked' }), 'spark-lab'), { instanceOf: InvalidStateError });
  t.is(error?.message, 'Cannot use the swarm of lab-1: it is locked');
  t.is(error?.hint, 'docker --context spark-lab swarm unlock');
});

test('a demoted manager is left to its user', (t) => {
  t.throws(() => planManager(info({ isManager: false }), 'spark-lab'), {
    instanceOf: InvalidStateError,
    message: 'Cannot manage the swarm: lab-1 is not a manager any more',
  });
});

test('a node that is a member keeps its place', (t) => {
  t.is(planMember(info({ nodeId: 'b' }), [member('b', 'lab-2')]), 'keep');
  t.is(planMember(info({ nodeId: 'b', state: 'pending' }), [member('b', 'lab-2')]), 'keep');
});

test('a node that belongs to nothing joins', (t) => {
  t.is(planMember(info({ state: 'inactive', nodeId: '' }), []), 'join');
});

test('a node of another swarm, at another address or in error leaves first', (t) => {
  t.is(planMember(info({ nodeId: 'b' }), [member('c', 'lab-2')]), 'leave-and-join');
  t.is(planMember(info({ nodeId: 'b', nodeAddress: '192.168.90.12' }), [member('b', 'lab-2')]), 'leave-and-join');
  t.is(planMember(info({ nodeId: 'b', state: 'error' }), [member('b', 'lab-2')]), 'leave-and-join');
});

test('only nodes with a name and the label of this lab are stale entries', (t) => {
  const ours = { labels: { 'io.spark-swarm.node.host': 'ID' } };
  const members: readonly SwarmMember[] = [
    { ...member('a', 'lab-1'), ...ours },
    { ...member('old', 'lab-1'), ...ours, state: 'down' },
    { ...member('gone', 'lab-4'), ...ours },
    { ...member('x', 'lab-west-1'), ...ours },
    member('stranger', 'lab-5'),
    { ...member('lost stranger', 'lab-1'), state: 'down' },
    { ...member('of another machine', 'lab-6'), labels: { 'io.spark-swarm.node.host': 'OTHER' } },
    member('y', 'server'),
  ];
  t.deepEqual(
    findGhosts({ lab: 'lab', host: 'ID' }, members, ['a']).map(({ id }) => id),
    ['old', 'gone'],
  );
});

test('node labels say how the engine is reached and what the nodes share', (t) => {
  const facts = {
    socketPath: '/run/spark-swarm/lab/lab-1/docker.sock',
    host: 'ID',
    mtu: 1400,
    dataFolder: '/home/ana/nfs',
  };
  t.deepEqual(nodeLabels(facts), {
    'io.spark-swarm.node.engine': 'unix:///run/spark-swarm/lab/lab-1/docker.sock',
    'io.spark-swarm.node.host': 'ID',
    'io.spark-swarm.node.mtu': '1400',
    'io.spark-swarm.node.data': '/srv/spark-data',
    'io.spark-swarm.node.data-here': '/home/ana/nfs',
  });
});
