import { setImmediate as turn } from 'node:timers/promises';
import { PassThrough, Readable, Writable } from 'node:stream';

import test from 'ava';

import { Container, demultiplex } from '../../../src/adapters/engine/container.ts';
import { EngineError, InterruptedError, NotFoundError, UnreachableError } from '../../../src/errors.ts';
import { Answer, FakeEngine, frame, refusal, SILENCE, type Route } from '../../helpers/fake-engine.ts';

/** An engine on which every exec prints this and ends with this status. */
const printing = (output: readonly Buffer[], status: number | null): Readonly<Record<string, Route>> => ({
  'POST /containers/*/exec': () => ({ Id: 'e1' }),
  'POST /exec/e1/start': () => new Answer(200, Buffer.concat(output), 'application/vnd.docker.raw-stream'),
  'GET /exec/e1/json': () => ({ ExitCode: status }),
});

test('a program in a container has its output, its errors and its status', async (t) => {
  await using engine = await FakeEngine.start(
    printing([frame('stdout', 'out ü\n'), frame('stderr', 'err\n'), frame('stdout', 'more')], 3),
  );
  const container = new Container(engine.api, 'c1');
  t.deepEqual(await container.read(['ls', 'a b']), { status: 3, stdout: 'out ü\nmore', stderr: 'err\n' });
  t.deepEqual(JSON.parse(engine.requests[0]?.body ?? ''), {
    AttachStdout: true,
    AttachStderr: true,
    Cmd: ['ls', 'a b'],
  });
  t.is(engine.requests[0]?.path, '/containers/c1/exec');
});

test('environment, folder and user are handed on', async (t) => {
  await using engine = await FakeEngine.start(printing([], 0));
  await new Container(engine.api, 'c1').exec(['x'], {
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    env: ['A=b'],
    workingDir: '/data',
    user: 'spark',
  });
  t.like(JSON.parse(engine.requests[0]?.body ?? ''), { Env: ['A=b'], WorkingDir: '/data', User: 'spark' });
});

test('a program whose status nobody knows has failed', async (t) => {
  await using engine = await FakeEngine.start(printing([], null));
  t.is((await new Container(engine.api, 'c1').read(['x'])).status, 255);
});

test('an exec that is refused says why', async (t) => {
  await using engine = await FakeEngine.start({
    'POST /containers/*/exec': () => refusal(409, 'container c1 is not running'),
  });
  await t.throwsAsync(new Container(engine.api, 'c1').read(['x']), {
    instanceOf: EngineError,
    message: 'container c1 is not running',
  });
});

test('an archive is unpacked below a folder', async (t) => {
  await using engine = await FakeEngine.start({ 'PUT /containers/*/archive': () => undefined });
  await new Container(engine.api, 'c1').copyIn(Readable.from(['tar']), '/tmp');
  t.like(engine.requests[0], { query: { path: '/tmp' }, body: 'tar' });
  t.is(engine.requests[0]?.headers['content-type'], 'application/x-tar');
});

test('a signal goes to the first process', async (t) => {
  await using engine = await FakeEngine.start({ 'POST /containers/*/kill': () => new Answer(204) });
  await new Container(engine.api, 'c1').kill('SIGPWR');
  t.deepEqual(engine.requests[0]?.query, { signal: 'SIGPWR' });
});

test('stopping and removing takes the anonymous volumes, and a container that is gone is no error', async (t) => {
  await using engine = await FakeEngine.start({
    'POST /containers/*/stop': () => new Answer(304),
    'DELETE /containers/*': () => new Answer(204),
  });
  const container = new Container(engine.api, 'c1');
  await container.stopAndRemove(5);
  t.deepEqual(
    engine.requests.map(({ method, path, query }) => [method, path, query]),
    [
      ['POST', '/containers/c1/stop', { t: '5' }],
      ['DELETE', '/containers/c1', { force: 'true', v: 'true' }],
    ],
  );
  for (const answer of [refusal(404, 'gone'), refusal(409, 'removal in progress')]) {
    engine.on({ 'POST /containers/*/stop': () => answer, 'DELETE /containers/*': () => answer });
    await t.notThrowsAsync(container.stopAndRemove(5));
  }
  engine.on({ 'POST /containers/*/stop': () => refusal(500, 'boom') });
  await t.throwsAsync(container.stop(5), { instanceOf: EngineError, message: 'boom' });
});

test('a container that is not there has no files to write to', async (t) => {
  await using engine = await FakeEngine.start({ 'PUT /containers/*/archive': () => refusal(404, 'no such container') });
  await t.throwsAsync(new Container(engine.api, 'c1').copyIn(Readable.from(['x']), '/tmp'), {
    instanceOf: NotFoundError,
  });
});

test('what is read is complete, however it is cut into frames', async (t) => {
  const bytes = Buffer.from('日本語🙂');
  const frames = Array.from(bytes, (byte) => frame('stdout', Buffer.from([byte])));
  await using engine = await FakeEngine.start(printing(frames, 0));
  t.is((await new Container(engine.api, 'c1').read(['x'])).stdout, '日本語🙂');
});

test('a connection that is lost in the middle of the output is an engine that does not answer', async (t) => {
  const output = new PassThrough();
  const stdout = new PassThrough();
  const running = demultiplex(output, stdout, new PassThrough());
  output.write(frame('stdout', 'half'));
  const cause = Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
  setImmediate(() => output.destroy(cause));
  const error = await t.throwsAsync(running, { instanceOf: UnreachableError });
  t.is(error.message, 'The connection to the Docker engine was lost: aborted');
  t.is(error.exitCode, 4);
  t.is(error.cause, cause);
});

test('whoever reads slowly is waited for', async (t) => {
  const sent = 200;
  let given = 0;
  const output = Readable.from(
    (function* frames() {
      for (; given < sent; given += 1) yield frame('stdout', Buffer.alloc(10_000));
    })(),
  );
  const waiting: (() => void)[] = [];
  let received = 0;
  const stdout = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      waiting.push(done);
    },
  });
  const running = demultiplex(output, stdout, new PassThrough());
  for (let round = 0; round < 50; round += 1) await turn();
  t.true(given < 50, `${given} frames were read while nobody took them`);
  const pump = setInterval(() => waiting.splice(0).forEach((done) => done()), 0);
  await running;
  while (received < sent * 10_000) await turn();
  clearInterval(pump);
  t.is(received, sent * 10_000);
});

test('a short program that does not end is given up, and an interruption is one', async (t) => {
  await using engine = await FakeEngine.start({ ...printing([], 0), 'POST /exec/e1/start': () => SILENCE });
  const container = new Container(engine.api, 'c1');
  const error = await t.throwsAsync(container.read(['cat', 'x'], { timeoutMs: 50 }), { instanceOf: UnreachableError });
  t.is(error.message, 'The program cat in the container c1 at the fake engine did not end within 0.05 s');
  const controller = new AbortController();
  setTimeout(() => controller.abort(new InterruptedError('Interrupted')), 20);
  await t.throwsAsync(container.read(['cat', 'x'], { signal: controller.signal }), { instanceOf: InterruptedError });
});
