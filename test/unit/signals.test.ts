import { setImmediate as nextTurn } from 'node:timers/promises';

import test from 'ava';

import { runCall } from '../../src/library/run-call.ts';
import { forMany } from '../../src/signals.ts';

/** What Node warns of when twelve machines wait for the signal. */
async function warnings(signal: AbortSignal): Promise<readonly string[]> {
  const seen: string[] = [];
  const listen = ({ name }: Error): void => void seen.push(name);
  process.on('warning', listen);
  for (let count = 0; count < 12; count++) signal.addEventListener('abort', () => {});
  await nextTurn();
  process.off('warning', listen);
  return seen;
}

test.serial('a signal takes any number of listeners', async (t) => {
  t.deepEqual(await warnings(forMany(new AbortController().signal)), []);
});

test.serial('so does that of a call of the library', async (t) => {
  await runCall({}, async ({ around }) => {
    t.deepEqual(await warnings(around.signal), []);
  });
});
