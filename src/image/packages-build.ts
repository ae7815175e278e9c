import type { EngineApi } from '../adapters/engine/engine-api.ts';
import { ConflictError, InvalidStateError, NotFoundError } from '../errors.ts';
import type { StepContext } from '../events.ts';
import type { Builder } from './build-argv.ts';
import { checkFreeSpace } from './build-checks.ts';
import { followBuild } from './build-output.ts';
import { imageNotFound, readBuiltImage, readImage, type ImageState } from './image-state.ts';
import { packagesBuild, type BaseImage, type PackagesBuild, type PackagesTarget } from './packages-argv.ts';
import { packagesFailure } from './packages-failure.ts';
import { checkJars, type FoundFile } from './packages-jars.ts';
import { PACKAGES_LABELS, planPackages, type LocalPackage, type PackagesPlan } from './packages-plan.ts';
import { listPackageNames, NO_REQUIREMENTS, readRequirements } from './packages-requirements.ts';

/** What extra packages need of the machine. See `adapters/images/docker-packages-builder.ts`. */
export interface PackagesMachine {
  /** The engine that has the cluster's image: on a lab the one below its nodes. */
  readonly api: EngineApi;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** @throws UsageError when there is no such file */
  readRequirementsFile(file: string): Promise<string>;
  inspectJar(file: string): Promise<FoundFile>;
  /** Wheels and sdists of `docker/pkg` with one of these names, as PyPI compares names. */
  listLocalPackages(names: readonly string[]): Promise<readonly LocalPackage[]>;
  findBuilder(signal: AbortSignal): Promise<Builder>;
  /** `undefined` if that folder is not on this machine. */
  readFreeBytes(folder: string): Promise<number | undefined>;
  /** @throws CommandError without output: the lines have been handed over */
  buildPackages(build: PackagesBuild, onLine: (line: string) => void, signal: AbortSignal): Promise<void>;
}

export interface PackagesFiles {
  /** The cluster's image; one that has packages of its own already stands for the image below it. */
  readonly image: string;
  /** A file as pip reads it, absolute. */
  readonly requirements: string | undefined;
  /** Absolute paths. */
  readonly jars: readonly string[];
}

export interface PackagesImages {
  readonly image: PackagesImage;
  /** `undefined` when none was asked for. */
  readonly notebook: PackagesImage | undefined;
}

export interface PackagesImage {
  readonly name: string;
  readonly id: string;
  /** False: it was there already, and nothing was built. */
  readonly isNew: boolean;
}

/** Lines of a failed build that are kept: pip's own last words are longer than other steps'. */
const KEPT_LINES = 40;

/**
 * Reads the files and says what they make of the image. Changes nothing.
 * Files that ask for nothing give the image below, without packages.
 *
 * @throws ConfigError, UsageError with what is wrong with the files; NotFoundError (image); EngineError, UnreachableError
 */
export async function preparePackages(
  { image, requirements: file, jars }: PackagesFiles,
  machine: PackagesMachine,
  signal: AbortSignal,
): Promise<PackagesPlan> {
  const requirements =
    file === undefined
      ? NO_REQUIREMENTS
      : await readRequirements(file, async (name) => machine.readRequirementsFile(name));
  const found = checkJars(await Promise.all(jars.map(async (jar) => machine.inspectJar(jar))));
  const base = await findBase(image, machine.api, signal);
  const localPackages = await machine.listLocalPackages(listPackageNames(requirements));
  return planPackages({ baseImage: base.name, baseImageId: base.id, requirements, jars: found, localPackages });
}

/**
 * Builds what of the plan's images is not there. Again with the same plan: two questions to the engine, no build.
 *
 * @throws ConfigError when packages do not exist or do not go together; InvalidStateError; NotFoundError (base image);
 *   CommandError with the last lines of the build; UnreachableError
 */
export async function buildPackages(
  plan: PackagesPlan,
  { notebook }: { readonly notebook: boolean },
  machine: PackagesMachine,
  context: StepContext,
): Promise<PackagesImages> {
  const base = { name: plan.baseImage, id: plan.baseImageId };
  const image = await provide(plan, { name: plan.image, base, filesId: undefined }, machine, context);
  if (!notebook) return { image, notebook: undefined };
  const target = {
    name: plan.notebookImage,
    base: await findNotebook(plan, machine.api, context.signal),
    filesId: image.id,
  };
  return { image, notebook: await provide(plan, target, machine, context) };
}

/** Id of the image whose packages a notebook's image has; `undefined` for one without. */
export async function readPackagesFiles(
  image: string,
  api: EngineApi,
  signal: AbortSignal,
): Promise<string | undefined> {
  return (await readLabels(api, image, signal))[PACKAGES_LABELS.files];
}

async function findBase(image: string, api: EngineApi, signal: AbortSignal): Promise<BaseImage> {
  const found = await readImage(api, image, signal);
  if (!found) throw imageNotFound(image, api.name);
  const below = (await readLabels(api, image, signal))[PACKAGES_LABELS.base];
  if (below === undefined) return { name: image, id: found.id };
  const base = await readImage(api, below, signal);
  if (base) return { name: below, id: base.id };
  throw new NotFoundError(`The image "${image}" was made from "${below}", which is no longer on ${api.name}`, {
    hint: 'bin/build-image builds it; or name another one with --image',
  });
}

async function provide(
  plan: PackagesPlan,
  target: PackagesTarget,
  machine: PackagesMachine,
  { progress, signal }: StepContext,
): Promise<PackagesImage> {
  const { api, env } = machine;
  const { name, base } = target;
  if (name === base.name) return { name, id: base.id, isNew: false };
  const present = await readImage(api, name, signal);
  if (present) {
    const labels = await readLabels(api, name, signal);
    const isSame =
      labels[PACKAGES_LABELS.hash] === plan.hash &&
      labels[PACKAGES_LABELS.baseId] === base.id &&
      labels[PACKAGES_LABELS.files] === target.filesId;
    if (isSame) return { name, id: present.id, isNew: false };
  }
  await checkBase(base, machine, signal);
  const builder = await machine.findBuilder(signal);
  progress(name);
  const build = packagesBuild(plan, target, { builder, env });
  await followBuild(async (onLine) => machine.buildPackages(build, onLine, signal), {
    progress,
    keptLines: KEPT_LINES,
    explain: (lastLines, error) => packagesFailure(plan.requirements.source, lastLines, error),
  });
  const { id } = await readBuiltImage(api, name, signal);
  return { name, id, isNew: true };
}

/** The notebook's image of the same build as the cluster's: executors and drivers must not differ. */
async function findNotebook(plan: PackagesPlan, api: EngineApi, signal: AbortSignal): Promise<BaseImage> {
  const name = plan.notebookBaseImage;
  const hint = 'bin/build-image --target notebook builds it';
  const [found, spark] = await Promise.all([readImage(api, name, signal), readImage(api, plan.baseImage, signal)]);
  if (!found) throw new NotFoundError(`There is no image "${name}" on ${api.name} for the notebook`, { hint });
  if (spark && !isOnTopOf(found, spark)) {
    throw new InvalidStateError(`The image "${name}" was made from another build of "${plan.baseImage}"`, { hint });
  }
  return { name, id: found.id };
}

function isOnTopOf(upper: ImageState, lower: ImageState): boolean {
  return lower.layers.every((layer, index) => upper.layers[index] === layer);
}

/** The image below is the one of the plan, and there is space for what comes on top. */
async function checkBase(base: BaseImage, machine: PackagesMachine, signal: AbortSignal): Promise<void> {
  const present = await readImage(machine.api, base.name, signal);
  if (present?.id !== base.id) {
    throw new ConflictError(`The image "${base.name}" has just been ${present ? 'built anew' : 'removed'}`, {
      hint: 'run the command again',
    });
  }
  const { DockerRootDir } = await machine.api.get<{ readonly DockerRootDir: string }>('/info', { signal });
  checkFreeSpace(await machine.readFreeBytes(DockerRootDir), DockerRootDir, present);
}

async function readLabels(
  api: EngineApi,
  image: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const { Config } = await api.get<{
    readonly Config?: { readonly Labels?: Readonly<Record<string, string>> | null } | null;
  }>(`/images/${encodeURI(image)}/json`, { signal });
  return Config?.Labels ?? {};
}
