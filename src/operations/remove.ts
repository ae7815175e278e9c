import { runSteps } from '../events.ts';
import type { RemoveResult } from '../platforms/platform.ts';
import { withLock, type OperationContext } from './operation.ts';

export interface RemoveClusterOptions {
  readonly name: string;
  /** Delete the data volumes too. */
  readonly volumes: boolean;
  readonly timeoutMs: number;
}

/** Takes a cluster away, whatever state it is in, and returns when it is gone. Nothing there is no error. */
export async function removeCluster(context: OperationContext, options: RemoveClusterOptions): Promise<RemoveResult> {
  const { name, timeoutMs, volumes } = options;
  return withLock(context, name, { command: 'remove', timeoutMs }, async () => {
    let result: RemoveResult = { removed: [], keptVolumes: [], remaining: [], leftovers: [] };
    await runSteps(
      [
        {
          id: 'remove',
          title: `Remove the cluster "${name}"`,
          run: async ({ progress, signal }) => {
            result = await context.platform.removeCluster(name, { volumes, progress, signal });
            return result.removed.length === 0 ? 'nothing to remove' : `${result.removed.length} objects`;
          },
        },
      ],
      context.report,
      context.signal,
    );
    return result;
  });
}
