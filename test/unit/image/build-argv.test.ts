import test from 'ava';

import { buildArgv, buildEnv, imageNames, passedBuildArgs } from '../../../src/image/build-argv.ts';

test('the plain build with the classic builder', (t) => {
  const names = imageNames('spark', 'latest', '4.2.1');
  t.deepEqual(buildArgv({ target: 'spark', names, buildArgs: {}, noCache: false, builder: 'classic' }), [
    'docker',
    'build',
    '--target',
    'spark',
    '--tag',
    'spark-swarm:latest',
    '--tag',
    'spark-swarm:4.2.1',
    '--force-rm',
    '-',
  ]);
  t.deepEqual(buildEnv('classic'), { DOCKER_BUILDKIT: '0' });
});

test('every choice, with BuildKit; values of the environment are not in the command', (t) => {
  const names = imageNames('notebook', 'v2', '4.1.2');
  const buildArgs = {
    SPARK_VERSION: '4.1.2',
    ...passedBuildArgs({ HTTPS_PROXY: 'http://user:secret@proxy', NO_PROXY: '' }, []),
  };
  t.deepEqual(buildArgv({ target: 'notebook', names, buildArgs, noCache: true, builder: 'buildkit' }), [
    'docker',
    'build',
    '--target',
    'notebook',
    '--tag',
    'spark-swarm:v2-notebook',
    '--tag',
    'spark-swarm:4.1.2-notebook',
    '--build-arg',
    'SPARK_VERSION=4.1.2',
    '--build-arg',
    'HTTPS_PROXY',
    '--no-cache',
    '-',
  ]);
  t.like(buildEnv('buildkit'), { BUILDKIT_PROGRESS: 'plain' });
});

test('a tag that is the Spark version is given once', (t) => {
  t.deepEqual(imageNames('spark', '4.2.1', '4.2.1'), ['spark-swarm:4.2.1']);
});

test("pip's settings are passed to a Dockerfile that declares them, proxies always", (t) => {
  const env = { PIP_INDEX_URL: 'https://mirror/simple', http_proxy: 'http://proxy:3128', HOME: '/root' };
  t.deepEqual(Object.keys(passedBuildArgs(env, ['SPARK_VERSION'])), ['http_proxy']);
  t.deepEqual(Object.keys(passedBuildArgs(env, ['PIP_INDEX_URL'])), ['http_proxy', 'PIP_INDEX_URL']);
});
