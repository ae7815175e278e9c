import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer as readBytes } from 'node:stream/consumers';

import { EngineApi } from '../../src/adapters/engine/engine-api.ts';

export interface EngineRequest {
  readonly method: string;
  readonly path: string;
  /** The part of the path that the route's `*` stood for. */
  readonly id: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: http.IncomingHttpHeaders;
  /** As it came; `bytes` for archives. */
  readonly body: string;
  readonly bytes: Buffer;
  /** The name given to {@link FakeEngine.listenAs}; empty for the engine's own socket. */
  readonly socket: string;
}

/** An answer with a status; everything else that a route gives is sent as JSON with status 200. */
export class Answer {
  readonly status: number;
  readonly body: string | Buffer;
  readonly contentType: string;

  constructor(status: number, body: string | Buffer = '', contentType = 'application/json') {
    this.status = status;
    this.body = body;
    this.contentType = contentType;
  }
}

/** What Docker answers when it refuses. */
export function refusal(status: number, message: string): Answer {
  return new Answer(status, JSON.stringify({ message }));
}

/** A head and this much of a body; then the connection is lost. */
export class BrokenOff {
  readonly begin: string;

  constructor(begin: string) {
    this.begin = begin;
  }
}

/** Never answers. */
export const SILENCE = Symbol('silence');

export type Route = (request: EngineRequest) => unknown;

/**
 * A Docker engine that is an HTTP server on a socket in a folder of its own. It knows the routes it is given
 * (`GET /services/*`), answers all others with 501, and keeps every request.
 */
export class FakeEngine implements AsyncDisposable {
  readonly folder: string;
  readonly socketPath: string;
  readonly api: EngineApi;
  readonly requests: EngineRequest[] = [];
  readonly #routes = new Map<string, Route>();
  readonly #servers: http.Server[] = [];

  private constructor(folder: string) {
    this.folder = folder;
    this.socketPath = path.join(folder, 'docker.sock');
    this.api = new EngineApi({ kind: 'unix', socketPath: this.socketPath }, 'the fake engine');
  }

  static async start(routes: Readonly<Record<string, Route>> = {}): Promise<FakeEngine> {
    const engine = new FakeEngine(await mkdtemp(path.join(tmpdir(), 'spark-swarm-engine-')));
    engine.on(routes);
    await engine.#listen(engine.socketPath, '');
    return engine;
  }

  /** Another socket of the same engine: routes see which one was asked. */
  async listenAs(name: string): Promise<string> {
    const socketPath = path.join(this.folder, `${name}.sock`);
    await this.#listen(socketPath, name);
    return socketPath;
  }

  on(routes: Readonly<Record<string, Route>>): void {
    for (const [line, route] of Object.entries(routes)) this.#routes.set(line, route);
  }

  /** Environment by which the command line finds this engine and nothing else. */
  get env(): Readonly<Record<string, string>> {
    return { DOCKER_HOST: `unix://${this.socketPath}`, HOME: this.folder };
  }

  /** Requests that change something, as `POST /configs/create`. */
  get changes(): readonly string[] {
    return this.requests.filter(({ method }) => method !== 'GET').map((request) => `${request.method} ${request.path}`);
  }

  get lines(): readonly string[] {
    return this.requests.map(({ method, path: place }) => `${method} ${place}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.api.close();
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    await rm(this.folder, { recursive: true });
  }

  async #listen(socketPath: string, socket: string): Promise<void> {
    const server = http.createServer((request, response) => void this.#answer(request, response, socket));
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  }

  async #answer(incoming: http.IncomingMessage, response: http.ServerResponse, socket: string): Promise<void> {
    const url = new URL(incoming.url ?? '/', 'http://docker');
    const method = incoming.method ?? 'GET';
    const [route, id] = this.#find(method, url.pathname);
    const bytes = await readBytes(incoming);
    const request: EngineRequest = {
      method,
      path: url.pathname,
      id,
      query: Object.fromEntries(url.searchParams),
      headers: incoming.headers,
      body: bytes.toString(),
      bytes,
      socket,
    };
    this.requests.push(request);
    let given: unknown;
    try {
      given = route ? await route(request) : refusal(501, `unexpected request: ${method} ${incoming.url}`);
    } catch (error) {
      given = refusal(500, String(error));
    }
    if (given === SILENCE) return;
    if (given instanceof BrokenOff) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(given.begin, () => incoming.socket.destroy());
      return;
    }
    const answer = given instanceof Answer ? given : new Answer(200, given === undefined ? '' : JSON.stringify(given));
    response.writeHead(answer.status, { 'content-type': answer.contentType }).end(answer.body);
  }

  #find(method: string, place: string): readonly [route: Route | undefined, id: string] {
    const exact = this.#routes.get(`${method} ${place}`);
    if (exact) return [exact, ''];
    for (const [line, route] of this.#routes) {
      const [head, tail] = line.split('*');
      if (head === undefined || tail === undefined) continue;
      const full = `${method} ${place}`;
      const id = full.slice(head.length, full.length - tail.length);
      if (full.startsWith(head) && full.endsWith(tail) && id !== '' && !id.includes('/')) return [route, id];
    }
    return [undefined, ''];
  }
}

/** One frame of Docker's combined output stream. Source: Engine API, ContainerAttach "Stream format". */
export function frame(stream: 'stdout' | 'stderr', text: string | Buffer): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.alloc(8);
  head.writeUInt8(stream === 'stdout' ? 1 : 2, 0);
  head.writeUInt32BE(payload.length, 4);
  return Buffer.concat([head, payload]);
}
