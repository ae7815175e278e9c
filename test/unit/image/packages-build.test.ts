import test from 'ava';

import { CommandError, ConfigError, ConflictError, InvalidStateError, NotFoundError } from '../../../src/errors.ts';
import { buildPackages, preparePackages, type PackagesMachine } from '../../../src/image/packages-build.ts';
import type { PackagesBuild } from '../../../src/image/packages-argv.ts';
import { PACKAGES_LABELS, type PackagesPlan } from '../../../src/image/packages-plan.ts';
import { FakeEngine, refusal } from '../../helpers/fake-engine.ts';

interface FakeImage {
  readonly id: string;
  readonly layers: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
}

const SPARK: FakeImage = { id: 'sha256:spark', layers: ['base', 'spark'] };
const NOTEBOOK: FakeImage = { id: 'sha256:notebook', layers: ['base', 'spark', 'jupyter'] };

/** A machine whose engine has these images, and whose builds give images with the labels of the command. */
class FakeMachine implements PackagesMachine, AsyncDisposable {
  readonly env = {};
  readonly images: Map<string, FakeImage>;
  readonly builds: PackagesBuild[] = [];
  /** Lines with which builds fail. */
  failure: readonly string[] | undefined;
  readonly #engine: FakeEngine;

  private constructor(engine: FakeEngine, images: Readonly<Record<string, FakeImage>>) {
    this.#engine = engine;
    this.images = new Map(Object.entries(images));
    engine.on({
      'GET /info': () => ({ DockerRootDir: '/docker' }),
      'GET /images/*/json': ({ id }) => {
        const image = this.images.get(id);
        if (!image) return refusal(404, `No such image: ${id}`);
        const { layers, labels = null } = image;
        return { Id: image.id, Size: 1, Created: '', RootFS: { Layers: layers }, Config: { Labels: labels } };
      },
    });
  }

  static async with(images: Readonly<Record<string, FakeImage>>): Promise<FakeMachine> {
    return new FakeMachine(await FakeEngine.start(), images);
  }

  get api() {
    return this.#engine.api;
  }

  async readRequirementsFile(): Promise<string> {
    return Promise.resolve('# one\nhumanize==4.*\n');
  }

  async inspectJar(path: string) {
    return Promise.resolve({ path, kind: 'file', firstBytes: '504b0304', sha256: path } as const);
  }

  async listLocalPackages(names: readonly string[]) {
    return Promise.resolve(names.map((name) => ({ name: `${name}-1-py3-none-any.whl`, sha256: name })));
  }

  async findBuilder() {
    return Promise.resolve('classic' as const);
  }

  async readFreeBytes() {
    return Promise.resolve(5e9);
  }

  async buildPackages(build: PackagesBuild, onLine: (line: string) => void): Promise<void> {
    this.builds.push(build);
    for (const line of this.failure ?? []) onLine(line);
    const { command } = build;
    if (this.failure) throw new CommandError({ command, exitStatus: 1, stdout: '', stderr: '' });
    const labels = command.flatMap((word, index) => (command[index - 1] === '--label' ? [splitLabel(word)] : []));
    this.images.set(command[3] ?? '', {
      id: `sha256:built${this.builds.length}`,
      layers: [],
      labels: Object.fromEntries(labels),
    });
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine[Symbol.asyncDispose]();
  }
}

function splitLabel(word: string): readonly [string, string] {
  const [, key = '', value = ''] = /^([^=]*)=([^]*)$/.exec(word) ?? [];
  return [key, value];
}

const signal = new AbortController().signal;
const context = { signal, progress: () => {} };
const images = { 'spark-swarm:latest': SPARK, 'spark-swarm:latest-notebook': NOTEBOOK };

async function prepare(machine: FakeMachine, image = 'spark-swarm:latest'): Promise<PackagesPlan> {
  return preparePackages({ image, requirements: '/work/r.txt', jars: ['/work/a.jar'] }, machine, signal);
}

test("the cluster's image is built first, the notebook's from its files, and a second time nothing", async (t) => {
  await using machine = await FakeMachine.with(images);
  const plan = await prepare(machine);
  const built = await buildPackages(plan, { notebook: true }, machine, context);
  t.deepEqual(built, {
    image: { name: plan.image, id: 'sha256:built1', isNew: true },
    notebook: { name: plan.notebookImage, id: 'sha256:built2', isNew: true },
  });
  t.deepEqual(
    machine.builds.map(({ dockerfile }) => dockerfile),
    ['Dockerfile', 'notebook.Dockerfile'],
  );

  const again = await buildPackages(await prepare(machine), { notebook: true }, machine, context);
  t.deepEqual(again, {
    image: { name: plan.image, id: 'sha256:built1', isNew: false },
    notebook: { name: plan.notebookImage, id: 'sha256:built2', isNew: false },
  });
  t.is(machine.builds.length, 2);
});

test("a notebook's image that was built anew gets the packages again, the cluster's does not", async (t) => {
  await using machine = await FakeMachine.with(images);
  await buildPackages(await prepare(machine), { notebook: true }, machine, context);
  machine.images.set('spark-swarm:latest-notebook', { ...NOTEBOOK, id: 'sha256:notebook2' });
  const { image, notebook } = await buildPackages(await prepare(machine), { notebook: true }, machine, context);
  t.deepEqual([image.isNew, notebook?.isNew], [false, true]);
});

test("a cluster's image that had to be made again gives its files to the notebook's again", async (t) => {
  await using machine = await FakeMachine.with(images);
  const plan = await prepare(machine);
  await buildPackages(plan, { notebook: true }, machine, context);
  machine.images.delete(plan.image);
  const { image, notebook } = await buildPackages(plan, { notebook: true }, machine, context);
  t.deepEqual([image.isNew, notebook?.isNew], [true, true]);
});

test('an image with packages stands for the one below it: packages are exchanged, not piled up', async (t) => {
  await using machine = await FakeMachine.with(images);
  const plan = await prepare(machine);
  await buildPackages(plan, { notebook: false }, machine, context);
  t.deepEqual(await prepare(machine, plan.image), plan);

  machine.images.delete('spark-swarm:latest');
  const error = await t.throwsAsync(prepare(machine, plan.image), { instanceOf: NotFoundError });
  t.is(
    error.message,
    `The image "${plan.image}" was made from "spark-swarm:latest", which is no longer on the fake engine`,
  );
});

test('nothing asked for: the image below, no build', async (t) => {
  await using machine = await FakeMachine.with({
    ...images,
    old: { ...SPARK, id: 'sha256:old', labels: { [PACKAGES_LABELS.base]: 'spark-swarm:latest' } },
  });
  const plan = await preparePackages({ image: 'old', requirements: undefined, jars: [] }, machine, signal);
  t.deepEqual(await buildPackages(plan, { notebook: true }, machine, context), {
    image: { name: 'spark-swarm:latest', id: 'sha256:spark', isNew: false },
    notebook: { name: 'spark-swarm:latest-notebook', id: 'sha256:notebook', isNew: false },
  });
  t.deepEqual(machine.builds, []);
});

test('no image: told before anything is built', async (t) => {
  await using machine = await FakeMachine.with({});
  const error = await t.throwsAsync(prepare(machine), { instanceOf: NotFoundError });
  t.is(error.message, 'There is no image "spark-swarm:latest" on the fake engine');
});

test('no notebook image, or one of another build', async (t) => {
  await using machine = await FakeMachine.with({ 'spark-swarm:latest': SPARK });
  const plan = await prepare(machine);
  const missing = await t.throwsAsync(buildPackages(plan, { notebook: true }, machine, context), {
    instanceOf: NotFoundError,
  });
  t.is(missing.message, 'There is no image "spark-swarm:latest-notebook" on the fake engine for the notebook');
  t.is(missing.hint, 'bin/build-image --target notebook builds it');

  machine.images.set('spark-swarm:latest-notebook', { ...NOTEBOOK, layers: ['base', 'older', 'jupyter'] });
  const other = await t.throwsAsync(buildPackages(plan, { notebook: true }, machine, context), {
    instanceOf: InvalidStateError,
  });
  t.is(other.message, 'The image "spark-swarm:latest-notebook" was made from another build of "spark-swarm:latest"');
});

test('an image that is built anew between plan and build is a conflict', async (t) => {
  await using machine = await FakeMachine.with(images);
  const plan = await prepare(machine);
  machine.images.set('spark-swarm:latest', { ...SPARK, id: 'sha256:newer' });
  const error = await t.throwsAsync(buildPackages(plan, { notebook: false }, machine, context), {
    instanceOf: ConflictError,
  });
  t.is(error.message, 'The image "spark-swarm:latest" has just been built anew');
  t.deepEqual(machine.builds, []);
});

test("pip's failure names the file", async (t) => {
  await using machine = await FakeMachine.with(images);
  machine.failure = ['Step 16/24 : RUN pip', 'ERROR: No matching distribution found for humanize==4.*'];
  const plan = await prepare(machine);
  const error = await t.throwsAsync(buildPackages(plan, { notebook: true }, machine, context), {
    instanceOf: ConfigError,
  });
  t.is(error.message, "/work/r.txt: pip found no humanize==4.* for the image's Python");
  t.is(machine.builds.length, 1);
});
