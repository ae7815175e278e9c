import http from 'node:http';
import type { AddressInfo } from 'node:net';

import test from 'ava';

import { acceptsConnection, fetchPage } from '../../../src/adapters/http/fetch-page.ts';

/** A server on a free port of this machine. */
async function serve(
  answer: http.RequestListener,
): Promise<AsyncDisposable & { readonly port: number; readonly url: string }> {
  const server = http.createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}/json/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A port on which nobody listens any more. */
async function closedPort(): Promise<number> {
  await using server = await serve(() => {});
  return server.port;
}

test('a page with status 200 is its body', async (t) => {
  await using server = await serve((_, response) => response.end('{"status":"ALIVE"}'));
  t.deepEqual(await fetchPage(server.url, { timeoutMs: 5000 }), { body: '{"status":"ALIVE"}', isRefused: false });
});

for (const status of [204, 302, 401, 404, 500]) {
  test(`a page with status ${status} is none`, async (t) => {
    await using server = await serve((_, response) => response.writeHead(status).end());
    t.deepEqual(await fetchPage(server.url, { timeoutMs: 5000 }), { body: undefined, isRefused: false, status });
  });
}

test('a page that is cut is none', async (t) => {
  await using server = await serve((_, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('half', () => response.destroy());
  });
  t.deepEqual(await fetchPage(server.url, { timeoutMs: 5000 }), { body: undefined, isRefused: false });
});

test('a page that does not come, or does not end, is none after the time', async (t) => {
  await using silent = await serve(() => {});
  t.deepEqual(await fetchPage(silent.url, { timeoutMs: 30 }), { body: undefined, isRefused: false });
  await using endless = await serve((_, response) => response.write('x'));
  t.deepEqual(await fetchPage(endless.url, { timeoutMs: 100 }), { body: undefined, isRefused: false });
});

test('a refusal is told from silence', async (t) => {
  const port = await closedPort();
  t.deepEqual(await fetchPage(`http://127.0.0.1:${port}/`, { timeoutMs: 5000 }), { body: undefined, isRefused: true });
});

test('an abort ends the wait', async (t) => {
  await using server = await serve(() => {});
  const page = fetchPage(server.url, { timeoutMs: 60_000, signal: AbortSignal.abort() });
  t.deepEqual(await page, { body: undefined, isRefused: false });
});

test('a port that listens accepts, another does not', async (t) => {
  await using server = await serve(() => {});
  t.true(await acceptsConnection('127.0.0.1', server.port, 5000));
  t.false(await acceptsConnection('127.0.0.1', await closedPort(), 5000));
});
