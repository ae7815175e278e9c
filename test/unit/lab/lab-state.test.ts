import test from 'ava';

import { ConflictError } from '../../../src/errors.ts';
import { formatSubnet } from '../../../src/lab/lab-network.ts';
import { findLab, refuseForeign, type OuterObjects } from '../../../src/lab/lab-state.ts';

const OURS = { 'io.spark-swarm.lab': 'lab' };

function objects(changes: Partial<OuterObjects> = {}): OuterObjects {
  return { containers: [], networks: [], volumes: [], ...changes };
}

function container(name: string, labels: Record<string, string>): OuterObjects['containers'][number] {
  return {
    Id: 'c1',
    Names: [`/${name}`],
    State: 'running',
    Labels: labels,
    Mounts: [
      { Destination: '/var/lib/docker', Source: '/var/lib/docker/volumes/x' },
      { Destination: '/run/node', Source: '/run/spark-swarm/lab/lab-2' },
      { Destination: '/srv/spark-data', Source: '/home/ana/nfs' },
    ],
    NetworkSettings: {
      Networks: { 'spark-lab': { NetworkID: 'n1', IPAddress: '', IPAMConfig: { IPv4Address: '192.168.77.12' } } },
    },
  };
}

function network(labels: Record<string, string> | null): OuterObjects['networks'][number] {
  return {
    Id: 'n1',
    Name: 'spark-lab',
    Labels: labels,
    Options: { 'com.docker.network.driver.mtu': '1400' },
    IPAM: { Config: [{ Subnet: '192.168.77.0/24' }] },
  };
}

test("a lab's objects are found by label, whatever their names", (t) => {
  const state = findLab(
    'lab',
    objects({
      containers: [
        container('renamed', { ...OURS, 'io.spark-swarm.lab.node': '2', 'io.spark-swarm.lab.way': 'privileged' }),
        container('spark-lab-1', {}),
        container('spark-lab-3', { 'io.spark-swarm.lab': 'other' }),
      ],
      networks: [network({ ...OURS, 'io.spark-swarm.lab.size': '2' })],
      volumes: [
        {
          Name: 'spark-lab-2',
          Labels: { ...OURS, 'io.spark-swarm.lab.node': '2', 'io.spark-swarm.lab.subnet': '192.168.77.0/24' },
        },
        { Name: 'spark-lab-1', Labels: null },
      ],
    }),
  );
  t.like(state.network, { id: 'n1', mtu: 1400, size: 2 });
  t.is(state.containers.length, 1);
  t.like(state.containers[0], {
    name: 'renamed',
    node: 2,
    way: 'privileged',
    socketFolder: '/run/spark-swarm/lab/lab-2',
    dataFolder: '/home/ana/nfs',
    address: '192.168.77.12',
  });
  t.deepEqual(
    state.volumes.map(({ name, subnet }) => [name, subnet && formatSubnet(subnet)]),
    [['spark-lab-2', '192.168.77.0/24']],
  );
});

const foreign = test.macro({
  exec(t, found: OuterObjects, kind: string, name: string, removal: string) {
    const error = t.throws(() => refuseForeign('lab', 3, found), { instanceOf: ConflictError });
    t.is(error?.message, `Cannot set up the lab "lab": the ${kind} "${name}" is there and does not belong to it`);
    t.is(error?.hint, `choose another name (spark-swarm lab up --name NAME), or remove it (${removal} ${name})`);
  },
  title: (title = '') => title,
});

test(
  'a foreign network of the name is a conflict',
  foreign,
  objects({ networks: [network(null)] }),
  'network',
  'spark-lab',
  'docker network rm',
);
test(
  'a foreign container of the name is a conflict',
  foreign,
  objects({ containers: [container('spark-lab-3', {})] }),
  'container',
  'spark-lab-3',
  'docker rm -f',
);
test(
  'a foreign volume of the name is a conflict',
  foreign,
  objects({ volumes: [{ Name: 'spark-lab-1', Labels: null }] }),
  'volume',
  'spark-lab-1',
  'docker volume rm',
);

test('foreign objects with other names are no conflict', (t) => {
  t.notThrows(() =>
    refuseForeign('lab', 3, objects({ containers: [container('spark-lab-4', {}), container('spark-lab', {})] })),
  );
});
