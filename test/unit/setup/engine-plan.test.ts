import test from 'ava';

import { formatEnginePlan, planEngine } from '../../../src/setup/engine-plan.ts';
import { aptDetail, parseOsRelease, usesApt, type HostFacts } from '../../../src/setup/setup-host.ts';

const BOOKWORM = {
  id: 'debian',
  like: [],
  version: '12',
  codename: 'bookworm',
  name: 'Debian GNU/Linux 12 (bookworm)',
};

function facts(changes: Partial<HostFacts> = {}): HostFacts {
  return {
    platform: 'linux',
    os: BOOKWORM,
    isRoot: true,
    hasSystemd: false,
    dockerd: undefined,
    hasDockerCli: true,
    hasDebootstrap: false,
    hasDaemonJson: false,
    mtu: 1500,
    ...changes,
  };
}

test('on Debian as root the engine is installed and started', (t) => {
  t.deepEqual(planEngine(facts(), true), {
    kind: 'set-up',
    packages: ['docker.io', 'iptables', 'debootstrap'],
    daemonJson: undefined,
    start: 'detached',
  });
});

test('where systemd runs, it starts the engine', (t) => {
  t.like(planEngine(facts({ hasSystemd: true }), true), { start: 'systemd' });
});

test('an engine that is installed is only started', (t) => {
  t.like(planEngine(facts({ dockerd: '/usr/sbin/dockerd' }), true), { kind: 'set-up', packages: [] });
});

test('from Debian 13 on the command line is a package of its own', (t) => {
  const trixie = { ...BOOKWORM, version: '13', codename: 'trixie' };
  t.like(planEngine(facts({ os: trixie, hasDockerCli: false }), true), {
    packages: ['docker.io', 'iptables', 'debootstrap', 'docker-cli'],
  });
  t.like(planEngine(facts({ hasDockerCli: false }), true), { packages: ['docker.io', 'iptables', 'debootstrap'] });
});

test('a network with a small MTU is written down, unless there is a file already', (t) => {
  t.like(planEngine(facts({ mtu: 1400 }), true), { daemonJson: '{"mtu":1400}\n' });
  t.like(planEngine(facts({ mtu: 1400, hasDaemonJson: true }), true), { daemonJson: undefined });
});

test('what will be done is said first', (t) => {
  const plan = planEngine(facts({ mtu: 1400 }), true);
  t.is(
    plan.kind === 'set-up' ? formatEnginePlan(plan) : '',
    'No Docker engine answers on this machine: installing docker.io, iptables, debootstrap with apt, writing {"mtu":1400} to /etc/docker/daemon.json, starting dockerd in the background',
  );
});

test('without root the command to type is said', (t) => {
  t.deepEqual(planEngine(facts({ hasSystemd: true, isRoot: false }), false), {
    kind: 'refuse',
    seen: 'it is not installed, and installing it needs root',
    hint: 'sudo apt-get install -y --no-install-recommends docker.io iptables debootstrap && sudo systemctl start docker',
  });
  t.deepEqual(planEngine(facts({ hasSystemd: true, dockerd: '/usr/sbin/dockerd', isRoot: false }), false), {
    kind: 'refuse',
    seen: 'it is installed, and starting it needs root',
    hint: 'sudo systemctl start docker',
  });
});

for (const [name, changes, seen, hint] of [
  [
    'macOS',
    { platform: 'darwin' },
    'this is macOS',
    'install Docker Desktop (brew install --cask docker-desktop), start it (open -a Docker), then run this again',
  ],
  [
    'Fedora',
    { os: { ...BOOKWORM, id: 'fedora', name: 'Fedora Linux 42' } },
    'this is Fedora Linux 42, where it is not installed',
    'sudo dnf install moby-engine && sudo systemctl start docker, then run this again',
  ],
  [
    'openSUSE',
    { os: { ...BOOKWORM, id: 'opensuse-leap', like: ['suse', 'opensuse'], name: 'openSUSE Leap' } },
    'this is openSUSE Leap, where it is not installed',
    'sudo zypper install docker && sudo systemctl start docker, then run this again',
  ],
  [
    'an unknown system',
    { os: { id: '', like: [], version: '', codename: '', name: '' } },
    'this is an unknown Linux, where it is not installed',
    "install your system's package of the Docker engine and start it, then run this again",
  ],
] as const) {
  test(`on ${name} the user is told what to type`, (t) => {
    t.deepEqual(planEngine(facts(changes), true), { kind: 'refuse', seen, hint });
  });
}

test('os-release is read with and without quotes', (t) => {
  t.deepEqual(
    parseOsRelease(
      'PRETTY_NAME="Ubuntu 24.04 LTS"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\nVERSION_CODENAME=noble\n',
    ),
    {
      id: 'ubuntu',
      like: ['debian'],
      version: '24.04',
      codename: 'noble',
      name: 'Ubuntu 24.04 LTS',
    },
  );
  t.true(usesApt(parseOsRelease("ID='linuxmint'\nID_LIKE='ubuntu debian'")));
  t.false(usesApt(parseOsRelease('ID=arch')));
});

for (const [line, detail] of [
  [
    'Get:12 http://mirror.test/debian bookworm/main amd64 docker.io amd64 20.10.24+dfsg1-1 [36.2 MB]',
    'fetching docker.io, 36.2 MB',
  ],
  ['Hit:1 http://mirror.test/debian bookworm InRelease', 'reading the package list of bookworm'],
  ['Setting up docker.io (20.10.24+dfsg1-1+b3) ...', 'installing docker.io'],
  ['Reading package lists...', undefined],
] as const) {
  test(`a line of apt: ${line}`, (t) => {
    t.is(aptDetail(line), detail);
  });
}
