import test from 'ava';

import { readSubnet } from '../../../src/lab/lab-network.ts';
import { dockerdArguments, nodeContainer, type NodeSpec } from '../../../src/lab/node-container.ts';
import { buildDetail, nodeImageTag } from '../../../src/lab/node-image.ts';

const SPEC: NodeSpec = {
  lab: 'lab',
  node: 2,
  image: 'spark-swarm-node:abc',
  way: 'capabilities',
  subnet: readSubnet('192.168.77.0/24') ?? { base: 0, prefix: 0 },
  mtu: 1400,
  socketFolder: '/run/spark-swarm/lab/lab-2',
  dataFolder: '/home/ana/nfs',
  groupId: 1000,
  modulesFolder: '/lib/modules',
};

test("a node's engine listens on sockets only, for the user's group, and keeps clear of the lab's addresses", (t) => {
  t.deepEqual(dockerdArguments(SPEC), [
    '--group=1000',
    '--mtu=1400',
    '--default-network-opt=bridge=com.docker.network.driver.mtu=1400',
    '--bip=10.211.255.1/24',
    '--default-address-pool=base=10.211.0.0/17,size=24',
    '--log-opt=max-size=10m',
    '--log-opt=max-file=3',
  ]);
});

test('a node has a fixed address, a volume for its images, a folder for its socket and the one all nodes share', (t) => {
  const { HostConfig, NetworkingConfig, Hostname } = nodeContainer(SPEC);
  t.is(Hostname, 'lab-2');
  t.like(HostConfig, { Init: true, CgroupnsMode: 'private', NetworkMode: 'spark-lab' });
  t.deepEqual(HostConfig['Mounts'], [
    { Type: 'volume', Source: 'spark-lab-2', Target: '/var/lib/docker' },
    { Type: 'bind', Source: '/run/spark-swarm/lab/lab-2', Target: '/run/node' },
    { Type: 'bind', Source: '/home/ana/nfs', Target: '/srv/spark-data' },
  ]);
  t.deepEqual(NetworkingConfig, { EndpointsConfig: { 'spark-lab': { IPAMConfig: { IPv4Address: '192.168.77.12' } } } });
});

test('without privileges a node has single capabilities and no masked paths', (t) => {
  const { HostConfig } = nodeContainer(SPEC);
  t.like(HostConfig, {
    SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined'],
    MaskedPaths: [],
    ReadonlyPaths: [],
  });
  t.false('Privileged' in HostConfig);
});

test("a privileged node sees the machine's kernel modules", (t) => {
  const { HostConfig } = nodeContainer({ ...SPEC, way: 'privileged' });
  t.true(HostConfig['Privileged']);
  t.false('CapAdd' in HostConfig);
  t.deepEqual((HostConfig['Mounts'] as readonly unknown[]).at(-1), {
    Type: 'bind',
    Source: '/lib/modules',
    Target: '/lib/modules',
    ReadOnly: true,
  });
});

test('another image or another folder is another configuration, the same is the same', (t) => {
  const config = (spec: NodeSpec): string | undefined => nodeContainer(spec).Labels['io.spark-swarm.lab.config'];
  t.is(config(SPEC), config({ ...SPEC }));
  t.not(config(SPEC), config({ ...SPEC, image: nodeImageTag('def') }));
  t.not(config(SPEC), config({ ...SPEC, dataFolder: '/home/ana/other' }));
});

for (const [line, detail] of [
  ['Step 3/6 : RUN apt-get update  && apt-get install', 'step 3/6: RUN apt-get update && apt-get install'],
  ['#7 [2/4] RUN apt-get update', 'step 2/4: RUN apt-get update'],
  ['#7 12.31 Setting up docker.io (26.1.5+dfsg1-9) ...', 'installing docker.io'],
  ['Unpacking libcap2-bin (1:2.75-10) ...', 'installing libcap2-bin'],
  [' ---> 880b25f42b4e', undefined],
] as const) {
  test(`a line of docker build: ${line}`, (t) => {
    t.is(buildDetail(line), detail);
  });
}
