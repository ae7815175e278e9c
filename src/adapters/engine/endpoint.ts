import { UsageError } from '../../errors.ts';

/** Where a Docker engine listens. */
export type EngineEndpoint = UnixEndpoint | TcpEndpoint;

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
 * Shape: `unix:///path/docker.sock` or `tcp://host:port`; port 2375 when none is given, 2376 with TLS (Docker's own rule).
 *
 * @throws UsageError if it is neither; also for plain tcp to another machine, which gives root to whoever can reach it
 */
export function parseDockerHost(text: string, field: string, tls: TlsMaterial | undefined): EngineEndpoint {
  const wrong = (expected: string): UsageError => new UsageError(`${field}: got ${JSON.stringify(text)}; ${expected}`);
  if (text.startsWith('unix://')) {
    const socketPath = text.slice('unix://'.length);
    if (!socketPath.startsWith('/')) throw wrong('expected an absolute path, like unix:///var/run/docker.sock');
    return { kind: 'unix', socketPath };
  }
  const match = /^(?:tcp|https?):\/\/(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::([0-9]{1,5}))?\/?$/.exec(text);
  if (!match?.[1]) throw wrong('expected unix:///path or tcp://host:port');
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
      return `tcp://${endpoint.host}:${endpoint.port}`;
    default:
      return endpoint satisfies never;
  }
}
