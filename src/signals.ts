import { setMaxListeners } from 'node:events';

/**
 * The signal, for any number of machines at once: Node takes more than ten listeners for a leak, and prints a warning in the
 * middle of the output. It does not pass from a signal to those that are made of it with `AbortSignal.any`.
 */
export function forMany(signal: AbortSignal): AbortSignal {
  setMaxListeners(0, signal);
  return signal;
}

/**
 * The outcome of work that only reads, or the abort: what has been asked may answer when nobody waits for it any more.
 *
 * @throws the signal's reason
 */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason as Error);
  });
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
