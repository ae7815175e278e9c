import test from 'ava';

import { UsageError } from '../../../src/errors.ts';
import { EXAMPLES, planSubmit, type SubmitPlan } from '../../../src/spark/submit-argv.ts';

const LOCAL = new Set(['app.py', 'conf/ivy.xml', '/home/me/.ivy2/ivysettings.xml']);

const plan = (words: readonly string[], ivySettings?: string): SubmitPlan =>
  planSubmit([...words, 'app.py'], { examples: EXAMPLES, isLocalFile: (path) => LOCAL.has(path), ivySettings });

test('ivy settings of this machine are brought along and named by their base name', (t) => {
  const { argv, uploads } = plan(['--conf', 'spark.jars.ivySettings=conf/ivy.xml']);
  t.deepEqual(argv, ['spark-submit', '--conf', 'spark.jars.ivySettings=ivy.xml', 'app.py']);
  t.deepEqual(uploads, ['conf/ivy.xml', 'app.py']);
});

test('ivy settings that are in the cluster are left as they are; those that are nowhere are refused', (t) => {
  const { argv, uploads } = plan(['-c', 'spark.jars.ivySettings=/data/ivy.xml']);
  t.deepEqual(argv, ['spark-submit', '-c', 'spark.jars.ivySettings=/data/ivy.xml', 'app.py']);
  t.deepEqual(uploads, ['app.py']);
  const error = t.throws(() => plan(['--conf', 'spark.jars.ivySettings=no.xml']), { instanceOf: UsageError });
  t.is(error.message, '--conf: no such file: no.xml');
});

for (const packages of [
  ['--packages', 'g:a:1'],
  ['--conf', 'spark.jars.packages=g:a:1'],
]) {
  test(`the settings that this machine has go with ${packages.join(' ')}`, (t) => {
    const { argv, uploads } = plan(packages, '/home/me/.ivy2/ivysettings.xml');
    const settings = ['--conf', 'spark.jars.ivySettings=ivysettings.xml'];
    t.deepEqual(argv, ['spark-submit', ...settings, ...packages, 'app.py']);
    t.deepEqual(uploads, ['/home/me/.ivy2/ivysettings.xml', 'app.py']);
  });
}

test('settings that are typed win; without coordinates none are brought', (t) => {
  const typed = ['--packages', 'g:a:1', '--conf', 'spark.jars.ivySettings=conf/ivy.xml'];
  t.deepEqual(plan(typed, '/home/me/.ivy2/ivysettings.xml').uploads, ['conf/ivy.xml', 'app.py']);
  t.deepEqual(plan(['--jars', '/data/x.jar'], '/home/me/.ivy2/ivysettings.xml').uploads, ['app.py']);
});
