import test from 'ava';

import { UnreachableError } from '../../../src/errors.ts';
import { readAllFacts, readFacts } from '../../../src/machines/read-facts.ts';
import { FakeEngine } from '../../helpers/fake-engine.ts';
import { fakeMachine, infoFixture, machineFixture, versionFixture } from '../../helpers/machine-readings.ts';

const signal = new AbortController().signal;
const ok = (stdout: string): { readonly status: 0; readonly stdout: string; readonly stderr: '' } => ({
  status: 0,
  stdout,
  stderr: '',
});

test('system and engine are asked, as the user who logs in, and the clock is known closely', async (t) => {
  await using engine = await FakeEngine.start({
    'GET /version': () => versionFixture(),
    'GET /info': () => ({
      ...infoFixture(),
      SystemTime: new Date(Date.now() + 60_000).toISOString(),
    }),
  });
  const seconds = Math.floor(Date.now() / 1000) + 60;
  const said = machineFixture('debian-12-root').replace(/^clock=.*/, `clock=${seconds}.%N`);
  const machine = fakeMachine('m1', () => ok(said), engine.api);
  const {
    name,
    place,
    system,
    engine: facts,
    clock,
    failure,
    engineFailure,
  } = await readFacts(machine, {
    script: 'the script',
    signal,
  });
  t.deepEqual([name, place, failure, engineFailure], ['m1', 'root@m1', undefined, undefined]);
  t.deepEqual([system?.hostname, facts?.version], ['pf2', '20.10.24+dfsg1']);
  // The machine's `date` knows seconds only: the engine's answer is the closer one.
  t.true(clock !== undefined && clock.earliestMs <= 60_001 && clock.latestMs >= 59_999, JSON.stringify(clock));
  t.deepEqual(
    machine.ran.map(({ script, options }) => [script, options.asRoot]),
    [['the script', false]],
  );
});

test('a machine that cannot be entered is read with the reason, and the others are read', async (t) => {
  await using engine = await FakeEngine.start();
  const failure = new UnreachableError('Cannot work on root@m1 by ssh: connection refused at port 22');
  const readings = await readAllFacts(
    [
      fakeMachine('m1', () => Promise.reject(failure), engine.api),
      fakeMachine('m2', () => ok(machineFixture('debian-13-ops')), engine.api),
    ],
    { script: '', signal },
  );
  t.deepEqual(
    readings.map(({ name, system, failure: reason }) => [name, system?.hostname, reason]),
    [
      ['m1', undefined, failure],
      ['m2', 'pf1', undefined],
    ],
  );
  t.is(readings[0]?.engineFailure?.message, 'unexpected request: GET /version');
});

test('a shell that runs nothing is said with its own words', async (t) => {
  await using engine = await FakeEngine.start();
  const machine = fakeMachine('m1', () => ({ status: 1, stdout: '', stderr: 'unknown command: sh\n' }), engine.api);
  const { failure } = await readFacts(machine, { script: '', signal });
  t.is(failure?.message, 'Cannot see what root@m1 is: its shell ended with status 1: unknown command: sh');
});

test('a machine that has begun to answer and is not ready in time is one that is reached', async (t) => {
  await using engine = await FakeEngine.start();
  const machine = fakeMachine(
    'm1',
    ({ options: { onLine, timeoutMs = 0 } }) => {
      onLine?.('docker-service=active');
      return new Promise((_, reject) => setTimeout(() => reject(new UnreachableError('too slow')), timeoutMs));
    },
    engine.api,
  );
  const { failure } = await readFacts(machine, { script: '', signal, timeoutMs: 20 });
  t.deepEqual(
    [failure?.code, failure?.message],
    ['invalid-state', 'Cannot see what root@m1 is: within 0.02 s its answer came as far as "docker-service=active"'],
  );
});

test('what is no failure of the machine is not kept silent', async (t) => {
  await using engine = await FakeEngine.start();
  const machine = fakeMachine('m1', () => Promise.reject(new TypeError('a bug')), engine.api);
  await t.throwsAsync(readFacts(machine, { script: '', signal }), { instanceOf: TypeError, message: 'a bug' });
});

test('an interrupt is passed on', async (t) => {
  await using engine = await FakeEngine.start();
  const controller = new AbortController();
  const machine = fakeMachine(
    'm1',
    () => {
      controller.abort(new Error('stopped'));
      return Promise.reject(new UnreachableError('gone'));
    },
    engine.api,
  );
  await t.throwsAsync(readFacts(machine, { script: '', signal: controller.signal }), { message: 'stopped' });
});
