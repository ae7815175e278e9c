import test from 'ava';

import { UsageError } from '../../../src/errors.ts';
import {
  nameInRegistry,
  nameOutsideRegistry,
  parseRegistry,
  registryOf,
  splitTag,
} from '../../../src/image/registry-name.ts';

test('a registry is a host with a dot or a port, and a path', (t) => {
  for (const text of [
    'registry.example',
    'registry.example:5000/team',
    'cache:5000',
    'localhost/a/b',
    '127.0.0.1:5000',
  ])
    t.is(parseRegistry(text, '--registry'), text);
});

for (const text of [
  '',
  'team',
  'https://registry.example',
  'registry.example/Team',
  'a.b/',
  'a.b/x:1',
  'a b.c',
  '-x.y:z',
]) {
  test(`${JSON.stringify(text)} is no registry`, (t) => {
    const error = t.throws(() => parseRegistry(text, '--registry'), { instanceOf: UsageError });
    t.is(
      error.message,
      `--registry: got ${JSON.stringify(text)}; expected a registry and a path in it, like registry.example:5000/team`,
    );
  });
}

test('an image has its name in the registry once, and finds back to its own', (t) => {
  t.is(nameInRegistry('a.b:5000/team', 'spark-swarm:latest'), 'a.b:5000/team/spark-swarm:latest');
  t.is(nameInRegistry('a.b:5000/team', 'a.b:5000/team/spark-swarm:latest'), 'a.b:5000/team/spark-swarm:latest');
  t.is(nameInRegistry(undefined, 'spark-swarm:latest'), 'spark-swarm:latest');
  t.is(nameOutsideRegistry('a.b:5000/team', 'a.b:5000/team/spark-swarm:latest'), 'spark-swarm:latest');
  t.is(nameOutsideRegistry('a.b:5000/team', 'a.b:5000/other/spark-swarm:latest'), 'a.b:5000/other/spark-swarm:latest');
  t.is(nameOutsideRegistry(undefined, 'a.b/spark-swarm'), 'a.b/spark-swarm');
});

test('a folder of names is no registry', (t) => {
  t.is(registryOf('team/spark-swarm:latest'), undefined);
  t.is(registryOf('spark-swarm:latest'), undefined);
  t.is(registryOf('localhost/spark-swarm'), 'localhost');
  t.is(registryOf('a.b:5000/team/spark-swarm:latest'), 'a.b:5000');
});

test('name and tag come apart, with a port before them', (t) => {
  t.deepEqual(splitTag('a.b:5000/team/spark-swarm:v2'), { repository: 'a.b:5000/team/spark-swarm', tag: 'v2' });
  t.deepEqual(splitTag('a.b:5000/spark-swarm'), { repository: 'a.b:5000/spark-swarm', tag: 'latest' });
});
