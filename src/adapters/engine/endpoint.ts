import { UsageError } from '../../errors.ts';
import type { HostAddress } from '../../machines/machine.ts';
import { checkAddress, formatSshHost, parseSshHost } from '../ssh/ssh-address.ts';

/** Where a Docker engine listens. */
export type EngineEndpoint = UnixEndpoint | TcpEndpoint | SshEndpoint;

export interface UnixEndpoint {
  readonly kind: 'unix';
  readonly socketPath: string;
}

export interface TcpEndpoint {
  readonly kind: 'tcp';
  readonly host: string;
  readonly port: number;
  readonly tls: TlsMaterial | undefined;
}

/** The socket that `docker` uses on another machine, through `ssh … docker system dial-stdio`. */
export interface SshEndpoint extends HostAddress {
  readonly kind: 'ssh';
}

/** PEM texts, and whether the server's certificate is checked. */
export interface TlsMaterial {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly verify: boolean;
}

/**
 * The endpoint in a DOCKER_HOST value.
 *
 * Shape: `unix:///path/docker.sock`, `ssh://user@host:port`, or `tcp://host:port`; port 2375 when none is given, 2376 with TLS
 * (Docker's own rule). User and port of ssh may be missing: then ~/.ssh/config has them.
 *
 * @throws UsageError if it is none of them; also for plain tcp to another machine, which gives root to whoever can reach it
 */
export function parseDockerHost(text: string, field: string, tls: TlsMaterial | undefined): EngineEndpoint {
  const wrong = (expected: string): UsageError => new UsageError(`${field}: got ${JSON.stringify(text)}; ${expected}`);
  if (text.startsWith('unix://')) {
    const socketPath = text.slice('unix://'.length);
    if (!socketPath.startsWith('/')) throw wrong('expected an absolute path, like unix:///var/run/docker.sock');
    return { kind: 'unix', socketPath };
  }
  if (text.startsWith('ssh://')) {
    // Not shown: whoever reads the message reads the password.
    if (/^ssh:\/\/[^/@]*:[^/]*@/.test(text))
      throw new UsageError(`${field}: expected no password in an ssh address, but a key`);
    const address = parseSshHost(text);
    if (!address) throw wrong('expected ssh://user@host:port, without a path');
    return { kind: 'ssh', ...checkAddress(address, field) };
  }
  const match = /^(?:tcp|https?):\/\/(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::([0-9]{1,5}))?\/?$/.exec(text);
  if (!match?.[1]) throw wrong('expected unix:///path, ssh://user@host or tcp://host:port');
  const host = match[1].replace(/^\[|\]$/g, '');
  const port = Number(match[2] ?? (tls ? 2376 : 2375));
  if (port < 1 || port > 65_535) throw wrong('expected a port from 1 to 65535');
  if (!tls && !isLoopback(host)) {
    throw wrong(
      'plain tcp to another machine is refused: anyone on the network could use it; make a context with its certificates (docker context create)',
    );
  }
  return { kind: 'tcp', host, port, tls };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** The endpoint as a DOCKER_HOST value, for messages and for the docker command line. */
export function formatEndpoint(endpoint: EngineEndpoint): string {
  switch (endpoint.kind) {
    case 'unix':
      return `unix://${endpoint.socketPath}`;
    case 'tcp':
      return `tcp://${endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host}:${endpoint.port}`;
    case 'ssh':
      return formatSshHost(endpoint);
    default:
      return endpoint satisfies never;
  }
}
