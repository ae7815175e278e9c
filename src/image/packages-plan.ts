import { createHash } from 'node:crypto';

import { notebookImageOf } from './notebook-image.ts';
import type { JarFile } from './packages-jars.ts';
import { showableLines, withoutPasswords, type Requirements } from './packages-requirements.ts';

/** On an image with packages of its own, besides the labels of the image below it. */
export const PACKAGES_LABELS = {
  /** sha256 over all that went in: equal means that there is nothing to build. */
  hash: 'io.spark-swarm.packages',
  /** Name of the image below. */
  base: 'io.spark-swarm.packages.base',
  /** Its id: the same name built anew is another image. */
  baseId: 'io.spark-swarm.packages.base-id',
  /** Id of the image that the files were taken out of: on the notebook's. */
  files: 'io.spark-swarm.packages.files',
  /** What pip was asked for, a line each, without addresses and passwords. */
  requirements: 'io.spark-swarm.packages.requirements',
  /** Names of the jars, a blank between them. */
  jars: 'io.spark-swarm.packages.jars',
} as const;

/** A file of `docker/pkg` that pip takes instead of asking the network. */
export interface LocalPackage {
  readonly name: string;
  readonly sha256: string;
}

export interface PackagesRequest {
  readonly baseImage: string;
  readonly baseImageId: string;
  readonly requirements: Requirements;
  readonly jars: readonly JarFile[];
  readonly localPackages: readonly LocalPackage[];
}

/** One layer of packages, decided: what `--dry-run` shows. Without packages and jars, the names are those of the images below. */
export interface PackagesPlan {
  /** sha256, 64 hexadecimal digits. */
  readonly hash: string;
  /** Name of the cluster's image with the packages: `spark-swarm:latest-packages-0123456789ab`. */
  readonly image: string;
  readonly baseImage: string;
  readonly baseImageId: string;
  /** Name of the notebook's, and of the one it is made from. */
  readonly notebookImage: string;
  readonly notebookBaseImage: string;
  readonly requirements: Requirements;
  readonly jars: readonly JarFile[];
}

/** Changes when docker/packages makes something else of the same request. */
const FORMAT = 1;

const HASH_CHARACTERS_IN_NAME = 12;
/** Source: distribution/reference `regexp.go`. */
const MAX_TAG_CHARACTERS = 128;
const DIGEST = /@.*$/;

/**
 * Names for the image below with these packages in it, and for the notebook's.
 *
 * The names hold a hash of what goes in: the same request is the same name on every machine that has the same image.
 */
export function planPackages(request: PackagesRequest): PackagesPlan {
  const { baseImage, baseImageId, requirements, jars, localPackages } = request;
  const content = [
    FORMAT,
    baseImageId,
    // A new password is no other package.
    requirements.lines.map(withoutPasswords),
    requirements.constraints.map(withoutPasswords),
    byName(localPackages),
    byName(jars),
  ];
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  const suffix = `-packages-${hash.slice(0, HASH_CHARACTERS_IN_NAME)}`;
  const image =
    requirements.lines.length === 0 && jars.length === 0 ? baseImage : addToTag(baseImage.replace(DIGEST, ''), suffix);
  return {
    hash,
    image,
    baseImage,
    baseImageId,
    notebookImage: notebookImageOf(image.replace(DIGEST, '')),
    notebookBaseImage: notebookImageOf(baseImage.replace(DIGEST, '')),
    requirements,
    jars,
  };
}

/** The labels that an image of the plan gets. */
export function packagesLabels(
  { hash, requirements, jars }: PackagesPlan,
  base: { readonly name: string; readonly id: string },
  filesId: string | undefined,
): Readonly<Record<string, string>> {
  return {
    [PACKAGES_LABELS.hash]: hash,
    [PACKAGES_LABELS.base]: base.name,
    [PACKAGES_LABELS.baseId]: base.id,
    ...(filesId === undefined ? {} : { [PACKAGES_LABELS.files]: filesId }),
    [PACKAGES_LABELS.requirements]: showableLines(requirements.lines).join('\n'),
    [PACKAGES_LABELS.jars]: jars.map(({ name }) => name).join(' '),
  };
}

/** `repository:tag` + suffix. A missing tag is `latest`; one that leaves no room, the notebook's suffix included, is cut. */
function addToTag(reference: string, suffix: string): string {
  const match = /^(.*):([^:/]+)$/.exec(reference);
  const repository = match?.[1] ?? reference;
  const tag = match?.[2] ?? 'latest';
  const room = MAX_TAG_CHARACTERS - suffix.length - '-notebook'.length;
  return `${repository}:${tag.slice(0, room)}${suffix}`;
}

function byName(files: readonly LocalPackage[]): readonly (readonly [string, string])[] {
  return files
    .map(({ name, sha256 }) => [name, sha256] as const)
    .toSorted(([left], [right]) => (left < right ? -1 : 1));
}
