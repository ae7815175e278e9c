import test from 'ava';

import { clockBounds, combineClocks, compareClocks } from '../../../src/machines/clock.ts';

const clock = (earliestMs: number, latestMs: number): { readonly earliestMs: number; readonly latestMs: number } => ({
  earliestMs,
  latestMs,
});

test('a clock was read between question and answer', (t) => {
  t.deepEqual(clockBounds(5000, { sentMs: 1000, receivedMs: 1300 }), clock(3700, 4000));
  t.deepEqual(clockBounds(5000, { sentMs: 1000, receivedMs: 1300 }, 1000), clock(3700, 5000));
});

test('two answers together say more than each', (t) => {
  t.deepEqual(combineClocks(clock(-300, 10), clock(-20, 400)), clock(-20, 10));
  t.deepEqual(combineClocks(clock(-300, 10), undefined), clock(-300, 10));
  t.is(combineClocks(undefined, undefined), undefined);
});

test('where the clock was set in between, the closer answer counts', (t) => {
  t.deepEqual(combineClocks(clock(-300, 10), clock(5000, 5020)), clock(5000, 5020));
});

test('clocks are compared with the middle one', (t) => {
  const skews = compareClocks([
    { name: 'm1', clock: clock(-10, 10) },
    { name: 'm2', clock: clock(11_990, 12_010) },
    { name: 'm3', clock: clock(0, 40) },
  ]);
  t.deepEqual(skews, [
    { name: 'm1', skewMs: -20, errorMs: 30, leastMs: 0, reference: 'm3' },
    { name: 'm2', skewMs: 11_980, errorMs: 30, leastMs: 11_950, reference: 'm3' },
    { name: 'm3', skewMs: 0, errorMs: 40, leastMs: 0, reference: 'm3' },
  ]);
});

test('of two clocks the one that is nearer to ours is right', (t) => {
  const [m1, m2] = compareClocks([
    { name: 'm1', clock: clock(-5010, -4990) },
    { name: 'm2', clock: clock(-10, 10) },
  ]);
  t.deepEqual([m1?.leastMs, m1?.reference, m2?.leastMs], [4980, 'm2', 0]);
});

test('what a slow answer leaves open is no difference', (t) => {
  const [m1] = compareClocks([
    { name: 'm1', clock: clock(-9000, 30) },
    { name: 'm2', clock: clock(-10, 10) },
  ]);
  t.is(m1?.leastMs, 0);
});

test('one clock has nothing to be compared with', (t) => {
  t.deepEqual(compareClocks([{ name: 'm1', clock: clock(0, 1) }]), []);
});
