import test from 'ava';

import {
  formatLabData,
  formatLabDown,
  formatLabProblems,
  formatLabUp,
  labTableRows,
} from '../../../src/lab/format-lab.ts';
import type { FolderFinding } from '../../../src/lab/lab-machine.ts';
import { readSubnet } from '../../../src/lab/lab-network.ts';
import type { NodeContainer } from '../../../src/lab/lab-state.ts';
import { labStatus, type NodeReading } from '../../../src/lab/read-lab.ts';
import type { SwarmMember } from '../../../src/swarm/members.ts';
import { member as swarmMember, nodeInfo } from '../../helpers/swarm-builders.ts';

function reading(node: number, changes: Partial<NodeContainer> = {}, answers = true): NodeReading {
  const container: NodeContainer = {
    id: `id-${node}`,
    name: `spark-lab-${node}`,
    node,
    state: 'running',
    way: 'capabilities',
    config: 'x',
    socketFolder: `/run/spark-swarm/lab/lab-${node}`,
    dataFolder: '/home/ana/nfs',
    networkId: 'net',
    address: `192.168.77.1${node}`,
    ...changes,
  };
  const info = nodeInfo(`lab-${node}`, {
    state: 'active',
    nodeId: `n${node}`,
    nodeAddress: `192.168.77.1${node}`,
    isManager: node === 1,
  });
  return {
    container,
    socketPath: `/run/spark-swarm/lab/lab-${node}/docker.sock`,
    info: answers ? info : undefined,
    failure: answers ? undefined : 'no answer within 3 s',
    seesData: true,
  };
}

function member(node: number, state = 'ready'): SwarmMember {
  return swarmMember(`n${node}`, `lab-${node}`, { role: node === 1 ? 'manager' : 'worker', state });
}

const NETWORK = { id: 'net', subnet: readSubnet('192.168.77.0/24'), mtu: 1400, size: 2 };

function status(
  nodes: readonly NodeReading[],
  members: readonly SwarmMember[],
  size = nodes.length,
  folder: FolderFinding | undefined = { kind: 'folder', path: '/home/ana/nfs', id: '1:2' },
): ReturnType<typeof labStatus> {
  return labStatus('lab', {
    state: { network: NETWORK, containers: nodes.map(({ container }) => container), volumes: [] },
    size,
    nodes,
    members,
    folder,
  });
}

test('a lab is healthy when every node runs, answers and is ready', (t) => {
  const healthy = status([reading(1), reading(2)], [member(1), member(2)]);
  t.true(healthy.healthy);
  t.is(healthy.schemaVersion, 1);
  t.is(healthy.subnet, '192.168.77.0/24');
  t.deepEqual(labTableRows(healthy)[1], [
    'lab-2',
    'spark-lab-2 (running)',
    '192.168.77.12',
    'worker',
    'ready',
    '26.1.5',
    'overlay2',
  ]);
  t.is(healthy.data, '/home/ana/nfs');
  t.is(formatLabData(healthy), '\ndata: /home/ana/nfs (/srv/spark-data on every node)\n');
  t.is(formatLabProblems(healthy), '');
});

test('what is wrong is said, with what to type', (t) => {
  const broken = status(
    [
      reading(1),
      reading(2, { state: 'exited' }, false),
      reading(3, {}, false),
      reading(4, { networkId: undefined }),
      reading(5),
    ],
    [member(1), member(2, 'down'), member(3), member(4), member(5, 'down')],
    6,
  );
  t.false(broken.healthy);
  t.deepEqual(broken.problems, [
    'lab-6: its container spark-lab-6 is missing',
    'lab-2: its container spark-lab-2 is exited',
    'lab-3: no answer within 3 s',
    "lab-4: its container spark-lab-4 is not connected to the lab's network",
    'lab-5: the manager sees it as down',
  ]);
  t.regex(formatLabProblems(broken), /\nrepair: spark-swarm lab up\n$/);
});

test('nodes without the folder, or with one that is gone, are said', (t) => {
  const members = [member(1), member(2), member(3)];
  const mixed = status(
    [reading(1), { ...reading(2), seesData: false }, reading(3, { dataFolder: undefined })],
    members,
  );
  t.deepEqual(mixed.problems, [
    'lab-2: it has not /home/ana/nfs but a folder that was there before',
    'lab-3: it was made before nodes shared a folder',
  ]);
  t.deepEqual(status([reading(1)], members, 1, { kind: 'missing' }).problems, [
    'the folder that the nodes share is not there: /home/ana/nfs',
  ]);
  const older = labStatus('lab', {
    state: { network: NETWORK, containers: [], volumes: [] },
    size: 0,
    nodes: [],
    members: [],
    folder: undefined,
  });
  t.is(older.data, null);
  t.is(formatLabData(older), '');
});

test('a lab without its manager is not healthy', (t) => {
  t.deepEqual(status([reading(2)], [], 1).problems, [
    'lab-1: its container spark-lab-1 is missing',
    'lab-2: the manager sees it as unknown',
    'no node manages a swarm',
  ]);
});

test('up says what there is and how to reach it', (t) => {
  const up = {
    name: 'lab',
    changed: true,
    contextName: 'spark-lab',
    managerSocket: '/x',
    nodes: 3,
    subnet: '192.168.77.0/24',
    data: '/home/ana/nfs',
  };
  t.is(
    formatLabUp(up),
    'lab        lab, 3 nodes, 192.168.77.0/24\n' +
      'context    spark-lab   (docker --context spark-lab node ls)\n' +
      'data       /home/ana/nfs   (/srv/spark-data on every node)\n',
  );
  t.regex(
    formatLabUp({ ...up, changed: false, nodes: 1 }),
    /^lab {8}lab, 1 node, 192\.168\.77\.0\/24 \(was up already\)\n/,
  );
});

test('down says what stays and how it goes', (t) => {
  t.is(
    formatLabDown({ name: 'lab', removed: true, keptVolumes: ['spark-lab-1', 'spark-lab-2'], data: undefined }),
    'Removed the lab "lab"\nKept 2 volumes: spark-lab-1, spark-lab-2 (spark-swarm lab down --volumes removes them)\n',
  );
  t.is(
    formatLabDown({ name: 'x1', removed: false, keptVolumes: [], data: undefined }),
    'The lab "x1" is not up: nothing to remove\n',
  );
  t.is(
    formatLabDown({ name: 'x1', removed: true, keptVolumes: [], data: '/home/ana/my data' }),
    'Removed the lab "x1"\n' +
      "Kept the folder /home/ana/my data (spark-swarm lab up --name x1 --data '/home/ana/my data' shares it again)\n",
  );
});
