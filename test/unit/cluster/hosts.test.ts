import test from 'ava';

import { findHost, findHosts, type ClusterHost } from '../../../src/cluster/hosts.ts';
import { NotFoundError, UsageError } from '../../../src/errors.ts';
import { parseHost, parseHosts } from '../../../src/machines/parse-hosts.ts';
import { clusterHost } from '../../helpers/builders.ts';

const HOSTS: readonly ClusterHost[] = [
  clusterHost('vm1', {
    role: 'manager',
    address: '10.0.0.4',
    engine: 'ssh://root@a.lan:22',
    machine: 'ssh/root@10.0.0.4:22',
  }),
  clusterHost('vm2', { address: '10.0.0.5', engine: 'tcp://10.0.0.5:2376', machine: 'docker-machine/myvm2' }),
  clusterHost('lab-3', { address: '10.0.0.6', engine: 'unix:///run/lab-3/docker.sock', machine: undefined }),
];
const find = (text: string, hosts = HOSTS): string | undefined => findHost(hosts, parseHost(text, 'HOST'))?.name;

test('a host is found by its host name, its address, and the name by which it was joined', (t) => {
  for (const text of ['vm1', 'VM1', '10.0.0.4', 'a.lan', 'root@a.lan', 'root@a.lan:22', 'A.LAN'])
    t.is(find(text), 'vm1', text);
  for (const text of ['vm2', 'myvm2', '10.0.0.5']) t.is(find(text), 'vm2', text);
  for (const text of ['lab-3', '10.0.0.6']) t.is(find(text), 'lab-3', text);
});

test('what nobody has is nobody', (t) => {
  for (const text of ['vm4', 'a', '10.0.0.40', 'a.lan:2222', 'root']) t.is(find(text), undefined, text);
});

test('a port tells apart machines behind one address', (t) => {
  const behind = (name: string, port: number): ClusterHost =>
    clusterHost(name, { address: '', engine: `ssh://root@gate:${port}`, machine: `ssh/root@gate:${port}` });
  const hosts = [behind('x', 2201), behind('y', 2202)];
  t.is(find('gate:2202', hosts), 'y');
  t.is(find('gate:2203', hosts), undefined);
  t.throws(() => find('gate', hosts), {
    instanceOf: UsageError,
    message: 'HOST: gate is x () and y (); expected one of them',
  });
});

test('of several entries of one machine the one that answers is meant', (t) => {
  const hosts = [clusterHost('vm1', { id: 'old', state: 'down' }), clusterHost('vm1', { id: 'new' })];
  t.is(findHost(hosts, parseHost('vm1', 'HOST'))?.id, 'new');
  t.is(findHost(hosts.slice(0, 1), parseHost('vm1', 'HOST'))?.id, 'old');
});

test('all hosts that are not there are named together', (t) => {
  t.throws(() => findHosts(HOSTS, parseHosts('vm1,host4', 'HOST'), 'demo'), {
    instanceOf: NotFoundError,
    message: "host4 isn't in demo",
  });
  t.throws(() => findHosts(HOSTS, parseHosts('host4,root@host5', 'HOST'), 'demo'), {
    message: "host4, root@host5 aren't in demo",
  });
});

test('two names of one host are one host', (t) => {
  t.deepEqual(
    findHosts(HOSTS, parseHosts('vm1,a.lan,vm2', 'HOST'), 'demo').map(({ name }) => name),
    ['vm1', 'vm2'],
  );
});
