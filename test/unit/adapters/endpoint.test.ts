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

const refused: readonly (readonly [text: string, expected: string])[] = [
  ['garbage', 'expected unix:///path or tcp://host:port'],
  ['', 'expected unix:///path or tcp://host:port'],
  ['tcp://', 'expected unix:///path or tcp://host:port'],
  ['tcp://h;id', 'expected unix:///path or tcp://host:port'],
  ['tcp://h\nid', 'expected unix:///path or tcp://host:port'],
  ['tcp://１２７.0.0.1', 'expected unix:///path or tcp://host:port'],
  ['ssh://h:99999', 'expected unix:///path or tcp://host:port'],
  ['npipe:////./pipe/docker_engine', 'expected unix:///path or tcp://host:port'],
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
