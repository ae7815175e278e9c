import test from 'ava';

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

test('the old entry of a machine that joined anew is told from a node that is lost', (t) => {
  const old = clusterNode('n2', { id: 'old-id', state: 'down', takesWorkers: false });
  t.deepEqual(findNodeWarnings(cluster({ containers: SPREAD, nodes: [clusterNode('n1'), clusterNode('n2'), old] })), [
    {
      subject: 'node n2',
      message: 'has an old entry that is down: the machine has joined anew',
      hint: 'docker node rm old-id; spark-swarm swarm create again does it for its own nodes',
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
      hint: 'docker node update --availability active n3',
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
