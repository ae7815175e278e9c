import test from 'ava';

import { NotFoundError, UsageError } from '../../../src/errors.ts';
import { LABELS } from '../../../src/labels.ts';
import { findMachine, mergeMachines, type ListedMachine, type ListedNode } from '../../../src/machines/machine-list.ts';
import type { KnownMachine } from '../../../src/machines/machine.ts';

const node = (hostname: string, change: Partial<ListedNode> = {}): ListedNode => ({
  swarm: 'demo',
  isLab: false,
  id: `id-${hostname}`,
  hostname,
  state: 'ready',
  labels: {},
  engineLabels: {},
  ...change,
});

const known = (change: Partial<KnownMachine>): KnownMachine => ({
  name: 'web1',
  source: 'ssh',
  reference: 'root@10.0.0.4:22',
  engineHost: 'ssh://root@10.0.0.4:22',
  driver: undefined,
  isOurs: false,
  ...change,
});

const row = (change: Partial<ListedMachine>): ListedMachine => ({
  name: 'web1',
  source: 'ssh',
  reference: 'root@10.0.0.4:22',
  driver: null,
  engine: 'ssh://root@10.0.0.4:22',
  swarm: null,
  node: null,
  nodeState: null,
  madeByUs: false,
  isKnownHere: true,
  ...change,
});

const MACHINE = { [LABELS.nodeMachine]: 'ssh/root@10.0.0.4:22', [LABELS.nodeEngine]: 'ssh://root@10.0.0.4:22' };

test('a machine that is known here and in a swarm is one row', (t) => {
  t.deepEqual(mergeMachines([known({})], [node('srv-4', { labels: MACHINE })]), [
    row({ swarm: 'demo', node: 'srv-4', nodeState: 'ready' }),
  ]);
});

test("from another home, a swarm's machines are known by its labels", (t) => {
  const vm = {
    labels: { [LABELS.nodeMachine]: 'docker-machine/myvm1', [LABELS.nodeEngine]: 'tcp://10.0.0.9:2376' },
    engineLabels: { [LABELS.machine]: 'demo' },
  };
  t.deepEqual(mergeMachines([], [node('srv-4', { labels: MACHINE, state: 'down' }), node('myvm1', vm)]), [
    row({
      name: 'myvm1',
      source: 'docker-machine',
      reference: 'myvm1',
      engine: 'tcp://10.0.0.9:2376',
      swarm: 'demo',
      node: 'myvm1',
      nodeState: 'ready',
      madeByUs: true,
      isKnownHere: false,
    }),
    row({ name: 'srv-4', swarm: 'demo', node: 'srv-4', nodeState: 'down', isKnownHere: false }),
  ]);
});

test("a lab's nodes are machines, a node without our labels is none", (t) => {
  const labels = { [LABELS.nodeEngine]: 'unix:///run/lab-1/docker.sock' };
  const rows = mergeMachines([], [node('lab-1', { isLab: true, swarm: 'lab', labels }), node('foreign')]);
  t.deepEqual(
    rows.map(({ name, source, madeByUs }) => [name, source, madeByUs]),
    [['lab-1', 'lab', true]],
  );
});

test('rows are sorted by source and number', (t) => {
  const machines = [
    known({ name: 'web10', reference: 'a:22' }),
    known({ name: 'web9', reference: 'b:22' }),
    known({ name: 'vm1', source: 'docker-machine', reference: 'vm1' }),
  ];
  t.deepEqual(
    mergeMachines(machines, []).map(({ name }) => name),
    ['vm1', 'web9', 'web10'],
  );
});

test('a machine is found by its name, its reference and its node', (t) => {
  const machines = [row({ node: 'srv-4' }), row({ name: 'srv-4', reference: 'root@10.0.0.5:22' })];
  t.is(findMachine(machines, 'web1'), machines[0]!);
  t.is(findMachine(machines, 'root@10.0.0.5:22'), machines[1]!);
  t.is(findMachine(machines, 'ssh/root@10.0.0.4:22'), machines[0]!);
  t.is(findMachine(machines, 'srv-4'), machines[1]!, 'a name comes before the name of a node');
  t.is(findMachine(machines.slice(0, 1), 'srv-4'), machines[0]!);
});

test('a machine that is not there, and one that is there twice, are refused', (t) => {
  t.throws(() => findMachine([], 'x'), {
    instanceOf: NotFoundError,
    message: 'No machine named "x" is known here',
  });
  const error = t.throws(() => findMachine([row({}), row({ source: 'lab', reference: 'web1-x' })], 'web1'), {
    instanceOf: UsageError,
    message: 'Several machines are named "web1"',
  });
  t.is(error?.hint, 'say which: ssh/root@10.0.0.4:22, lab/web1-x');
});
