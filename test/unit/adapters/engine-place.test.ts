import { hostname } from 'node:os';

import test from 'ava';

import { EngineApi } from '../../../src/adapters/engine/engine-api.ts';
import { placeOf } from '../../../src/adapters/engine/engine-place.ts';

test('an engine behind a socket is on this machine', (t) => {
  const api = new EngineApi({ kind: 'unix', socketPath: '/run/docker.sock' });
  t.deepEqual(placeOf({ api }), { isLocal: true, host: hostname(), address: '127.0.0.1' });
});

test('an engine behind an address is on the machine that has it', (t) => {
  const api = new EngineApi({ kind: 'tcp', host: 'far.example', port: 2376, tls: undefined });
  t.deepEqual(placeOf({ api }), { isLocal: false, host: 'far.example', address: 'far.example' });
});

test('an engine behind an alias of ssh is where ssh finds it', (t) => {
  const api = new EngineApi({ kind: 'ssh', user: 'root', host: 'desk', port: 22 });
  t.deepEqual(placeOf({ api, hostAddress: '10.0.0.4' }), { isLocal: false, host: 'desk', address: '10.0.0.4' });
  t.deepEqual(placeOf({ api }), { isLocal: false, host: 'desk', address: 'desk' });
});
