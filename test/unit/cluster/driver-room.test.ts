import test from 'ava';

import { assertDriverFits, parseDriverHeaps } from '../../../src/cluster/driver-room.ts';
import { DEFAULT_DRIVER_BYTES, DEFAULT_MASTER_MEMORY_BYTES } from '../../../src/cluster/sizes.ts';
import { UsageError } from '../../../src/errors.ts';

const GIB = 1024 ** 3;

test('the heap of each running driver is read; one that is only starting counts as the default', (t) => {
  t.deepEqual(parseDriverHeaps('driver -Xmx2g\ndriver -Xmx1536m\ndriver -Xmx128m\ndriver \n'), [
    2 * GIB,
    1.5 * GIB,
    DEFAULT_DRIVER_BYTES,
    DEFAULT_DRIVER_BYTES,
  ]);
  t.deepEqual(parseDriverHeaps(''), []);
});

test('the default master has room for two default drivers, and the third is refused with the whole sum', (t) => {
  const fits = (running: number): void =>
    assertDriverFits(
      DEFAULT_MASTER_MEMORY_BYTES,
      DEFAULT_DRIVER_BYTES,
      Array<number>(running).fill(DEFAULT_DRIVER_BYTES),
    );
  t.notThrows(() => fits(0));
  t.notThrows(() => fits(1));
  const error = t.throws(() => fits(2), { instanceOf: UsageError });
  t.is(
    error.message,
    'The driver does not fit beside the master: 384m daemon + 1g running driver + 1g running driver + 1g driver + ' +
      '3 × 384m overhead = 4608m, and its limit is 3200m',
  );
  t.is(
    error.hint,
    'wait for one of the others, a smaller --driver-memory, or spark-swarm deploy --master-memory 4608m',
  );
});

test('where nobody remembers the limit nothing is refused', (t) => {
  t.notThrows(() => assertDriverFits(undefined, 99 * GIB, []));
});
