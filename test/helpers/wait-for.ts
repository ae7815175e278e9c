import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';

const POLL_MS = 150;

export interface WaitOptions<T> {
  readonly read: () => Promise<T>;
  readonly until: (seen: T) => boolean;
  /** How much of what was seen the error shows. Default: all. */
  readonly show?: (seen: T) => unknown;
  /** Default one minute. */
  readonly limitMs?: number;
}

/**
 * Reads again and again until it is as wanted.
 *
 * @returns what was read then
 * @throws Error with what was last seen, a failed reading included, when the time is over
 */
export async function waitFor<T>(what: string, options: WaitOptions<T>): Promise<T> {
  const { read, until, show = (seen: T): unknown => seen, limitMs = 60_000 } = options;
  const deadline = Date.now() + limitMs;
  for (;;) {
    let last: unknown;
    try {
      const seen = await read();
      if (until(seen)) return seen;
      last = show(seen);
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      const seen = typeof last === 'string' ? last : inspect(last, { depth: 6, breakLength: 120 });
      throw new Error(`Waited ${limitMs / 1000} s for ${what}; last seen: ${seen}`);
    }
    await sleep(POLL_MS);
  }
}
