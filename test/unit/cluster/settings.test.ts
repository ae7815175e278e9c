import test from 'ava';

import { parseConf, parseEnvironment } from '../../../src/cluster/settings.ts';
import { UsageError } from '../../../src/errors.ts';

const properties: readonly (readonly [text: string, key: string, value: string])[] = [
  ['spark.sql.shuffle.partitions=8', 'spark.sql.shuffle.partitions', '8'],
  ['spark.x=', 'spark.x', ''],
  ['spark.x= a  b ', 'spark.x', 'a  b'],
  ['spark.x=a=b', 'spark.x', 'a=b'],
  ['spark.hadoop.fs.s3a.access.key=k', 'spark.hadoop.fs.s3a.access.key', 'k'],
  ['spark.executor.memory=2g', 'spark.executor.memory', '2g'],
  ['spark.driver.memory=2g', 'spark.driver.memory', '2g'],
  ['spark.masterful=yes', 'spark.masterful', 'yes'],
  ['spark.authenticateX=1', 'spark.authenticateX', '1'],
];

for (const [text, key, value] of properties) {
  test(`--conf ${JSON.stringify(text)}`, (t) => {
    t.deepEqual(parseConf(text), [key, value]);
  });
}

for (const text of [
  '',
  'spark.x',
  'x=1',
  'spark.=1',
  'spark.a b=1',
  ' spark.x=1',
  '=1',
  'spark.x=a\nspark.master=b',
  'SPARK.x=1',
  'sparkx=1',
  'spark.x=\r',
]) {
  test(`--conf ${JSON.stringify(text)} is no property`, (t) => {
    t.throws(() => parseConf(text), {
      instanceOf: UsageError,
      message: `--conf: got ${JSON.stringify(text)}; expected spark.KEY=VALUE`,
    });
  });
}

for (const key of [
  'spark.master',
  'spark.authenticate',
  'spark.authenticate.secret',
  'spark.network.crypto.enabled',
  'spark.driver.host',
  'spark.driver.bindAddress',
  'spark.ui.reverseProxy',
  'spark.decommission.enabled',
  'spark.storage.decommission.shuffleBlocks.enabled',
  'spark.worker.resource.gpu.amount',
  'spark.deploy.recoveryMode',
  'spark.deploy.recoveryDirectory',
  'spark.master.rest.enabled',
]) {
  test(`--conf ${key} is set by the toolkit`, (t) => {
    t.throws(() => parseConf(`${key}=x`), {
      instanceOf: UsageError,
      message: `--conf: ${key} is set by spark-swarm itself; leave it out`,
    });
  });
}

const variables: readonly (readonly [text: string, name: string, value: string])[] = [
  ['A=b', 'A', 'b'],
  ['A=', 'A', ''],
  ['A= b ', 'A', ' b '],
  ['A=b=c', 'A', 'b=c'],
  ['_a1=ü\n$x', '_a1', 'ü\n$x'],
  ['COLOR', 'COLOR', 'blue'],
  ['PATHS=1', 'PATHS', '1'],
  ['SPARK_LOCAL_HOSTNAME=x', 'SPARK_LOCAL_HOSTNAME', 'x'],
];

for (const [text, name, value] of variables) {
  test(`--env ${JSON.stringify(text)}`, (t) => {
    t.deepEqual(parseEnvironment(text, { COLOR: 'blue' }), [name, value]);
  });
}

for (const text of ['', '=b', '1A=b', 'a-b=c', 'A B=c', ' A=b', 'ü=1', 'A\n=b']) {
  test(`--env ${JSON.stringify(text)} is no variable`, (t) => {
    t.throws(() => parseEnvironment(text, {}), {
      instanceOf: UsageError,
      message: `--env: got ${JSON.stringify(text)}; expected NAME=VALUE`,
    });
  });
}

for (const name of [
  'PATH',
  'HOME',
  'JAVA_HOME',
  'SPARK_HOME',
  'SPARK_WORKER_MEMORY',
  'SPARK_MASTER_HOST',
  'SPARK_EXECUTOR_CORES',
  'SPARK_DAEMON_JAVA_OPTS',
  'SPARK_CONF_DIR',
  'SPARK_SWARM_CONF',
]) {
  test(`--env ${name} is set by the toolkit`, (t) => {
    t.throws(() => parseEnvironment(`${name}=x`, {}), {
      instanceOf: UsageError,
      message: `--env: ${name} is set by spark-swarm itself; leave it out`,
    });
  });
}

test('a name alone needs a variable here, which may be empty', (t) => {
  t.throws(() => parseEnvironment('COLOR', {}), {
    instanceOf: UsageError,
    message: '--env: got "COLOR", and there is no such variable here; expected NAME=VALUE',
  });
  t.deepEqual(parseEnvironment('COLOR', { COLOR: '' }), ['COLOR', '']);
});

test('a value that no program could be given is refused', (t) => {
  t.throws(() => parseEnvironment('A=a\0b', {}), {
    instanceOf: UsageError,
    message: '--env: the value of A has a NUL; expected text',
  });
});
