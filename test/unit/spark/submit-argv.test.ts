import test from 'ava';
import fc from 'fast-check';

import { UsageError } from '../../../src/errors.ts';
import { EXAMPLES, planSubmit, readSparkSize, type SubmitPlan } from '../../../src/spark/submit-argv.ts';
import { GIB, MIB } from '../../helpers/builders.ts';

const LOCAL = ['app.py', 'app.jar', 'lib.jar', './deps/lib.jar', 'a b.py', "it's.py", 'ü.py', '$(id).py', './-x.py'];

const plan = (words: readonly string[], local: readonly string[] = LOCAL): SubmitPlan =>
  planSubmit(words, { examples: EXAMPLES, isLocalFile: (path) => local.includes(path) });
const argv = (...words: readonly string[]): readonly string[] => plan(words).argv;

test('a local application is brought along and named by its base name', (t) => {
  t.deepEqual(plan(['/home/me/app.py', 'x'], ['/home/me/app.py']), {
    argv: ['spark-submit', 'app.py', 'x'],
    options: [],
    uploads: ['/home/me/app.py'],
    own: {},
  });
});

test('an application that is in the cluster already is not brought', (t) => {
  for (const path of ['/data/app.py', 'hdfs://nn/app.py', 'local:///opt/app.py', 'https://x/app.py']) {
    t.deepEqual(plan([path]), { argv: ['spark-submit', path], options: [], uploads: [], own: {} });
  }
});

test("spark-submit's options keep their order, each with its value", (t) => {
  t.deepEqual(argv('--executor-memory', '1g', '--conf', 'a=b', '-c', 'c=d', '--verbose', 'app.py'), [
    'spark-submit',
    '--executor-memory',
    '1g',
    '--conf',
    'a=b',
    '-c',
    'c=d',
    '--verbose',
    'app.py',
  ]);
});

test('a value may follow "=", and may have another one in it', (t) => {
  t.deepEqual(argv('--conf=spark.x=a=b', '--driver-java-options=-Da=b', 'app.py'), [
    'spark-submit',
    '--conf',
    'spark.x=a=b',
    '--driver-java-options',
    '-Da=b',
    'app.py',
  ]);
});

test('a value that looks like a flag belongs to the option before it', (t) => {
  t.deepEqual(argv('--driver-java-options', '--add-opens', 'app.py'), [
    'spark-submit',
    '--driver-java-options',
    '--add-opens',
    'app.py',
  ]);
});

test('our own flags are taken out, wherever they stand among the options', (t) => {
  const { argv: line, own } = plan(['--name', 'b', '--conf', 'a=b', '--context=lab', 'app.py', '--name', 'mine']);
  t.deepEqual(own, { name: 'b', context: 'lab' });
  t.deepEqual(line, ['spark-submit', '--conf', 'a=b', 'app.py', '--name', 'mine']);
});

test('an example by its name needs no application', (t) => {
  const { argv: line, uploads } = plan(['--example', 'pi', '100']);
  t.deepEqual(line, ['spark-submit', '/opt/spark/examples/src/main/python/pi.py', '100']);
  t.deepEqual(uploads, []);
});

test('an example that does not exist is refused with those that do', (t) => {
  for (const name of ['pie', 'toString', '__proto__', '']) {
    t.throws(() => plan(['--example', name]), {
      instanceOf: UsageError,
      message: `--example: got ${JSON.stringify(name)}; expected one of pi, wordcount, sort, pagerank, kmeans, als, transitive_closure`,
    });
  }
});

test('lists of files bring what is local and leave the rest as it is', (t) => {
  const { argv: line, uploads } = plan([
    '--jars',
    'lib.jar,/opt/x.jar,s3a://b/y.jar',
    '--py-files=app.py',
    '--class',
    'Main',
    'app.jar',
  ]);
  t.deepEqual(line, [
    'spark-submit',
    '--jars',
    'lib.jar,/opt/x.jar,s3a://b/y.jar',
    '--py-files',
    'app.py',
    '--class',
    'Main',
    'app.jar',
  ]);
  t.deepEqual(uploads, ['lib.jar', 'app.py', 'app.jar']);
});

test('a file keeps its other name after "#"', (t) => {
  const { argv: line, uploads } = plan(
    ['--archives', './deps/lib.jar#env', '--properties-file', '/data/lib.conf', 'app.py'],
    ['./deps/lib.jar', 'app.py'],
  );
  t.deepEqual(line, ['spark-submit', '--archives', 'lib.jar#env', '--properties-file', '/data/lib.conf', 'app.py']);
  t.deepEqual(uploads, ['./deps/lib.jar', 'app.py']);
});

test('a file of this folder that is not there is refused, whatever it is for', (t) => {
  t.throws(() => plan(['--py-files', 'missing.py', 'app.py']), {
    instanceOf: UsageError,
    message: '--py-files: no such file: missing.py',
  });
});

test('a file that is named twice is brought once', (t) => {
  t.deepEqual(plan(['--py-files', 'app.py', '--files', 'app.py', 'app.py']).uploads, ['app.py']);
});

test('two files of one name cannot be in one folder', (t) => {
  t.throws(() => plan(['--jars', 'lib.jar,./deps/lib.jar', 'app.py']), {
    instanceOf: UsageError,
    message: 'Two files of the same name: lib.jar and ./deps/lib.jar; rename one',
  });
});

test('names that a shell would take apart are brought as they are', (t) => {
  for (const name of ['a b.py', "it's.py", 'ü.py', '$(id).py']) {
    t.deepEqual(plan([name]), { argv: ['spark-submit', name], options: [], uploads: [name], own: {} });
  }
});

test('a file whose name begins with "-" is not taken for an option', (t) => {
  t.deepEqual(argv('./-x.py', '-y'), ['spark-submit', './-x.py', '-y']);
});

test('a file that has "#" in its name is refused, because Spark would look for another', (t) => {
  t.throws(() => plan(['a#b.py'], ['a#b.py']), {
    instanceOf: UsageError,
    message: 'a#b.py: Spark takes what follows "#" for another name; rename the file',
  });
});

test("the application's arguments are passed on byte for byte", (t) => {
  const args = [
    '--conf',
    'x',
    '--name',
    'app',
    '--master',
    'm',
    '',
    ' ',
    'a b',
    "'",
    '"',
    '$HOME',
    '`id`',
    '\n',
    '#',
    'ü',
    '--',
  ];
  t.deepEqual(argv('--conf', 'a=b', 'app.py', ...args), ['spark-submit', '--conf', 'a=b', 'app.py', ...args]);
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }).filter((arg) => !arg.includes('\r'))), (words) => {
      t.deepEqual(argv('app.py', ...words).slice(2), words);
    }),
  );
});

test('an argument with a carriage return is refused, because Spark takes it away', (t) => {
  const error = t.throws(() => plan(['app.py', 'fine', 'a\r\nb']), { instanceOf: UsageError });
  t.is(error.message, 'argument 2 of the application has a carriage return, which Spark takes away: "a\\r\\nb"');
  t.is(error.hint, 'pass it in a file');
});

const refused: readonly (readonly [words: readonly string[], message: string, hint?: string])[] = [
  [
    [],
    'Nothing to submit: expected an application (app.py, app.jar) or --example NAME',
    'spark-submit options come before the application, its arguments after it',
  ],
  [
    ['--conf', 'a=b'],
    'Nothing to submit: expected an application (app.py, app.jar) or --example NAME',
    'spark-submit options come before the application, its arguments after it',
  ],
  [['--conf'], '--conf: expected a value'],
  [['--name'], '--name: expected a value'],
  [
    ['app.jar'],
    'Spark job must specify edp.java.main_class',
    'app.jar is a jar: --class NAME names its main class; in a job file: configs: {edp.java.main_class: NAME}',
  ],
  [
    ['/data/app.jar'],
    'Spark job must specify edp.java.main_class',
    '/data/app.jar is a jar: --class NAME names its main class; in a job file: configs: {edp.java.main_class: NAME}',
  ],
  [
    ['--master', 'local[2]', 'app.py'],
    '--master is set by the cluster: leave it out, and choose the cluster with --name',
  ],
  [['--master=yarn', 'app.py'], '--master is set by the cluster: leave it out, and choose the cluster with --name'],
  [
    ['--conf', 'spark.master=local', 'app.py'],
    '--conf spark.master is set by the cluster: leave it out, and choose the cluster with --name',
  ],
  [
    ['--deploy-mode', 'cluster', 'app.py'],
    `--deploy-mode: got "cluster"; expected client: the driver runs in the master's container`,
  ],
  [['--conf', 'spark.x', 'app.py'], '--conf: got "spark.x"; expected key=value'],
  [['-c', 'spark.x', 'app.py'], '--conf: got "spark.x"; expected key=value'],
  [
    ['nothere.py', 'x'],
    'No such application file: nothere.py',
    'a path inside the cluster starts with "/", like /data/app.py; --example pi runs an example',
  ],
  [
    ['./nothere/app.py'],
    'No such application file: ./nothere/app.py',
    'a path inside the cluster starts with "/", like /data/app.py; --example pi runs an example',
  ],
];

for (const [words, message, hint] of refused) {
  test(`submit ${words.join(' ')}: ${message}`, (t) => {
    const error = t.throws(() => plan(words), { instanceOf: UsageError });
    t.is(error.message, message);
    t.is(error.hint, hint);
  });
}

test('--deploy-mode client is what we do, and may be said', (t) => {
  t.deepEqual(argv('--deploy-mode', 'client', 'app.py'), ['spark-submit', '--deploy-mode', 'client', 'app.py']);
});

test('a jar with its class is fine, in either form', (t) => {
  t.deepEqual(argv('--class', 'Main', 'app.jar'), argv('--class=Main', 'app.jar'));
});

const sizes: readonly (readonly [options: readonly string[], bytes: number | undefined])[] = [
  [[], undefined],
  [['--driver-memory', '2g'], 2 * GIB],
  [['--driver-memory', '512M'], 512 * MIB],
  [['--driver-memory', '2gb'], 2 * GIB],
  [['--conf', 'spark.driver.memory=3g'], 3 * GIB],
  [['-c', 'spark.driver.memory=3g'], 3 * GIB],
  [['--driver-memory', '2g', '--conf', 'spark.driver.memory=3g'], 3 * GIB],
  [['--conf', 'spark.driver.memoryOverhead=3g'], undefined],
  [['--executor-memory', '2g'], undefined],
  [['--driver-memory', '2048'], undefined],
  [['--driver-memory'], undefined],
];

for (const [options, bytes] of sizes) {
  test(`the driver's memory in ${JSON.stringify(options)} is ${bytes ?? 'not known'}`, (t) => {
    t.is(readSparkSize(options, '--driver-memory', 'spark.driver.memory'), bytes);
  });
}
