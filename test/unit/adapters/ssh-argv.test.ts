import { spawnSync } from 'node:child_process';

import test from 'ava';

import { quoteWord } from '../../../src/jobs/quote-word.ts';
import { formatAddress, formatSshHost } from '../../../src/adapters/ssh/ssh-address.ts';
import { sshArgv } from '../../../src/adapters/ssh/ssh-argv.ts';

const COMMON = [
  'BatchMode=yes',
  'StrictHostKeyChecking=yes',
  'ConnectTimeout=7',
  'ServerAliveInterval=5',
  'ServerAliveCountMax=3',
  'ControlMaster=no',
  'ControlPath="/run/my %%h/.ssh/0123"',
  'ControlPersist=60',
  'LogLevel=ERROR',
  'ClearAllForwardings=yes',
  'RemoteCommand=none',
].flatMap((option) => ['-o', option]);

const GIVEN = {
  address: { user: 'ops', host: '10.0.0.4', port: 2222 },
  controlPath: '/run/my %h/.ssh/0123',
  master: 'no',
  acceptNewHostKeys: false,
  command: ['docker', 'system', 'dial-stdio'],
} as const;

test('a session uses the kept connection; the host comes after --', (t) => {
  t.deepEqual(sshArgv(GIVEN), [
    ...COMMON,
    '-T',
    '-x',
    '-a',
    '-l',
    'ops',
    '-p',
    '2222',
    '--',
    '10.0.0.4',
    'docker',
    'system',
    'dial-stdio',
  ]);
});

test('a login makes the connection, says more, and takes a new host key only if that was asked for', (t) => {
  const address = { user: undefined, host: 'far', port: undefined };
  const argv = sshArgv({ ...GIVEN, address, master: 'auto', acceptNewHostKeys: true, command: ['exit 0'] });
  const expected = COMMON.map((word) =>
    word
      .replace('ControlMaster=no', 'ControlMaster=auto')
      .replace('LogLevel=ERROR', 'LogLevel=INFO')
      .replace('Checking=yes', 'Checking=accept-new'),
  );
  t.deepEqual(argv, [...expected, '-T', '-x', '-a', '--', 'far', 'exit 0']);
});

test('a person at a terminal gets one on the other side, and what ~/.ssh/config forwards', (t) => {
  t.deepEqual(sshArgv({ ...GIVEN, tty: true, command: [] }), [
    ...COMMON,
    '-t',
    '-l',
    'ops',
    '-p',
    '2222',
    '--',
    '10.0.0.4',
  ]);
});

test('addresses are written as ssh and docker read them', (t) => {
  t.is(formatAddress({ user: 'root', host: 'a', port: 22 }), 'root@a');
  t.is(formatAddress({ user: undefined, host: 'a', port: 2222 }), 'a:2222');
  t.is(formatAddress({ user: 'root', host: 'fe80::1', port: 2222 }), 'root@[fe80::1]:2222');
  t.is(formatSshHost({ user: 'root', host: 'a', port: 22 }), 'ssh://root@a:22');
  t.is(formatSshHost({ user: undefined, host: '::1', port: undefined }), 'ssh://[::1]');
});

test('a shell reads every word back as it was', (t) => {
  const words = [
    '',
    'a b',
    "it's",
    "''",
    '"$HOME"',
    '`id`',
    '\\',
    '\\n',
    'a\nb',
    '!!',
    '*',
    '~',
    '-n',
    'é→𝄞',
    '#',
    ';&|<>()',
  ];
  const script = `printf '%s\\0' ${words.map(quoteWord).join(' ')}`;
  for (const shell of ['sh', 'bash']) {
    const { stdout } = spawnSync(shell, ['-s'], { input: script, encoding: 'utf8' });
    t.deepEqual(stdout.split('\0').slice(0, -1), words, shell);
  }
  t.is(quoteWord('/var/run/docker.sock'), '/var/run/docker.sock');
});
