import test from 'ava';

import { resolveSpec, type WantedSpec } from '../../../src/cluster/resolve-spec.ts';
import { notebookLimitBytes } from '../../../src/cluster/sizes.ts';
import { InvalidStateError, NotFoundError, UsageError } from '../../../src/errors.ts';
import type { StepContext } from '../../../src/events.ts';
import { nameInRegistry, nameOutsideRegistry } from '../../../src/image/registry-name.ts';
import {
  chooseImages,
  packagesStep,
  warnOfLostPackages,
  type ImageSource,
  type PackageFiles,
} from '../../../src/operations/deploy-images.ts';
import { MIB, spec } from '../../helpers/builders.ts';

const PACKED = 'spark-swarm:latest-packages-0123456789ab';
const PACKAGES: PackageFiles = { requirements: '/srv/requirements.txt', jars: ['/srv/a.jar'] };
const wanted = (notebook = false, conf: Readonly<Record<string, string>> = {}): WantedSpec =>
  resolveSpec({ name: 'spark', notebook, conf }, undefined);

/** A source that has these images, by name, and puts packages on the image that has a name for them. */
function source(
  images: Readonly<Record<string, string>>,
  built: readonly string[] = [],
  registry?: string,
): ImageSource {
  const find = async (image: string): Promise<string> => {
    const id = images[image];
    if (id === undefined) throw new NotFoundError(`There is no image "${image}"`);
    return id;
  };
  return {
    nameOnNodes: (image) => nameInRegistry(registry, image),
    nameHere: (image) => nameOutsideRegistry(registry, image),
    findId: find,
    findNotebook: async (image) => ({ image: `${image}-notebook`, imageId: await find(`${image}-notebook`) }),
    preparePackages: async (image) => ({
      image: `${image}-packages-0123456789ab`,
      notebookImage: `${image}-packages-0123456789ab-notebook`,
      build: async ({ notebook }) => [...built, ...(notebook ? ['the notebook'] : [])],
    }),
    ship: () => Promise.reject(new Error('shipped')),
  };
}

const step: StepContext = { progress: () => {}, signal: new AbortController().signal };

test('without packages the image is the one that was named, with its id', async (t) => {
  const found = await chooseImages(wanted(), { images: source({ 'spark-swarm:latest': 'sha256:a' }) });
  t.is(found.image, 'spark-swarm:latest');
  t.is(found.imageId, 'sha256:a');
  t.is(found.notebook, undefined);
  t.is(packagesStep(wanted(), { images: source({}) }), undefined);
});

test('a notebook has its own image, and room for Jupyter and one driver', async (t) => {
  const images = source({ 'spark-swarm:latest': 'sha256:a', 'spark-swarm:latest-notebook': 'sha256:n' });
  const image = { image: 'spark-swarm:latest-notebook', imageId: 'sha256:n' };
  t.deepEqual((await chooseImages(wanted(true), { images })).notebook, { ...image, limitBytes: 1920 * MIB });
  const conf = { 'spark.driver.memory': '2g' };
  t.deepEqual((await chooseImages(wanted(true, conf), { images })).notebook, { ...image, limitBytes: 2944 * MIB });
  t.is(notebookLimitBytes(conf), 2944 * MIB);
});

test('with a registry the nodes know the images by their names there; ids are those of the built ones', async (t) => {
  const built = { 'spark-swarm:latest': 'sha256:a', 'spark-swarm:latest-notebook': 'sha256:n' };
  const images = source(built, [], 'a.b:5000/team');
  const found = await chooseImages(wanted(true), { images });
  t.is(found.image, 'a.b:5000/team/spark-swarm:latest');
  t.is(found.imageId, 'sha256:a');
  t.is(found.notebook?.image, 'a.b:5000/team/spark-swarm:latest-notebook');
  const again = await chooseImages({ ...wanted(true), image: found.image }, { images });
  t.is(again.image, found.image);
  t.is(again.imageId, 'sha256:a');
});

test('packages make another image, which is only planned while nobody has built it', async (t) => {
  const base = { 'spark-swarm:latest': 'sha256:a' };
  const planned = await chooseImages(wanted(true), { images: source(base), packages: PACKAGES });
  t.deepEqual([planned.image, planned.imageId], [PACKED, 'not built yet']);
  t.like(planned.notebook, { image: `${PACKED}-notebook`, imageId: 'not built yet' });
  const images = source({ ...base, [PACKED]: 'sha256:p', [`${PACKED}-notebook`]: 'sha256:q' });
  const built = await chooseImages(wanted(true), { images, packages: PACKAGES });
  t.deepEqual([built.imageId, built.notebook?.imageId], ['sha256:p', 'sha256:q']);
});

test('an image that nobody has is said, also where a notebook lacks its own', async (t) => {
  await t.throwsAsync(chooseImages(wanted(), { images: source({}) }), {
    instanceOf: NotFoundError,
    message: 'There is no image "spark-swarm:latest"',
  });
  await t.throwsAsync(chooseImages(wanted(true), { images: source({ 'spark-swarm:latest': 'a' }) }), {
    instanceOf: NotFoundError,
    message: 'There is no image "spark-swarm:latest-notebook"',
  });
});

test('what is wrong with the files, or with a notebook that is there, is no matter of building', async (t) => {
  const files: ImageSource = {
    ...source({}),
    preparePackages: () => Promise.reject(new UsageError('no such file')),
  };
  await t.throwsAsync(chooseImages(wanted(), { images: files, packages: PACKAGES }), { instanceOf: UsageError });
  const stale: ImageSource = {
    ...source({ [PACKED]: 'p' }),
    findNotebook: () => Promise.reject(new InvalidStateError('built on another')),
  };
  await t.throwsAsync(chooseImages(wanted(true), { images: stale, packages: PACKAGES }), {
    instanceOf: InvalidStateError,
  });
});

test('packages are built in a step of their own, which says what it has built', async (t) => {
  const building = packagesStep(wanted(true), { images: source({}, ['a', 'b']), packages: PACKAGES });
  t.is(building?.title, 'Put packages on the image spark-swarm:latest');
  t.is(await building?.run(step), 'a, b, the notebook');
  const idle = packagesStep(wanted(), { images: source({}), packages: PACKAGES });
  t.deepEqual(await idle?.run(step), { skipped: `${PACKED} is there` });
});

test('a new image without the packages of before is worth a word', (t) => {
  const to = (image: string): ReturnType<typeof spec> => spec({ image });
  t.deepEqual(warnOfLostPackages(PACKED, to('mine:2')), [
    `the packages and jars of ${PACKED} are not in mine:2; give --requirements and --jar again to have them`,
  ]);
  for (const [before, image] of [
    [undefined, 'mine:2'],
    ['mine:1', 'mine:2'],
    [PACKED, PACKED],
    [PACKED, 'mine:2-packages-ba9876543210'],
  ] as const) {
    t.deepEqual(warnOfLostPackages(before, to(image)), []);
  }
});
