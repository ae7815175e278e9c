import test from 'ava';

import type { Setting } from '../../../src/config/check-settings.ts';
import { listEffectiveValues, nestOrigins, nestValues } from '../../../src/config/effective-values.ts';
import { DEFAULT_ANSWERS, formatNewFile } from '../../../src/config/new-file.ts';

const setting = (key: Setting['key'], text: string, line: number, name?: string): Setting => ({
  key,
  name,
  text,
  line,
  column: 1,
});

const file = {
  shown: 'spark-swarm.yaml',
  settings: [
    setting('workers', '4', 2),
    setting('ports', '0', 4, 'ui'),
    setting('ports', 'none', 5, 'master'),
    setting('constraints', 'node.role==worker', 7),
    setting('constraints', 'node.hostname!=a', 8),
    setting('conf', '1.0', 10, 'spark.a'),
    setting('notebook', 'true', 11),
  ],
};

test('the environment wins over the file, and the file over the defaults, entry by entry', (t) => {
  const env = {
    SPARK_SWARM_WORKERS: '7',
    SPARK_SWARM_PORT: 'ui=9090',
    SPARK_SWARM_NAME: '',
    SPARK_SWARM_CONSTRAINT: 'x',
  };
  const values = listEffectiveValues(env, file);
  const shown = nestValues(values);
  const origins = nestOrigins(values);
  const pick = (key: string): unknown => [shown[key], origins[key]];
  t.deepEqual(pick('name'), ['spark', 'default']);
  t.deepEqual(pick('workers'), [7, 'SPARK_SWARM_WORKERS']);
  t.deepEqual(pick('constraints'), [['x'], 'SPARK_SWARM_CONSTRAINT']);
  t.deepEqual(pick('conf'), [{ 'spark.a': '1.0' }, { 'spark.a': 'spark-swarm.yaml:10' }]);
  t.deepEqual(pick('notebook'), [true, 'spark-swarm.yaml:11']);
  t.deepEqual(pick('context'), [null, 'default']);
  t.like(shown['ports'], { master: 'none', ui: 9090 });
  t.like(origins['ports'], { master: 'spark-swarm.yaml:5', ui: 'SPARK_SWARM_PORT' });
});

test('a list begins where its first entry is', (t) => {
  const values = listEffectiveValues({}, file);
  t.deepEqual(nestValues(values)['constraints'], ['node.role==worker', 'node.hostname!=a']);
  t.is(nestOrigins(values)['constraints'], 'spark-swarm.yaml:7');
});

test('without a file everything is a default', (t) => {
  t.deepEqual(new Set(listEffectiveValues({}, undefined).map(({ origin }) => origin)), new Set(['default']));
});

test('a new file holds the answers, and names the schema where there is one', (t) => {
  const answers = { name: 'blue', platform: 'swarm', workers: '4', workerCores: '2', workerMemory: '6g' };
  const text = formatNewFile(answers, './schema/a.json');
  t.deepEqual(
    text.split('\n').filter((line) => line !== '' && !line.startsWith('# ')),
    ['name: blue', 'platform: swarm', 'workers: 4', 'workerCores: 2', 'workerMemory: 6g'],
  );
  t.is(text.split('\n')[0], '# yaml-language-server: $schema=./schema/a.json');
  t.false(formatNewFile(DEFAULT_ANSWERS, undefined).includes('schema'));
});
