import { rm } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';

import { LABELS } from '../../src/labels.ts';

/** A request that changes something, in the order in which they came. */
export interface MutatingCall {
  /** From 1. */
  readonly number: number;
  /** Name of the engine. */
  readonly engine: string;
  /** `POST /services/create`. */
  readonly request: string;
  /** From a docker command line that our command has started, and not from our command itself. */
  readonly isDocker: boolean;
}

/**
 * What goes wrong at one call. `before`: the client dies and the engine never sees the call. `after`: the engine has done
 * it, and the client dies before the answer. `reply-lost`: the engine has done it, and the connection breaks.
 */
export type FaultMoment = 'before' | 'after' | 'reply-lost';

export interface Fault {
  readonly call: number;
  readonly moment: FaultMoment;
  /** Kills the client. Not called for `reply-lost`. */
  readonly kill: () => void;
  /** The docker command line goes on when our command dies: its call is then forwarded as if nothing had happened. */
  readonly sparesDocker: boolean;
}

/** Calls through several proxies, counted together. */
export class CallLog {
  calls: MutatingCall[] = [];
  /** Connections that broke without a fault of ours, with the request: they explain what the client then says. */
  broken: string[] = [];
  hasFired = false;
  #fault: Fault | undefined;

  /** Starts counting anew. */
  reset(fault?: Fault): void {
    this.calls = [];
    this.broken = [];
    this.hasFired = false;
    this.#fault = fault;
  }

  /**
   * @param body of a request to make a volume
   * @returns the fault that this call meets
   */
  take(engine: string, request: http.IncomingMessage, body: Buffer | undefined): Fault | undefined {
    const { method = '', url = '', headers } = request;
    if (!isMutating(method, url) || body?.includes(JSON.stringify(LABELS.beat))) return undefined;
    const call: MutatingCall = {
      number: this.calls.length + 1,
      engine,
      request: `${method} ${url.replace(/^\/v[0-9.]+/, '').replace(/\?.*/, '')}`,
      isDocker: (headers['user-agent'] ?? '').startsWith('Docker-Client'),
    };
    this.calls.push(call);
    const fault = this.#fault;
    if (fault?.call !== call.number) return undefined;
    this.hasFired = true;
    return { ...fault, sparesDocker: fault.sparesDocker && call.isDocker };
  }
}

/** Renewing a lock happens by the clock, and an exec only reads here: counted, they would make two runs differ. */
function isMutating(method: string, url: string): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  if (method === 'DELETE') return !/\/volumes\/[^/?]+-lock-[0-9a-f]{8}(\?|$)/.test(url);
  return !/\/exec(\/|$|\?)|\/configs\/[^/]+\/update|\/(wait|attach|resize|auth)(\?|$)/.test(url);
}

export interface ProxiedEngine {
  readonly name: string;
  readonly socket: string;
}

/** Stands between a client and one engine, both on unix sockets, and passes everything on until a fault is due. */
export class DockerProxy implements AsyncDisposable {
  readonly socket: string;
  readonly #engine: ProxiedEngine;
  readonly #log: CallLog;
  readonly #server: http.Server;
  /** Kept open: an engine that may close answers before it has read a body's last chunk, and the write then fails. */
  readonly #agent = new http.Agent({ keepAlive: true });

  constructor(engine: ProxiedEngine, socket: string, log: CallLog) {
    this.#engine = engine;
    this.#log = log;
    this.socket = socket;
    this.#server = http.createServer((request, response) => void this.#serve(request, response));
    this.#server.on('upgrade', (request, client, head) => this.#tunnel(request, client, head));
    this.#server.requestTimeout = 0;
    // An engine keeps idle connections open; Node closes them after 5 s, perhaps as the client uses them again.
    this.#server.keepAliveTimeout = 0;
  }

  async start(): Promise<this> {
    await rm(this.socket, { force: true });
    await new Promise<void>((resolve, reject) => this.#server.once('error', reject).listen(this.socket, resolve));
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.socket, { force: true });
  }

  #open({ method, url, headers }: http.IncomingMessage): http.ClientRequest {
    return http.request({ socketPath: this.#engine.socket, agent: this.#agent, method, path: url, headers });
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    try {
      const makesVolume = /\/volumes\/create(\?|$)/.test(request.url ?? '');
      const body = makesVolume ? await buffer(request) : undefined;
      this.#forward({ request, body }, response, this.#log.take(this.#engine.name, request, body));
    } catch {
      // Its client has gone before it had said all.
      request.socket.destroy();
    }
  }

  #forward(
    { request, body }: { readonly request: http.IncomingMessage; readonly body: Buffer | undefined },
    response: http.ServerResponse,
    fault: Fault | undefined,
  ): void {
    if (fault?.moment === 'before') {
      fault.kill();
      if (!fault.sparesDocker) return void request.socket.destroy();
    }
    const upstream = this.#open(request);
    upstream.on('error', (error) => {
      this.#log.broken.push(`${request.method} ${request.url}: ${error.message}`);
      request.socket.destroy();
    });
    if (!fault) response.on('close', () => upstream.destroy());
    upstream.on('response', (answer) => {
      if (fault && fault.moment !== 'before') {
        void this.#interfere(answer, response, fault);
        return;
      }
      this.#answer(answer, response);
      answer.on('error', () => request.socket.destroy()).pipe(response);
    });
    if (body) upstream.end(body);
    else request.pipe(upstream);
  }

  #answer({ statusCode = 500, statusMessage, headers }: http.IncomingMessage, response: http.ServerResponse): void {
    response.writeHead(statusCode, statusMessage, headers);
    // The head of a stream is waited for before its first line comes.
    response.flushHeaders();
  }

  async #interfere(answer: http.IncomingMessage, response: http.ServerResponse, fault: Fault): Promise<void> {
    const body = await buffer(answer);
    if (fault.moment === 'after') fault.kill();
    if (fault.moment === 'reply-lost' || !fault.sparesDocker) return void response.socket?.destroy();
    this.#answer(answer, response);
    response.end(body);
  }

  /** `docker exec` and its kind turn the connection into a stream in both directions: from here on bytes are only passed. */
  #tunnel({ method, url, rawHeaders }: http.IncomingMessage, client: Duplex, head: Buffer): void {
    const lines = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : []));
    const engine = net.connect({ path: this.#engine.socket, allowHalfOpen: true });
    engine.write(`${method} ${url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    engine.write(head);
    engine.on('error', () => client.destroy()).pipe(client);
    client.on('error', () => engine.destroy()).pipe(engine);
  }
}
