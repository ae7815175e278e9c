import { readFileSync } from 'node:fs';
import path from 'node:path';

import test from 'ava';

import { closestKey } from '../../../src/config/closest-key.ts';
import { KEY_NAMES, KEY_RULES, variableOf, type KeyName } from '../../../src/config/keys.ts';
import { projectFileJsonSchema, projectFileSchema } from '../../../src/config/schema.ts';
import { projectRoot } from '../../helpers/cli.ts';

test('the schema for editors is that of the code; "npm run build" writes it', (t) => {
  const file = path.join(projectRoot, 'schema', 'spark-swarm.schema.json');
  t.is(readFileSync(file, 'utf8'), `${JSON.stringify(projectFileJsonSchema(), undefined, 2)}\n`);
});

test('the schema for editors knows every key, says what it is, and refuses others', (t) => {
  const schema = projectFileJsonSchema() as {
    readonly additionalProperties: boolean;
    readonly properties: Readonly<Record<string, { readonly description?: string }>>;
  };
  t.false(schema.additionalProperties);
  t.deepEqual(Object.keys(schema.properties), [...KEY_NAMES]);
  for (const [key, { description = '' }] of Object.entries(schema.properties)) {
    t.true(description.includes(`--${KEY_RULES[key as KeyName].flag}`), key);
  }
});

test('a key has the name of its flag', (t) => {
  t.is(variableOf('workerMemory'), 'SPARK_SWARM_WORKER_MEMORY');
  t.is(variableOf('ports'), 'SPARK_SWARM_PORT');
});

/** What editors and commands must agree about. */
const values: readonly (readonly [key: KeyName, good: readonly unknown[], bad: readonly unknown[]])[] = [
  ['name', ['a', 'blue-1'], ['', 'A', 'a-', '1a', 'a'.repeat(33)]],
  ['workers', [1, 1000], [0, 1001, 1.5, -1]],
  ['workerCores', [0.1, 2, 1024], [0, 0.09, 1025]],
  ['workerMemory', ['512m', '2G', '2gb'], ['', '0', '512', '0.5g', '1 g', '01g']],
  ['timeout', ['90s', '5m', '500ms'], ['', '5', '0s', '1w', '1.5h']],
];

for (const [key, good, bad] of values) {
  test(`the schema and the parser of ${key} take the same`, (t) => {
    const parse = (value: unknown): unknown => KEY_RULES[key].parse?.(String(value), key);
    for (const value of good) {
      t.true(projectFileSchema.safeParse({ [key]: value }).success, String(value));
      t.notThrows(() => parse(value), String(value));
    }
    for (const value of bad) {
      t.false(projectFileSchema.safeParse({ [key]: value }).success, String(value));
      t.throws(() => parse(value), undefined, String(value));
    }
  });
}

test('the key that was meant is found, and none is made up', (t) => {
  const meant = (typed: string): string | undefined => closestKey(typed, KEY_NAMES);
  t.is(meant('Worker_Cores'), 'workerCores');
  t.is(meant('constraint'), 'constraints');
  t.is(meant('jar'), 'jars');
  t.is(meant('plattform'), 'platform');
  t.is(meant('spark'), undefined);
  t.is(meant('e'), undefined);
});
