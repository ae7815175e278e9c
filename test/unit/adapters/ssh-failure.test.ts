import test from 'ava';

import { explainDial, explainSudo } from '../../../src/adapters/ssh/remote-failure.ts';
import { explainSsh, type SshFailureKind } from '../../../src/adapters/ssh/ssh-failure.ts';

const TO = { user: 'root', host: '10.0.0.4', port: 22 };
const CHANGED = `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
Someone could be eavesdropping on you right now (man-in-the-middle attack)!
It is also possible that a host key has just been changed.
The fingerprint for the ED25519 key sent by the remote host is
SHA256:gc/OVLEqF8FeTGAQSInzYIRcLXr7MxzdPIgAAL4bzWA.
Please contact your system administrator.
Add correct host key in /root/cap/kh_wrong to get rid of this message.
Offending ED25519 key in /root/cap/kh_wrong:1
  remove with:
  ssh-keygen -f '/root/cap/kh_wrong' -R '10.0.0.4'
Host key for 10.0.0.4 has changed and you have requested strict checking.
Host key verification failed.
`;
const REVOKED = `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@       WARNING: REVOKED HOST KEY DETECTED!               @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
The ED25519 host key for 10.0.0.4 is marked as revoked.
This could mean that a stolen key is being used to
impersonate this host.
ED25519 host key for 10.0.0.4 was revoked and you have requested strict checking.
Host key verification failed.
`;

type Row = readonly [what: string, stderr: string, kind: SshFailureKind, seen: string, hint: string];

/** What ssh of OpenSSH 9.2 and 10.0 printed; only addresses are others. */
const SSH: readonly Row[] = [
  [
    'a host key that was never seen',
    'No ED25519 host key is known for 10.0.0.4 and you have requested strict checking.\r\nHost key verification failed.\r\n',
    'host-key-unknown',
    'its host key is not known here',
    'ssh root@10.0.0.4 once, and compare the fingerprint; or --accept-new-host-keys',
  ],
  [
    'a changed host key',
    CHANGED,
    'host-key-changed',
    'its host key has changed, so it may be another machine; nothing was sent to it',
    'if it was installed anew, check the new key with whoever did it, then: ssh-keygen -R 10.0.0.4',
  ],
  [
    'a revoked host key',
    REVOKED,
    'host-key-revoked',
    'its host key is revoked in known_hosts',
    'ask who runs 10.0.0.4; nothing was sent to it',
  ],
  [
    'a login that is refused',
    'root@10.0.0.4: Permission denied (publickey,password).\r\n',
    'permission-denied',
    'it does not let the user "root" in (it takes publickey, password)',
    'ssh-copy-id root@10.0.0.4; or name the right user or key in ~/.ssh/config',
  ],
  [
    'too many keys',
    'Received disconnect from 10.0.0.4 port 22:2: Too many authentication failures\r\nDisconnected from 10.0.0.4 port 22\r\n',
    'permission-denied',
    'it was offered too many keys before the right one',
    'name the key in ~/.ssh/config: IdentityFile and IdentitiesOnly yes',
  ],
  [
    'a port where nobody listens',
    'ssh: connect to host 10.0.0.4 port 22: Connection refused\r\n',
    'refused',
    'connection refused at port 22',
    'is sshd running there, and is 22 its port?',
  ],
  [
    'an address where nothing answers',
    'ssh: connect to host 10.0.0.4 port 22: Connection timed out\r\n',
    'timeout',
    'it did not answer in time',
    'is it switched on, and does a firewall let ssh through?',
  ],
  [
    'a machine that stands still',
    'Connection timed out during banner exchange\r\nConnection to 10.0.0.4 port 22 timed out\r\n',
    'timeout',
    'it did not answer in time',
    'is it switched on, and does a firewall let ssh through?',
  ],
  [
    'an address to which no way leads',
    'ssh: connect to host 10.0.0.4 port 22: No route to host\r\n',
    'no-route',
    'no way leads to its address from here',
    'check the address and the network; is it switched on?',
  ],
  [
    'a name that nobody knows',
    'ssh: Could not resolve hostname no.such.host.invalid: Name or service not known\r\n',
    'host-not-found',
    'there is no host "no.such.host.invalid"',
    'check the name; ~/.ssh/config or /etc/hosts may hold it',
  ],
  [
    'a configuration that ssh does not read',
    '/root/.ssh/config: line 2: Bad configuration option: bogus\r\n/root/.ssh/config: terminating, 1 bad configuration options\r\n',
    'configuration',
    'ssh does not read its configuration: Bad configuration option: bogus',
    'correct ~/.ssh/config',
  ],
  [
    'the penalty of OpenSSH 10 for failed logins',
    'kex_exchange_identification: Connection closed by remote host\r\nConnection closed by 10.0.0.4 port 22\r\n',
    'penalty',
    'it closes the connection before a login: its sshd is busy, or shuts this machine out after failed logins',
    'wait a minute and try again; its log says more: journalctl -u ssh',
  ],
  [
    'an sshd with other algorithms',
    'Unable to negotiate with 10.0.0.4 port 22: no matching key exchange method found. Their offer: curve25519-sha256,ecdh-sha2-nistp256\r\n',
    'other',
    'the two do not agree on a way to talk: no matching key exchange method found',
    'one of the two is too old for the other: ssh -v shows what each offers',
  ],
  [
    'a master that went away',
    'mux_client_read_packet: read header failed: Broken pipe\r\n',
    'lost',
    'the connection was lost',
    'run the same command again',
  ],
  ['nothing at all', '', 'lost', 'the connection was lost', 'run the same command again'],
  ['something new', 'Something new.\r\n', 'other', 'Something new.', 'ssh root@10.0.0.4 shows more'],
];

for (const [what, stderr, kind, seen, hint] of SSH) {
  test(`of ssh: ${what}`, (t) => {
    const failure = explainSsh(stderr, TO);
    t.deepEqual([failure.kind, failure.message, failure.hint], [kind, seen, hint]);
  });
}

test('hints name a port and an alias as ssh-keygen and ssh take them', (t) => {
  const to = { user: undefined, host: 'far', port: 2222 };
  t.is(
    explainSsh(CHANGED, to).hint,
    "if it was installed anew, check the new key with whoever did it, then: ssh-keygen -R '[far]:2222'",
  );
  t.is(
    explainSsh('Host key verification failed.', to).hint,
    'ssh -p 2222 far once, and compare the fingerprint; or --accept-new-host-keys',
  );
  t.is(
    explainSsh('far: Permission denied (publickey).', to).message,
    'it does not let this user in (it takes publickey)',
  );
});

/** What ssh of OpenSSH 9.2 printed for `inner`, port 2222, behind a ProxyJump. */
const LOST =
  'kex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535\r\n';
const JUMPS: readonly Row[] = [
  [
    'where nobody listens',
    `ssh: connect to host jump.lan port 2200: Connection refused\r\n${LOST}`,
    'refused',
    'jump.lan:2200, which is on the way to it: connection refused at port 2200',
    'is sshd running there, and is 2200 its port?',
  ],
  [
    'that does not let us in',
    `ops@jump.lan: Permission denied (publickey).\r\n${LOST}`,
    'permission-denied',
    'ops@jump.lan, which is on the way to it: it does not let the user "ops" in (it takes publickey)',
    'ssh-copy-id ops@jump.lan; or name the right user or key in ~/.ssh/config',
  ],
  [
    'whose key is not known',
    `No ED25519 host key is known for [jump.lan]:2200 and you have requested strict checking.\r\nHost key verification failed.\r\n${LOST}`,
    'host-key-unknown',
    'jump.lan:2200, which is on the way to it: its host key is not known here',
    'ssh -p 2200 jump.lan once, and compare the fingerprint; or --accept-new-host-keys',
  ],
  [
    'whose key has changed',
    CHANGED + LOST,
    'host-key-changed',
    '10.0.0.4, which is on the way to it: its host key has changed, so it may be another machine; nothing was sent to it',
    'if it was installed anew, check the new key with whoever did it, then: ssh-keygen -R 10.0.0.4',
  ],
  [
    'that cannot get further',
    `channel 0: open failed: connect failed: Connection refused\r\nstdio forwarding failed\r\n${LOST}`,
    'refused',
    'connection refused at port 2222',
    'is sshd running there, and is 2222 its port?',
  ],
];

for (const [what, stderr, kind, seen, hint] of JUMPS) {
  test(`of ssh by a host on the way ${what}`, (t) => {
    const failure = explainSsh(stderr, { user: 'root', host: 'inner', port: 2222 });
    t.deepEqual([failure.kind, failure.message, failure.hint], [kind, seen, hint]);
  });
}

test('hints name an IPv6 address as ssh takes it', (t) => {
  const to = { user: 'root', host: 'fe80::1', port: 22 };
  t.is(explainSsh('Something new.', to).hint, 'ssh root@fe80::1 shows more');
  t.regex(explainSsh('root@fe80::1: Permission denied (publickey).', to).hint, /^ssh-copy-id root@fe80::1;/);
});

const NO_ACCESS = 'failed to open the raw stream connection: dial unix /var/run/docker.sock: connect: ';

/** What `docker system dial-stdio` of Docker 20.10 and 26.1 printed, or the login shell in its place. */
const DIAL: readonly (readonly [
  what: string,
  status: number | null,
  stderr: string,
  kind: SshFailureKind,
  seen: string,
])[] = [
  [
    'no docker, in bash',
    127,
    'bash: line 1: docker: command not found\n',
    'no-docker',
    'there is no docker command on that machine',
  ],
  ['no docker, in dash', 127, 'sh: 1: docker: not found\n', 'no-docker', 'there is no docker command on that machine'],
  [
    'no right to the socket',
    1,
    `${NO_ACCESS}permission denied\n`,
    'docker-denied',
    'the user "root" may not use the engine there',
  ],
  ['no engine', 1, `${NO_ACCESS}no such file or directory\n`, 'docker-down', 'the engine there is not running'],
  [
    'an engine that was killed',
    1,
    `${NO_ACCESS}connection refused\n`,
    'docker-down',
    'the engine there is not running',
  ],
  ['a lost connection', 255, '', 'lost', 'the connection was lost'],
  ['an ssh that was killed', null, '', 'lost', 'the connection was lost'],
  ['a silent end', 3, '', 'other', 'docker system dial-stdio ended with status 3'],
];

for (const [what, status, stderr, kind, seen] of DIAL) {
  test(`of dial-stdio: ${what}`, (t) => {
    const failure = explainDial(status, stderr, TO);
    t.deepEqual([failure.kind, failure.message], [kind, seen]);
  });
}

test('the hints for an engine say where to type them', (t) => {
  const ops = { user: 'ops', host: 'far', port: 2222 };
  t.is(
    explainDial(1, `${NO_ACCESS}no such file or directory`, ops).hint,
    'ssh -p 2222 ops@far sudo systemctl start docker',
  );
  t.is(explainDial(1, `${NO_ACCESS}no such file or directory`, TO).hint, 'ssh root@10.0.0.4 systemctl start docker');
  t.is(
    explainDial(1, `${NO_ACCESS}permission denied`, ops).hint,
    'as root there: usermod -aG docker ops; or log in as root',
  );
});

/** What sudo 1.9 printed. */
const SUDO = [
  ['sudo: a password is required\n', 'the user "ops" may not use sudo there without a password'],
  ['sudo: sorry, you must have a tty to run sudo\n', 'the user "ops" may not use sudo there without a password'],
  [
    "Sorry, user ops is not allowed to execute '/usr/bin/sh' as root on vm1.\n",
    'the user "ops" may not use sudo there without a password',
  ],
  ['env: ‘sudo’: No such file or directory\n', 'the user "ops" is not root, and there is no sudo'],
  ["env: 'sudo': No such file or directory\n", 'the user "ops" is not root, and there is no sudo'],
] as const;

for (const [stderr, seen] of SUDO) {
  test(`of sudo: ${stderr.trim()}`, (t) => {
    const failure = explainSudo(stderr, { user: 'ops', host: 'a', port: 22 });
    t.deepEqual([failure?.kind, failure?.message], ['no-sudo', seen]);
  });
}

test("what a script says itself is not sudo's", (t) => {
  t.is(explainSudo('E: Unable to locate package sudo\n', TO), undefined);
  t.is(explainSudo('', TO), undefined);
});
