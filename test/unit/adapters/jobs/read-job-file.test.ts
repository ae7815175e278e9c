import { mkdirSync, mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { readJobFile } from '../../../../src/adapters/jobs/read-job-file.ts';
import { ConfigError, UsageError } from '../../../../src/errors.ts';
import { EMPTY_WISH, type JobWish } from '../../../../src/jobs/job-wish.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'spark-swarm-job-file-'));
test.after.always(() => rm(folder, { recursive: true }));
mkdirSync(path.join(folder, 'jobs'));

let count = 0;
async function read(text: string, name = `jobs/${++count}.yaml`): Promise<JobWish> {
  await writeFile(path.join(folder, name), text);
  return readJobFile(name, folder);
}

const FULL = {
  type: 'Spark',
  name: 'wordcount',
  cluster: 'spark',
  driver: 'task',
  mains: ['app.jar', '/opt/x.jar'],
  libs: ['../lib.jar', 's3a://b/y.jar'],
  args: ['--input', 1.5, true],
  params: { LEVEL: 'debug', N: 3 },
  configs: { 'edp.java.main_class': 'org.x.Main', 'spark.executor.memory': '1g', 'spark.jars.ivySettings': 'ivy.xml' },
  options: ['--py-files', 'a.py,/b.py', '--packages=g:a:1', '--verbose'],
  input: 'datasource://in',
  output: '/data/out',
  timeout: '30m',
  'max-output': '2g',
  grace: '10s',
};

const WISH: JobWish = {
  ...EMPTY_WISH,
  type: 'spark',
  name: 'wordcount',
  cluster: 'spark',
  driver: 'task',
  mains: ['jobs/app.jar', '/opt/x.jar'],
  libs: ['jobs/../lib.jar', 's3a://b/y.jar'],
  args: ['--input', '1.5', 'true'],
  params: { LEVEL: 'debug', N: '3' },
  configs: {
    'edp.java.main_class': 'org.x.Main',
    'spark.executor.memory': '1g',
    'spark.jars.ivySettings': 'jobs/ivy.xml',
  },
  options: ['--py-files', 'jobs/a.py,/b.py', '--packages', 'g:a:1', '--verbose'],
  input: 'datasource://in',
  output: '/data/out',
  timeoutMs: 1_800_000,
  maxOutputBytes: 2 * 1024 ** 3,
  graceMs: 10_000,
};

test('a job file says everything that flags say; its paths are relative to it', async (t) => {
  t.deepEqual(await read(JSON.stringify(FULL)), WISH);
  t.deepEqual(await read(JSON.stringify(FULL, undefined, '\t'), 'jobs/tabs.json'), WISH);
});

test('a file in the folder where the user is changes no path; values stay as they are written', async (t) => {
  const wish = await read('mains: [app.py]\nargs: [1.0, 0x10, "a b", yes]\nparams:\n  A: 1e3\n', 'here.yaml');
  t.deepEqual(wish, { ...EMPTY_WISH, mains: ['app.py'], args: ['1.0', '0x10', 'a b', 'yes'], params: { A: '1e3' } });
});

test('everything that is wrong is told with its place, and what was meant', async (t) => {
  const { problems } = await read(
    [
      'tipe: spark',
      'name: -x',
      'mains: app.py',
      'libs: [[a]]',
      'args: {a: b}',
      'configs:',
      '  edp.main_class: X',
      '  edp.java.main_classs: X',
      '  my.key: 1',
      'params: [A]',
      'conf: {}',
      'timeout: 5',
      'driver: ssh://a:b@c',
      'name: y',
      'cluster: Spark',
      '',
    ].join('\n'),
    'jobs/bad.yaml',
  );
  t.deepEqual(
    problems.map(({ message }) => message),
    [
      'jobs/bad.yaml:1:1: unknown key "tipe"; did you mean "type"?',
      'jobs/bad.yaml:3:8: mains: got "app.py"; expected a list of files, like [app.py]',
      'jobs/bad.yaml:4:8: libs: got a list; expected text, a number, true or false',
      'jobs/bad.yaml:5:7: args: got a map; expected a list, like [--input, /data/in]',
      'jobs/bad.yaml:7:3: configs: unknown key "edp.main_class"; did you mean "edp.java.main_class"?',
      'jobs/bad.yaml:8:3: configs: unknown key "edp.java.main_classs"; did you mean "edp.java.main_class"?',
      'jobs/bad.yaml:9:3: configs: unknown key "my.key"',
      'jobs/bad.yaml:10:9: params: got a list; expected names and values, like LEVEL: debug',
      'jobs/bad.yaml:11:1: unknown key "conf"; did you mean "configs"?',
      'jobs/bad.yaml:12:10: timeout: got "5"; expected a number and a unit, like 30s, 5m or 1h',
      'jobs/bad.yaml:13:9: driver: got "ssh://a:***@c"; a password has no place there',
      'jobs/bad.yaml:14:1: duplicate key "name"',
      'jobs/bad.yaml:15:10: cluster: got "Spark"; expected 1 to 32 of a-z, 0-9 and "-", starting with a letter',
    ],
  );
});

test('a file that is no map of keys, or no YAML at all, says so', async (t) => {
  const messages = async (text: string): Promise<readonly string[]> =>
    (await t.throwsAsync(read(text, 'jobs/odd.yaml'), { instanceOf: ConfigError })).message.split('\n');
  t.deepEqual(await messages('[app.py]'), [
    'jobs/odd.yaml:1:1: got a list; expected keys and values, like mains: [app.py]',
  ]);
  t.deepEqual(await messages(''), ['jobs/odd.yaml:1:1: got nothing; expected keys and values, like mains: [app.py]']);
  t.regex((await messages('mains: [app.py')).join('\n'), /^jobs\/odd\.yaml:1:15: Flow sequence in block collection/);
});

test('a file that is not there, and a folder, cannot be read', async (t) => {
  await t.throwsAsync(readJobFile('no.yaml', folder), {
    instanceOf: UsageError,
    message: 'Cannot read the job file no.yaml: there is no such file',
  });
  await t.throwsAsync(readJobFile('jobs', folder), {
    instanceOf: UsageError,
    message: 'Cannot read the job file jobs: it is a folder',
  });
});
