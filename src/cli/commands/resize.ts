import type { Command } from 'commander';

import { wantedWorkers } from '../../cluster/cluster.ts';
import { UsageError } from '../../errors.ts';
import { formatResizePlan, planResize, resizeCluster } from '../../operations/resize.ts';
import { parseCount } from '../../units.ts';
import { connect } from '../connect.ts';
import type { CliContext } from '../context.ts';
import {
  addClusterOptions,
  addDryRunOption,
  addExamples,
  addOutputOption,
  addProgressOptions,
  addTimeoutOption,
  type ClusterOptions,
  type DryRunOptions,
  type OutputOptions,
  type ProgressOptions,
  type TimeoutOptions,
} from '../options.ts';
import { writeResult } from '../output.ts';
import { withReporter } from '../reporter.ts';

type ResizeCommandOptions = ClusterOptions &
  OutputOptions &
  ProgressOptions &
  TimeoutOptions &
  DryRunOptions & { readonly workers?: number; readonly force?: true };

const DEFAULT_TIMEOUT_MS = 300_000;

export function configure(command: Command, cli: CliContext): void {
  addDryRunOption(addTimeoutOption(addProgressOptions(addOutputOption(addClusterOptions(command))), DEFAULT_TIMEOUT_MS))
    .description(
      'Change the number of workers of a live cluster. Workers that go are drained first: running applications keep what they have computed.',
    )
    .option('--workers <count>', 'how many workers there shall be', (text) =>
      parseCount(text, '--workers', { min: 1, max: 1000 }),
    )
    .option('--force', 'stop workers without draining them');
  addExamples(command, [
    ['spark-swarm resize --workers 4', ''],
    ['spark-swarm resize --workers 2 --dry-run', 'which workers would go'],
  ]);
  command.action(async (options: ResizeCommandOptions) => {
    const { workers } = options;
    if (workers === undefined) throw new UsageError('--workers: expected how many workers there shall be');
    const outcome = await withReporter(cli, options, async (report) => {
      const connection = await connect(cli, { ...options, report });
      const plan = await planResize(connection, options.name, workers);
      const changes = formatResizePlan(plan);
      if (options.dryRun) return { workers: plan.from, changes };
      await resizeCluster(connection, {
        name: options.name,
        workers,
        timeoutMs: options.timeout,
        wait: options.wait,
        force: options.force ?? false,
      });
      const cluster = await connection.platform.readCluster(options.name);
      return { workers: cluster ? wantedWorkers(cluster) : 0, changes };
    });
    await writeResult(cli, options.output, { name: options.name, dryRun: options.dryRun ?? false, ...outcome }, () =>
      formatOutcome(options, outcome),
    );
  });
}

function formatOutcome(
  { name, dryRun }: ResizeCommandOptions,
  { workers, changes }: { readonly workers: number; readonly changes: readonly string[] },
): string {
  if (dryRun) return `${(changes.length === 0 ? ['nothing to do'] : changes).join('\n')}\n`;
  return `The cluster "${name}" has ${workers} ${workers === 1 ? 'worker' : 'workers'}\n`;
}
