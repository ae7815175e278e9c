import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { text as readText } from 'node:stream/consumers';

import test from 'ava';

import { EngineApi } from '../../../src/adapters/engine/engine-api.ts';
import { EngineError, InterruptedError, NotFoundError, UnreachableError } from '../../../src/errors.ts';
import { Answer, BrokenOff, FakeEngine, refusal, SILENCE } from '../../helpers/fake-engine.ts';

const HINT = 'is it running? "docker info" shows it; --context chooses another engine';

test('a JSON answer is read as what it says, an empty one as nothing, another as text', async (t) => {
  await using engine = await FakeEngine.start({
    'GET /info': () => ({ Name: 'lab-1' }),
    'DELETE /x': () => new Answer(204),
    'GET /_ping': () => new Answer(200, 'OK', 'text/plain; charset=utf-8'),
  });
  t.deepEqual(await engine.api.get('/info'), { Name: 'lab-1' });
  t.is(await engine.api.delete('/x'), undefined);
  t.is(await engine.api.get('/_ping'), 'OK');
});

test('a query is encoded, objects in it as JSON, and what is not set is left out', async (t) => {
  await using engine = await FakeEngine.start({ 'GET /services': () => [] });
  await engine.api.get('/services', {
    query: { filters: { label: ['a=b&c', 'ü'] }, limit: 3, all: true, none: undefined },
  });
  t.deepEqual(engine.requests[0]?.query, { filters: '{"label":["a=b&c","ü"]}', limit: '3', all: 'true' });
});

test('a body is sent as JSON, and its length counts bytes', async (t) => {
  await using engine = await FakeEngine.start({ 'POST /x': () => ({}) });
  await engine.api.post('/x', { body: { Name: 'ü' } });
  const [request] = engine.requests;
  t.is(request?.body, '{"Name":"ü"}');
  t.is(request?.headers['content-type'], 'application/json');
  t.is(request?.headers['content-length'], '13');
});

test('a stream is sent as it is', async (t) => {
  await using engine = await FakeEngine.start({ 'PUT /archive': () => new Answer(200, 'done', 'text/plain') });
  const stream = Readable.from(['a', 'b']);
  const response = await engine.api.open('PUT', '/archive', { stream, contentType: 'application/x-tar' });
  t.is(await readText(response), 'done');
  t.is(engine.requests[0]?.body, 'ab');
  t.is(engine.requests[0]?.headers['content-type'], 'application/x-tar');
});

test('a stream that breaks breaks the request, which fails with what the stream says', async (t) => {
  await using engine = await FakeEngine.start({ 'PUT /archive': () => new Answer(200) });
  const stream = new Readable({
    read() {
      this.destroy(new Error('disk gone'));
    },
  });
  await t.throwsAsync(engine.api.open('PUT', '/archive', { stream }), { message: 'disk gone' });
});

test('a local file that cannot be read is no silence of the engine', async (t) => {
  await using engine = await FakeEngine.start({ 'PUT /archive': () => new Answer(200) });
  const stream = createReadStream('/nonexistent/app.py');
  const error = await t.throwsAsync(engine.api.open('PUT', '/archive', { stream }), { code: 'ENOENT' });
  t.false(error instanceof UnreachableError);
});

test('404 is not found, in the words of the engine', async (t) => {
  await using engine = await FakeEngine.start({
    'GET /services/*': ({ id }) => refusal(404, `service ${id} not found`),
  });
  const error = await t.throwsAsync(engine.api.get('/services/x'), { instanceOf: NotFoundError });
  t.is(error.message, 'service x not found');
});

test('another refusal keeps its status and loses the prefix of gRPC', async (t) => {
  await using engine = await FakeEngine.start({
    'GET /a': () => refusal(503, 'This node is not a swarm manager. Use "docker swarm init".'),
    'GET /b': () => refusal(500, 'rpc error: code = Unknown desc = update out of sequence'),
    'GET /c': () => new Answer(500, 'plain words\n', 'text/plain'),
    'GET /d': () => new Answer(502),
    'GET /e': () => new Answer(500, '{}'),
  });
  for (const [place, statusCode, message] of [
    ['/a', 503, 'This node is not a swarm manager. Use "docker swarm init".'],
    ['/b', 500, 'update out of sequence'],
    ['/c', 500, 'plain words'],
    ['/d', 502, '502 for GET /d'],
    ['/e', 500, '500 for GET /e'],
  ] as const) {
    const error = await t.throwsAsync(engine.api.get(place), { instanceOf: EngineError });
    t.is(error.message, message);
    t.is(error.statusCode, statusCode);
  }
});

test('a socket that is not there is said', async (t) => {
  const api = new EngineApi({ kind: 'unix', socketPath: '/nonexistent/docker.sock' });
  const error = await t.throwsAsync(api.get('/info'), { instanceOf: UnreachableError });
  t.is(error.message, 'The Docker engine at unix:///nonexistent/docker.sock does not answer: there is no such socket');
  t.is(error.hint, HINT);
  t.is(error.exitCode, 4);
});

test('a socket that may not be opened says what to do about it', async (t) => {
  const api = new EngineApi({ kind: 'unix', socketPath: '/x' }, 'mine');
  // Whoever runs the tests may be root, whom no permission stops: the answer of the kernel is given here.
  const connect = net.Socket.prototype.connect;
  const denied = Object.assign(new Error('connect EACCES /x'), { code: 'EACCES' });
  net.Socket.prototype.connect = function connectDenied(this: net.Socket) {
    process.nextTick(() => this.destroy(denied));
    return this;
  };
  const failed = api.get('/info');
  net.Socket.prototype.connect = connect;
  const error = await t.throwsAsync(failed, { instanceOf: UnreachableError });
  t.is(error.message, 'The Docker engine at mine does not answer: permission denied');
  t.is(error.hint, 'add yourself to the group "docker" (sudo usermod -aG docker $USER), or use sudo');
});

test('a port on which nobody listens is said', async (t) => {
  const api = new EngineApi({ kind: 'tcp', host: '127.0.0.1', port: 1, tls: undefined });
  const error = await t.throwsAsync(api.get('/info'), { instanceOf: UnreachableError });
  t.is(error.message, 'The Docker engine at tcp://127.0.0.1:1 does not answer: connect ECONNREFUSED 127.0.0.1:1');
});

test('an engine that takes the connection and says nothing is given up', async (t) => {
  await using engine = await FakeEngine.start({ 'GET /info': () => SILENCE });
  const error = await t.throwsAsync(engine.api.get('/info', { timeoutMs: 1000 }), { instanceOf: UnreachableError });
  t.is(error.message, 'The Docker engine at the fake engine does not answer: no answer within 1 s');
});

test('an answer that ends in the middle is no answer', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-cut-'));
  const server = net.createServer((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"Name"'));
  });
  await new Promise<void>((resolve) => server.listen(path.join(folder, 's'), resolve));
  const api = new EngineApi({ kind: 'unix', socketPath: path.join(folder, 's') }, 'half');
  const error = await t.throwsAsync(api.get('/info'), { instanceOf: UnreachableError });
  t.is(error.message, 'The Docker engine at half does not answer: aborted');
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

test('a body that is read by its caller fails with the same words when the connection is lost', async (t) => {
  await using engine = await FakeEngine.start({ 'POST /images/create': () => new BrokenOff('{"status":"Down') });
  const response = await engine.api.open('POST', '/images/create', { timeoutMs: 0 });
  const error = await t.throwsAsync(readText(response), { instanceOf: UnreachableError });
  t.is(error.message, 'The Docker engine at the fake engine does not answer: aborted');

  const abort = new AbortController();
  const begun = await engine.api.open('POST', '/images/create', { timeoutMs: 0, signal: abort.signal });
  abort.abort(new InterruptedError('SIGINT'));
  await t.throwsAsync(readText(begun), { instanceOf: InterruptedError });
});

/** An engine that sends this and then nothing more, with the connection open. */
async function startStalling(
  sent: string,
): Promise<{ readonly api: EngineApi; [Symbol.asyncDispose](): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-stall-'));
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.once('data', () => socket.write(sent));
  });
  await new Promise<void>((resolve) => server.listen(path.join(folder, 's'), resolve));
  return {
    api: new EngineApi({ kind: 'unix', socketPath: path.join(folder, 's') }, 'slow'),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}

for (const status of ['200 OK', '500 Internal Server Error']) {
  test(`an answer that begins with ${status} and never ends is given up`, async (t) => {
    const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n`;
    await using engine = await startStalling(`${head}{"Name"`);
    const error = await t.throwsAsync(engine.api.get('/info', { timeoutMs: 1000 }), { instanceOf: UnreachableError });
    t.is(error.message, 'The Docker engine at slow does not answer: no whole answer within 1 s');
  });
}

test('an answer that is interrupted in the middle throws the interruption', async (t) => {
  await using engine = await startStalling('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"Name"');
  const controller = new AbortController();
  const interruption = new InterruptedError('Interrupted');
  setTimeout(() => controller.abort(interruption), 20);
  t.is(await t.throwsAsync(engine.api.get('/info', { signal: controller.signal })), interruption);
});

test('an interrupted request throws the interruption', async (t) => {
  await using engine = await FakeEngine.start({ 'GET /info': () => SILENCE });
  const controller = new AbortController();
  const request = engine.api.get('/info', { signal: controller.signal });
  const interruption = new InterruptedError('Interrupted');
  controller.abort(interruption);
  t.is(await t.throwsAsync(request), interruption);
});
