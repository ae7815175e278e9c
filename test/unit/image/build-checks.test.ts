import { readFileSync } from 'node:fs';
import path from 'node:path';

import test from 'ava';

import { ConfigError, InvalidStateError, UsageError } from '../../../src/errors.ts';
import { buildFailureHint, checkBuildFolder, checkFreeSpace } from '../../../src/image/build-checks.ts';
import { parseDockerfile } from '../../../src/image/dockerfile.ts';
import { readBuildFolder } from '../../../src/adapters/images/build-context.ts';
import { projectRoot } from '../../helpers/cli.ts';

const DOCKERFILE = `
# a comment
ARG BASE_IMAGE=debian:trixie-slim
FROM \${BASE_IMAGE} AS base
ARG SPARK_VERSION="4.2.1"
ARG PIP_INDEX_URL
COPY pkg/ /pkg/
COPY config/entrypoint.sh \\
     # why
     config/write-conf /opt/
COPY --chown=1:1 ["config/a b", "/opt/"]
COPY config/*.conf /opt/
FROM base AS spark
COPY --from=base /opt/java /opt/java
ARG SPARK_VERSION=9
`;

function folder(files: readonly string[], dockerfile: string | undefined = DOCKERFILE) {
  return { path: '/repo/docker', dockerfile, files: files.map((file) => ({ path: file, sizeBytes: 1 })) };
}

test('a Dockerfile: stages, arguments, and what it copies out of the context', (t) => {
  t.deepEqual(parseDockerfile(DOCKERFILE), {
    stages: ['base', 'spark'],
    args: ['BASE_IMAGE', 'SPARK_VERSION', 'PIP_INDEX_URL'],
    argDefaults: { BASE_IMAGE: 'debian:trixie-slim', SPARK_VERSION: '4.2.1' },
    copiedFiles: ['pkg', 'config/entrypoint.sh', 'config/write-conf', 'config/a b'],
  });
});

test('our own Dockerfile has both targets, defaults for its versions, and everything that it copies', async (t) => {
  const own = await readBuildFolder(path.join(projectRoot, 'docker'));
  for (const target of ['spark', 'notebook'] as const) {
    const { argDefaults } = checkBuildFolder(own, target);
    t.truthy(argDefaults['SPARK_VERSION']);
    t.truthy(argDefaults['BASE_IMAGE']);
  }
  t.true(readFileSync(path.join(projectRoot, 'docker/Dockerfile'), 'utf8').includes('io.spark-swarm.image=spark'));
});

test('all files that are missing are named before anything is built', (t) => {
  const error = t.throws(() => checkBuildFolder(folder(['pkg/README.md', 'config/a b']), 'spark'), {
    instanceOf: ConfigError,
  });
  t.is(
    error.message,
    '/repo/docker has 2 problems:\n  config/entrypoint.sh is missing, and the Dockerfile copies it\n  config/write-conf is missing, and the Dockerfile copies it',
  );
});

test('no Dockerfile, no such target', (t) => {
  t.is(
    t.throws(() => checkBuildFolder({ path: '/repo/docker', dockerfile: undefined, files: [] }, 'spark'), {
      instanceOf: ConfigError,
    }).message,
    '/repo/docker: there is no Dockerfile',
  );
  const files = folder(['pkg/x', 'config/entrypoint.sh', 'config/write-conf', 'config/a b']);
  t.is(
    t.throws(() => checkBuildFolder(files, 'notebook'), { instanceOf: UsageError }).message,
    '--target: /repo/docker/Dockerfile has no stage "notebook", only base, spark',
  );
});

test('too little space is refused with the sum; an unknown amount and a build from the cache are not', (t) => {
  const previous = { id: 'sha256:old', layers: [], sizeBytes: 1, created: '' };
  const error = t.throws(() => checkFreeSpace(3.2e9, '/var/lib/docker', undefined), { instanceOf: InvalidStateError });
  t.is(error.message, 'No space to build the image: 3.20 GB free in /var/lib/docker, 4.00 GB needed');
  t.notThrows(() => checkFreeSpace(3.2e9, '/var/lib/docker', previous));
  t.notThrows(() => checkFreeSpace(undefined, '/var/lib/docker', undefined));
});

test('the hint of a failed build fits its reason', (t) => {
  t.regex(
    buildFailureHint(['SSLError(SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED]"))']),
    /docker\/pkg\/NAME\.crt/,
  );
  t.regex(buildFailureHint(['write /x: no space left on device']), /docker system df/);
  t.regex(buildFailureHint(['ERROR: No matching distribution found for pyspark==9.9.9']), /--spark-version/);
  // Our pip-install names the certificates among other things to try.
  const advice = [
    'ERROR: No matching distribution found for pyspark==9',
    '  CERTIFICATE_VERIFY_FAILED: put it into docker/pkg',
  ];
  t.regex(buildFailureHint(advice), /--spark-version/);
  t.is(buildFailureHint(['exit 1']), 'every line of it: bin/build-image --verbose');
});
