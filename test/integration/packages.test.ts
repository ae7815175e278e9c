import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32 } from 'node:zlib';

import test from 'ava';

import { resolveEngineTarget, type EngineTarget } from '../../src/adapters/engine/engine-target.ts';
import { DockerPackagesBuilder } from '../../src/adapters/images/docker-packages-builder.ts';
import { LocalShell } from '../../src/adapters/shell/local-shell.ts';
import { ConfigError, UsageError } from '../../src/errors.ts';
import { readImage } from '../../src/image/image-state.ts';
import { buildPackages, preparePackages, type PackagesImages } from '../../src/image/packages-build.ts';
import { projectRoot } from '../helpers/cli.ts';

/** Names of this run's images; leftovers of runs that were killed are found by the repository. */
const REPOSITORY = 'spark-packages-test';
const BASE = `${REPOSITORY}:${process.pid}`;

const shell = new LocalShell();
let target: EngineTarget;
let machine: DockerPackagesBuilder;
let folder: string;

test.before(async (t) => {
  t.timeout(1_800_000);
  target = await resolveEngineTarget({ context: undefined, env: process.env, shell });
  await removeImages();
  folder = await mkdtemp(path.join(tmpdir(), `${REPOSITORY}-`));
  // A docker/pkg of this test's own.
  await cp(path.join(projectRoot, 'docker'), path.join(folder, 'docker'), { recursive: true });
  await writeFile(path.join(folder, 'docker', 'pkg', 'spark_swarm_greeting-1.0-py3-none-any.whl'), wheel('hello'));
  await writeFile(path.join(folder, 'extra.jar'), zip({ 'greeting.txt': 'hello\n' }));
  machine = new DockerPackagesBuilder(target, { env: process.env, shell, folder: path.join(folder, 'docker') });
  for (const kind of ['spark', 'notebook']) {
    await shell.run([path.join(projectRoot, 'bin', 'build-image'), '--target', kind, '--quiet']);
  }
  await docker('tag', 'spark-swarm:latest', BASE);
  await docker('tag', 'spark-swarm:latest-notebook', `${BASE}-notebook`);
});

test.after.always(async () => {
  await removeImages();
  target.api.close();
  await rm(folder, { recursive: true });
});

async function docker(...args: readonly string[]): Promise<string> {
  const { stdout } = await shell.run(['docker', ...args], { env: target.dockerEnv });
  return stdout.trim();
}

async function removeImages(): Promise<void> {
  const names = (await docker('images', '--format', '{{.Repository}}:{{.Tag}}', REPOSITORY)).split('\n');
  for (const name of names.filter((line) => line !== '')) await docker('rmi', '--force', name);
}

/** Runs a program in a container of the image, which is read-only as a cluster's are. */
async function run(image: string, ...command: readonly string[]): Promise<string> {
  const [program = '', ...args] = command;
  return docker('run', '--rm', '--read-only', '--tmpfs', '/tmp', '--entrypoint', program, image, ...args);
}

async function provide(
  text: string | undefined,
  jars: readonly string[] = [],
  notebook = true,
): Promise<PackagesImages> {
  const { signal } = new AbortController();
  const file = path.join(folder, 'requirements.txt');
  if (text !== undefined) await writeFile(file, text);
  const request = { image: BASE, requirements: text === undefined ? undefined : file, jars };
  const plan = await preparePackages(request, machine, signal);
  return buildPackages(plan, { notebook }, machine, { signal, progress: () => {} });
}

/** A zip archive of stored files. Source: APPNOTE.TXT 4.3. */
function zip(files: Readonly<Record<string, string>>): Buffer {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const data = Buffer.from(text);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt32LE(crc32(data), 10);
    fields.writeUInt32LE(data.length, 14);
    fields.writeUInt32LE(data.length, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004'), fields, Buffer.from(name), data]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    entries.push(Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0000'), fields, place, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

/** A wheel that no index has. Source: PEP 427. */
function wheel(greeting: string): Buffer {
  const info = 'spark_swarm_greeting-1.0.dist-info';
  const names = ['spark_swarm_greeting.py', `${info}/METADATA`, `${info}/WHEEL`, `${info}/RECORD`];
  return zip({
    'spark_swarm_greeting.py': `GREETING = ${JSON.stringify(greeting)}\n`,
    [`${info}/METADATA`]: 'Metadata-Version: 2.1\nName: spark-swarm-greeting\nVersion: 1.0\n',
    [`${info}/WHEEL`]: 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    [`${info}/RECORD`]: names.map((name) => `${name},,\n`).join(''),
  });
}

/** Lists what belongs to the build alone. */
const BUILD_FILES =
  'find / -xdev \\( -name pip -o -name "pip3*" -o -name "host-ca*" -o -name install-packages \\) 2>/dev/null; true';

const RESOURCE = `
from pyspark.java_gateway import launch_gateway
print(launch_gateway().jvm.ClassLoader.getSystemResource("greeting.txt").toString())
`;

test.serial('packages and jars are in the images of cluster and notebook, the very same layer', async (t) => {
  const text = '# small ones\nhumanize==4.*\ntabulate\n';
  const jar = path.join(folder, 'extra.jar');
  const built = await provide(text, [jar]);
  t.true(built.image.isNew && built.notebook?.isNew);
  const names = [built.image.name, built.notebook?.name ?? ''];
  const python =
    'import humanize, tabulate, numpy; print(humanize.__version__, tabulate.__version__, numpy.__version__)';
  const versions = await Promise.all(names.map(async (name) => run(name, 'python3', '-c', python)));
  t.regex(versions[0] ?? '', /^4\.\S+ \S+ \S+$/);
  t.is(versions[1], versions[0]);
  for (const name of names) {
    t.is(
      (await run(name, 'python3', '-c', RESOURCE)).split('\n').at(-1),
      'jar:file:/opt/spark/jars/extra.jar!/greeting.txt',
    );
    t.is(await run(name, 'sh', '-c', BUILD_FILES), '');
  }
  t.regex(await run(names[1] ?? '', 'jupyter', 'lab', '--version'), /^\d+\./);

  const [base, image, notebook] = await Promise.all([BASE, ...names].map(async (name) => readImage(target.api, name)));
  t.deepEqual(image?.layers.slice(0, -1), base?.layers);
  t.is(notebook?.layers.at(-1), image?.layers.at(-1));

  const labels = JSON.parse(await docker('image', 'inspect', '--format', '{{json .Config.Labels}}', names[0] ?? ''));
  t.like(labels, {
    'io.spark-swarm.image': 'spark',
    'io.spark-swarm.packages.base': BASE,
    'io.spark-swarm.packages.requirements': 'humanize==4.*\ntabulate',
    'io.spark-swarm.packages.jars': 'extra.jar',
  });

  const again = await provide('humanize==4.*   # again\n\n\ntabulate', [jar]);
  t.deepEqual(
    [again.image, again.notebook],
    [
      { ...built.image, isNew: false },
      { name: names[1] ?? '', id: built.notebook?.id ?? '', isNew: false },
    ],
  );
});

test.serial('a wheel in docker/pkg wins; another content of it is another image', async (t) => {
  const python = 'import spark_swarm_greeting; print(spark_swarm_greeting.GREETING)';
  const first = await provide('Spark_Swarm.Greeting\n', [], false);
  t.is(await run(first.image.name, 'python3', '-c', python), 'hello');
  await writeFile(path.join(folder, 'docker', 'pkg', 'spark_swarm_greeting-1.0-py3-none-any.whl'), wheel('good day'));
  const second = await provide('Spark_Swarm.Greeting\n', [], false);
  t.is(await run(second.image.name, 'python3', '-c', python), 'good day');
});

test.serial('a package that is not there, and one that wants another numpy', async (t) => {
  const file = path.join(folder, 'requirements.txt');
  const missing = await t.throwsAsync(provide('spark-swarm-no-such-package\n'), { instanceOf: ConfigError });
  t.is(missing.message, `${file}: pip found no spark-swarm-no-such-package for the image's Python`);
  const conflict = await t.throwsAsync(provide('humanize\nnumpy==1.26.4\n'), { instanceOf: ConfigError });
  t.is(conflict.exitCode, 2);
  t.regex(
    conflict.message,
    /: these packages and versions do not go together, says pip:\n {4}The user requested numpy==1\.26\.4\n {4}The user requested \(constraint\) numpy==\S+$/,
  );
});

test.serial("a version that the notebook cannot have is the cluster's alone", async (t) => {
  const { image } = await provide('requests==2.31.0\n', [], false);
  t.is(await run(image.name, 'python3', '-c', 'import requests; print(requests.__version__)'), '2.31.0');
  const error = await t.throwsAsync(provide('requests==2.31.0\n'), { instanceOf: ConfigError });
  t.regex(error.message, /requests==2\.31\.0 would take the place of the notebook's own requests==\S+, and/);
});

test.serial('only a jar: nothing comes from the network; one that Spark has is refused', async (t) => {
  const { image } = await provide(undefined, [path.join(folder, 'extra.jar')], false);
  t.is(await run(image.name, 'ls', '/opt/spark/jars/extra.jar'), '/opt/spark/jars/extra.jar');
  const [taken = ''] = (await run(BASE, 'sh', '-c', 'cd /opt/spark/jars && ls *.jar')).split('\n');
  await writeFile(path.join(folder, taken), zip({ 'x.txt': 'x' }));
  const error = await t.throwsAsync(provide(undefined, [path.join(folder, taken)]), { instanceOf: UsageError });
  t.is(error.message, `--jar: the image has a jar "${taken}" of its own; another of that name would take its place`);
});
