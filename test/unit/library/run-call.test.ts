import { getEventListeners } from 'node:events';
import path from 'node:path';

import test from 'ava';

import { readProcess } from '../../../src/adapters/process/this-process.ts';
import {
  InterruptedError,
  UnreachableError,
  createCluster,
  listClusters,
  readStatus,
  removeCluster,
  type ProgressEvent,
  type Report,
} from '../../../src/index.ts';
import { runCall } from '../../../src/library/run-call.ts';
import { unlessAborted } from '../../../src/signals.ts';
import { projectRoot } from '../../helpers/cli.ts';
import { FakeEngine, SILENCE } from '../../helpers/fake-engine.ts';

/** Ends when its signal is aborted, with what a request of Node's would throw. */
const untilAborted = async (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('socket hang up')), { once: true });
  });

const aborts: readonly (readonly [reason: unknown, message: string])[] = [
  [undefined, 'Interrupted'],
  [new Error('closing time'), 'Interrupted: closing time'],
  ['closing time', 'Interrupted: closing time'],
  [new InterruptedError('Nothing was changed: the answer was no'), 'Nothing was changed: the answer was no'],
];

for (const [reason, message] of aborts) {
  test(`an abort with ${String(reason)} ends a call with an InterruptedError, and nothing stays on the signal`, async (t) => {
    const controller = new AbortController();
    const call = runCall({ signal: controller.signal }, async ({ around }) => untilAborted(around.signal));
    t.is(getEventListeners(controller.signal, 'abort').length, 1);
    controller.abort(reason);
    const error = await t.throwsAsync(call, { instanceOf: InterruptedError, message });
    if (!(reason instanceof InterruptedError)) t.is(error.cause, controller.signal.reason);
    t.is(getEventListeners(controller.signal, 'abort').length, 0);
  });
}

test('AbortSignal.timeout says why', async (t) => {
  const signal = AbortSignal.timeout(1);
  await t.throwsAsync(
    runCall({ signal }, async ({ around }) => untilAborted(around.signal)),
    { instanceOf: InterruptedError, message: 'Interrupted: The operation was aborted due to timeout' },
  );
});

test('with a signal that is aborted already nothing is begun', async (t) => {
  let isBegun = false;
  const call = runCall({ signal: AbortSignal.abort() }, async () => (isBegun = true));
  await t.throwsAsync(call, { instanceOf: InterruptedError, message: 'Interrupted' });
  t.false(isBegun);
});

test('what is done by the time of the abort counts, and nothing stays on the signal', async (t) => {
  const controller = new AbortController();
  t.is(await runCall({ signal: controller.signal }, async () => 7), 7);
  t.is(getEventListeners(controller.signal, 'abort').length, 0);
});

test('no event comes after the end', async (t) => {
  const events: ProgressEvent[] = [];
  let later: Report = () => {};
  await runCall({ onEvent: (event) => events.push(event) }, async ({ report }) => {
    report({ type: 'note', message: 'during' });
    later = report;
  });
  later({ type: 'note', message: 'after' });
  t.deepEqual(events, [{ type: 'note', message: 'during' }]);
});

test('what the caller leaves out is that of this process and of this package', async (t) => {
  const around = await runCall({}, async (call) => call.around);
  t.is(around.env, readProcess().env);
  t.is(around.cwd, readProcess().cwd);
  t.is(around.projectRoot, projectRoot);
  const other = await runCall({ cwd: 'a', projectFolder: 'b', processEnv: { X: 'y' } }, async (call) => call.around);
  t.is(other.cwd, path.resolve('a'));
  t.is(other.projectRoot, path.resolve('a', 'b'));
  t.deepEqual(other.env, { X: 'y' });
});

test('what answers after the abort is of no interest, and no failure', async (t) => {
  const controller = new AbortController();
  let fail = (_error: Error): void => {};
  const work = new Promise<never>((_resolve, reject) => (fail = reject));
  const waiting = unlessAborted(work, controller.signal);
  controller.abort(new InterruptedError('Interrupted'));
  await t.throwsAsync(waiting, { instanceOf: InterruptedError });
  t.is(getEventListeners(controller.signal, 'abort').length, 0);
  fail(new Error('too late'));
  await new Promise(setImmediate);
});

/** Points a call to an engine, and away from the labs of this machine. */
const on = (socketPath: string): { readonly processEnv: Readonly<Record<string, string>> } => ({
  processEnv: { DOCKER_HOST: `unix://${socketPath}`, XDG_RUNTIME_DIR: path.dirname(socketPath) },
});

const CALLS = { readStatus, listClusters, removeCluster, createCluster };
const SILENT = ['/info', '/_ping', '/swarm', '/containers/json', '/volumes'].map((place) => [
  `GET ${place}`,
  () => SILENCE,
]);

for (const [name, call] of Object.entries(CALLS)) {
  test(`${name} ends at once by an abort, though the engine never answers`, async (t) => {
    await using engine = await FakeEngine.start(Object.fromEntries(SILENT));
    const startedAt = performance.now();
    const controller = new AbortController();
    const events: ProgressEvent[] = [];
    const onEvent: Report = (event) => events.push(event);
    const calling = call({ ...on(engine.socketPath), signal: controller.signal, onEvent });
    setTimeout(() => controller.abort(), 50);
    await t.throwsAsync(calling, { instanceOf: InterruptedError, message: 'Interrupted' });
    t.true(performance.now() - startedAt < 30_000);
    t.is(getEventListeners(controller.signal, 'abort').length, 0);
    t.deepEqual(events, []);
  });
}

test('an engine that is not there is unreachable, with a hint', async (t) => {
  const error = await t.throwsAsync(readStatus({ platform: 'containers', ...on('/nowhere/docker.sock') }), {
    instanceOf: UnreachableError,
  });
  t.is(error.message, 'The Docker engine at unix:///nowhere/docker.sock does not answer: there is no such socket');
  t.truthy(error.hint);
});
