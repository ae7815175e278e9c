import type { HostAddress } from '../../machines/machine.ts';

/** How long TCP, the greeting and the exchange of keys may take together. */
export const CONNECT_TIMEOUT_SECONDS = 7;

export interface SshArguments {
  readonly address: HostAddress;
  /** Socket of the shared connection. */
  readonly controlPath: string;
  /** `auto` makes the shared connection if it is not there; `no` only uses it. */
  readonly master: 'auto' | 'no';
  readonly acceptNewHostKeys: boolean;
  /** A terminal on the other side. */
  readonly tty?: boolean;
  /** ssh itself says nothing, so that standard error is the program's alone, byte for byte. */
  readonly quiet?: boolean;
  /** Words that ssh joins by blanks and the login shell there reads; empty for a login shell. */
  readonly command: readonly string[];
}

/**
 * Arguments of OpenSSH's `ssh`. What is not said here is the user's own configuration: keys, agent, jumps, known hosts.
 *
 * Nothing is asked (`BatchMode`). A host whose key is not known is refused, or with `accept-new` remembered; a changed key is
 * refused in any case. `ClearAllForwardings` and `RemoteCommand` keep away what the user's configuration has for logins by hand.
 */
export function sshArgv({
  address: { user, host, port },
  controlPath,
  master,
  acceptNewHostKeys,
  tty = false,
  quiet = false,
  command,
}: SshArguments): readonly string[] {
  const options = [
    'BatchMode=yes',
    `StrictHostKeyChecking=${acceptNewHostKeys ? 'accept-new' : 'yes'}`,
    `ConnectTimeout=${CONNECT_TIMEOUT_SECONDS}`,
    // A machine that is gone without a word is noticed within 15 s.
    'ServerAliveInterval=5',
    'ServerAliveCountMax=3',
    `ControlMaster=${master}`,
    controlPathOption(controlPath),
    'ControlPersist=60',
    // Why a login fails is partly said as information; later it would be among what programs say.
    `LogLevel=${quiet ? 'QUIET' : master === 'auto' ? 'INFO' : 'ERROR'}`,
    'ClearAllForwardings=yes',
    'RemoteCommand=none',
  ];
  return [
    ...options.flatMap((option) => ['-o', option]),
    ...(tty ? ['-t'] : ['-T', '-x', '-a']),
    ...destinationArgv({ user, host, port }),
    ...command,
  ];
}

/** Arguments by which a shared connection takes no more sessions. */
export function stopArgv(address: HostAddress, controlPath: string): readonly string[] {
  return ['-O', 'stop', '-o', controlPathOption(controlPath), ...destinationArgv(address)];
}

function controlPathOption(controlPath: string): string {
  return `ControlPath="${controlPath.replaceAll('%', '%%')}"`;
}

/** The host and what was said about it; the rest is for ~/.ssh/config to say. */
export function destinationArgv({ user, host, port }: HostAddress): readonly string[] {
  return [...(user === undefined ? [] : ['-l', user]), ...(port === undefined ? [] : ['-p', String(port)]), '--', host];
}
