import test from 'ava';

import { UsageError } from '../../../../src/errors.ts';
import { genericFlags, readGenericHost, trialArguments } from '../../../../src/machines/docker-machine/generic-host.ts';

/** Of OpenSSH 9.2, shortened. */
const SSH_G = `user root
hostname 10.0.0.4
port 2222
hostkeyalias rack
identityfile ~/.ssh/id_rsa
identityfile /keys/id_ed25519
userknownhostsfile /home/me/.ssh/known_hosts /home/me/.ssh/known_hosts2
globalknownhostsfile /etc/ssh/ssh_known_hosts
`;
const host = { user: undefined, host: 'rack', port: undefined };
const choice = { flags: [], env: { HOME: '/home/me' }, exists: (file: string) => file === '/keys/id_ed25519' };

test('docker-machine reads no ~/.ssh/config, so it is told what is in there', (t) => {
  const found = readGenericHost(host, SSH_G, choice);
  t.deepEqual(genericFlags(found), [
    '--generic-ip-address',
    '10.0.0.4',
    '--generic-ssh-user',
    'root',
    '--generic-ssh-port',
    '2222',
    '--generic-ssh-key',
    '/keys/id_ed25519',
  ]);
});

test("the driver's own flags win over the host, and the host over the configuration", (t) => {
  const typed = { user: 'ops', host: 'rack', port: 22 };
  t.like(readGenericHost(typed, SSH_G, choice), { user: 'ops', port: 22 });
  const flags = ['--generic-ssh-user=admin', '--generic-ssh-port', '23', '--generic-ssh-key', 'other'];
  t.like(readGenericHost(typed, SSH_G, { ...choice, flags }), { user: 'admin', port: 23, keyFile: 'other' });
  const env = { GENERIC_SSH_KEY: 'by-env' };
  t.is(readGenericHost(typed, SSH_G, { ...choice, env }).keyFile, 'by-env');
  t.is(readGenericHost(typed, SSH_G, { ...choice, exists: () => false }).keyFile, undefined);
});

test('a port that is none is refused', (t) => {
  const error = t.throws(() => readGenericHost(host, SSH_G, { ...choice, flags: ['--generic-ssh-port=ssh'] }), {
    instanceOf: UsageError,
  });
  t.is(error.message, '--generic-ssh-port: expected a port from 1 to 65535');
});

test('the trial logs in with that key alone, and checks the host key', (t) => {
  const found = readGenericHost(host, SSH_G, choice);
  const argv = trialArguments(found, { acceptNewHostKeys: false, connectSeconds: 6, script: 'true' });
  t.deepEqual(argv, [
    '-F',
    'none',
    '-T',
    '-x',
    '-a',
    '-o',
    'BatchMode=yes',
    '-o',
    'StrictHostKeyChecking=yes',
    '-o',
    'UserKnownHostsFile=/home/me/.ssh/known_hosts /home/me/.ssh/known_hosts2',
    '-o',
    'GlobalKnownHostsFile=/etc/ssh/ssh_known_hosts',
    '-o',
    'HostKeyAlias=rack',
    '-o',
    'ConnectTimeout=6',
    '-o',
    'ConnectionAttempts=1',
    '-o',
    'ControlMaster=no',
    '-o',
    'ControlPath=none',
    '-o',
    'LogLevel=ERROR',
    '-o',
    'IdentitiesOnly=yes',
    '-i',
    '/keys/id_ed25519',
    '-p',
    '2222',
    '-l',
    'root',
    '--',
    '10.0.0.4',
    "sh -c 'true'",
  ]);
});

test('what it runs there can stand between single quotes', (t) => {
  const [script = ''] = trialArguments(readGenericHost(host, SSH_G, choice), {
    acceptNewHostKeys: true,
    connectSeconds: 6,
  }).slice(-1);
  t.is(script.split("'").length, 3);
});
