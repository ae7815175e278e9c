import test from 'ava';

import { ConflictError } from '../../../src/errors.ts';
import { LAB_LABELS } from '../../../src/lab/lab-names.ts';
import { nodeAddress, readSubnet } from '../../../src/lab/lab-network.ts';
import type { LabState, NodeContainer } from '../../../src/lab/lab-state.ts';
import { nodeContainer, type NodeSpec, type NodeWay } from '../../../src/lab/node-container.ts';
import {
  chooseLabSubnet,
  chooseSize,
  knownWay,
  planNodes,
  refuseOtherOwner,
  type NodeAction,
} from '../../../src/lab/plan-lab.ts';

const SUBNET = readSubnet('192.168.77.0/24') ?? { base: 0, prefix: 0 };
const OTHER = readSubnet('192.168.90.0/24') ?? { base: 0, prefix: 0 };

function spec(node: number, way: NodeWay): NodeSpec {
  return {
    lab: 'lab',
    node,
    image: 'spark-swarm-node:abc',
    way,
    subnet: SUBNET,
    mtu: 1400,
    socketFolder: `/run/spark-swarm/lab/lab-${node}`,
    dataFolder: '/home/ana/nfs',
    groupId: 0,
    modulesFolder: undefined,
  };
}

function container(node: number, changes: Partial<NodeContainer> = {}): NodeContainer {
  return {
    id: `id-${node}`,
    name: `spark-lab-${node}`,
    node,
    state: 'running',
    way: 'capabilities',
    config: nodeContainer(spec(node, 'capabilities')).Labels[LAB_LABELS.config],
    socketFolder: `/run/spark-swarm/lab/lab-${node}`,
    dataFolder: '/home/ana/nfs',
    networkId: 'net',
    address: nodeAddress(SUBNET, node),
    ...changes,
  };
}

function lab(changes: Partial<LabState> = {}): LabState {
  return { network: { id: 'net', subnet: SUBNET, mtu: 1400, size: 3 }, containers: [], volumes: [], ...changes };
}

function volume(node: number, subnet = SUBNET): LabState['volumes'][number] {
  return { name: `spark-lab-${node}`, node, subnet, owner: undefined };
}

const nothing = lab({ network: undefined });

const size = test.macro({
  exec(t, asked: number | undefined, state: LabState, socketFolders: readonly number[], expected: number) {
    t.is(chooseSize('lab', asked, { state, socketFolders }), expected);
  },
  title: (title = '') => title,
});

test('a new lab has 3 nodes', size, undefined, nothing, [], 3);
test('a new lab has as many nodes as asked for', size, 5, nothing, [], 5);
test(
  'a lab that was taken down comes back with the nodes it had',
  size,
  undefined,
  lab({ network: undefined, volumes: [volume(1), volume(2)] }),
  [],
  2,
);
test('a lab that was half made is completed', size, undefined, lab({ containers: [container(1)] }), [1], 3);
test(
  'a lab that has grown keeps its size when a node is removed by hand',
  size,
  undefined,
  lab({ containers: [container(1)] }),
  [1, 2, 3, 4],
  4,
);
test(
  'volumes of nodes that are no longer wanted add none',
  size,
  undefined,
  lab({ volumes: [volume(7)] }),
  [1, 2, 3],
  3,
);
test('more nodes can be asked for later', size, 4, lab({ containers: [container(1), container(2)] }), [1, 2], 4);

test('fewer nodes than there are is a conflict, with what to type', (t) => {
  const state = lab({ containers: [container(1), container(2), container(3)] });
  const error = t.throws(() => chooseSize('lab', 2, { state, socketFolders: [] }), { instanceOf: ConflictError });
  t.is(error?.message, 'The lab "lab" has 3 nodes, and --nodes asks for 2; nodes are not taken from a lab that is up');
  t.is(error?.hint, 'spark-swarm lab down, then spark-swarm lab up --nodes 2');
});

const action = test.macro({
  exec(t, changes: Partial<NodeContainer>, hasSocket: boolean, expected: NodeAction) {
    const [plan] = planNodes(lab({ containers: [container(1, changes)] }), {
      size: 1,
      networkId: 'net',
      subnet: SUBNET,
      spec,
      hasSocket: () => hasSocket,
      seesData: () => true,
    });
    t.is(plan?.action, expected);
  },
  title: (title = '') => title,
});

test('a running node stays', action, {}, true, 'keep');
test('a running node made from an older image stays', action, { config: 'older' }, true, 'keep');
test('a running node whose socket is gone is restarted', action, {}, false, 'restart');
test(
  'a running node that was cut from the network is connected again',
  action,
  { networkId: undefined, address: undefined },
  true,
  'reconnect',
);
test('a paused node goes on', action, { state: 'paused' }, true, 'unpause');
test('a killed node is started', action, { state: 'exited' }, false, 'start');
test('a node that was made and never started is started', action, { state: 'created', networkId: '' }, false, 'start');
test('a privileged try that never ran is made anew', action, { state: 'created', way: 'privileged' }, false, 'replace');
test(
  'a stopped node made from an older image is made anew',
  action,
  { state: 'exited', config: 'older' },
  false,
  'replace',
);
test(
  'a stopped node of a network that is gone is made anew',
  action,
  { state: 'exited', networkId: 'old' },
  false,
  'replace',
);
test('a running node of another network is made anew', action, { networkId: 'old' }, true, 'replace');
test('a dead node is made anew', action, { state: 'dead' }, true, 'replace');

test('an older node that runs is marked, so that it can be said', (t) => {
  const [plan] = planNodes(lab({ containers: [container(1, { config: 'older' })] }), {
    size: 1,
    networkId: 'net',
    subnet: SUBNET,
    spec,
    hasSocket: () => true,
    seesData: () => true,
  });
  t.true(plan?.isOutdated);
});

test('a running node whose folder was removed and made again is restarted', (t) => {
  const plans = planNodes(lab({ containers: [container(1), container(2), container(3, { state: 'exited' })] }), {
    size: 3,
    networkId: 'net',
    subnet: SUBNET,
    spec,
    hasSocket: () => true,
    seesData: (node) => node === 1,
  });
  t.deepEqual(
    plans.map((plan) => `${plan.node} ${plan.action}`),
    ['1 keep', '2 restart', '3 start'],
  );
});

test('nodes that are missing are created', (t) => {
  const plans = planNodes(lab({ containers: [container(2)] }), {
    size: 3,
    networkId: 'net',
    subnet: SUBNET,
    spec,
    hasSocket: () => true,
    seesData: () => true,
  });
  t.deepEqual(
    plans.map((plan) => `${plan.node} ${plan.action}`),
    ['1 create', '2 keep', '3 create'],
  );
});

test('the way that works is learnt from a node that has run, or that needs no privileges', (t) => {
  t.is(knownWay(nothing), undefined);
  t.is(knownWay(lab({ containers: [container(1, { way: 'privileged', state: 'created' })] })), undefined);
  t.is(knownWay(lab({ containers: [container(1, { way: 'privileged' })] })), 'privileged');
  t.is(knownWay(lab({ containers: [container(1, { state: 'created' })] })), 'capabilities');
});

test("the lab's subnet is its network's, else that of its volumes, else a free one", (t) => {
  t.deepEqual(chooseLabSubnet(lab(), [SUBNET]), SUBNET);
  t.deepEqual(chooseLabSubnet(lab({ network: undefined, volumes: [volume(1, OTHER)] }), []), OTHER);
  t.deepEqual(chooseLabSubnet(nothing, []), SUBNET);
});

test('a lab of another user is not touched', (t) => {
  const error = t.throws(
    () =>
      refuseOtherOwner('lab', lab({ containers: [container(1)] }), {
        machine: { userId: 7, socketFolder: (_lab, node) => `/run/user/7/spark-swarm/lab/lab-${node}` },
        hint: 'spark-swarm lab up --name NAME makes one of your own',
      }),
    {
      instanceOf: ConflictError,
    },
  );
  t.is(
    error?.message,
    'The lab "lab" belongs to another user of this machine: the socket of lab-1 is in /run/spark-swarm/lab/lab-1',
  );
  t.is(error?.hint, 'spark-swarm lab up --name NAME makes one of your own');
});
