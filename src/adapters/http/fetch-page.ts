import http from 'node:http';
import net from 'node:net';
import { text as readText } from 'node:stream/consumers';

export interface FetchOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** A page, or what was seen instead. */
export interface Page {
  /** `undefined` unless it came with status 200. */
  readonly body: string | undefined;
  /** True when somebody said no, at once: the way is open and nobody listens. */
  readonly isRefused: boolean;
  /** Of an answer that is no page: 404. */
  readonly status?: number;
}

/**
 * Fetches a page; what goes wrong is part of the answer.
 *
 * node:http and not `fetch`, whose first call costs 40 ms of loading.
 */
export async function fetchPage(url: string, { timeoutMs, signal }: FetchOptions): Promise<Page> {
  return new Promise((resolve) => {
    const request = http.get(url, { agent: false, ...(signal ? { signal } : {}) }, (response) => {
      readText(response).then(
        (body) =>
          response.statusCode === 200 ? finish(body) : finish(undefined, { status: response.statusCode ?? 0 }),
        () => finish(undefined),
      );
    });
    const timer = setTimeout(() => request.destroy(), timeoutMs);
    const finish = (body: string | undefined, seen: Partial<Page> = {}): void => {
      clearTimeout(timer);
      resolve({ body, isRefused: false, ...seen });
    };
    request.once('error', (error: NodeJS.ErrnoException) =>
      finish(undefined, { isRefused: error.code === 'ECONNREFUSED' }),
    );
  });
}

/** True when something accepts a connection at this address within the time. */
export async function acceptsConnection(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: timeoutMs });
    const finish = (isOpen: boolean): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', () => finish(true));
    socket.once('timeout', () => finish(false));
    socket.once('error', () => finish(false));
  });
}
