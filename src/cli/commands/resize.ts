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
    .argument('[workers]', 'the same as --workers', (text: string) => parseWorkers(text, 'WORKERS'))
    .option('--workers <count>', 'how many workers there shall be', (text) => parseWorkers(text, '--workers'))
    .option('--force', 'stop workers without draining them');
  addExamples(command, [
    ['spark-swarm resize --workers 4', ''],
    ['spark-swarm resize --workers 2 --dry-run', 'which workers would go'],
  ]);
  command.action(async (counted: number | undefined, options: ResizeCommandOptions) => {
    refuseContradiction(command, counted, options.workers);
    const workers = counted ?? options.workers;
    if (workers === undefined) throw new UsageError('--workers: expected how many workers there shall be');
    const outcome = await withReporter(cli, options, async (report) => {
      if (counted !== undefined) report({ type: 'note', message: describeCount(counted) });
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

function parseWorkers(text: string, field: string): number {
  return parseCount(text, field, { min: 1, max: 1000 });
}

/** What is typed wins over the environment and the project file; of two that are typed neither does. */
function refuseContradiction(command: Command, counted: number | undefined, workers: number | undefined): void {
  if (counted === undefined || workers === undefined || counted === workers) return;
  if (command.getOptionValueSource('workers') !== 'cli') return;
  throw new UsageError(`WORKERS and --workers contradict each other (${counted}, ${workers})`);
}

/** The older script took a number, and its users counted the master, too. */
function describeCount(workers: number): string {
  return `${workers} counts workers, the master comes on top; say --workers ${workers}`;
}

function formatOutcome(
  { name, dryRun }: ResizeCommandOptions,
  { workers, changes }: { readonly workers: number; readonly changes: readonly string[] },
): string {
  if (dryRun) return `${(changes.length === 0 ? ['nothing to do'] : changes).join('\n')}\n`;
  return `The cluster "${name}" has ${workers} ${workers === 1 ? 'worker' : 'workers'}\n`;
}
