import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import test from 'ava';
import fc from 'fast-check';

import { isOlder } from '../../../src/doctor/versions.ts';
import { withDriver } from '../../../src/jobs/job-plan.ts';
import type { JobFlags } from '../../../src/jobs/job-words.ts';
import { FILES, JOB_ID, jobTools, planWords } from '../../helpers/job-tools.ts';

const CONF = ['--conf', `spark.swarm.jobId=${JOB_ID}`] as const;
const tools = jobTools(FILES);

const argv = async (words: readonly string[], flags: JobFlags = {}): Promise<readonly string[]> =>
  (await planWords(words, flags, tools)).spec.argv;

test('a job is its application, its files by their base names, and nothing that was not asked for', async (t) => {
  const plan = await planWords(['app.py', 'a b'], { timeout: '5m' }, tools);
  const { hash, ...spec } = plan.spec;
  t.regex(hash, /^[0-9a-f]{64}$/);
  t.deepEqual(spec, {
    schemaVersion: 1,
    id: JOB_ID,
    name: 'app',
    type: 'spark',
    cluster: 'spark',
    driver: 'master',
    argv: ['spark-submit', ...CONF, 'app.py', 'a b'],
    environment: [],
    files: ['app.py'],
    createdAt: '2026-01-02T03:04:05.000Z',
    createdBy: 'ada@desk',
    timeoutMs: 300_000,
    graceMs: 5000,
  });
  t.deepEqual(plan.uploads, [{ name: 'app.py', path: '/work-here/app.py' }]);
  t.is(plan.driver, undefined);
  t.is(plan.environment, '');
});

test('J33: times are UTC, wherever this machine is, and in the hour that its clocks repeat', async (t) => {
  // A time zone is a process's. Apia is 13 h ahead; New York's clocks show 01:30 twice that night.
  const planned = async (TZ: string, at: string): Promise<string> => {
    const script = `
      const { jobTools, planWords } = await import(process.argv[1]);
      const tools = { ...jobTools(['app.py']), now: () => new Date(process.argv[2]) };
      const { spec } = await planWords(['app.py'], {}, tools);
      console.log(new Date(process.argv[2]).getTimezoneOffset(), spec.createdAt);`;
    const helper = new URL('../../helpers/job-tools.js', import.meta.url).href;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', script, helper, at],
      { env: { TZ } },
    );
    return stdout;
  };
  t.is(await planned('Pacific/Apia', '2026-01-02T03:04:05Z'), '-780 2026-01-02T03:04:05.000Z\n');
  t.is(await planned('America/New_York', '2026-11-01T05:30:00Z'), '240 2026-11-01T05:30:00.000Z\n');
  t.is(await planned('America/New_York', '2026-11-01T06:30:00Z'), '300 2026-11-01T06:30:00.000Z\n');
});

test('E11: a Python application and one in R need no main class', async (t) => {
  t.deepEqual(await argv(['app.py']), ['spark-submit', ...CONF, 'app.py']);
  t.deepEqual(await argv(['/data/app.R']), ['spark-submit', ...CONF, '/data/app.R']);
});

test("E12: spark-submit's own options pass, in the order typed", async (t) => {
  t.deepEqual(
    await argv([
      '--packages',
      'g:a:1',
      '--conf',
      'spark.x=1',
      '--class',
      'Main',
      '--executor-memory',
      '1g',
      'app.jar',
      'x',
    ]),
    [
      'spark-submit',
      '--packages',
      'g:a:1',
      '--conf',
      'spark.x=1',
      '--class',
      'Main',
      '--executor-memory',
      '1g',
      ...CONF,
      'app.jar',
      'x',
    ],
  );
});

test('the first main is the application; the others and the libs are brought as what they are, in the order given', async (t) => {
  t.deepEqual(
    await argv([], {
      main: ['app.jar', 'helper.py', '/opt/x.jar'],
      lib: ['lib.jar', 'data.csv', 's3a://b/y.jar'],
      config: ['edp.java.main_class=org.x.Main', 'edp.spark.driver.classpath=conf:lib.jar', 'spark.executor.memory=1g'],
      arg: ['a', 'b'],
    }),
    [
      'spark-submit',
      '--driver-class-path',
      'conf:lib.jar',
      '--class',
      'org.x.Main',
      '--conf',
      'spark.executor.memory=1g',
      '--py-files',
      'helper.py',
      '--jars',
      '/opt/x.jar,lib.jar,s3a://b/y.jar',
      '--files',
      'data.csv',
      ...CONF,
      'app.jar',
      'a',
      'b',
    ],
  );
});

test('libs join the list that was typed, of which Spark would take the last', async (t) => {
  t.deepEqual(await argv(['--jars', '/opt/a.jar', 'app.py'], { lib: ['lib.jar'] }), [
    'spark-submit',
    '--jars',
    '/opt/a.jar,lib.jar',
    ...CONF,
    'app.py',
  ]);
});

test('what is typed as an option of spark-submit wins over an older key; an empty class path is none', async (t) => {
  t.deepEqual(
    await argv(['--class', 'Typed', 'app.jar'], {
      config: ['edp.java.main_class=Older', 'edp.spark.driver.classpath='],
    }),
    ['spark-submit', '--class', 'Typed', ...CONF, 'app.jar'],
  );
});

test('an example needs no main', async (t) => {
  const plan = await planWords(['100'], { example: 'pi' }, tools);
  t.deepEqual(plan.spec.argv, ['spark-submit', ...CONF, '/opt/spark/examples/src/main/python/pi.py', '100']);
  t.is(plan.spec.name, 'pi');
});

test('a shell job runs its script with the parameters as environment', async (t) => {
  const plan = await planWords(
    ['run.sh', '-x', '--conf', "it's"],
    {
      type: 'shell',
      lib: ['data.csv'],
      param: ['LEVEL=debug', "NAME=it's $(touch x)\n"],
    },
    tools,
  );
  t.deepEqual(plan.spec.argv, ['/bin/sh', 'run.sh', '-x', '--conf', "it's"]);
  t.deepEqual(plan.spec.files, ['run.sh', 'data.csv']);
  t.deepEqual(plan.spec.environment, ['LEVEL', 'NAME']);
  t.is(plan.environment, `export LEVEL='debug'\nexport NAME='it'\\''s $(touch x)\n'\n`);
});

test('a file whose name begins with "-" is taken neither for an option of spark-submit nor of the shell', async (t) => {
  t.deepEqual(await argv([], { main: ['-x.py'] }), ['spark-submit', ...CONF, './-x.py']);
  t.deepEqual((await planWords(['-x.sh'], { type: 'shell' }, tools)).spec.argv, ['/bin/sh', './-x.sh']);
});

test('arguments arrive byte for byte: blanks, quotes, $(touch x), newlines, and 100 KiB in one', async (t) => {
  const args = [
    '',
    ' ',
    'a b',
    "'",
    '"',
    '$(touch x)',
    '`id`',
    ';rm',
    '\n',
    'a\nb',
    '--conf',
    'ü',
    'x'.repeat(100 * 1024),
  ];
  t.deepEqual((await argv(['app.py', ...args])).slice(4), args);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'binary' }).filter((arg) => !/[\0\r\uFFFD]/.test(arg))),
      async (words) => {
        t.deepEqual((await argv(['app.py', ...words])).slice(4), words);
      },
    ),
  );
});

test('the same wish has the same hash at another time and of another person; any other wish has another', async (t) => {
  const hashOf = async (words: readonly string[], flags: JobFlags = {}, more = {}): Promise<string> =>
    (await planWords(words, flags, jobTools(FILES, more))).spec.hash;
  const hash = await hashOf(['app.py', 'x']);
  t.is(await hashOf(['app.py', 'x'], {}, { now: () => new Date(0), createdBy: 'eve@lap' }), hash);
  const others = await Promise.all([
    hashOf(['app.py', 'y']),
    hashOf(['app.py', 'x'], { id: 'ffffffffffff' }),
    hashOf(['app.py', 'x'], { param: ['A=1'] }),
    hashOf(['app.py', 'x'], { param: ['A=2'] }),
    hashOf(['app.py', 'x'], { timeout: '1s' }),
    hashOf(['app.py', 'x'], { maxOutput: '1m' }),
    hashOf(['app.py', 'x'], { driver: 'task' }),
    hashOf(['app.py', 'x'], {}, { hash: async () => Promise.resolve('other content') }),
  ]);
  t.is(new Set([hash, ...others]).size, others.length + 1);
});

test('a driver elsewhere is another job', async (t) => {
  const plan = await planWords(['--conf', 'a=b', 'app.py'], {}, tools);
  const moved = withDriver(plan, 'task');
  t.is(moved.spec.driver, 'task');
  t.is(moved.driver, 'task');
  t.not(moved.spec.hash, plan.spec.hash);
  t.is(withDriver(moved, 'master').spec.hash, plan.spec.hash);
});

test('--deploy-mode says where the driver runs, and never reaches Spark, which refuses it', async (t) => {
  const of = async (words: readonly string[], flags: JobFlags = {}): Promise<readonly unknown[]> => {
    const { driver, spec } = await planWords(words, flags, tools);
    t.deepEqual(spec.argv, ['spark-submit', ...CONF, 'app.py']);
    return [driver, spec.driver];
  };
  t.deepEqual(await of(['app.py']), [undefined, 'master']);
  t.deepEqual(await of(['--deploy-mode', 'cluster', 'app.py']), ['task', 'task']);
  t.deepEqual(await of(['--deploy-mode=client', 'app.py']), ['master', 'master']);
  t.deepEqual(await of(['--deploy-mode', 'cluster', 'app.py'], { driver: 'task' }), ['task', 'task']);
  t.deepEqual(await of(['app.py'], { driver: 'ssh://ada@gate:22' }), ['ssh://ada@gate:22', 'ssh://ada@gate:22']);
});

test('J45: 10000 ids are all different', async (t) => {
  const { openJobTools } = await import('../../../src/adapters/jobs/job-tools.ts');
  const { newId } = await openJobTools({ cwd: '/', env: { XDG_CONFIG_HOME: '/nowhere' }, cluster: 'spark' });
  const ids = Array.from({ length: 10_000 }, newId);
  t.is(new Set(ids).size, 10_000);
  t.true(ids.every((id) => /^[0-9a-f]{12}$/.test(id)));
});

test('a carriage return reaches a shell job, and a variable, as it is', async (t) => {
  t.deepEqual((await planWords(['run.sh', 'a\r'], { type: 'shell' }, tools)).spec.argv, ['/bin/sh', 'run.sh', 'a\r']);
  t.is((await planWords(['app.py'], { param: ['X=a\r'] }, tools)).environment, "export X='a\r'\n");
});

test('E10: versions are compared as numbers, part by part', (t) => {
  t.true(isOlder('1.6', '10.0'));
  t.false(isOlder('10.0', '1.6'));
});
