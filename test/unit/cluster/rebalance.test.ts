import test from 'ava';
import fc from 'fast-check';

import type { ClusterNode } from '../../../src/cluster/cluster.ts';
import { planMoves } from '../../../src/cluster/rebalance.ts';
import type { WorkerPair } from '../../../src/cluster/victims.ts';
import { clusterNode, container, pending, sparkWorker } from '../../helpers/builders.ts';

const on = (node: string, number: number, coresUsed = 0): WorkerPair => ({
  container: container(`worker-${number}`, { node, nodeId: `id-${node}` }),
  spark: sparkWorker(`worker-${number}`, { cores: 4, coresUsed }),
});
const moves = (workers: readonly WorkerPair[], nodes: readonly ClusterNode[]): readonly string[] =>
  planMoves(workers, nodes).map(
    ({
      worker: {
        container: { displayName, node },
      },
      to,
    }) => `${displayName} ${node} → ${to.name}`,
  );

const THREE = ['n1', 'n2', 'n3'].map((name) => clusterNode(name));

test('workers that are spread evenly stay where they are', (t) => {
  t.deepEqual(moves([on('n1', 1), on('n2', 2), on('n3', 3)], THREE), []);
  t.deepEqual(moves([on('n1', 1), on('n1', 2), on('n2', 3), on('n3', 4)], THREE), []);
});

test('a node that came back gets one of the two that another one has', (t) => {
  t.deepEqual(moves([on('n1', 1), on('n2', 2), on('n2', 3)], THREE), ['worker-3 n2 → n3']);
});

test('an idle worker moves before a busy one, whatever its number', (t) => {
  t.deepEqual(moves([on('n1', 1), on('n2', 2, 0), on('n2', 3, 2)], THREE), ['worker-2 n2 → n3']);
  t.deepEqual(moves([on('n1', 1), on('n2', 2, 2), on('n2', 3, 1)], THREE), ['worker-3 n2 → n3']);
});

test('one that an interrupted run has drained already moves first', (t) => {
  const drained = { ...on('n2', 2), spark: sparkWorker('worker-2', { state: 'DECOMMISSIONED', coresUsed: 1 }) };
  t.deepEqual(moves([on('n1', 1), drained, on('n2', 3)], THREE), ['worker-2 n2 → n3']);
});

test('nodes that take no workers count for nothing', (t) => {
  const nodes = [clusterNode('n1'), clusterNode('n2'), clusterNode('n3', { takesWorkers: false })];
  t.deepEqual(moves([on('n1', 1), on('n2', 2), on('n2', 3)], nodes), []);
});

test('a worker that does not run is not moved', (t) => {
  const workers = [on('n1', 1), { container: pending('worker-2'), spark: undefined }];
  t.deepEqual(moves(workers, THREE.slice(0, 2)), []);
});

test('an old entry of a machine that joined anew takes nothing', (t) => {
  const nodes = [
    clusterNode('n1'),
    clusterNode('n2'),
    clusterNode('n2', { id: 'old', state: 'down', takesWorkers: false }),
  ];
  t.deepEqual(moves([on('n1', 1), on('n2', 2)], nodes), []);
});

test('however they lie, they are even afterwards, and no more of them move than must', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 25 }),
      fc.integer({ min: 1, max: 5 }),
      (places, size) => {
        const nodes = Array.from({ length: size }, (_, index) => clusterNode(`n${index}`));
        const workers = places.map((place, index) => on(`n${place % size}`, index + 1));
        const planned = planMoves(workers, nodes);
        const count = (node: ClusterNode): number =>
          workers.filter(({ container: { nodeId } }) => nodeId === node.id).length +
          planned.filter(({ to }) => to.id === node.id).length -
          planned.filter(({ worker }) => worker.container.nodeId === node.id).length;
        const counts = nodes.map(count);
        const surplus = nodes.map((node) => workers.filter(({ container: { nodeId } }) => nodeId === node.id).length);
        const share = Math.floor(workers.length / size);
        const needed = surplus.reduce((sum, present) => sum + Math.max(0, share - present), 0);
        t.true(Math.max(...counts) - Math.min(...counts) <= 1);
        t.is(new Set(planned.map(({ worker }) => worker)).size, planned.length);
        t.true(planned.length >= needed);
      },
    ),
  );
});
