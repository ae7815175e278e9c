import http from 'node:http';
import https from 'node:https';
import { text as readText } from 'node:stream/consumers';

import { EngineError, NotFoundError, ToolkitError, UnreachableError } from '../../errors.ts';
import { SshAgent } from '../ssh/ssh-agent.ts';
import { SshConnection } from '../ssh/ssh-connection.ts';
import { formatEndpoint, type EngineEndpoint } from './endpoint.ts';
import { explainSilence } from './explain-silence.ts';

/** What goes with one request besides its path. */
export interface RequestOptions {
  readonly query?: Readonly<Record<string, QueryValue>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is; wins over `body`. What it fails with is what the request fails with. */
  readonly stream?: NodeJS.ReadableStream;
  readonly contentType?: string;
  /** Besides what a body needs; never shown. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /**
   * How long to wait for the answer: for all of it, or, with `open`, for its head. Default {@link DEFAULT_TIMEOUT_MS}; 0
   * waits without limit.
   */
  readonly timeoutMs?: number;
}

/** Objects are sent as JSON, the way the Engine API takes `filters`. */
export type QueryValue = string | number | boolean | undefined | Readonly<Record<string, unknown>>;

/** Long enough for a loaded manager (its own request limit is 20 s), short enough that nobody waits for ever. */
const DEFAULT_TIMEOUT_MS = 30_000;
/**
 * Connections are used again within a command, and closed when nobody has used them for so long: a program that asks again
 * and again for months must not collect them. Requests that take longer go on: node:http only tells them.
 */
const AGENT = { keepAlive: true, timeout: 5000 } as const;
/**
 * Requests at once over ssh; more wait. An sshd takes 10 sessions on one connection (MaxSessions), and streams, other programs
 * and a second `EngineApi` for the same machine need some too.
 */
const SSH_SOCKETS = 4;

/**
 * One engine's HTTP API, as JSON.
 *
 * Plain node:http, because loading dockerode costs 130 ms, which every `status` and every TAB would pay, and because its
 * 5.0.1 puts request bodies into URLs (`createSecret`) and headers (`createService`). Hijacked streams are dockerode's:
 * see `container.ts`.
 */
export class EngineApi {
  readonly endpoint: EngineEndpoint;
  /** How messages name the engine: `unix:///var/run/docker.sock`, `node lab-2 (unix:///…)`. */
  readonly name: string;
  readonly #agent: http.Agent;
  /** For streams: they may last for hours, and must not keep others waiting. */
  readonly #streamAgent: http.Agent;

  constructor(endpoint: EngineEndpoint, name: string = formatEndpoint(endpoint)) {
    this.endpoint = endpoint;
    this.name = name;
    [this.#agent, this.#streamAgent] = makeAgents(endpoint);
  }

  /** @throws NotFoundError, EngineError, UnreachableError */
  async get<T>(path: string, options: RequestOptions = {}): Promise<T> {
    return this.#json('GET', path, options);
  }

  /** @throws NotFoundError, EngineError, UnreachableError */
  async post<T>(path: string, options: RequestOptions = {}): Promise<T> {
    return this.#json('POST', path, options);
  }

  /** @throws NotFoundError, EngineError, UnreachableError */
  async delete(path: string, options: RequestOptions = {}): Promise<void> {
    await this.#json('DELETE', path, options);
  }

  /**
   * The answer's body as a stream, for archives, logs and events. The caller reads or destroys it.
   *
   * @throws NotFoundError, EngineError, UnreachableError; the stream fails with UnreachableError, or with the signal's reason
   */
  async open(method: string, path: string, options: RequestOptions = {}): Promise<http.IncomingMessage> {
    const response = await this.#send(method, path, options);
    if ((response.statusCode ?? 500) >= 400) throw await this.#failure(response, `${method} ${path}`, options);
    return response;
  }

  /** Ends idle connections, so that the process can end. */
  close(): void {
    this.#agent.destroy();
    this.#streamAgent.destroy();
  }

  async #json<T>(method: string, path: string, options: RequestOptions): Promise<T> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    const startedAt = performance.now();
    const response = await this.open(method, path, options);
    const restMs = timeoutMs === 0 ? 0 : Math.max(1, timeoutMs - (performance.now() - startedAt));
    const body = await this.#read(response, timeoutMs, restMs);
    if (body === '') return undefined as T;
    const isJson = (response.headers['content-type'] ?? '').includes('json');
    return (isJson ? JSON.parse(body) : body) as T;
  }

  /** @param limitMs of this part; `timeoutMs` is what the message says */
  async #read(response: http.IncomingMessage, timeoutMs = DEFAULT_TIMEOUT_MS, limitMs = timeoutMs): Promise<string> {
    const timer =
      limitMs === 0
        ? undefined
        : setTimeout(() => response.destroy(new Error(`no whole answer within ${timeoutMs / 1000} s`)), limitMs);
    try {
      return await readText(response);
    } finally {
      clearTimeout(timer);
    }
  }

  async #failure(response: http.IncomingMessage, line: string, options: RequestOptions): Promise<Error> {
    const body = await this.#read(response, options.timeoutMs);
    const message = engineMessage(body) || `${response.statusCode} for ${line}`;
    return response.statusCode === 404
      ? new NotFoundError(message)
      : new EngineError(message, response.statusCode ?? 500);
  }

  async #send(method: string, path: string, options: RequestOptions): Promise<http.IncomingMessage> {
    const { endpoint } = this;
    const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const payload =
      options.stream === undefined && options.body !== undefined ? JSON.stringify(options.body) : undefined;
    return new Promise((resolve, reject) => {
      const secure = endpoint.kind === 'tcp' && endpoint.tls !== undefined;
      const request = (secure ? https : http).request({
        agent: timeoutMs === 0 ? this.#streamAgent : this.#agent,
        method,
        path: path + formatQuery(options.query),
        ...addressOf(endpoint),
        headers: {
          ...options.headers,
          ...(payload === undefined ? {} : { 'content-length': Buffer.byteLength(payload) }),
          ...(payload === undefined && !options.stream
            ? {}
            : { 'content-type': options.contentType ?? 'application/json' }),
        },
        ...(options.signal ? { signal: options.signal } : {}),
      });
      const timer =
        timeoutMs === 0
          ? undefined
          : setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
      request.once('response', (response) => {
        clearTimeout(timer);
        this.#explainLoss(response, options.signal);
        failWithSocket(response);
        resolve(response);
      });
      request.once('error', (error) => {
        clearTimeout(timer);
        reject(options.signal?.aborted ? (options.signal.reason as Error) : this.#unreachable(error));
      });
      if (options.stream) {
        options.stream.once('error', (error) => {
          reject(options.signal?.aborted ? (options.signal.reason as Error) : error);
          request.destroy();
        });
        options.stream.pipe(request);
      } else request.end(payload);
    });
  }

  /** Whoever reads the body hears of a lost connection what a request without an answer says. */
  #explainLoss(response: http.IncomingMessage, signal: AbortSignal | undefined): void {
    const destroy = response.destroy.bind(response);
    response.destroy = (error) => {
      if (!error || error instanceof ToolkitError) return destroy(error);
      return destroy(signal?.aborted ? (signal.reason as Error) : this.#unreachable(error));
    };
  }

  #unreachable(cause: unknown): UnreachableError {
    const { seen, hint } = explainSilence(cause);
    return new UnreachableError(`The Docker engine at ${this.name} does not answer: ${seen}`, { cause, hint });
  }
}

/**
 * A body without a length ends with its connection, and node:http takes a broken connection for such an end: half a log, or a
 * program that is still running, would pass for a whole one. Source: Node's lib/_http_client.js, socketErrorListener.
 */
function failWithSocket(response: http.IncomingMessage): void {
  const { socket } = response;
  const fail = (error: Error): void => void response.destroy(error);
  socket.once('error', fail);
  response.once('close', () => socket.removeListener('error', fail));
}

/** One for short requests, one for streams. */
function makeAgents(endpoint: EngineEndpoint): readonly [requests: http.Agent, streams: http.Agent] {
  switch (endpoint.kind) {
    case 'ssh': {
      const connection = SshConnection.of(endpoint);
      return [
        new SshAgent(connection, { ...AGENT, maxSockets: SSH_SOCKETS }),
        new SshAgent(connection, { keepAlive: false }),
      ];
    }
    case 'tcp': {
      const { tls } = endpoint;
      if (!tls) break;
      const { ca, cert, key, verify } = tls;
      const agent = new https.Agent({ ...AGENT, ca, cert, key, rejectUnauthorized: verify });
      return [agent, agent];
    }
    case 'unix':
      break;
    default:
      return endpoint satisfies never;
  }
  const agent = new http.Agent(AGENT);
  return [agent, agent];
}

/** `docker` is a host's name that nobody looks up: the agent connects. */
function addressOf(endpoint: EngineEndpoint): http.RequestOptions {
  switch (endpoint.kind) {
    case 'unix':
      return { socketPath: endpoint.socketPath, host: 'docker' };
    case 'tcp':
      return { host: endpoint.host, port: endpoint.port };
    case 'ssh':
      return { host: 'docker' };
    default:
      return endpoint satisfies never;
  }
}

function formatQuery(query: RequestOptions['query']): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== undefined) search.set(key, typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
  return search.size === 0 ? '' : `?${search.toString()}`;
}

/** The engine's own words, without the prefix that gRPC puts before them. */
function engineMessage(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: string };
    return (message ?? '').replace(/^rpc error: code = \w+ desc = /, '').trim();
  } catch {
    return body.trim();
  }
}
