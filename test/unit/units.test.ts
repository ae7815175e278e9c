import test from 'ava';
import fc from 'fast-check';

import { UsageError } from '../../src/errors.ts';
import {
  formatBytes,
  formatDuration,
  formatSize,
  parseCores,
  parseCount,
  parseDuration,
  parseSize,
} from '../../src/units.ts';

const MIB = 1024 ** 2;
const range = { min: 1, max: 1000 };

/** What people type by mistake, and what other parsers take without a word. */
const MISTAKES = ['', ' ', '3 ', ' 3', '+3', '-1', '0x2', '1e3', '1_000', '٣', 'NaN', 'Infinity', '3abc', '1\n'];

test('a size that is printed reads back as the same bytes', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 30 }), (mebibytes) => {
      t.is(parseSize(formatSize(mebibytes * MIB), 'x'), mebibytes * MIB);
    }),
  );
});

test('either case, and a "b" at the end, mean the same size', (t) => {
  for (const text of ['2g', '2G', '2gb', '2GB', '2048m', '2097152k']) t.is(parseSize(text, 'x'), 2 * 1024 * MIB);
});

test('a printed size uses the largest unit that leaves no fraction', (t) => {
  t.deepEqual([0, 1792 * MIB, 2048 * MIB, MIB - 1].map(formatSize), ['0m', '1792m', '2g', '0m']);
});

const sizes: readonly (readonly [text: string, message: string])[] = [
  ['512', ' (did you mean 512m?)'],
  ['0.5g', ' (did you mean 512m?)'],
  ['1,5g', ' (did you mean 1536m?)'],
  ['1g ', ''],
  ['1 g', ''],
  ['0', ''],
  ['0g', ''],
  ['01g', ''],
  ['1e3', ''],
  ['-1g', ''],
  ['', ''],
];

for (const [text, advice] of sizes) {
  test(`the size ${JSON.stringify(text)} is refused`, (t) => {
    t.throws(() => parseSize(text, '--worker-memory'), {
      instanceOf: UsageError,
      message: `--worker-memory: got ${JSON.stringify(text)}; expected a whole number and a unit, like 512m or 2g${advice}`,
    });
  });
}

test('a size that no machine has is refused as that', (t) => {
  t.throws(() => parseSize('99999999t', '--worker-memory'), {
    instanceOf: UsageError,
    message: '--worker-memory: got "99999999t"; no machine has that much',
  });
});

test('no text makes a size that is not a safe whole number of bytes', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9]{1,18}[kmgtbKMGTB]{0,2}$/)), (text) => {
      try {
        const bytes = parseSize(text, 'x');
        t.true(Number.isSafeInteger(bytes) && bytes > 0, text);
      } catch (error) {
        t.true(error instanceof UsageError);
      }
    }),
  );
});

test('a count that is printed reads back as the same number', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), (count) => t.is(parseCount(String(count), 'x', range), count)),
  );
});

for (const text of [...MISTAKES, '0', '1001', '1.5', '010', '9999999999999999999']) {
  test(`the count ${JSON.stringify(text)} is refused`, (t) => {
    t.throws(() => parseCount(text, '--workers', range), {
      instanceOf: UsageError,
      message: `--workers: got ${JSON.stringify(text)}; expected a whole number from 1 to 1000`,
    });
  });
}

test('cores may have up to three decimals', (t) => {
  t.deepEqual(
    ['2', '0.5', '0.1', '1.125', '1024'].map((text) => parseCores(text, 'x')),
    [2, 0.5, 0.1, 1.125, 1024],
  );
});

for (const text of [...MISTAKES, '0', '0.05', '1.1234', '1025', '0,5', '.5', '50%']) {
  test(`the cores ${JSON.stringify(text)} are refused`, (t) => {
    t.throws(() => parseCores(text, '--worker-cores'), {
      instanceOf: UsageError,
      message: `--worker-cores: got ${JSON.stringify(text)}; expected a number of cores from 0.1 to 1024, like 2 or 0.5`,
    });
  });
}

test('a duration needs its unit', (t) => {
  t.deepEqual(
    ['500ms', '30s', '5m', '1h', '2d'].map((text) => parseDuration(text, 'x')),
    [500, 30_000, 300_000, 3_600_000, 172_800_000],
  );
});

for (const text of [...MISTAKES, '5', '0s', '-5s', '1 h', '1e3s', '5 minutes', '1.5h', '5S']) {
  test(`the duration ${JSON.stringify(text)} is refused`, (t) => {
    t.throws(() => parseDuration(text, '--timeout'), {
      instanceOf: UsageError,
      message: `--timeout: got ${JSON.stringify(text)}; expected a number and a unit, like 30s, 5m or 1h`,
    });
  });
}

test('where nothing to wait for makes sense, zero is a duration', (t) => {
  t.is(parseDuration('0s', '--grace', { hasZero: true }), 0);
  for (const text of MISTAKES)
    t.throws(() => parseDuration(text, '--grace', { hasZero: true }), { instanceOf: UsageError });
});

test('a time span is printed in the unit people would use', (t) => {
  const spans: Readonly<Record<number, string>> = {
    0: '0 ms',
    340.4: '340 ms',
    999: '999 ms',
    1000: '1.0 s',
    4200: '4.2 s',
    59_949: '59.9 s',
    59_950: '1 min 0 s',
    61_000: '1 min 1 s',
    200_000: '3 min 20 s',
  };
  for (const [durationMs, text] of Object.entries(spans)) t.is(formatDuration(Number(durationMs)), text);
});

test('an amount of data is printed in decimal units', (t) => {
  const amounts: Readonly<Record<number, string>> = {
    0: '0 B',
    999: '999 B',
    1000: '1 kB',
    1001: '2 kB',
    1_000_000: '1 MB',
    853_400_000: '853 MB',
    1_200_000_000: '1.20 GB',
  };
  for (const [bytes, text] of Object.entries(amounts)) t.is(formatBytes(Number(bytes)), text);
});
