import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { runCli, type CliOutcome } from '../../../helpers/cli.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'spark-swarm-job-data-source-'));
test.after.always(() => rm(folder, { recursive: true }));

const run = async (home: string, words: readonly string[], input?: string): Promise<CliOutcome> =>
  runCli(['job', 'data-source', ...words], {
    env: { HOME: path.join(folder, home) },
    ...(input === undefined ? {} : { input }),
  });

test('data sources are added, listed without passwords, and removed', async (t) => {
  t.deepEqual(await run('a', ['add', 'in', 's3a://bucket/in']), {
    status: 0,
    stdout: 'datasource://in is s3a://bucket/in\n',
    stderr: '',
  });
  t.is((await run('a', ['add', 'in', 's3a://bucket/in'])).stdout, 'datasource://in is already s3a://bucket/in\n');
  t.is(
    (await run('a', ['add', 'db', '-'], 'jdbc://ada:s3cret@db/x\n')).stdout,
    'datasource://db is jdbc://ada:***@db/x\n',
  );
  t.deepEqual(JSON.parse((await run('a', ['list', '-o', 'json'])).stdout), {
    schemaVersion: 1,
    dataSources: [
      { name: 'db', url: 'jdbc://ada:***@db/x' },
      { name: 'in', url: 's3a://bucket/in' },
    ],
  });
  t.is((await run('a', ['list'])).stdout, 'NAME   URL\ndb     jdbc://ada:***@db/x\nin     s3a://bucket/in\n');
  t.is(
    (await run('a', ['remove', 'in', 'db'])).stdout,
    'in is forgotten; the data was not touched\ndb is forgotten; the data was not touched\n',
  );
  t.is((await run('a', ['list', '-o', 'yaml'])).stdout, 'schemaVersion: 1\ndataSources: []\n');
});

const refused: readonly (readonly [words: readonly string[], status: number, stderr: string])[] = [
  [['add', 'in', 'b/%RANDSTR(0)%'], 2, 'Requested RANDSTR length must be positive.'],
  [
    ['add', 'in', '/b/%RANDSTR(9999)%'],
    2,
    'Requested RANDSTR length is too long, please choose a value less than 1024.',
  ],
  [
    ['add', '../in', '/data/in'],
    2,
    'NAME: got "../in"; expected 1 to 50 of a-z, A-Z, 0-9, "-", "_" and ".", starting with a letter or a digit',
  ],
  [
    ['remove', 'in', '../../x'],
    2,
    'NAME: got "../../x"; expected 1 to 50 of a-z, A-Z, 0-9, "-", "_" and ".", starting with a letter or a digit',
  ],
  [['remove', 'in'], 1, 'No data source named "in"'],
];

for (const [words, status, message] of refused) {
  test(`job data-source ${words.join(' ')}: ${message}`, async (t) => {
    const outcome = await run('b', words);
    t.is(outcome.status, status);
    t.is(outcome.stdout, '');
    t.is(outcome.stderr.split('\n')[0], `error: ${message}`);
  });
}

test('a name and a URL that are both wrong are told together', async (t) => {
  const { stderr, status } = await run('b', ['add', '.x', 'relative']);
  t.is(status, 2);
  t.true(stderr.includes('NAME: got ".x"') && stderr.includes('URL: got "relative"'), stderr);
});
