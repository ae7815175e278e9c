import test from 'ava';

import { InvalidStateError } from '../../../src/errors.ts';
import { parseClock, parseEngineFacts, parseSystemFacts } from '../../../src/machines/parse-facts.ts';
import { infoFixture, machineFixture, versionFixture } from '../../helpers/machine-readings.ts';

const HOST = '100691a6-00c6-41cd-abca-0c278e8df851';

test('a Debian 12 says what it is, to root', (t) => {
  t.deepEqual(parseSystemFacts(machineFixture('debian-12-root'), 'root@pf2'), {
    os: { id: 'debian', like: [], version: '12', codename: 'bookworm', name: 'Debian GNU/Linux 12 (bookworm)' },
    kernel: '6.18.44-fc-v657',
    architecture: 'x86_64',
    hostname: 'pf2',
    machineId: 'c5e0d39f8f194515897628eb62d7771e',
    hostId: `${HOST}/net:[4026534905]`,
    user: 'root',
    isRoot: true,
    canBeRoot: true,
    sudoRefusal: undefined,
    docker: {
      cli: 'Docker version 20.10.24+dfsg1, build 297e128',
      dockerd: 'Docker version 20.10.24+dfsg1, build 5d6db84',
      service: 'active',
      socket: 'writable',
      answer: '20.10.24+dfsg1',
      error: undefined,
    },
    disk: { folder: '/var/lib/docker', freeBytes: 41_464_500 * 1024 },
    memory: { totalBytes: 24_684_092 * 1024, freeBytes: 20_333_416 * 1024 },
    addresses: [
      { interface: 'docker0', address: '172.17.0.1', prefix: 16, mtu: 1500 },
      { interface: 'eth0', address: '192.168.197.12', prefix: 24, mtu: 1400 },
    ],
    defaultInterface: { name: 'eth0', mtu: 1400 },
    connectedTo: '192.168.197.12',
    listeners: [],
    firewalls: [],
    vxlan: 'yes',
    ipvs: 'no',
  });
});

test('who may use sudo and docker is known, and who may not, with the reason', (t) => {
  const ops = parseSystemFacts(machineFixture('debian-13-ops'), 'ops@pf1');
  t.deepEqual([ops.user, ops.isRoot, ops.canBeRoot, ops.docker.answer], ['ops', false, true, '26.1.5+dfsg1']);
  const visitor = parseSystemFacts(machineFixture('debian-13-visitor'), 'visitor@pf1');
  t.deepEqual([visitor.canBeRoot, visitor.sudoRefusal], [false, 'sudo: a password is required']);
  t.deepEqual([visitor.docker.answer, visitor.docker.socket], [undefined, 'present']);
  t.true(visitor.docker.error?.startsWith('permission denied while trying to connect'), visitor.docker.error);
});

test('a machine without docker, ip, systemd or date with nanoseconds says what it can', (t) => {
  const slim = parseSystemFacts(machineFixture('slim-container'), 'slim');
  t.deepEqual(slim.addresses, [{ interface: undefined, address: '172.17.0.2', prefix: undefined, mtu: undefined }]);
  t.deepEqual(slim.docker, {
    cli: undefined,
    dockerd: undefined,
    service: 'inactive',
    socket: undefined,
    answer: undefined,
    error: undefined,
  });
  const busybox = parseSystemFacts(machineFixture('busybox'), 'busybox');
  t.deepEqual(busybox.addresses, [{ interface: 'eth0', address: '172.17.0.2', prefix: 16, mtu: 1400 }]);
  t.is(busybox.connectedTo, undefined);
});

test('ports and firewalls come several times', (t) => {
  const text =
    'listen=tcp 2377 dockerd\nlisten=udp 4789\nlisten=tcp none\nfirewall=ufw\nfirewall=iptables -P INPUT DROP\nend=1\n';
  const { listeners, firewalls, disk, memory, vxlan } = parseSystemFacts(text, 'm1');
  t.deepEqual(listeners, [
    { protocol: 'tcp', port: 2377, program: 'dockerd' },
    { protocol: 'udp', port: 4789, program: undefined },
  ]);
  t.deepEqual(firewalls, ['ufw', 'iptables -P INPUT DROP']);
  t.deepEqual([disk, memory, vxlan], [undefined, undefined, 'unknown']);
});

test('an answer that is cut off is refused', (t) => {
  t.throws(() => parseSystemFacts('clock=1795240257.348414370\nos:ID=deb', 'root@m1'), {
    instanceOf: InvalidStateError,
    message: 'Cannot see what root@m1 is: its answer ends with "os:ID=deb"',
  });
});

test('a clock is read to the nanosecond, and to the second where there is no more', (t) => {
  t.deepEqual(parseClock('clock=1795240257.348414370'), { ms: 1_795_240_257_348.4143, precisionMs: 0 });
  t.deepEqual(parseClock('clock=1795240271.%N'), { ms: 1_795_240_271_000, precisionMs: 1000 });
  t.is(parseClock('hostname=clock=1795240271'), undefined);
});

test('an engine 20.10 that is a worker says whose', (t) => {
  const facts = parseEngineFacts(versionFixture(), infoFixture());
  t.deepEqual([facts.version, facts.apiVersion, facts.storageDriver], ['20.10.24+dfsg1', '1.41', 'overlay2']);
  t.deepEqual(facts.swarm, {
    state: 'active',
    nodeId: 'sx6xxhnx6865hjwhdzz5cpffn',
    nodeAddress: '192.168.197.12',
    isManager: false,
    clusterId: undefined,
    remoteManagers: [{ nodeId: 'uygmuilxslfx13hx5mn2fwllf', address: '192.168.197.11:2377' }],
    error: '',
  });
});

test('an engine that says next to nothing is in no swarm', (t) => {
  const { swarm, isRootless, isLiveRestore, osType } = parseEngineFacts({ Version: '26.1.5', ApiVersion: '1.45' }, {});
  t.deepEqual([swarm.state, isRootless, isLiveRestore, osType], ['inactive', false, false, 'linux']);
});
