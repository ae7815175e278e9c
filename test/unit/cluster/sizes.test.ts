import test from 'ava';
import fc from 'fast-check';

import {
  DAEMON_BYTES,
  DEFAULT_MASTER_MEMORY_BYTES,
  OVERHEAD_PER_CORE_BYTES,
  SMALLEST_EXECUTOR_BYTES,
  defaultWorkerMemoryBytes,
  planMasterSize,
  planWorkerSize,
} from '../../../src/cluster/sizes.ts';
import { UsageError } from '../../../src/errors.ts';
import { formatSize } from '../../../src/units.ts';
import { GIB, MIB } from '../../helpers/builders.ts';

/** The smallest worker of so many cores. */
const smallest = (cores: number): number =>
  DAEMON_BYTES + Math.max(1, Math.floor(cores)) * (OVERHEAD_PER_CORE_BYTES + SMALLEST_EXECUTOR_BYTES);

const cores = fc.oneof(
  fc.integer({ min: 1, max: 64 }),
  fc.integer({ min: 1, max: 99 }).map((tenths) => tenths / 10),
);
const memory = fc.integer({ min: 1, max: 1024 * 1024 }).map((mebibytes) => mebibytes * MIB);

/** The rows of the table in the documentation. */
const rows: readonly (readonly [limit: string, cores: number, overhead: string, spark: string, executor: string])[] = [
  ['1280m', 1, '384m', '512m', '512m'],
  ['1792m', 1, '384m', '1g', '1g'],
  ['1792m', 0.5, '384m', '1g', '1g'],
  ['3200m', 2, '768m', '2g', '1g'],
  ['6016m', 4, '1536m', '4g', '1g'],
  ['16g', 4, '2666m', '13334m', '3333m'],
];

for (const [limit, limitCores, overhead, spark, executor] of rows) {
  test(`a worker of ${limit} and ${limitCores} cores gives Spark ${spark}`, (t) => {
    const bytes = Number.parseInt(limit, 10) * (limit.endsWith('g') ? GIB : MIB);
    const size = planWorkerSize(bytes, limitCores);
    t.is(size.limitBytes, bytes);
    t.is(size.limitCores, limitCores);
    t.is(size.sparkCores, Math.max(1, limitCores));
    t.is(size.daemonBytes, 384 * MIB);
    t.is(formatSize(size.overheadBytes), overhead);
    t.is(formatSize(size.sparkMemoryBytes), spark);
    t.is(formatSize(size.executorMemoryBytes), executor);
  });
}

test('daemon, overhead and Spark memory add up to the limit, and none is negative', (t) => {
  fc.assert(
    fc.property(memory, cores, (limitBytes, limitCores) => {
      if (limitBytes < smallest(limitCores)) return;
      const size = planWorkerSize(limitBytes, limitCores);
      const sum = size.daemonBytes + size.overheadBytes + size.sparkMemoryBytes;
      // Spark takes whole mebibytes.
      t.true(sum <= limitBytes && limitBytes - sum < MIB);
      t.true(size.overheadBytes >= size.sparkCores * OVERHEAD_PER_CORE_BYTES);
      t.true(size.executorMemoryBytes * size.sparkCores <= size.sparkMemoryBytes);
      t.true(size.sparkMemoryBytes % MIB === 0 && size.executorMemoryBytes % MIB === 0);
    }),
  );
});

test('every worker that is planned has executors of 512m or more, and every other one is refused', (t) => {
  fc.assert(
    fc.property(memory, cores, (limitBytes, limitCores) => {
      if (limitBytes >= smallest(limitCores)) {
        t.true(planWorkerSize(limitBytes, limitCores).executorMemoryBytes >= SMALLEST_EXECUTOR_BYTES);
      } else t.throws(() => planWorkerSize(limitBytes, limitCores), { instanceOf: UsageError });
    }),
  );
});

test('what was planned can be planned again from its own limit', (t) => {
  fc.assert(
    fc.property(cores, (limitCores) => {
      const size = planWorkerSize(defaultWorkerMemoryBytes(limitCores), limitCores);
      t.is(size.executorMemoryBytes, GIB);
      t.deepEqual(planWorkerSize(size.limitBytes, size.limitCores), size);
    }),
  );
});

const tooSmall: readonly (readonly [mebibytes: number, cores: number, message: string])[] = [
  [
    1279,
    1,
    '--worker-memory: 1279m is too small for 1 core: 384m daemon + 1 × (384m overhead + 512m executor) = 1280m; expected 1280m or more',
  ],
  [
    1,
    0.5,
    '--worker-memory: 1m is too small for 1 core: 384m daemon + 1 × (384m overhead + 512m executor) = 1280m; expected 1280m or more',
  ],
  [
    3584,
    4,
    '--worker-memory: 3584m is too small for 4 cores: 384m daemon + 4 × (384m overhead + 512m executor) = 3968m; expected 3968m or more',
  ],
];

for (const [mebibytes, limitCores, message] of tooSmall) {
  test(`a worker of ${mebibytes}m and ${limitCores} cores is refused with the whole sum`, (t) => {
    const size = formatSize(mebibytes * MIB);
    t.throws(() => planWorkerSize(mebibytes * MIB, limitCores), {
      instanceOf: UsageError,
      message: message.replace(`${mebibytes}m is`, `${size} is`),
    });
  });
}

test('the size that a refusal expects is one that is taken', (t) => {
  for (const limitCores of [0.5, 1, 2, 4, 16]) t.notThrows(() => planWorkerSize(smallest(limitCores), limitCores));
});

test('the default master has room for two drivers', (t) => {
  const size = planMasterSize(DEFAULT_MASTER_MEMORY_BYTES, 1);
  t.is(formatSize(size.limitBytes), '3200m');
  t.is(size.driverRoom, 2);
});

test('a master has room for as many default drivers as fit beside its daemon', (t) => {
  for (const [mebibytes, room] of [
    [1792, 1],
    [3199, 1],
    [3200, 2],
    [16_384, 11],
  ] as const) {
    t.is(planMasterSize(mebibytes * MIB, 1).driverRoom, room);
  }
});

test('a master without room for one driver is refused with the whole sum', (t) => {
  t.throws(() => planMasterSize(1791 * MIB, 1), {
    instanceOf: UsageError,
    message:
      '--master-memory: 1791m is too small: 384m daemon + 1 driver × (1g heap + 384m overhead) = 1792m; expected 1792m or more',
  });
});
