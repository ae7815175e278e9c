import { setMaxListeners } from 'node:events';

/**
 * The signal, for any number of machines at once: Node takes more than ten listeners for a leak, and prints a warning in the
 * middle of the output. It does not pass from a signal to those that are made of it with `AbortSignal.any`.
 */
export function forMany(signal: AbortSignal): AbortSignal {
  setMaxListeners(0, signal);
  return signal;
}
