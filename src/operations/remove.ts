import { findMaster } from '../cluster/cluster.ts';
import { runSteps } from '../events.ts';
import type { RemoveResult } from '../platforms/platform.ts';
import type { SparkApplication } from '../spark/master-state.ts';
import { withLock, type OperationContext } from './operation.ts';
import { readMasterState } from './spark-pages.ts';

export interface RemoveClusterOptions {
  readonly name: string;
  /** Delete the data volumes too. */
  readonly volumes: boolean;
  readonly timeoutMs: number;
}

/**
 * Applications that a remove, or a restart of the containers, would end.
 *
 * @returns `undefined` when the master runs and does not answer: then nobody knows
 */
export async function listRunningApplications(
  context: OperationContext,
  name: string,
): Promise<readonly SparkApplication[] | undefined> {
  const cluster = await context.platform.readCluster(name);
  if (!cluster || !findMaster(cluster)?.isRunning) return [];
  return (await readMasterState(context, cluster))?.applications;
}

/** What a question says of them: `2 running: etl, notebook`. */
export function describeApplications(applications: readonly SparkApplication[] | undefined): string {
  if (applications === undefined) return 'its master does not answer, so applications may be running';
  return `${applications.length} running: ${applications.map((application) => application.name).join(', ')}`;
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
