import test from 'ava';

import type { EngineApi } from '../../../src/adapters/engine/engine-api.ts';
import { UsageError } from '../../../src/errors.ts';
import { assertSparkImage, parseImageReference } from '../../../src/image/image-state.ts';
import { parseListedImage } from '../../../src/image/list-images.ts';

for (const text of [
  'spark-swarm',
  'spark-swarm:latest',
  'my.host:5000/team/spark:4.2.1-a',
  `debian@sha256:${'a'.repeat(64)}`,
]) {
  test(`${text} is an image's name`, (t) => t.is(parseImageReference(text, 'IMAGE'), text));
}

for (const text of ['', 'X Y', 'UPPER/case', 'img:', 'img@sha256:12', '-v', '../x', 'a?b', 'a//b:c:d']) {
  test(`${JSON.stringify(text)} is not`, (t) => {
    const error = t.throws(() => parseImageReference(text, 'IMAGE'), { instanceOf: UsageError });
    t.is(error.message, `IMAGE: got ${JSON.stringify(text)}; expected an image name, like spark-swarm:latest`);
  });
}

test('an image as engine 20.10 lists it', (t) => {
  const listed = {
    Id: 'sha256:f5d92ca6b773',
    RepoTags: ['spark-swarm:latest', 'spark-swarm:4.2.1'],
    Labels: {
      'io.spark-swarm.image': 'spark',
      'io.spark-swarm.spark-version': '4.2.1',
      'io.spark-swarm.java-version': '21',
    },
    Size: 801_600_000,
    Created: 1_700_000_000,
  };
  t.deepEqual(parseListedImage(listed), {
    id: 'sha256:f5d92ca6b773',
    names: ['spark-swarm:4.2.1', 'spark-swarm:latest'],
    kind: 'spark',
    sparkVersion: '4.2.1',
    javaVersion: '21',
    pythonVersion: undefined,
    scalaVersion: undefined,
    sizeBytes: 801_600_000,
    createdAt: '2023-11-14T22:13:20.000Z',
  });
  t.deepEqual(parseListedImage({ ...listed, RepoTags: ['<none>:<none>'] }).names, []);
  t.deepEqual(parseListedImage({ ...listed, RepoTags: null }).names, []);
});

const engineWith = (labels: Readonly<Record<string, string>> | null): EngineApi =>
  ({ get: async () => ({ Config: { Labels: labels } }) }) as unknown as EngineApi;

test('an image that cannot run Spark is refused before anything is replaced by it', async (t) => {
  const error = await t.throwsAsync(assertSparkImage('debian:trixie-slim', engineWith(null)), {
    instanceOf: UsageError,
  });
  t.is(
    error.message,
    '--image: got "debian:trixie-slim", which has no Spark of ours; expected an image of bin/build-image, or one built on it',
  );
});

test('an image that was built on one of ours has its label, and is taken', async (t) => {
  await t.notThrowsAsync(assertSparkImage('mine:1', engineWith({ 'io.spark-swarm.image': 'spark' })));
});
