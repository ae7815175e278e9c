import type { WantedSpec } from '../cluster/resolve-spec.ts';
import { notebookLimitBytes } from '../cluster/sizes.ts';
import type { ClusterSpec } from '../cluster/spec.ts';
import { NotFoundError } from '../errors.ts';
import { skipped, type FlowStep, type StepContext } from '../events.ts';

/** Finds images and brings them to the nodes. */
export interface ImageSource {
  /** Name under which the nodes know an image: with the registry that they pull it from. */
  nameOnNodes(image: string): string;
  /** Name under which it was built. */
  nameHere(image: string): string;
  /** @returns id of the image; @throws NotFoundError with what to type */
  findId(image: string): Promise<string>;
  /**
   * The notebook image that goes with it.
   * @throws NotFoundError with what to type; InvalidStateError if it was built on another image
   */
  findNotebook(image: string): Promise<{ readonly image: string; readonly imageId: string }>;
  /** Reads the files and says what image they make of this one. Changes nothing. @throws UsageError, ConfigError */
  preparePackages(image: string, files: PackageFiles): Promise<PreparedPackages>;
  /**
   * Brings them, by the names they were built under, to every node that has others or none.
   * @returns the nodes that got something, or `undefined` when all have them
   */
  ship(images: readonly string[], progress: (detail: string) => void, signal: AbortSignal): Promise<string | undefined>;
}

/** What a user adds to an image. */
export interface PackageFiles {
  /** A file as pip reads it, absolute. */
  readonly requirements: string | undefined;
  /** Absolute paths. */
  readonly jars: readonly string[];
}

export interface PreparedPackages {
  readonly image: string;
  readonly notebookImage: string;
  /** @returns names of what was built; none when all is there */
  build(wanted: { readonly notebook: boolean }, step: StepContext): Promise<readonly string[]>;
}

export interface ImageWishes {
  readonly images: ImageSource;
  /** Packages to put on top of the image; `undefined` leaves it as it is. */
  readonly packages?: PackageFiles | undefined;
}

/** An image that is only planned: its id is not known before it is built. */
const NOT_BUILT = 'not built yet';
/** Name that packages give an image. */
const WITH_PACKAGES = /-packages-[0-9a-f]{12}$/;

/** The spec with the images that it runs, packages put on top. Looks, and builds nothing. */
export async function chooseImages(wanted: WantedSpec, { images, packages }: ImageWishes): Promise<ClusterSpec> {
  const base = images.nameHere(wanted.image);
  const prepared = packages && (await images.preparePackages(base, packages));
  const image = prepared?.image ?? base;
  const orPlanned = async <T>(found: Promise<T>, planned: T): Promise<T> =>
    found.catch((error: unknown) => {
      if (prepared && prepared.image !== base && error instanceof NotFoundError) return planned;
      throw error;
    });
  const found = wanted.notebook
    ? await orPlanned(images.findNotebook(image), {
        image: prepared?.notebookImage ?? '',
        imageId: NOT_BUILT,
      })
    : undefined;
  return {
    ...wanted,
    image: images.nameOnNodes(image),
    imageId: await orPlanned(images.findId(image), NOT_BUILT),
    notebook: found && {
      ...found,
      image: images.nameOnNodes(found.image),
      limitBytes: notebookLimitBytes(wanted.conf),
    },
  };
}

/** Builds what {@link chooseImages} has only planned. */
export function packagesStep(wanted: WantedSpec, { images, packages }: ImageWishes): FlowStep | undefined {
  if (!packages) return undefined;
  return {
    id: 'packages',
    title: `Put packages on the image ${images.nameHere(wanted.image)}`,
    run: async (step) => {
      const prepared = await images.preparePackages(images.nameHere(wanted.image), packages);
      const built = await prepared.build({ notebook: wanted.notebook }, step);
      return built.length === 0 ? skipped(`${prepared.image} is there`) : built.join(', ');
    },
  };
}

/** A new image has none of the packages that the present one was given: worth a word. */
export function warnOfLostPackages(present: string | undefined, { image }: ClusterSpec): readonly string[] {
  if (present === undefined || !WITH_PACKAGES.test(present) || present === image || WITH_PACKAGES.test(image))
    return [];
  return [`the packages and jars of ${present} are not in ${image}; give --requirements and --jar again to have them`];
}
