import type { HostAddress } from '../../machines/machine.ts';
import { formatAddress } from './ssh-address.ts';

export type SshFailureKind =
  | 'no-ssh'
  | 'configuration'
  | 'host-not-found'
  | 'refused'
  | 'timeout'
  | 'no-route'
  | 'host-key-unknown'
  | 'host-key-changed'
  | 'host-key-revoked'
  | 'permission-denied'
  | 'penalty'
  | 'no-login'
  | 'lost'
  | 'no-sudo'
  | 'no-docker'
  | 'docker-denied'
  | 'docker-down'
  | 'other';

/** Why ssh, or what it ran, did not come to an answer. `message` is the end of a sentence: "connection refused". */
export class SshFailure extends Error {
  override readonly name = 'SshFailure';
  readonly kind: SshFailureKind;
  /** What to type. */
  readonly hint: string;
  /** All that ssh has printed, where that is known. */
  readonly output: string;

  constructor(kind: SshFailureKind, seen: string, hint: string, output = '') {
    super(seen);
    this.kind = kind;
    this.hint = hint;
    this.output = output;
  }
}

interface Rule {
  readonly kind: SshFailureKind;
  readonly shape: RegExp;
  readonly seen: (match: RegExpExecArray, to: HostAddress) => string;
  readonly hint: (to: HostAddress, match: RegExpExecArray) => string;
}

/**
 * What OpenSSH's ssh says, most telling first: a changed key is also followed by "Host key verification failed".
 * Source: openssh-portable `ssh.c`, `sshconnect.c`, `sshconnect2.c`; texts of 9.2, 9.6 and 10.0.
 */
const RULES: readonly Rule[] = [
  {
    kind: 'configuration',
    shape: /Bad (?:configuration option|owner or permissions)[^\n]*|[^\n]*: terminating, \d+ bad configuration options/,
    seen: ([text]) => `ssh does not read its configuration: ${text.trim()}`,
    hint: () => 'correct ~/.ssh/config',
  },
  {
    kind: 'host-key-revoked',
    shape: /REVOKED HOST KEY DETECTED|Host key [^\n]*is revoked|marked as revoked/,
    seen: () => 'its host key is revoked in known_hosts',
    hint: (to) => `ask who runs ${to.host}; nothing was sent to it`,
  },
  {
    kind: 'host-key-changed',
    shape: /REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for [^\n]* has changed/,
    seen: () => 'its host key has changed, so it may be another machine; nothing was sent to it',
    hint: (to) =>
      `if it was installed anew, check the new key with whoever did it, then: ssh-keygen -R ${knownHostsName(to)}`,
  },
  {
    kind: 'host-key-unknown',
    shape: /No (\S+) host key is known for|Host key verification failed/,
    seen: () => 'its host key is not known here',
    hint: (to) => `${sshCommand(to)} once, and compare the fingerprint; or --accept-new-host-keys`,
  },
  {
    kind: 'host-not-found',
    shape: /Could not resolve hostname ([^:\n]*): ([^\n]*)/,
    seen: ([, name]) => `there is no host ${JSON.stringify(name)}`,
    hint: () => 'check the name; ~/.ssh/config or /etc/hosts may hold it',
  },
  {
    kind: 'refused',
    // The second is what a host on the way says of it.
    shape: /connect to [^\n]*: Connection refused|open failed: connect failed: Connection refused/,
    seen: (_, to) => `connection refused at port ${to.port ?? 22}`,
    hint: (to) => `is sshd running there, and is ${to.port ?? 22} its port?`,
  },
  {
    kind: 'timeout',
    shape: /(?:Connection|Operation) timed out|Timeout, server [^\n]* not responding/,
    seen: () => 'it did not answer in time',
    hint: () => 'is it switched on, and does a firewall let ssh through?',
  },
  {
    kind: 'no-route',
    shape: /No route to host|Network is unreachable/,
    seen: () => 'no way leads to its address from here',
    hint: () => 'check the address and the network; is it switched on?',
  },
  {
    kind: 'permission-denied',
    shape: /Permission denied \(([^)]*)\)/,
    seen: ([, methods], to) =>
      `it does not let ${to.user === undefined ? 'this user' : `the user "${to.user}"`} in (it takes ${methods?.split(',').join(', ')})`,
    hint: (to) => `ssh-copy-id ${portFlag(to)}${userAt(to)}; or name the right user or key in ~/.ssh/config`,
  },
  {
    kind: 'permission-denied',
    shape: /Too many authentication failures/,
    seen: () => 'it was offered too many keys before the right one',
    hint: () => 'name the key in ~/.ssh/config: IdentityFile and IdentitiesOnly yes',
  },
  {
    kind: 'penalty',
    shape: /kex_exchange_identification|Not allowed at this time|Exceeded MaxStartups/,
    seen: () =>
      'it closes the connection before a login: its sshd is busy, or shuts this machine out after failed logins',
    hint: () => 'wait a minute and try again; its log says more: journalctl -u ssh',
  },
  {
    kind: 'other',
    shape: /Unable to negotiate [^\n]*?: ([^\n.]*)/,
    seen: ([, what]) => `the two do not agree on a way to talk: ${what}`,
    hint: () => 'one of the two is too old for the other: ssh -v shows what each offers',
  },
  {
    kind: 'lost',
    shape:
      /Connection (?:to|closed by|reset by)[^\n]*|[^\n]*(?:Broken pipe|Connection reset)[^\n]*|^mux_client[^\n]*|^Control master[^\n]*/m,
    seen: () => 'the connection was lost',
    hint: () => 'run the same command again',
  },
];

/** What ssh means with what it printed, when it ended with its own status, 255. */
export function explainSsh(stderr: string, to: HostAddress): SshFailure {
  const jump = failedJump(stderr);
  if (!jump) return explain(stderr, to);
  const { kind, message, hint } = explain(stderr, jump);
  return new SshFailure(kind, `${formatAddress(jump)}, which is on the way to it: ${message}`, hint);
}

/**
 * The host of a ProxyJump, where not the machine itself but the way to it has failed: then ssh loses a connection that has no
 * address, and the ssh that goes to that host has said why before.
 *
 * Shape: `ssh: connect to host jump port 22: …`, `ops@jump: Permission denied (publickey).`, `No ED25519 host key is known for
 * [jump]:2222 and …`, `Host key for jump has changed and …`; then `Connection closed by UNKNOWN port 65535`.
 */
function failedJump(stderr: string): HostAddress | undefined {
  if (!stderr.includes('by UNKNOWN port 65535')) return undefined;
  const [, user, host, port] =
    /connect to (?:host|address) ()(\S+) port (\d+):/.exec(stderr) ??
    /^([^@\s]+)@(\S+): Permission denied/m.exec(stderr) ??
    /host key (?:is known )?for ()\[?([^\]\s]+)\]?(?::(\d+))? /i.exec(stderr) ??
    [];
  return host ? { user: user || undefined, host, port: port === undefined ? undefined : Number(port) } : undefined;
}

function explain(stderr: string, to: HostAddress): SshFailure {
  for (const { kind, shape, seen, hint } of RULES) {
    const match = shape.exec(stderr);
    if (match) return new SshFailure(kind, seen(match, to), hint(to, match), stderr);
  }
  const last = lastLine(stderr);
  return last === ''
    ? new SshFailure('lost', 'the connection was lost', 'run the same command again')
    : new SshFailure('other', last, `${sshCommand(to)} shows more`);
}

/** The last line that says something. */
export function lastLine(text: string): string {
  const lines = text.split(/[\r\n]+/).map((line) => line.trim());
  return lines.findLast((line) => line !== '') ?? '';
}

export function sshCommand(to: HostAddress): string {
  return `ssh ${portFlag(to)}${userAt(to)}`;
}

function portFlag({ port }: HostAddress): string {
  return port === undefined || port === 22 ? '' : `-p ${port} `;
}

/** Without the brackets of an IPv6 address: they belong to `host:port`, and ssh would look up a name with them. */
function userAt({ user, host }: HostAddress): string {
  return user === undefined ? host : `${user}@${host}`;
}

/** As known_hosts has it: with a port that is not ssh's own, in brackets. */
function knownHostsName({ host, port }: HostAddress): string {
  return port === undefined || port === 22 ? host : `'[${host}]:${port}'`;
}
