import test from 'ava';

import { formatEndpoint, parseDockerHost, type TlsMaterial } from '../../../src/adapters/engine/endpoint.ts';
import { UsageError } from '../../../src/errors.ts';

const TLS: TlsMaterial = { ca: 'a', cert: 'b', key: 'c', verify: true };

const endpoints: readonly (readonly [text: string, tls: TlsMaterial | undefined, formatted: string])[] = [
  ['unix:///var/run/docker.sock', undefined, 'unix:///var/run/docker.sock'],
  ['tcp://127.0.0.1', undefined, 'tcp://127.0.0.1:2375'],
  ['tcp://localhost:2375', undefined, 'tcp://localhost:2375'],
  ['tcp://127.0.0.1:1/', undefined, 'tcp://127.0.0.1:1'],
  ['http://127.0.0.1:99', undefined, 'tcp://127.0.0.1:99'],
  ['tcp://swarm.example', TLS, 'tcp://swarm.example:2376'],
  ['tcp://10.0.0.1:2377', TLS, 'tcp://10.0.0.1:2377'],
  ['tcp://[::1]:2375', undefined, 'tcp://[::1]:2375'],
  ['ssh://far', undefined, 'ssh://far'],
  ['ssh://root@10.0.0.4:22', undefined, 'ssh://root@10.0.0.4:22'],
  ['ssh://root@[fe80::1%eth0]:2222/', undefined, 'ssh://root@[fe80::1%eth0]:2222'],
];

for (const [text, tls, formatted] of endpoints) {
  test(`${text}${tls ? ' with TLS' : ''} is ${formatted}`, (t) => {
    t.is(formatEndpoint(parseDockerHost(text, 'DOCKER_HOST', tls)), formatted);
  });
}

test('an IPv6 address loses its brackets', (t) => {
  t.deepEqual(parseDockerHost('tcp://[::1]:2375', 'x', undefined), {
    kind: 'tcp',
    host: '::1',
    port: 2375,
    tls: undefined,
  });
});

test('an address for ssh keeps what was said, and nothing else', (t) => {
  t.deepEqual(parseDockerHost('ssh://ops@[::1]', 'x', undefined), {
    kind: 'ssh',
    user: 'ops',
    host: '::1',
    port: undefined,
  });
});

for (const [text, message] of [
  [
    'ssh://-oProxyCommand=id',
    'got "-oProxyCommand=id"; expected a host name, an address, or an alias of ~/.ssh/config',
  ],
  ['ssh://h;id', 'got "h;id"; expected a host name, an address, or an alias of ~/.ssh/config'],
  ['ssh://hôte', 'got "hôte"; expected a host name, an address, or an alias of ~/.ssh/config'],
  ['ssh://-l@h', 'got "-l"; expected the name of a user, like root'],
  ['ssh://h:99999', 'got 99999; expected a port from 1 to 65535'],
  ['ssh://h:0', 'got 0; expected a port from 1 to 65535'],
] as const) {
  test(`DOCKER_HOST=${text} never reaches ssh`, (t) => {
    t.throws(() => parseDockerHost(text, 'DOCKER_HOST', undefined), {
      instanceOf: UsageError,
      message: `DOCKER_HOST: ${message}`,
    });
  });
}

test('a password in an address is refused, and not shown', (t) => {
  t.throws(() => parseDockerHost('ssh://root:geheim@h', 'DOCKER_HOST', undefined), {
    instanceOf: UsageError,
    message: 'DOCKER_HOST: expected no password in an ssh address, but a key',
  });
});

const refused: readonly (readonly [text: string, expected: string])[] = [
  ['garbage', 'expected unix:///path, ssh://user@host or tcp://host:port'],
  ['', 'expected unix:///path, ssh://user@host or tcp://host:port'],
  ['tcp://', 'expected unix:///path, ssh://user@host or tcp://host:port'],
  ['tcp://h;id', 'expected unix:///path, ssh://user@host or tcp://host:port'],
  ['tcp://h\nid', 'expected unix:///path, ssh://user@host or tcp://host:port'],
  ['tcp://１２７.0.0.1', 'expected unix:///path, ssh://user@host or tcp://host:port'],
  ['ssh://', 'expected ssh://user@host:port, without a path'],
  ['ssh://h/run/docker.sock', 'expected ssh://user@host:port, without a path'],
  ['ssh://h h', 'expected ssh://user@host:port, without a path'],
  ['npipe:////./pipe/docker_engine', 'expected unix:///path, ssh://user@host or tcp://host:port'],
  ['unix://', 'expected an absolute path, like unix:///var/run/docker.sock'],
  ['unix://docker.sock', 'expected an absolute path, like unix:///var/run/docker.sock'],
  ['tcp://127.0.0.1:99999', 'expected a port from 1 to 65535'],
  ['tcp://127.0.0.1:0', 'expected a port from 1 to 65535'],
  [
    'tcp://10.0.0.1:2375',
    'plain tcp to another machine is refused: anyone on the network could use it; make a context with its certificates (docker context create)',
  ],
];

for (const [text, expected] of refused) {
  test(`DOCKER_HOST=${JSON.stringify(text)} is refused`, (t) => {
    t.throws(() => parseDockerHost(text, 'DOCKER_HOST', undefined), {
      instanceOf: UsageError,
      message: `DOCKER_HOST: got ${JSON.stringify(text)}; ${expected}`,
    });
  });
}
