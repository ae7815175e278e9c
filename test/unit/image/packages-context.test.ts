import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';

import test from 'ava';
import { unpackTar } from 'modern-tar';

import { openPackagesContext } from '../../../src/adapters/images/packages-context.ts';
import {
  inspectJar,
  listLocalPackages,
  packageOf,
  readRequirementsFile,
} from '../../../src/adapters/images/packages-files.ts';
import { UsageError } from '../../../src/errors.ts';
import { parseDockerfile } from '../../../src/image/dockerfile.ts';
import type { PackagesBuild } from '../../../src/image/packages-argv.ts';
import { planPackages } from '../../../src/image/packages-plan.ts';
import { projectRoot } from '../../helpers/cli.ts';

const folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-packages-'));
test.after.always(async () => rm(folder, { recursive: true }));

const own = path.join(projectRoot, 'docker');

function build(dockerfile: PackagesBuild['dockerfile'], jars: readonly string[] = []): PackagesBuild {
  const plan = planPackages({
    baseImage: 'spark-swarm:latest',
    baseImageId: 'sha256:base',
    requirements: { source: 'r.txt', lines: ['humanize', 'tabulate'], constraints: ['tabulate<1'] },
    jars: jars.map((file) => ({ path: file, name: path.basename(file), sha256: '1' })),
    localPackages: [],
  });
  return { plan, dockerfile, command: ['docker'], env: {} };
}

/** Path, mode and text of each file of the archive. */
async function unpack(...args: Parameters<typeof openPackagesContext>) {
  const entries = await unpackTar(await buffer(await openPackagesContext(...args)));
  return new Map(
    entries.map(({ header, data }) => [
      header.name,
      { mode: header.mode, text: data === undefined ? '' : Buffer.from(data).toString() },
    ]),
  );
}

test('the context holds what both Dockerfiles copy, scripts that can be run, and no more of the project', async (t) => {
  const jar = path.join(folder, 'one.jar');
  const bundle = path.join(folder, 'bundle.pem');
  await writeFile(jar, 'PK');
  await writeFile(bundle, 'certificates');
  const files = await unpack(own, build('Dockerfile', [jar]), bundle);
  t.is(files.get('Dockerfile')?.text, await readFile(path.join(own, 'packages', 'Dockerfile'), 'utf8'));
  t.is(files.get('packages/requirements.txt')?.text, 'humanize\ntabulate\n');
  t.is(files.get('packages/constraints.txt')?.text, 'tabulate<1\n');
  t.is(files.get('packages/jars/one.jar')?.text, 'PK');
  t.is(files.get('pkg/host-ca.crt')?.text, 'certificates');
  t.false([...files.keys()].some((file) => file.includes('README') || file.includes('entrypoint')));

  const notebook = await unpack(own, build('notebook.Dockerfile'), bundle);
  t.deepEqual([...notebook.keys()], ['Dockerfile', 'packages/check-notebook']);

  for (const context of [files, notebook]) {
    const { copiedFiles } = parseDockerfile(context.get('Dockerfile')?.text ?? '');
    t.true(copiedFiles.length > 0);
    for (const source of copiedFiles) {
      t.true(
        [...context.keys()].some((file) => file === source || file.startsWith(`${source}/`)),
        source,
      );
    }
    for (const [file, { mode, text }] of context) t.is(mode, text.startsWith('#!') ? 0o755 : 0o644, file);
  }
});

test('of docker/pkg, packages and certificates go along, Spark itself does not', async (t) => {
  const docker = path.join(folder, 'docker');
  for (const name of ['packages', 'config', 'config/build', 'pkg'])
    await mkdir(path.join(docker, name), { recursive: true });
  for (const name of ['packages/Dockerfile', 'packages/add-jars', 'packages/install-packages']) {
    await writeFile(path.join(docker, name), '');
  }
  for (const name of ['build/pip-install', 'build/added-files', 'notebook-packages.txt']) {
    await writeFile(path.join(docker, 'config', name), '');
  }
  const laid = [
    'mine-1.0-py3-none-any.whl',
    'old_one-2.tar.gz',
    'pyspark-4.2.1.tar.gz',
    'proxy.crt',
    'x.jar',
    'README.md',
  ];
  for (const name of laid) await writeFile(path.join(docker, 'pkg', name), name);
  const files = await unpack(docker, build('Dockerfile'), undefined);
  t.deepEqual(
    [...files.keys()].filter((file) => file.startsWith('pkg/')),
    ['pkg/mine-1.0-py3-none-any.whl', 'pkg/old_one-2.tar.gz', 'pkg/proxy.crt', 'pkg/host-ca.crt'],
  );

  const found = await listLocalPackages(path.join(docker, 'pkg'), ['mine', 'old-one', 'other']);
  t.deepEqual(found.map(({ name }) => name).toSorted(), ['mine-1.0-py3-none-any.whl', 'old_one-2.tar.gz']);
  t.deepEqual(await listLocalPackages(path.join(folder, 'nowhere'), ['mine']), []);
});

test('the package that a file holds', (t) => {
  t.is(packageOf('Typing_Extensions-4.1-py3-none-any.whl'), 'typing-extensions');
  t.is(packageOf('scikit-learn-1.7.2.tar.gz'), 'scikit-learn');
  t.is(packageOf('README.md'), undefined);
});

test('what stands at the path of a jar', async (t) => {
  const jar = path.join(folder, 'real.jar');
  await writeFile(jar, 'PK\u0003\u0004rest');
  const sha256 = createHash('sha256').update('PK\u0003\u0004rest').digest('hex');
  t.deepEqual(await inspectJar(jar), { path: jar, kind: 'file', firstBytes: '504b0304', sha256 });
  t.deepEqual(await inspectJar(folder), { path: folder, kind: 'folder' });
  t.deepEqual(await inspectJar(`${jar}.not`), { path: `${jar}.not`, kind: 'missing' });
});

test('a requirements file that is not there, or is a folder', async (t) => {
  const missing = path.join(folder, 'none.txt');
  const error = await t.throwsAsync(readRequirementsFile(missing), { instanceOf: UsageError });
  t.is(error.message, `--requirements: there is no file "${missing}"`);
  const other = await t.throwsAsync(readRequirementsFile(folder), { instanceOf: UsageError });
  t.is(other.message, `--requirements: "${folder}" is a folder; expected a file as pip reads it`);
});
