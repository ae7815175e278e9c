import { UsageError } from '../errors.ts';

/**
 * Name of the notebook image that goes with a cluster's image: `spark-swarm:latest` has `spark-swarm:latest-notebook`.
 *
 * @throws UsageError for a reference by digest, which has no such neighbour
 */
export function notebookImageOf(image: string): string {
  if (image.includes('@')) {
    throw new UsageError(
      `--notebook: the image ${image} is named by its digest; expected a tag, to which -notebook is added`,
    );
  }
  return /:[^/]+$/.test(image) ? `${image}-notebook` : `${image}:latest-notebook`;
}
