import path from 'node:path';

import test from 'ava';

import { readEngine } from '../../../../src/adapters/doctor/read-engine.ts';
import { EngineApi } from '../../../../src/adapters/engine/engine-api.ts';
import { judgeClock, judgeEngine } from '../../../../src/doctor/judge-engine.ts';
import { FakeEngine, refusal, SILENCE } from '../../../helpers/fake-engine.ts';

const { signal } = new AbortController();

const INFO = {
  Driver: 'overlay2',
  DriverStatus: [['driver-type', 'io.containerd.snapshotter.v1']],
  CgroupVersion: '2',
  MemoryLimit: true,
  SecurityOptions: ['name=seccomp,profile=default', 'name=rootless'],
  HttpProxy: 'http://proxy:3128',
  DockerRootDir: '/var/lib/docker',
};

test('an engine of long ago, whose clock is an hour ahead', async (t) => {
  await using engine = await FakeEngine.start({
    'GET /version': () => ({ Version: '18.09.1', ApiVersion: '1.39' }),
    'GET /info': () => ({ ...INFO, SystemTime: new Date(Date.now() + 3_600_000).toISOString() }),
    'GET /networks/bridge': () => ({ Options: { 'com.docker.network.driver.mtu': '1500' } }),
  });
  const reading = await readEngine(engine.api, { isLocal: false, signal });
  t.like(reading, {
    state: 'answers',
    version: '18.09.1',
    apiVersion: '1.39',
    storageDriver: 'overlay2',
    cgroupVersion: '2',
    usesContainerdStore: true,
    securityOptions: ['seccomp', 'rootless'],
    hasProxy: true,
    disk: undefined,
    bridgeMtu: 1500,
  });
  t.is(judgeEngine(reading, 'linux', true).findings[0]?.id, 'SS-E03');
  t.is(judgeClock(reading).findings[0]?.id, 'SS-E16');
});

test('an engine without a bridge answers all the same', async (t) => {
  await using engine = await FakeEngine.start({
    'GET /version': () => ({ Version: '26.1.5', ApiVersion: '1.45' }),
    'GET /info': () => ({ ...INFO, DriverStatus: null, SecurityOptions: null, SystemTime: new Date().toISOString() }),
    'GET /networks/bridge': () => refusal(404, 'network bridge not found'),
  });
  t.like(await readEngine(engine.api, { isLocal: true, signal }), {
    state: 'answers',
    bridgeMtu: undefined,
    usesContainerdStore: false,
    securityOptions: [],
  });
});

test('no socket, and one that nobody listens on, are told apart', async (t) => {
  const engine = await FakeEngine.start();
  const { folder, socketPath } = engine;
  const missing = path.join(folder, 'missing.sock');
  t.deepEqual(await readEngine(new EngineApi({ kind: 'unix', socketPath: missing }), { isLocal: true, signal }), {
    state: 'silent',
    name: `unix://${missing}`,
    isLocal: true,
    why: 'no socket',
    seen: 'there is no such socket',
  });
  await engine[Symbol.asyncDispose]();
  const gone = await readEngine(new EngineApi({ kind: 'unix', socketPath }), { isLocal: true, signal });
  t.is(gone.state, 'silent');
});

test('an engine that answers and does not tell of itself is busy', async (t) => {
  await using engine = await FakeEngine.start({
    'GET /version': () => ({ Version: '26.1.5', ApiVersion: '1.45' }),
    'GET /info': () => SILENCE,
  });
  t.deepEqual(await readEngine(engine.api, { isLocal: true, signal }), {
    state: 'busy',
    name: engine.api.name,
    isLocal: true,
    version: '26.1.5',
    apiVersion: '1.45',
  });
});
