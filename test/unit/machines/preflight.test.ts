import test from 'ava';

import type { Finding } from '../../../src/doctor/finding.ts';
import { ConflictError, InvalidStateError, UnreachableError, UsageError } from '../../../src/errors.ts';
import type { AddressChoice } from '../../../src/machines/choose-address.ts';
import type { MachineReading } from '../../../src/machines/facts.ts';
import { formatFindings, machineTable } from '../../../src/machines/format-preflight.ts';
import { assertReady, checkMachines, needsEngine, type PreflightWish } from '../../../src/machines/preflight.ts';
import type { ReachMatrix } from '../../../src/machines/reach.ts';
import { engineFacts, reading, sshFailure, systemFacts } from '../../helpers/machine-readings.ts';

const WISH: PreflightWish = { swarm: 'demo', managers: 1, installEngine: false };

const at = (name: string, mtu = 1500): AddressChoice => ({
  name,
  address: `10.0.0.${name.slice(1)}`,
  interface: 'eth0',
  mtu,
});

function findings(
  readings: readonly MachineReading[],
  wish: Partial<PreflightWish> = {},
  seen: { readonly addresses?: readonly AddressChoice[]; readonly matrix?: ReachMatrix } = {},
): readonly Finding[] {
  const addresses = seen.addresses ?? readings.filter(({ system }) => system).map(({ name }) => at(name));
  return checkMachines({ ...WISH, ...wish }, { readings, addresses, matrix: seen.matrix });
}

const ids = (found: readonly Finding[]): readonly string[] => found.map(({ id, subject }) => `${id} ${subject}`);

const silent = sshFailure('docker-down', 'the engine there is not running', 'systemctl start docker');

test('machines that are as they should be have no findings', (t) => {
  t.deepEqual(findings([reading('m1'), reading('m2'), reading('m3')], { managers: 3 }), []);
});

const REASONS = [
  ['refused', 'SS-M01'],
  ['timeout', 'SS-M01'],
  ['host-not-found', 'SS-M01'],
  ['penalty', 'SS-M01'],
  ['host-key-unknown', 'SS-M02'],
  ['host-key-changed', 'SS-M02'],
  ['host-key-revoked', 'SS-M02'],
  ['permission-denied', 'SS-M03'],
  ['no-login', 'SS-M03'],
  ['no-sudo', 'SS-M04'],
] as const;

for (const [kind, id] of REASONS) {
  test(`what ssh says is told: ${kind} is ${id}`, (t) => {
    const failure = sshFailure(kind, 'what ssh saw', 'what to type');
    const lost = reading('m1', { system: undefined, engine: undefined, failure, engineFailure: failure });
    const [found, ...others] = findings([lost, reading('m2')]);
    t.deepEqual([found?.id, found?.proof, found?.fix, others], [id, 'ssh root@m1: what ssh saw', 'what to type', []]);
  });
}

test('a machine whose answer makes no sense could not be looked at', (t) => {
  const failure = new InvalidStateError('Cannot see what root@m1 is: its answer ends with nothing');
  t.deepEqual(ids(findings([reading('m1', { system: undefined, failure })])), ['SS-M29 m1']);
});

const docker = {
  cli: undefined,
  dockerd: undefined,
  service: undefined,
  socket: undefined,
  answer: undefined,
  error: undefined,
};
const FEDORA = { id: 'fedora', like: [], version: '42', codename: '', name: 'Fedora Linux 42' };

test('what has no engine is told how to get one, by its system', (t) => {
  const on = (os: typeof FEDORA | undefined, installEngine: boolean, change = {}): readonly Finding[] => {
    const facts = systemFacts('m1', { docker: { ...docker, ...change }, ...(os ? { os } : {}) });
    return findings([reading('m1', { engine: undefined, engineFailure: silent, system: facts })], { installEngine });
  };
  t.is(
    on(undefined, false)[0]?.fix,
    '--install-engine; or as root there: apt-get install -y docker.io, and docker-cli where there is such a package',
  );
  t.is(
    on(FEDORA, false)[0]?.fix,
    '--install-engine; or as root there: dnf install -y moby-engine && systemctl enable --now docker',
  );
  t.deepEqual([on(undefined, true), on(FEDORA, true)], [[], []]);
  const [alpine] = on({ ...FEDORA, id: 'alpine', name: 'Alpine Linux v3.22' }, true);
  t.is(alpine?.fix, 'as root there: apk add docker && rc-update add docker && service docker start');
  t.is(alpine?.proof, 'Alpine Linux v3.22; neither dockerd nor docker is installed');
  t.is(on(undefined, false, { cli: 'podman version 5.4.2' })[0]?.problem, 'what it has is Podman, which has no swarm');
});

test('an engine is installed, started or opened only where the user can become root', (t) => {
  const engineless = (change: object): MachineReading =>
    reading('m1', { engine: undefined, engineFailure: silent, system: systemFacts('m1', { docker, ...change }) });
  const visitor = { isRoot: false, canBeRoot: false, user: 'eve', sudoRefusal: 'sudo is not installed' };
  const [found] = findings([engineless(visitor)], { installEngine: true });
  t.is(found?.proof, 'user eve: sudo is not installed; engine: the engine there is not running');
  t.true(needsEngine(engineless({})));
  t.false(needsEngine(reading('m1')));
  t.false(needsEngine(reading('m1', { system: undefined, engine: undefined })));
});

test('an engine that runs and hangs is not said to be down, and is not set up', (t) => {
  const error = 'docker info did not answer within 3 s';
  const system = systemFacts('m1', {
    docker: { ...systemFacts('m1').docker, answer: undefined, service: 'active', error },
  });
  for (const installEngine of [false, true]) {
    const [found] = findings([reading('m1', { engine: undefined, engineFailure: silent, system })], { installEngine });
    t.deepEqual([found?.id, found?.problem], ['SS-M09', 'its engine runs, and does not answer us']);
  }
});

test('an engine that is too old, rootless, with live-restore or vfs is refused', (t) => {
  const bad = engineFacts({
    version: '19.03.15',
    apiVersion: '1.40',
    isRootless: true,
    isLiveRestore: true,
    storageDriver: 'vfs',
  });
  const found = findings([reading('m1', { engine: bad })]);
  t.deepEqual(ids(found), ['SS-M06 m1', 'SS-M10 m1', 'SS-M11 m1', 'SS-M12 m1']);
  t.is(found[0]?.proof, 'engine 19.03.15 speaks API 1.40; 20.10 with API 1.41 is the oldest that is enough');
  t.deepEqual(findings([reading('m1', { engine: engineFacts({ apiVersion: '1.100' }) })]), []);
});

test('one image goes to all: another processor is refused, the rarer one', (t) => {
  const arm = reading('m3', { engine: engineFacts({ architecture: 'aarch64' }) });
  const found = findings([reading('m1'), reading('m2'), arm]);
  t.deepEqual(
    found.map(({ subject, proof }) => [subject, proof]),
    [['m3', 'aarch64; m1, m2: x86_64']],
  );
  t.deepEqual(ids(findings([reading('m1', { engine: engineFacts({ osType: 'windows' }) })])), ['SS-M13 m1']);
});

test('a clock is told from 2 s on, and refused from 10 s on', (t) => {
  const off = (ms: number): readonly (readonly string[])[] =>
    findings([
      reading('m1'),
      reading('m2', { clock: { earliestMs: ms - 300, latestMs: ms + 300 } }),
      reading('m3'),
    ]).map(({ severity, id, problem, proof }) => [severity, id, problem, proof]);
  t.deepEqual(off(2200), []);
  t.deepEqual(off(-5000), [
    [
      'warning',
      'SS-M14',
      "its clock is 5.0 s behind the others'",
      'against m1, the middle one of 3; measured to 311 ms',
    ],
  ]);
  t.deepEqual(off(61_000)[0]?.slice(0, 3), ['error', 'SS-M14', "its clock is 1 min 1 s ahead of the others'"]);
});

test('a disk must hold the image 2.2 times, and is no reason to stop for a node of the swarm', (t) => {
  const full = reading('m1', { system: systemFacts('m1', { disk: { folder: '/data/docker', freeBytes: 1.9e9 } }) });
  t.is(findings([full])[0]?.proof, '1.90 GB free in /data/docker; 2.00 GB are needed');
  t.deepEqual(findings([full], { imageBytes: 800e6 }), []);
  const member = reading('m1', {
    system: full.system,
    engine: engineFacts({ swarm: { ...engineFacts().swarm, state: 'active', nodeId: 'n1' } }),
  });
  const present = { clusterId: 'c', managerAddresses: [], members: [{ id: 'n1', hostname: 'm1', state: 'ready' }] };
  t.deepEqual(
    findings([member], { present }).map(({ severity, id }) => [severity, id]),
    [['warning', 'SS-M15']],
  );
});

test('too little memory for a node is refused, too little for a worker is told', (t) => {
  const having = (mib: number): readonly string[] => {
    const memory = { totalBytes: mib * 1024 ** 2, freeBytes: 0 };
    return findings([reading('m1', { system: systemFacts('m1', { memory }) })]).map(({ severity }) => severity);
  };
  // A machine of 1536 MiB has some 1470 left, one of 512 MiB some 490.
  t.deepEqual([having(1470), having(990), having(490), having(400)], [[], ['warning'], ['warning'], ['error']]);
});

test('a kernel without VXLAN is refused; one without IPVS is told to those who need it; not knowing is no finding', (t) => {
  const kernel = (vxlan: 'no' | 'unknown', ipvs: 'no'): MachineReading =>
    reading('m1', { system: systemFacts('m1', { vxlan, ipvs }) });
  t.deepEqual(ids(findings([kernel('no', 'no')])), ['SS-M21 m1']);
  t.deepEqual(ids(findings([kernel('unknown', 'no')])), []);
  t.deepEqual(ids(findings([kernel('unknown', 'no')], { usesVip: true })), ['SS-M22 m1']);
});

test('clones with the same machine-id are different machines; the same kernel and network is one', (t) => {
  t.deepEqual(findings([reading('m1'), reading('m2')]), []);
  const again = reading('alias', { system: systemFacts('m1') });
  const found = findings([reading('m1'), again], {}, { addresses: [at('m1'), { ...at('m1'), name: 'alias' }] });
  t.deepEqual(ids(found), ['SS-M25 m1, alias']);
  t.is(found[0]?.proof, 'hostname m1, boot id and network boot/m1: equal for both');
});

test('a node that is about to join our swarm is not in another one', (t) => {
  const swarm = {
    ...engineFacts().swarm,
    state: 'pending',
    nodeId: 'n9',
    remoteManagers: [{ nodeId: 'x', address: '[fd00::1]:2377' }],
  };
  const joining = reading('m2', { engine: engineFacts({ swarm }) });
  const present = { clusterId: 'c', managerAddresses: ['fd00:0::1'], members: [] };
  t.deepEqual(findings([joining], { present }), []);
  t.is(findings([joining])[0]?.proof, 'docker info: Swarm: pending; node n9; managers [fd00::1]:2377');
});

test('a node that an interrupted join left without an identity belongs to nobody', (t) => {
  const swarm = { ...engineFacts().swarm, state: 'pending' };
  t.deepEqual(findings([reading('m1', { engine: engineFacts({ swarm }) })]), []);
});

test('the name of a node that is down is free for the machine that replaces it', (t) => {
  const member = (state: string) => ({
    present: { clusterId: 'c', managerAddresses: [], members: [{ id: 'old', hostname: 'M1', state }] },
  });
  t.deepEqual(findings([reading('m1')], member('down')), []);
  t.deepEqual(ids(findings([reading('m1')], member('ready'))), ['SS-M28 m1']);
});

test('firewalls that are known are told how to open', (t) => {
  const blocked = (firewall: string): string | undefined => {
    const matrix: ReachMatrix = {
      machines: ['m1', 'm2'],
      tries: [
        { from: 'm2', to: 'm1', address: '10.0.0.1', protocol: 'tcp', port: 2377, answer: 'filtered', seen: undefined },
      ],
      failures: [],
    };
    const walled = reading('m1', { system: systemFacts('m1', { firewalls: [firewall] }) });
    return findings([walled, reading('m2')], {}, { matrix })[0]?.fix;
  };
  t.is(blocked('ufw'), 'there: sudo ufw allow 2377/tcp');
  t.is(blocked('firewalld'), 'there: sudo firewall-cmd --permanent --add-port=2377/tcp; sudo firewall-cmd --reload');
});

test('a command ends by what is worst: usage, then conflict, then failure; unreachable if there is nothing else', (t) => {
  const finding = (id: string): Finding => ({
    id,
    severity: 'error',
    subject: 'm1',
    problem: 'p',
    proof: 'q',
    fix: 'f',
    page: 'd',
  });
  const end = (...all: readonly string[]) => t.throws(() => assertReady(all.map(finding), 'Cannot form it'));
  t.true(end('SS-M01', 'SS-M02', 'SS-M03') instanceof UnreachableError);
  t.true(end('SS-M01', 'SS-M15') instanceof InvalidStateError);
  t.true(end('SS-M01', 'SS-M15', 'SS-M27') instanceof ConflictError);
  t.true(end('SS-M27', 'SS-M30') instanceof UsageError);
  t.is(
    end('SS-M15', 'SS-M16')?.message,
    `Cannot form it: 2 things stand in the way, and nothing was changed
SS-M15 m1: p
       seen: q
       cure: f
       more: d
SS-M16 m1: p
       seen: q
       cure: f
       more: d`,
  );
});

test('warnings are said and stop nothing', (t) => {
  const said: unknown[] = [];
  const found = findings([reading('m1')], {}, { addresses: [at('m1', 1200)] });
  assertReady(found, 'Cannot form it', (event) => said.push(event));
  t.deepEqual(said, [
    {
      type: 'warning',
      message: [
        'SS-M20 m1: its network carries packets of 1200 bytes only; an overlay takes 50 of them',
        '       seen: MTU 1200 on the interface that the others reach it by; 1280 is what IPv6 needs',
        '       cure: ip link set dev INTERFACE mtu 1500 there, if the network carries that; or another --advertise-addr',
        '       more: docs/problems/machines.md#ss-m20',
      ].join('\n'),
    },
  ]);
  t.true(formatFindings(found).endsWith('\npreflight: nothing stands in the way, 1 warning\n'));
  t.is(formatFindings([]), 'preflight: nothing stands in the way\n');
});

test('the table has a row for each machine, also for one that said nothing', (t) => {
  const lost = reading('m2', { system: undefined, engine: undefined });
  t.deepEqual(machineTable([reading('m1'), lost], [at('m1')]).rows, [
    'm1|10.0.0.1|Debian GNU/Linux 12 (bookworm)|6.18.44-fc-v657|20.10.24+dfsg1 (overlay2)|inactive|24105m|42.46 GB|1500|yes|no'.split(
      '|',
    ),
    ['m2', '-', '-', '-', '-', '-', '-', '-', '-', '-', '-'],
  ]);
});
