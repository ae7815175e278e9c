import test from 'ava';
import fc from 'fast-check';

import { UsageError } from '../../../src/errors.ts';
import { parseDriverPlace } from '../../../src/jobs/driver-place.ts';
import { parseJobReference } from '../../../src/jobs/job-id.ts';
import { nameAfter, parseJobName } from '../../../src/jobs/job-name.ts';

test('a job is named by its id, by its folder, or by its process and place', (t) => {
  t.deepEqual(parseJobReference('1a2b3c4d5e6f'), { kind: 'id', id: '1a2b3c4d5e6f' });
  t.deepEqual(parseJobReference('word-count.2-1a2b3c4d5e6f'), { kind: 'id', id: '1a2b3c4d5e6f' });
  t.deepEqual(parseJobReference('4711@7c1f2e0a9b3d'), { kind: 'process', pid: 4711, instance: '7c1f2e0a9b3d' });
});

for (const text of [
  '',
  '1a2b3c',
  '1A2B3C4D5E6F',
  '1a2b3c4d5e6g',
  '0@host',
  '-1@host',
  '12@',
  '@host',
  '../1a2b3c4d5e6f',
  '$(id)',
  '1@a b',
])
  test(`no id: ${JSON.stringify(text)}`, (t) => {
    const error = t.throws(() => parseJobReference(text), { instanceOf: UsageError });
    t.is(
      error.message,
      `JOB: got ${JSON.stringify(text)}; expected the id of a job (12 of 0-9 and a-f) or PID@INSTANCE`,
    );
    t.is(error.hint, 'spark-swarm job list shows the jobs and their ids');
  });

test('a name has 1 to 50 letters that a folder may have', (t) => {
  for (const name of ['a', '9', 'A-b_c.d', 'x'.repeat(50)]) t.is(parseJobName(name), name);
  for (const name of ['', '-a', '.a', '_a', 'a b', 'a/b', 'ü', 'x'.repeat(51), 'a\n'])
    t.throws(() => parseJobName(name, 'name'), {
      instanceOf: UsageError,
      message: `name: got ${JSON.stringify(name)}; expected 1 to 50 of a-z, A-Z, 0-9, "-", "_" and ".", starting with a letter or a digit`,
    });
});

test("a job without a name has its application's, as far as that is one", (t) => {
  t.is(nameAfter('/home/me/word count.py'), 'word-count');
  t.is(nameAfter('s3a://b/app-1.2.jar'), 'app-1.2');
  t.is(nameAfter('-x.py'), 'x');
  t.is(nameAfter('ü.py'), 'job');
  t.is(nameAfter(''), 'job');
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (file) => t.notThrows(() => parseJobName(nameAfter(file)))));
});

test('a driver runs in the master, in a task, or on a host', (t) => {
  for (const place of ['master', 'task', 'ssh://gate', 'ssh://ada@gate:2222', 'ssh://ada@[fe80::1]:22'])
    t.is<string, string>(parseDriverPlace(place), place);
  t.is(parseDriverPlace('ssh://ada@gate/'), 'ssh://ada@gate');
  for (const place of ['', 'Master', 'ssh://', 'ssh://a b', 'ssh://gate/path', 'tcp://gate'])
    t.throws(() => parseDriverPlace(place), {
      instanceOf: UsageError,
      message: `--driver: got ${JSON.stringify(place)}; expected master, task or ssh://user@host`,
    });
});

test('a password in the address of a driver is refused, and no part of it is printed', (t) => {
  for (const password of ['pw', 'p/w', 'p@w', 'p:w@x/y', 'p w', ''])
    for (const scheme of ['ssh://', 'tcp://', ''])
      t.throws(() => parseDriverPlace(`${scheme}ada:${password}@gate`), {
        message: `--driver: got "${scheme}ada:***@gate"; a password has no place there`,
      });
});
