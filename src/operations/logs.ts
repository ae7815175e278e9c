import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';

import type { ClusterContainer } from '../cluster/cluster.ts';
import { InterruptedError, NotFoundError } from '../errors.ts';
import type { LogOptions } from '../platforms/platform.ts';
import { forMany } from '../signals.ts';
import type { OperationContext } from './operation.ts';
import { requireCluster } from './require-cluster.ts';

export interface ClusterLogOptions extends Omit<LogOptions, 'stdout' | 'stderr' | 'signal'> {
  readonly name: string;
  /** `master` or `worker-N`; `undefined` for all. */
  readonly daemon: string | undefined;
  /** Where the lines of one daemon go; the prefix is empty when only one is asked for. */
  readonly openOutput: (prefix: string) => { readonly stdout: Writable; readonly stderr: Writable };
}

/**
 * Streams the logs of one daemon, or of all at the same time. Ends when they end, or, when following, by the signal. One
 * that fails ends the others.
 */
export async function streamLogs(context: OperationContext, options: ClusterLogOptions): Promise<void> {
  const cluster = await requireCluster(context, options.name);
  const started = cluster.containers.filter((container) => container.containerId !== undefined);
  const chosen = started.filter(
    (container) => options.daemon === undefined || container.displayName === options.daemon,
  );
  if (chosen.length === 0) {
    const known = started.map(({ displayName }) => displayName).join(', ');
    throw new NotFoundError(`No logs of ${options.daemon ?? 'any daemon'} in the cluster "${options.name}"`, {
      hint: known === '' ? `spark-swarm status --name ${options.name}` : `there are: ${known}`,
    });
  }
  const width = Math.max(...chosen.map(({ displayName }) => displayName.length));
  const prefixOf = ({ displayName }: ClusterContainer): string =>
    chosen.length === 1 ? '' : `${displayName.padEnd(width)} | `;
  const stop = new AbortController();
  const signal = forMany(AbortSignal.any([context.signal, stop.signal]));
  const failures: unknown[] = [];
  await Promise.all(
    chosen.map(async (container) => {
      const { stdout, stderr } = options.openOutput(prefixOf(container));
      try {
        await context.platform.streamLogs(cluster, container, { ...options, stdout, stderr, signal });
      } catch (error) {
        // Ctrl-C is how following ends.
        if (!(options.follow && (error instanceof InterruptedError || context.signal.aborted))) failures.push(error);
        stop.abort(error);
      }
      for (const output of [stdout, stderr]) {
        output.end();
        await finished(output, { readable: false }).catch(() => {});
      }
    }),
  );
  // The first one; the others were ended by it.
  if (failures.length > 0) throw failures[0];
}
