import { UsageError } from '../../errors.ts';
import type { HostAddress } from '../../machines/machine.ts';

/** Names, addresses (also IPv6 with a zone) and aliases of ~/.ssh/config. Never an option, never a word of a shell. */
const HOST = /^[A-Za-z0-9_:][A-Za-z0-9_.:%-]*$/;
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.@-]*\$?$/;

/**
 * Refuses what ssh could take for an option, or a shell for more than a name.
 *
 * @throws UsageError
 */
export function checkAddress(address: HostAddress, field: string): HostAddress {
  const { user, host, port } = address;
  const refuse = (got: unknown, expected: string): UsageError =>
    new UsageError(`${field}: got ${JSON.stringify(got)}; expected ${expected}`);
  if (!HOST.test(host)) throw refuse(host, 'a host name, an address, or an alias of ~/.ssh/config');
  if (user !== undefined && !USER.test(user)) throw refuse(user, 'the name of a user, like root');
  if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65_535))
    throw refuse(port, 'a port from 1 to 65535');
  return address;
}

/** `root@10.0.0.4`, `root@[fe80::1]:2222`; without the port that ssh has anyway. */
export function formatAddress(address: HostAddress): string {
  return format({ ...address, port: address.port === 22 ? undefined : address.port });
}

/** As a DOCKER_HOST value: `ssh://root@10.0.0.4:22`. */
export function formatSshHost(address: HostAddress): string {
  return `ssh://${format(address)}`;
}

/**
 * The address in `ssh://user@host:port`.
 *
 * @returns undefined if it is no such text; a path is none, because it would name a socket on the other machine
 */
export function parseSshHost(text: string): HostAddress | undefined {
  const match = /^ssh:\/\/(?:([^@/\s]+)@)?(\[[0-9A-Fa-f:.]+(?:%[\w.-]+)?\]|[^[\]:/@\s]+)(?::([0-9]{1,5}))?\/?$/.exec(
    text,
  );
  if (!match?.[2]) return undefined;
  const port = match[3] === undefined ? undefined : Number(match[3]);
  return { user: match[1], host: match[2].replace(/^\[|\]$/g, ''), port };
}

function format({ user, host, port }: HostAddress): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `${user === undefined ? '' : `${user}@`}${name}${port === undefined ? '' : `:${port}`}`;
}
