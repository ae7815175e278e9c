import test from 'ava';
import fc from 'fast-check';

import { UsageError } from '../../../src/errors.ts';
import { hasPassword, hidePassword, isSamePlace, parseDataUrl } from '../../../src/jobs/data-source.ts';
import { fillPlaceholders } from '../../../src/jobs/random-text.ts';
import { JOB_ID } from '../../helpers/job-tools.ts';

test('the id of the job and random letters take their places; the same job gets the same letters', (t) => {
  const url = 's3a://b/%JOB_EXEC_ID%/%RANDSTR(3)%-%RANDSTR(3)%/%JOB_EXEC_ID%';
  const filled = fillPlaceholders(url, JOB_ID);
  const [, first, second] = /^s3a:\/\/b\/1a2b3c4d5e6f\/([a-z]{3})-([a-z]{3})\/1a2b3c4d5e6f$/.exec(filled) ?? [];
  t.truthy(first);
  t.not(first, second);
  t.is(fillPlaceholders(url, JOB_ID), filled);
  t.not(fillPlaceholders(url, 'ffffffffffff'), filled);
});

test('every letter is about as frequent as any other', (t) => {
  const counts = new Map<string, number>();
  for (let job = 0; job < 100; job++)
    for (const letter of fillPlaceholders('%RANDSTR(1000)%', String(job)))
      counts.set(letter, (counts.get(letter) ?? 0) + 1);
  t.is([...counts.keys()].toSorted().join(''), 'abcdefghijklmnopqrstuvwxyz');
  t.true(
    [...counts.values()].every((count) => count > 3500 && count < 4200),
    JSON.stringify([...counts]),
  );
});

test('a text has exactly as many letters as were asked for, up to 1023 in all', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1023 }), (length) => {
      t.regex(fillPlaceholders(`%RANDSTR(${length})%`, JOB_ID), new RegExp(`^[a-z]{${length}}$`));
    }),
    { numRuns: 30 },
  );
});

const refused: readonly (readonly [url: string, message: string])[] = [
  ['/x/%RANDSTR(0)%', 'Requested RANDSTR length must be positive.'],
  ['/x/%RANDSTR(-5)%', 'Requested RANDSTR length must be positive.'],
  ['/x/%RANDSTR(1024)%', 'Requested RANDSTR length is too long, please choose a value less than 1024.'],
  ['/x/%RANDSTR(1000)%%RANDSTR(24)%', 'Requested RANDSTR length is too long, please choose a value less than 1024.'],
  [
    'relative/path',
    'URL: got "relative/path"; expected a URL, like s3a://bucket/in, or a path in the cluster, like /data/in',
  ],
  ['s3a://a b', 'URL: got "s3a://a b"; expected a URL, like s3a://bucket/in, or a path in the cluster, like /data/in'],
  ['', 'URL: got ""; expected a URL, like s3a://bucket/in, or a path in the cluster, like /data/in'],
  [
    's3a://k:pw@b/x\n',
    'URL: got "s3a://k:***@b/x\\n"; expected a URL, like s3a://bucket/in, or a path in the cluster, like /data/in',
  ],
  ['datasource://other', 'URL: a data source cannot be another one: datasource://other'],
];

for (const [url, message] of refused) {
  test(`refused as a data source: ${JSON.stringify(url)}`, (t) => {
    t.throws(() => parseDataUrl(url), { instanceOf: UsageError, message });
  });
}

test('a URL is taken as it is', (t) => {
  for (const url of ['/data/in', 'hdfs://nn:8020/x', 's3a://b/%RANDSTR(8)%', 'jdbc://u:p@h/db?x=1', 'file:///data/ü'])
    t.is(parseDataUrl(url), url);
});

test('a password in a URL is found, and not shown', (t) => {
  const shown: readonly (readonly [url: string, text: string])[] = [
    ['jdbc://ada:s3cret@db/x', 'jdbc://ada:***@db/x'],
    ['jdbc://ada:p@ss@db/x', 'jdbc://ada:***@db/x'],
    ['wasb://x/y?sig=abc&v=1', 'wasb://x/y?sig=***&v=1'],
    ['jdbc://db/x?user=a&password=b', 'jdbc://db/x?user=a&password=***'],
  ];
  for (const [url, text] of shown) {
    t.is(hidePassword(url), text);
    t.true(hasPassword(url));
  }
  for (const url of ['s3a://b/x', 'hdfs://nn:8020/a@b', 'swift://ada@x/y', '/data/a:b@c'])
    t.false(hasPassword(url), url);
});

test('one place may be written in several ways', (t) => {
  t.true(isSamePlace('s3a://b/x', 'S3A://b//x/'));
  t.true(isSamePlace('/data/x', 'file:///data/./x'));
  t.false(isSamePlace('s3a://b/x', 's3a://b/X'));
  t.false(isSamePlace('s3a://b/x', 'hdfs://b/x'));
});
