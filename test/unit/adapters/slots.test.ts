import test from 'ava';

import { Slots } from '../../../src/adapters/ssh/slots.ts';

const signal = new AbortController().signal;

/** Work that goes on until it is told to end. */
function createWork(): {
  readonly run: () => Promise<string>;
  readonly end: () => void;
  readonly hasBegun: () => boolean;
} {
  let hasBegun = false;
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const run = async (): Promise<string> => {
    hasBegun = true;
    await ended;
    return 'done';
  };
  return { run, end, hasBegun: () => hasBegun };
}

const nextTurn = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('so many run at once, and the next begins when one ends, whatever its end', async (t) => {
  const slots = new Slots(2);
  const [first, second, third] = [createWork(), createWork(), createWork()];
  const failing = slots.run(async () => first.run().then(() => Promise.reject(new Error('no'))), signal);
  const running = [slots.run(second.run, signal), slots.run(third.run, signal)];
  await nextTurn();
  t.deepEqual(
    [first, second, third].map(({ hasBegun }) => hasBegun()),
    [true, true, false],
  );
  first.end();
  await t.throwsAsync(failing, { message: 'no' });
  await nextTurn();
  t.true(third.hasBegun());
  second.end();
  third.end();
  t.deepEqual(await Promise.all(running), ['done', 'done']);
  t.is(await slots.run(async () => 'again', signal), 'again');
});

test('who gives up while waiting does not begin, and leaves the room to others', async (t) => {
  const slots = new Slots(1);
  const [first, second, third] = [createWork(), createWork(), createWork()];
  const controller = new AbortController();
  const running = slots.run(first.run, signal);
  const waiting = slots.run(second.run, controller.signal);
  const last = slots.run(third.run, signal);
  const reason = new Error('enough');
  controller.abort(reason);
  t.is(await t.throwsAsync(waiting), reason);
  first.end();
  await running;
  await nextTurn();
  t.false(second.hasBegun());
  t.true(third.hasBegun());
  third.end();
  t.is(await last, 'done');
});
