import test from 'ava';

import type { ClusterNode } from '../../../src/cluster/cluster.ts';
import { findNodeWarnings } from '../../../src/cluster/node-warnings.ts';
import { cluster, clusterNode, container } from '../../helpers/builders.ts';

const SPREAD = [container('worker-1', { nodeId: 'id-n1' }), container('worker-2', { nodeId: 'id-n2' })];

test('nodes that are all ready are not worth a word', (t) => {
  t.deepEqual(findNodeWarnings(cluster({ containers: SPREAD, nodes: [clusterNode('n1'), clusterNode('n2')] })), []);
});

test('a node that is lost is named, with what to do', (t) => {
  const lost = clusterNode('n3', { state: 'down', takesWorkers: false });
  t.deepEqual(findNodeWarnings(cluster({ containers: SPREAD, nodes: [clusterNode('n1'), clusterNode('n2'), lost] })), [
    {
      subject: 'node n3',
      message: 'is down: nothing runs there',
      hint: 'start that machine or its engine again; if it is gone for good: spark-swarm swarm leave n3',
    },
  ]);
});

test('what is typed for a lost node depends on who made it a node', (t) => {
  const hintFor = (madeBy: ClusterNode['madeBy']): string | null | undefined => {
    const lost = clusterNode('class-3', { state: 'down', takesWorkers: false, madeBy });
    return findNodeWarnings(cluster({ containers: SPREAD, nodes: [clusterNode('n1'), clusterNode('n2'), lost] }))[0]
      ?.hint;
  };
  t.is(hintFor('lab'), 'spark-swarm lab up --name class');
  t.is(
    hintFor('other'),
    'start that machine or its engine again; if it is gone for good: on a manager: docker node rm --force id-class-3',
  );
});

test('the old entry of a machine that joined anew is told from a node that is lost', (t) => {
  const old = clusterNode('n2', { id: 'old-id', state: 'down', takesWorkers: false });
  t.deepEqual(findNodeWarnings(cluster({ containers: SPREAD, nodes: [clusterNode('n1'), clusterNode('n2'), old] })), [
    {
      subject: 'node n2',
      message: 'has an old entry that is down: the machine has joined anew',
      hint: 'spark-swarm swarm create, with the same words as the first time',
    },
  ]);
});

test('a paused node is named; a drained one is a decision', (t) => {
  const paused = clusterNode('n3', { availability: 'pause', takesWorkers: false });
  const drained = clusterNode('n4', { availability: 'drain', takesWorkers: false });
  const nodes = [clusterNode('n1'), clusterNode('n2'), paused, drained];
  t.deepEqual(findNodeWarnings(cluster({ containers: SPREAD, nodes })), [
    {
      subject: 'node n3',
      message: 'takes nothing new: its availability is pause',
      hint: 'on a manager: docker node update --availability active n3',
    },
  ]);
});

test('workers on a heap beside an empty node are said, with the command that spreads them', (t) => {
  const crowded = ['worker-1', 'worker-2'].map((name) => container(name, { nodeId: 'id-n1' }));
  t.deepEqual(findNodeWarnings(cluster({ containers: crowded, nodes: [clusterNode('n1'), clusterNode('n2')] })), [
    {
      subject: 'workers',
      message: 'are not spread evenly: 2 on n1, 0 on n2',
      hint: 'spark-swarm rebalance --name spark',
    },
  ]);
});

test('containers of one engine have no nodes', (t) => {
  t.deepEqual(findNodeWarnings(cluster({ platform: 'containers', nodes: [] })), []);
});
