import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { findProjectFile, readProjectFile } from '../../../src/adapters/files/project-file.ts';
import { ConfigError, UsageError } from '../../../src/errors.ts';

const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'spark-swarm-project-')));
test.after.always(() => rmSync(folder, { recursive: true }));

let count = 0;

/** A file of its own with this text, named `spark-swarm.yaml` in messages. */
function write(text: string): { readonly file: string; readonly shown: string } {
  count += 1;
  const file = path.join(folder, `${count}.yaml`);
  writeFileSync(file, text);
  return { file, shown: 'spark-swarm.yaml' };
}

/** Files with one fault, and the whole message. */
const faults: readonly (readonly [text: string, message: string])[] = [
  ['# mine\n\nworkers:   two\n', '3:12: workers: got "two"; expected a whole number from 1 to 1000'],
  ['workers: 1001\n', '1:10: workers: got "1001"; expected a whole number from 1 to 1000'],
  ['workers: 0x2\n', '1:10: workers: got "0x2"; expected a whole number from 1 to 1000'],
  ['workers:\n', '1:9: workers: got nothing; expected a whole number from 1 to 1000'],
  ['workers: [2]\n', '1:10: workers: got a list; expected a whole number from 1 to 1000'],
  ['worker: 2\n', '1:1: unknown key "worker"; did you mean "workers"?'],
  ['worker-memory: 2g\n', '1:1: unknown key "worker-memory"; did you mean "workerMemory"?'],
  ['zone: a\n', '1:1: unknown key "zone"'],
  ['"port": {}\n', '1:1: unknown key "port"; did you mean "ports"?'],
  ['1: a\n', '1:1: unknown key "1"'],
  ['name: a\nname: b\n', '2:1: duplicate key "name"'],
  ['name: Blue\n', '1:7: name: got "Blue"; expected 1 to 32 of a-z, 0-9 and "-", starting with a letter'],
  ['context: 5\n', '1:10: context: got 5; expected the name of a docker context'],
  ['platform: k8s\n', '1:11: platform: got "k8s"; expected containers or swarm'],
  ['image: X Y\n', '1:8: image: got "X Y"; expected an image name, like spark-swarm:latest'],
  [
    'workerMemory: 2048\n',
    '1:15: workerMemory: got "2048"; expected a whole number and a unit, like 512m or 2g (did you mean 2048m?)',
  ],
  ['masterCores: 0\n', '1:14: masterCores: got "0"; expected a number of cores from 0.1 to 1024, like 2 or 0.5'],
  ['ports: {ui: 70000}\n', '1:13: ports.ui: got "70000"; expected a port from 1 to 65535, 0 (a free one) or none'],
  ['ports: {ui: true}\n', '1:13: ports.ui: got "true"; expected a port from 1 to 65535, 0 (a free one) or none'],
  ['ports:\n  uii: 1\n', '2:3: ports: unknown key "uii"; did you mean "ui"?'],
  ['ports: [ui=1]\n', '1:8: ports: got a list; expected ports by name, like ui: 8080'],
  ['constraints: node.role==worker\n', '1:14: constraints: got "node.role==worker"; expected a list of constraints'],
  [
    'constraints:\n  - disk=ssd\n',
    '2:5: constraints: got "disk=ssd"; expected one like node.labels.disk==ssd or node.hostname!=n1',
  ],
  ['jars: [1]\n', '1:8: jars: got 1; expected the path of a jar'],
  ['data: ""\n', '1:7: data: got ""; expected the path of a folder'],
  ['conf:\n  spark: {a: 1}\n', '2:10: conf.spark: got a map; expected text, a number, true or false'],
  ['env: {A: null}\n', '1:10: env.A: got nothing; expected text, a number, true or false'],
  ['notebook: yes\n', '1:11: notebook: got "yes"; expected true or false'],
  ['timeout: 5\n', '1:10: timeout: got "5"; expected a number and a unit, like 30s, 5m or 1h'],
  ['- a\n', '1:1: got a list; expected keys and values, like workers: 2'],
  ['workers\n', '1:1: got "workers"; expected keys and values, like workers: 2'],
  ['image: !secret x\n', '1:8: Unresolved tag: !secret'],
  ['image: *x\n', '1:1: Unresolved alias (the anchor must be set before the alias): x'],
  ['workers: [\nname: a\n', '2:1: Flow sequence in block collection must be sufficiently indented and end with a ]'],
];

for (const [text, message] of faults) {
  test(`${JSON.stringify(text)} is refused with its place`, async (t) => {
    await t.throwsAsync(readProjectFile(write(text)), {
      instanceOf: ConfigError,
      message: `spark-swarm.yaml:${message}`,
    });
  });
}

test('all problems of a file are said together, in its order', async (t) => {
  const text = 'workers: two\ncontext: c\nworker: 3\nports: {ui: x}\nworkers: 4\n';
  await t.throwsAsync(readProjectFile(write(text)), {
    instanceOf: ConfigError,
    message: [
      'spark-swarm.yaml has 4 problems:',
      '  spark-swarm.yaml:1:10: workers: got "two"; expected a whole number from 1 to 1000',
      '  spark-swarm.yaml:3:1: unknown key "worker"; did you mean "workers"?',
      '  spark-swarm.yaml:4:13: ports.ui: got "x"; expected a port from 1 to 65535, 0 (a free one) or none',
      '  spark-swarm.yaml:5:1: duplicate key "workers"',
    ].join('\n'),
  });
});

test('values are kept as they are written, with their place', async (t) => {
  const { settings } = await readProjectFile(
    write(
      'workers: "3"\nconf: {spark.a: 1.0, spark.b: yes, spark.c: 010}\njars:\n  - a.jar\n  - b.jar\nnotebook: true\n',
    ),
  );
  t.deepEqual(
    settings.map(({ key, name, text, line, column }) => [key, name, text, line, column]),
    [
      ['workers', undefined, '3', 1, 10],
      ['conf', 'spark.a', '1.0', 2, 17],
      ['conf', 'spark.b', 'yes', 2, 31],
      ['conf', 'spark.c', '010', 2, 45],
      ['jars', undefined, 'a.jar', 4, 5],
      ['jars', undefined, 'b.jar', 5, 5],
      ['notebook', undefined, 'true', 6, 11],
    ],
  );
});

test('a file without a key says nothing', async (t) => {
  for (const text of ['', '# comments alone\n', '---\n', '{}\n', 'conf: {}\njars: []\n']) {
    t.deepEqual((await readProjectFile(write(text))).settings, [], JSON.stringify(text));
  }
});

test('anchors and merged maps are read', async (t) => {
  const { settings } = await readProjectFile(write('env: &e {A: x}\nconf:\n  <<: *e\n  spark.b: y\n'));
  t.deepEqual(
    settings.map(({ key, name, text }) => [key, name, text]),
    [
      ['conf', 'A', 'x'],
      ['conf', 'spark.b', 'y'],
      ['env', 'A', 'x'],
    ],
  );
});

test('the nearest file upwards is taken', (t) => {
  const inner = path.join(folder, 'a', 'b', 'c');
  mkdirSync(inner, { recursive: true });
  t.is(findProjectFile(inner, {}), undefined);
  writeFileSync(path.join(folder, 'a', 'spark-swarm.yaml'), '');
  t.deepEqual(findProjectFile(inner, {}), {
    file: path.join(folder, 'a', 'spark-swarm.yaml'),
    shown: '../../spark-swarm.yaml',
  });
  // A folder of that name is none.
  mkdirSync(path.join(inner, 'spark-swarm.yaml'));
  writeFileSync(path.join(folder, 'a', 'b', 'spark-swarm.yaml'), '');
  t.is(findProjectFile(inner, {})?.shown, '../spark-swarm.yaml');
});

test('SPARK_SWARM_CONFIG names the file, and one that is not there is said', (t) => {
  writeFileSync(path.join(folder, 'mine.yaml'), '');
  t.deepEqual(findProjectFile(folder, { SPARK_SWARM_CONFIG: 'mine.yaml' }), {
    file: path.join(folder, 'mine.yaml'),
    shown: 'mine.yaml',
  });
  t.throws(() => findProjectFile(folder, { SPARK_SWARM_CONFIG: 'no.yaml' }), {
    instanceOf: UsageError,
    message: 'SPARK_SWARM_CONFIG: got "no.yaml"; there is no such file',
  });
  t.throws(() => findProjectFile(folder, { SPARK_SWARM_CONFIG: '.' }), {
    instanceOf: UsageError,
    message: 'SPARK_SWARM_CONFIG: got "."; that is a folder',
  });
});
