import type { EngineApi } from '../adapters/engine/engine-api.ts';
import { UnreachableError } from '../errors.ts';
import type { ShipTarget } from './ship-images.ts';

/** Labels of the Dockerfile. `image` is on every image of ours: `spark` or `notebook`. */
export const IMAGE_LABELS = {
  image: 'io.spark-swarm.image',
  spark: 'io.spark-swarm.spark-version',
  java: 'io.spark-swarm.java-version',
  python: 'io.spark-swarm.python-version',
  scala: 'io.spark-swarm.scala-version',
} as const;

/** One image of ours on one engine. */
export interface SparkImage {
  /** `sha256:…` */
  readonly id: string;
  /** Empty for an earlier build whose name a newer one has taken. */
  readonly names: readonly string[];
  /** `spark` or `notebook`. */
  readonly kind: string;
  /** `undefined` where the image does not say. */
  readonly sparkVersion: string | undefined;
  readonly javaVersion: string | undefined;
  readonly pythonVersion: string | undefined;
  readonly scalaVersion: string | undefined;
  readonly sizeBytes: number;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
}

interface ListedImage {
  readonly Id: string;
  readonly RepoTags: readonly string[] | null;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly Size: number;
  /** Unix time, seconds. */
  readonly Created: number;
}

/**
 * Our images on the engine, the newest first.
 *
 * @throws EngineError, UnreachableError
 */
export async function listImages(api: EngineApi, signal: AbortSignal): Promise<readonly SparkImage[]> {
  const listed = await api.get<readonly ListedImage[]>('/images/json', {
    query: { filters: { label: [IMAGE_LABELS.image] } },
    signal,
  });
  return listed.map(parseListedImage).sort((left, right) => right.createdAt.localeCompare(left.createdAt));
}

export function parseListedImage({ Id, RepoTags, Labels, Size, Created }: ListedImage): SparkImage {
  const labels = Labels ?? {};
  return {
    id: Id,
    names: (RepoTags ?? []).filter((name) => name !== '<none>:<none>').sort(),
    kind: labels[IMAGE_LABELS.image] ?? '',
    sparkVersion: labels[IMAGE_LABELS.spark],
    javaVersion: labels[IMAGE_LABELS.java],
    pythonVersion: labels[IMAGE_LABELS.python],
    scalaVersion: labels[IMAGE_LABELS.scala],
    sizeBytes: Size,
    createdAt: new Date(Created * 1000).toISOString(),
  };
}

/** Which images are where: by node, the ids it has, or `undefined` when its engine does not answer. */
export async function locateImages(
  nodes: readonly ShipTarget[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ReadonlySet<string> | undefined>> {
  const found = await Promise.all(
    nodes.map(async ({ name, api }) => {
      try {
        return [name, new Set((await listImages(api, signal)).map(({ id }) => id))] as const;
      } catch (error) {
        if (error instanceof UnreachableError) return [name, undefined] as const;
        throw error;
      }
    }),
  );
  return new Map(found);
}
