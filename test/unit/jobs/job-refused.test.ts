import test from 'ava';

import { ConfigError, UsageError } from '../../../src/errors.ts';
import { planJob } from '../../../src/jobs/job-plan.ts';
import type { JobFlags } from '../../../src/jobs/job-words.ts';
import { FILES, jobTools, jobWish, planWords } from '../../helpers/job-tools.ts';

const tools = jobTools(FILES);

test('E9: a job that cannot be launched says every reason, each with what to type, before anything is sent', async (t) => {
  const error = await t.throwsAsync(
    planJob(
      jobWish({
        id: 'xyz',
        name: '-bad',
        mains: ['nothere.py', 'lib.jar'],
        libs: ['./lib.jar', 'missing.zip'],
        params: { '1X': 'a' },
        configs: { 'edp.java.mainclass': 'X' },
        options: ['--master', 'yarn'],
        args: ['a\0b'],
        problems: [{ message: 'job.yaml:1:1: unknown key "mian"; did you mean "mains"?' }],
      }),
      tools,
    ),
    { instanceOf: ConfigError },
  );
  t.is(error.exitCode, 2);
  t.is(
    error.message,
    [
      'The job "-bad" has 10 problems:',
      'job.yaml:1:1: unknown key "mian"; did you mean "mains"?',
      '--id: got "xyz"; expected 12 of 0-9 and a-f',
      '--job-name: got "-bad"; expected 1 to 50 of a-z, A-Z, 0-9, "-", "_" and ".", starting with a letter or a digit',
      'params: "1X" is no name of a variable; expected A-Z, a-z, 0-9 and "_", and no digit first',
      'configs: unknown key "edp.java.mainclass"; did you mean "edp.java.main_class"? (known are spark.*, fs.*, edp.java.main_class, edp.spark.driver.classpath, edp.spark.adapt_for_swift, edp.substitute_data_source_for_name)',
      "'mains' and 'libs' overlap: lib.jar",
      'No such file: missing.zip (a path inside the cluster starts with "/")',
      '--master is set by the cluster: leave it out, and choose the cluster with --name',
      'No such application file: nothere.py (a path inside the cluster starts with "/", like /data/app.py; --example pi runs an example)',
      'argument 1 of the application has a NUL character, which no process can be given: "a\\u0000b" (pass it in a file)',
    ].join('\n  '),
  );
});

const refused: readonly (readonly [
  title: string,
  words: readonly string[],
  flags: JobFlags,
  message: string,
  hint?: string,
])[] = [
  [
    'no application',
    [],
    {},
    'Spark job requires main application jar',
    'or a .py file: spark-swarm job run app.py; --main, and mains: in a job file, name it too',
  ],
  [
    'a shell job without a script',
    [],
    { type: 'shell' },
    'Shell job requires main script',
    'spark-swarm job run --type shell -- script.sh',
  ],
  [
    'a jar without its class',
    ['app.jar'],
    {},
    'Spark job must specify edp.java.main_class',
    'app.jar is a jar: --class NAME names its main class; in a job file: configs: {edp.java.main_class: NAME}',
  ],
  [
    'J49: an application that is not there',
    ['nothere.py'],
    {},
    'No such application file: nothere.py',
    'a path inside the cluster starts with "/", like /data/app.py; --example pi runs an example',
  ],
  [
    'a script as a Spark job',
    ['run.sh'],
    {},
    'run.sh: a shell script is no Spark application',
    'spark-swarm job run --type shell -- run.sh',
  ],
  ['a folder as an application', ['src.py'], {}, 'src.py is a folder, and no application'],
  ['a folder as a lib', ['app.py'], { lib: ['src.py'] }, 'src.py is a folder', 'name its files'],
  [
    'a script that is not there',
    ['no.sh'],
    { type: 'shell' },
    'No such script: no.sh',
    'a path inside the cluster starts with "/", like /data/run.sh',
  ],
  [
    'a shell job from an address',
    ['s3a://b/run.sh'],
    { type: 'shell' },
    's3a://b/run.sh: a shell job needs a file, not an address',
  ],
  [
    'one file as main and lib',
    [],
    { main: ['app.py', 'helper.py'], lib: ['./helper.py'] },
    "'mains' and 'libs' overlap: helper.py",
  ],
  [
    'two files of one name',
    ['app.py'],
    { lib: ['lib.jar', 'deps/lib.jar'] },
    'Two files of the same name: lib.jar and deps/lib.jar; rename one',
  ],
  [
    'an id of another shape',
    ['app.py'],
    { id: '1A2B3C4D5E6F' },
    '--id: got "1A2B3C4D5E6F"; expected 12 of 0-9 and a-f',
  ],
  ['a type that is none', ['app.py'], { type: 'Pig' }, '--type: got "Pig"; expected spark or shell'],
  [
    'a driver nowhere',
    ['app.py'],
    { driver: 'mater' },
    '--driver: got "mater"; expected master, task or ssh://user@host',
  ],
  [
    'a password in the address of a driver',
    ['app.py'],
    { driver: 'ssh://ada:pw@gate' },
    '--driver: got "ssh://ada:***@gate"; a password has no place there',
  ],
  [
    'a time without a unit',
    ['app.py'],
    { timeout: '5' },
    '--timeout: got "5"; expected a number and a unit, like 30s, 5m or 1h',
  ],
  ['a parameter without a value', ['app.py'], { param: ['X'] }, '--param: got "X"; expected KEY=VALUE'],
  ['an option without its value', ['--conf'], { main: ['app.py'] }, '--conf: expected a value'],
  ['an unknown mode', ['--deploy-mode', 'x', 'app.py'], {}, '--deploy-mode: got "x"; expected client or cluster'],
  [
    'two places for the driver',
    ['--deploy-mode', 'cluster', 'app.py'],
    { driver: 'master' },
    '--deploy-mode cluster and --driver master contradict each other; leave one out',
  ],
  [
    'the id as a property',
    ['app.py'],
    { config: ['spark.swarm.jobId=x'] },
    'spark.swarm.jobId is set by the cluster: leave it out',
    'choose the id with --id',
  ],
  [
    'a mode by its property, which Spark would refuse',
    ['--conf', 'spark.submit.deployMode=cluster', 'app.py'],
    {},
    'spark.submit.deployMode is set by the cluster: leave it out',
    'choose where the driver runs with --driver',
  ],
  [
    'a master by its property',
    ['--conf', 'spark.master=local', 'app.py'],
    {},
    '--conf spark.master is set by the cluster: leave it out, and choose the cluster with --name',
  ],
  [
    'a property of an object store that would not arrive',
    ['app.py'],
    { config: ['fs.s3a.endpoint=x'] },
    'fs.s3a.endpoint reaches a job only with edp.spark.adapt_for_swift: true',
    '--config edp.spark.adapt_for_swift=true',
  ],
  [
    'a switch that is neither on nor off',
    ['app.py'],
    { config: ['edp.spark.adapt_for_swift=yes'] },
    'edp.spark.adapt_for_swift: got "yes"; expected true or false',
  ],
  [
    'a Spark property of a shell job',
    ['run.sh'],
    { type: 'shell', config: ['spark.x=1'] },
    'spark.x means nothing to a shell job',
    '--param NAME=VALUE sets its environment',
  ],
  [
    'J47: an argument with a carriage return',
    ['app.py', 'fine', 'a\r\nb'],
    {},
    'argument 2 of the application has a carriage return, which Spark takes away: "a\\r\\nb"',
    'pass it in a file',
  ],
  [
    'J47: an argument with NUL',
    ['app.py', 'a\0'],
    {},
    'argument 1 of the application has a NUL character, which no process can be given: "a\\u0000"',
    'pass it in a file',
  ],
  [
    'J47: an argument of 128 KiB',
    ['app.py', 'x'.repeat(128 * 1024)],
    {},
    'argument 1 of the application has 131072 bytes; Linux takes 131071 in one word',
    'pass it in a file',
  ],
  [
    'an argument that is no text',
    ['app.py', 'a\uFFFD'],
    {},
    'argument 1 of the application is not UTF-8, and would not arrive as it is: "a�"',
    'pass it in a file',
  ],
  [
    'more than a process can be given',
    ['app.py', ...Array.from({ length: 20 }, () => 'x'.repeat(100_000))],
    {},
    'All arguments and variables together have 2000078 bytes; a process takes 1572864',
    'pass them in a file',
  ],
];

for (const [title, words, flags, message, hint] of refused) {
  test(`refused: ${title}`, async (t) => {
    const error = await t.throwsAsync(planWords(words, flags, jobTools([...FILES, 'src.py/'])), {
      instanceOf: UsageError,
    });
    t.is(error.message, message);
    t.is(error.hint, hint);
    t.is(error.exitCode, 2);
  });
}

test('a job file names the cluster by its own key, and not among the options', async (t) => {
  const wish = (options: readonly string[]): ReturnType<typeof jobWish> => jobWish({ mains: ['app.py'], options });
  await t.throwsAsync(planJob(wish(['--name', 'x']), tools), {
    instanceOf: UsageError,
    message: 'options: --name is no option of a job; leave it out, and say cluster:',
  });
  await t.throwsAsync(planJob(wish(['--verbose', 'app.py']), tools), {
    instanceOf: UsageError,
    message: 'options: "app.py" is no option of spark-submit',
  });
});
