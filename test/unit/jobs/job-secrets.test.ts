import test from 'ava';

import { UsageError } from '../../../src/errors.ts';
import { PROPERTIES_FILE } from '../../../src/jobs/spark-properties.ts';
import { JOB_ID, jobTools, planWords } from '../../helpers/job-tools.ts';

const CONF = ['--conf', `spark.swarm.jobId=${JOB_ID}`] as const;
const SWIFT = 'edp.spark.adapt_for_swift=true';
const tools = jobTools(['app.py', 'own.properties', PROPERTIES_FILE], {
  texts: { 'own.properties': 'spark.x 1' },
  dataSources: new Map([
    ['in', 's3a://bucket/in'],
    ['again', 's3a://bucket//in/'],
    ['out', '/data/out-%JOB_EXEC_ID%-%RANDSTR(6)%'],
    ['db', 'jdbc://ada:s3cret@db/x'],
  ]),
});

test('credentials of an object store travel in a file that only its owner may read, and not in the arguments', async (t) => {
  const plan = await planWords(
    ['app.py'],
    {
      config: [
        SWIFT,
        'fs.swift.service.sahara.username=ada',
        'fs.swift.service.sahara.password= =a:b#!\\ü\n'.trimEnd(),
      ],
    },
    tools,
  ).catch((error: unknown) => error as UsageError);
  t.true(plan instanceof UsageError);
  t.is(
    (plan as UsageError).message,
    'spark.hadoop.fs.swift.service.sahara.password: its value begins or ends with a blank, which Spark takes away',
  );
  const good = await planWords(
    ['app.py'],
    { config: [SWIFT, 'fs.swift.service.sahara.username=ada', 'fs.swift.service.sahara.password==a:b #!\\ü\nx'] },
    tools,
  );
  t.deepEqual(good.spec.argv, [
    'spark-submit',
    '--properties-file',
    PROPERTIES_FILE,
    '--load-spark-defaults',
    ...CONF,
    'app.py',
  ]);
  t.deepEqual(good.spec.files, ['app.py', PROPERTIES_FILE]);
  t.deepEqual(good.uploads[1], {
    name: PROPERTIES_FILE,
    text: [
      'spark.hadoop.fs.swift.service.sahara.username=ada',
      String.raw`spark.hadoop.fs.swift.service.sahara.password=\=a\:b\ \#\!\\ü\nx`,
      '',
    ].join('\n'),
  });
  t.false(JSON.stringify(good.spec).includes('sahara'));
});

test('a property whose name says secret goes the same way, however it was given', async (t) => {
  const plan = await planWords(
    ['--conf', 'spark.hadoop.fs.s3a.secret.key=typed', '-c', 'spark.x=1', 'app.py'],
    { config: ['spark.my.password=p'] },
    tools,
  );
  t.deepEqual(plan.spec.argv, [
    'spark-submit',
    '--properties-file',
    PROPERTIES_FILE,
    '--load-spark-defaults',
    '-c',
    'spark.x=1',
    ...CONF,
    'app.py',
  ]);
  t.deepEqual(plan.uploads[1], {
    name: PROPERTIES_FILE,
    text: 'spark.my.password=p\nspark.hadoop.fs.s3a.secret.key=typed\n',
  });
});

test("the user's own file of properties is kept, with ours behind it, and the cluster's are read besides", async (t) => {
  const joined = await planWords(
    ['--properties-file', 'own.properties', '--conf', 'spark.a.token=x', 'app.py'],
    {},
    tools,
  );
  t.deepEqual(joined.spec.argv, [
    'spark-submit',
    '--properties-file',
    PROPERTIES_FILE,
    '--load-spark-defaults',
    ...CONF,
    'app.py',
  ]);
  t.deepEqual(joined.uploads, [
    { name: 'app.py', path: '/work-here/app.py' },
    { name: PROPERTIES_FILE, text: 'spark.x 1\nspark.a.token=x\n' },
  ]);
  const own = await planWords(['--properties-file', 'own.properties', 'app.py'], {}, tools);
  t.deepEqual(own.spec.argv, [
    'spark-submit',
    '--load-spark-defaults',
    '--properties-file',
    'own.properties',
    ...CONF,
    'app.py',
  ]);
});

test('a file of properties in the cluster cannot be joined with ours, and nobody else may have our name', async (t) => {
  await t.throwsAsync(
    planWords(['--properties-file', '/data/x.conf', '--conf', 'spark.a.token=x', 'app.py'], {}, tools),
    {
      instanceOf: UsageError,
      message: '--properties-file /data/x.conf cannot be joined with spark.a.token: it is not on this machine',
    },
  );
  await t.throwsAsync(planWords(['--files', PROPERTIES_FILE, '--conf', 'spark.a.token=x', 'app.py'], {}, tools), {
    instanceOf: UsageError,
    message: `${PROPERTIES_FILE} is the name of a file that every job with secrets has; rename yours`,
  });
});

test('names of data sources are replaced in arguments, configs and params where that is asked for', async (t) => {
  const flags = { param: ['FROM=datasource://in', 'DB=datasource://db'], config: ['spark.in=datasource://in'] };
  const words = ['app.py', 'datasource://in', 'x datasource://in', 'datasource://out'];
  const asIs = await planWords(words, flags, tools);
  t.deepEqual(asIs.spec.argv.slice(-3), words.slice(1));
  t.is(asIs.environment, "export FROM='datasource://in'\nexport DB='datasource://db'\n");
  const on = 'edp.substitute_data_source_for_name=True';
  const filled = await planWords(words, { ...flags, config: [...flags.config, on] }, tools);
  t.deepEqual(filled.spec.argv.slice(1, 3), ['--conf', 'spark.in=s3a://bucket/in']);
  const [first, second, out = ''] = filled.spec.argv.slice(-3);
  t.deepEqual([first, second], ['s3a://bucket/in', 'x datasource://in']);
  t.regex(out, new RegExp(`^/data/out-${JOB_ID}-[a-z]{6}$`));
  t.is(filled.environment, "export FROM='s3a://bucket/in'\nexport DB='jdbc://ada:s3cret@db/x'\n");
  const again = await planWords(words, { ...flags, config: [...flags.config, on] }, tools);
  t.is(again.spec.hash, filled.spec.hash);
});

test('a data source with a password does not become an argument', async (t) => {
  const config = ['edp.substitute_data_source_for_name=true'];
  const error = await t.throwsAsync(planWords(['app.py', 'datasource://db'], { config }, tools), {
    instanceOf: UsageError,
  });
  t.is(
    error.message,
    'argument 1 of the application: datasource://db holds a password, which everybody there could read among the arguments',
  );
  t.is(
    error.hint,
    '--param NAME=datasource://db puts it into the environment, --input-url datasource://db makes it INPUT',
  );
  const plan = await planWords(['app.py'], { config: [...config, 'spark.db=datasource://db'] }, tools);
  t.false(plan.spec.argv.join(' ').includes('s3cret'));
  t.deepEqual(plan.uploads[1], { name: PROPERTIES_FILE, text: String.raw`spark.db=jdbc\://ada\:s3cret@db/x` + '\n' });
});

test('input and output reach the job by their names, and are two places', async (t) => {
  const plan = await planWords(['app.py'], { input: 'datasource://in', output: '/data/%JOB_EXEC_ID%' }, tools);
  t.is(plan.environment, `export INPUT='s3a://bucket/in'\nexport OUTPUT='/data/${JOB_ID}'\n`);
  for (const output of ['datasource://in', 's3a://bucket/in', 'datasource://again'])
    await t.throwsAsync(planWords(['app.py'], { input: 'datasource://in', output }, tools), {
      instanceOf: UsageError,
      message: 'Provided input and output DataSources reference the same location: s3a://bucket/in',
    });
});

test('a data source that is not there is refused with the one that was meant', async (t) => {
  const error = await t.throwsAsync(planWords(['app.py'], { input: 'datasource://outt' }, tools), {
    instanceOf: UsageError,
  });
  t.is(error.message, 'datasource://outt: no data source of that name; did you mean "datasource://out"?');
  t.is(error.hint, 'spark-swarm job data-source add outt URL');
});
