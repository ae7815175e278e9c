import test from 'ava';

import {
  createDetail,
  explainMachine,
  findsNoMachine,
  readRemoteStatus,
} from '../../../../src/machines/docker-machine/explain-machine.ts';

const about = { name: 'm1', driver: 'kvm2' };

const explained = test.macro({
  title: (_, stderr: string) => `explained: ${stderr.split('\n')[0]}`,
  exec(t, stderr: string, kind: string, seen: string, hint: string) {
    t.deepEqual(explainMachine(stderr, about) as unknown, { kind, seen, hint });
  },
});

// What docker-machine 0.16.2 prints.
test(
  explained,
  'Driver "kvm2" not found. Do you have the plugin binary "docker-machine-driver-kvm2" accessible in your PATH?\n',
  'missing-plugin',
  'docker-machine has no driver "kvm2"',
  'it looks for a program docker-machine-driver-kvm2 on PATH',
);
test(
  explained,
  'Docker machine "m1" already exists\n',
  'exists',
  'docker-machine has a machine of that name',
  'docker-machine inspect m1',
);
test(
  explained,
  'Docker machine "m1" does not exist. Use "docker-machine ls" to list machines. Use "docker-machine create" to add a new one.\n',
  'not-found',
  'docker-machine has no machine of that name',
  'docker-machine ls -q lists those it has',
);
test(
  explained,
  'Error with pre-create check: "VBoxManage not found. Make sure VirtualBox is installed and VBoxManage is in the path"\n',
  'failed',
  'the driver kvm2 cannot work here: VBoxManage not found. Make sure VirtualBox is installed and VBoxManage is in the path',
  'what the driver kvm2 needs must be on this machine; nothing was made',
);
test(
  explained,
  'Error creating machine: Error detecting OS: Too many retries waiting for SSH to be available.  Last error: Maximum number of retries (60) exceeded\n',
  'failed',
  'docker-machine waited in vain for its sshd or its engine',
  'is the machine up, does its sshd take the key, does its engine start? there: journalctl -u docker',
);
test(
  explained,
  'Error: Cannot run SSH command: Host "m1" is not running\n',
  'failed',
  'it does not run',
  'docker-machine start m1',
);
test(
  explained,
  'flag provided but not defined: -foo\n',
  'usage',
  'the driver kvm2 has no flag --foo',
  'docker-machine create --driver kvm2 --help',
);
test(
  explained,
  'Error setting machine configuration from flags provided: generic driver requires the --generic-ip-address option\n',
  'usage',
  'generic driver requires the --generic-ip-address option',
  'docker-machine create --driver kvm2 --help',
);
test(
  explained,
  'Error creating machine: Error in driver during machine creation: quota of 3 machines exceeded\nnotifying bugsnag: []\n',
  'failed',
  'quota of 3 machines exceeded',
  'docker-machine -D create --driver kvm2 m1 says more; it prints the private key, too',
);

test('the status of a program on the machine is the last line of what docker-machine prints', (t) => {
  t.deepEqual(readRemoteStatus('sad\nexit status 7\n'), { status: 7, stderr: 'sad\n' });
  t.deepEqual(readRemoteStatus('sadexit status 7\n'), { status: 7, stderr: 'sad' });
  t.deepEqual(readRemoteStatus('exit status 255'), { status: 255, stderr: '' });
  t.is(readRemoteStatus('exit status 7\nmore\n'), undefined);
  t.is(readRemoteStatus('Host "m1" is not running\n'), undefined);
});

test('steps are progress, and what goes wrong in between is not', (t) => {
  t.is(createDetail('(m1) Importing SSH key...'), 'Importing SSH key');
  t.is(createDetail('Running pre-create checks...'), 'Running pre-create checks');
  t.is(createDetail(' Version:           26.1.5'), undefined);
  t.is(createDetail('Docker is up and running!'), undefined);
  t.is(createDetail(''), undefined);
  t.is(createDetail(`${'a'.repeat(80)}...`), `${'a'.repeat(69)}…`);
});

/** Of drivers of docker-machine and its forks. */
const REMOVALS: readonly (readonly [words: string, findsNone: boolean])[] = [
  ['unknown instance', true],
  ["virtual machine 'vm' not found", true],
  ["Domain not found: no domain with matching name 'vm'", true],
  ['Error response from daemon: No such container: vm', true],
  ['machine does not exist', true],
  ['The droplet 17 could not be found', true],
  ['API timeout', false],
  ['Get "https://api.cloud/v1/instances/17": dial tcp: lookup api.cloud: no such host', false],
  ['VBoxManage not found. Make sure VirtualBox is installed and VBoxManage is in the path', false],
  ['exec: "gcloud": executable file not found in $PATH', false],
  ['credentials not found', false],
];

for (const [words, findsNone] of REMOVALS) {
  test(`a driver that ${findsNone ? 'finds no machine' : 'cannot look'}: ${words}`, (t) => {
    t.is(findsNoMachine(`About to remove vm\nError removing host "vm": ${words}\n`), findsNone);
  });
}
