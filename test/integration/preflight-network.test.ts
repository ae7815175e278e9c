import test from 'ava';

import { ConflictError, UsageError } from '../../src/errors.ts';
import { reachTable } from '../../src/machines/format-preflight.ts';
import { assertReady } from '../../src/machines/preflight.ts';
import { TestMachines } from '../helpers/machines.ts';
import { becomeOperator, linesOf, preflightOf } from '../helpers/preflight.ts';

const ALL = ['root@net1', 'root@net2', 'root@net3'];

let set: TestMachines;

test.before(async () => {
  set = await TestMachines.start({ machines: ['trixie', 'trixie', 'bookworm'], prefix: 'net' });
  becomeOperator(set);
});

test.after.always(async () => set?.[Symbol.asyncDispose]());

test.serial('SS-M15, M16: too little room on the disk, and too little memory', async (t) => {
  const net1 = set.get('net1');
  await net1.must(
    'systemctl stop docker && mount -t tmpfs -o size=300m tmpfs /var/lib/docker && systemctl start docker',
  );
  // As lxcfs does it for containers.
  await set.get('net2').must('echo "MemTotal: 1000000 kB" > /run/meminfo && mount --bind /run/meminfo /proc/meminfo');
  try {
    const { findings } = await preflightOf(ALL.slice(0, 2), { imageBytes: 800e6 });
    t.deepEqual(linesOf(findings), [
      'error SS-M15 net1: its disk has too little room for the image',
      'warning SS-M16 net2: no Spark worker fits on it: the smallest needs a machine of 1536m',
    ]);
    t.regex(
      findings[0]?.proof ?? '',
      /^31[0-9] MB free in \/var\/lib\/docker; 1\.76 GB are needed, 2\.2 times the image of 800 MB$/,
    );
    t.is(findings[1]?.proof, 'it has 976m of memory');
  } finally {
    await net1.must('systemctl stop docker; umount /var/lib/docker; systemctl start docker');
    await set.get('net2').must('umount /proc/meminfo');
  }
});

test.serial('SS-M17: ports of the swarm that others have, by name or by kernel', async (t) => {
  const net1 = set.get('net1');
  await net1.must(
    'systemd-run --quiet --unit=taken systemd-socket-activate --listen=2377 /bin/cat && until ss -Hltn sport = :2377 | grep -q . || ! systemctl --quiet is-active taken; do sleep 0.1; done && ip link add vx0 type vxlan id 7 dstport 4789 dev eth0 && ip link set vx0 up',
  );
  try {
    const { findings } = await preflightOf(ALL.slice(0, 1));
    t.deepEqual(linesOf(findings), [
      "error SS-M17 net1: the swarm's port 2377/tcp is taken by systemd-socket-",
      "error SS-M17 net1: the swarm's port 4789/udp is taken by another program",
    ]);
  } finally {
    await net1.must('systemctl stop taken; ip link del vx0');
  }
});

test.serial('a port that an engine closes a moment after it has left its swarm is not in the way', async (t) => {
  const net1 = set.get('net1');
  const start = async (limit: string): Promise<string> =>
    net1.must(
      `cp /usr/bin/systemd-socket-activate /opt/dockerd && systemd-run --quiet --unit=leaving --property=RuntimeMaxSec=${limit} /opt/dockerd --listen=7946 /bin/cat && until ss -Hltn 'sport = :7946' | grep -q . || ! systemctl --quiet is-active leaving; do sleep 0.1; done`,
    );
  try {
    await start('1500ms');
    t.deepEqual(linesOf((await preflightOf(ALL.slice(0, 1))).findings), []);
    await net1.must('systemctl stop leaving; systemctl reset-failed leaving || true');
    await start('60s');
    const { findings } = await preflightOf(ALL.slice(0, 1));
    t.deepEqual(linesOf(findings), ['error SS-M17 net1: its engine has left a swarm and keeps the port 7946/tcp']);
    t.is(findings[0]?.fix, 'there: sudo systemctl restart docker, which also stops the containers there');
  } finally {
    await net1.must('systemctl stop leaving; rm -f /opt/dockerd');
  }
});

test.serial('SS-M18: dropped and forbidden ports are found from every other machine', async (t) => {
  const [net2, net3] = [set.get('net2'), set.get('net3')];
  await net2.must('iptables -I INPUT -p tcp --dport 7946 -j DROP');
  // The way firewalld forbids.
  await net3.must('iptables -I INPUT -p udp --dport 4789 -j REJECT --reject-with icmp-host-prohibited');
  try {
    const { findings, matrix } = await preflightOf(ALL);
    t.deepEqual(linesOf(findings), [
      'error SS-M18 net2: no other machine reaches it on 7946/tcp',
      'error SS-M18 net3: no other machine reaches it on 4789/udp',
    ]);
    const [address2, address3] = [net2.address, net3.address];
    t.is(
      findings[0]?.proof,
      `net1 to ${address2} 7946/tcp: no answer within 3 s; net3 to ${address2} 7946/tcp: no answer within 3 s`,
    );
    t.is(
      findings[1]?.proof,
      `net1 to ${address3} 4789/udp: No route to host; net2 to ${address3} 4789/udp: No route to host`,
    );
    t.true(
      findings[0]?.fix.endsWith('its firewall has: iptables -A INPUT -p tcp -m tcp --dport 7946 -j DROP'),
      findings[0]?.fix,
    );
    t.deepEqual(reachTable(matrix).rows, [
      ['net1', '·', 'NO 7946/tcp', 'NO 4789/udp'],
      ['net2', 'ok', '·', 'NO 4789/udp'],
      ['net3', 'ok', 'NO 7946/tcp', '·'],
    ]);
  } finally {
    await Promise.all([net2, net3].map(async (machine) => machine.must('iptables -D INPUT 1')));
  }
});

test.serial('a port that is silently closed for datagrams is not known before the join, and no error', async (t) => {
  const net2 = set.get('net2');
  await net2.must('iptables -I INPUT -p udp --dport 4789 -j DROP');
  try {
    const { findings, matrix } = await preflightOf(ALL.slice(0, 2));
    t.deepEqual(linesOf(findings), []);
    t.deepEqual(reachTable(matrix).rows[0], ['net1', '·', 'tcp ok, udp unknown']);
  } finally {
    await net2.must('iptables -D INPUT 1');
  }
});

test.serial('SS-M19, M20, M22: networks with small packets, and a kernel without IPVS', async (t) => {
  await set.get('net2').must('ip link set eth0 mtu 1200');
  try {
    const { findings, addresses } = await preflightOf(ALL.slice(0, 2), { usesVip: true });
    const ipvs = 'its kernel has no IPVS: service addresses and ports of the whole swarm do not work on it';
    t.deepEqual(
      linesOf(findings).filter((line) => !line.includes('SS-M22')),
      [
        'warning SS-M20 net2: its network carries packets of 1200 bytes only; an overlay takes 50 of them',
        'warning SS-M19 net2: the networks of the machines carry packets of different sizes',
      ],
    );
    // Whether the kernel has it is this machine's matter; what is said of it must be true.
    const hasIpvs = await set.get('net1').execute('zcat /proc/config.gz | grep -q ^CONFIG_IP_VS=y');
    if (hasIpvs.status !== 0) t.true(linesOf(findings).includes(`warning SS-M22 net1: ${ipvs}`));
    const other = addresses[0]?.address === undefined ? undefined : addresses[0].mtu;
    t.is(findings.at(-1)?.proof, `MTU ${other}: net1; 1200: net2`);
  } finally {
    await set.get('net2').must(`ip link set eth0 mtu $(cat /sys/class/net/eth0/mtu) && ip link set eth0 mtu 1400`);
  }
});

test.serial('SS-M23, M24, M25: names that cannot be, names that are there twice, machines that are one', async (t) => {
  const hosts = ['root@net1', `ops@${set.get('net1').address}`, 'root@net2', 'root@net3'];
  await set.get('net1').must('echo my_host > /proc/sys/kernel/hostname');
  await set.get('net2').must('hostname same');
  await set.get('net3').must('hostname same');
  try {
    const { findings } = await preflightOf(hosts);
    const { address } = set.get('net1');
    t.deepEqual(linesOf(findings), [
      'error SS-M23 net1: its host name has a _, which Spark refuses',
      `error SS-M23 ${address}: its host name has a _, which Spark refuses`,
      `error SS-M25 net1, ${address}: these are the same machine`,
      'error SS-M24 net2, net3: different machines have the same host name, which is their name in the swarm',
    ]);
    t.throws(() => assertReady(findings, 'Cannot form it'), { instanceOf: UsageError });
  } finally {
    for (const machine of set.machines) await machine.must(`hostname ${machine.name}`);
  }
});

test.serial('SS-M26: an address that several have, and one that nobody has', async (t) => {
  const nat = 'ip link add nat0 type bridge && ip addr add 10.0.2.15/24 dev nat0 && ip link set nat0 up';
  await Promise.all(set.machines.map(async (machine) => machine.must(nat)));
  try {
    const same = await preflightOf(ALL.slice(0, 2), { advertiseAddress: '10.0.2.0/24' });
    t.true(
      linesOf(same.findings).includes(
        'error SS-M26 net1, net2: different machines would tell the others the same address',
      ),
    );
    t.deepEqual(linesOf((await preflightOf(ALL.slice(0, 2), { advertiseAddress: 'eth0' })).findings), []);
    const none = await preflightOf(['root@net1'], { advertiseAddress: '10.99.0.0/16' });
    t.deepEqual(linesOf(none.findings), ['error SS-M26 net1: it has no address that the others can be told']);
    t.deepEqual((none.findings[0]?.proof ?? '').split(/: |, /).toSorted(), [
      '--advertise-addr 10.99.0.0/16 fits none of its addresses',
      '10.0.2.15 (nat0)',
      `${set.get('net1').address} (eth0)`,
    ]);
  } finally {
    await Promise.all(set.machines.map(async (machine) => machine.must('ip link del nat0')));
  }
});

test.serial('SS-M27, M28: a node of another swarm is left alone, and a name that is taken is said', async (t) => {
  const [net1, net3] = [set.get('net1'), set.get('net3')];
  await net1.must(`docker swarm init --advertise-addr ${net1.address}`);
  await net3.must(`docker swarm init --advertise-addr ${net3.address}`);
  try {
    const other = await preflightOf(['root@net1', 'root@net2', 'root@net3']);
    t.deepEqual(linesOf(other.findings), [
      'error SS-M27 net1: it is in a swarm already',
      'error SS-M27 net3: it is in a swarm already',
    ]);
    t.throws(() => assertReady(other.findings, 'Cannot form it'), { instanceOf: ConflictError });
    const swarm = other.readings[0]?.engine?.swarm;
    t.is(
      other.findings[0]?.proof,
      `docker info: Swarm: active; node ${swarm?.nodeId}, a manager; swarm ${swarm?.clusterId}; managers ${net1.address}:2377`,
    );
    await set.get('net2').must('hostname net1');
    const present = {
      clusterId: swarm?.clusterId,
      managerAddresses: [net1.address],
      members: [{ id: swarm?.nodeId ?? '', hostname: 'net1', state: 'ready' }],
    };
    const { findings } = await preflightOf(['root@net1', 'root@net2', 'root@net3'], { present });
    t.deepEqual(linesOf(findings), [
      'error SS-M28 net2: a node of the swarm has its host name already',
      'error SS-M27 net3: it is in another swarm already',
      'error SS-M24 net1, net2: different machines have the same host name, which is their name in the swarm',
    ]);
  } finally {
    await set.get('net2').must('hostname net2');
    for (const machine of [net1, net3]) await machine.must('docker swarm leave --force');
  }
});

test.serial('SS-M29: a machine that has nothing to try with says so', async (t) => {
  const net2 = set.get('net2');
  await net2.must('mv /usr/bin/timeout /usr/bin/timeout-away');
  try {
    const { findings } = await preflightOf(ALL.slice(0, 2));
    t.deepEqual(linesOf(findings), ['error SS-M29 net2: whom it reaches could not be tried']);
    t.is(findings[0]?.proof, 'reach: the program "timeout" is missing');
  } finally {
    await net2.must('mv /usr/bin/timeout-away /usr/bin/timeout');
  }
});

test.serial('SS-M30, M31, M32: two managers, more managers than machines, a name that is taken', async (t) => {
  const nameTakenBy = 'the docker context "spark-test"';
  const two = await preflightOf(ALL, { managers: 2, nameTakenBy });
  t.deepEqual(linesOf(two.findings), [
    'error SS-M30 swarm "test": two managers are worse than one: when either of them is lost, nothing can be changed any more',
    'error SS-M32 swarm "test": its name is taken',
  ]);
  const five = await preflightOf(ALL, { managers: 5 });
  t.deepEqual(linesOf(five.findings), ['error SS-M31 swarm "test": 5 managers need as many machines']);
  t.throws(() => assertReady(five.findings, 'Cannot form it'), { instanceOf: UsageError });
});
