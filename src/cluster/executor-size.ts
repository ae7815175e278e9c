import { formatSize } from '../units.ts';
import { SMALLEST_EXECUTOR_BYTES } from './sizes.ts';

/**
 * What Spark would accept, and then wait for in vain: warnings.
 *
 * @param offeredBytes what a worker tells Spark that it has; `undefined` when nobody remembers it
 */
export function warnOfExecutorSize(
  executorBytes: number | undefined,
  offeredBytes: number | undefined,
): readonly string[] {
  if (executorBytes === undefined) return [];
  const asked = `executors of ${formatSize(executorBytes)}`;
  if (executorBytes < SMALLEST_EXECUTOR_BYTES) {
    return [
      `${asked}: below ${formatSize(SMALLEST_EXECUTOR_BYTES)} they exit at once and the application waits for ever`,
    ];
  }
  return offeredBytes !== undefined && executorBytes > offeredBytes
    ? [`${asked}: a worker offers ${formatSize(offeredBytes)}, so the application waits for ever`]
    : [];
}
