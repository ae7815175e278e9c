import type { Page } from '../adapters/http/fetch-page.ts';
import type { Report } from '../events.ts';
import type { Platform } from '../platforms/platform.ts';

/** What every operation works with. Made by the command line, or by whoever uses the library. */
export interface OperationContext {
  readonly platform: Platform;
  readonly network: Network;
  readonly locks: Locks;
  readonly report: Report;
  readonly signal: AbortSignal;
}

/** Reaching published ports from this machine. */
export interface Network {
  fetchPage(url: string, options: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<Page>;
  acceptsConnection(host: string, port: number, timeoutMs: number): Promise<boolean>;
}

/** Keeps two commands that change the same cluster apart. */
export interface Locks {
  /**
   * Takes the lock of a cluster, waiting while somebody else who is alive holds it.
   *
   * @param wait says who holds it while waiting
   * @returns what gives it back; calling it twice is fine
   * @throws ConflictError when it is still held after `timeoutMs`
   */
  take(cluster: string, request: LockRequest): Promise<() => Promise<void>>;
}

export interface LockRequest {
  /** What the holder does, for whoever waits: `deploy`. */
  readonly command: string;
  readonly timeoutMs: number;
  readonly wait: (detail: string) => void;
  readonly signal: AbortSignal;
}

/** Holds the lock of a cluster while `work` runs, and gives it back however that ends. */
export async function withLock<T>(
  context: OperationContext,
  cluster: string,
  request: Pick<LockRequest, 'command' | 'timeoutMs'>,
  work: () => Promise<T>,
): Promise<T> {
  const release = await context.locks.take(cluster, {
    ...request,
    wait: (message) => context.report({ type: 'note', message }),
    signal: context.signal,
  });
  try {
    return await work();
  } finally {
    // What the work came to counts, not this: whoever is next takes over the lock of a process that is no more.
    await release().catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      context.report({
        type: 'warning',
        message: `the lock of the cluster "${cluster}" could not be given back: ${message}`,
      });
    });
  }
}
