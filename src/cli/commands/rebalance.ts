import type { Command } from 'commander';

import { formatRebalancePlan, planRebalance, rebalanceCluster } from '../../operations/rebalance.ts';
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

type RebalanceCommandOptions = ClusterOptions & OutputOptions & ProgressOptions & TimeoutOptions & DryRunOptions;

interface Outcome {
  readonly changes: readonly string[];
  /** The node that each worker is on that had moved. */
  readonly places: Readonly<Record<string, string>>;
}

const DEFAULT_TIMEOUT_MS = 300_000;

export function configure(command: Command, cli: CliContext): void {
  addDryRunOption(
    addTimeoutOption(addProgressOptions(addOutputOption(addClusterOptions(command))), DEFAULT_TIMEOUT_MS),
  ).description(
    'Spread the workers evenly over the nodes again, after a node came back or joined. One after the other, idle ones first: each is drained, and started anew where the fewest are.',
  );
  addExamples(command, [
    ['spark-swarm rebalance', ''],
    ['spark-swarm rebalance --dry-run', 'which workers would move'],
  ]);
  command.action(async (options: RebalanceCommandOptions) => {
    const outcome = await withReporter(cli, options, async (report): Promise<Outcome> => {
      const connection = await connect(cli, { ...options, report });
      const changes = formatRebalancePlan(await planRebalance(connection, options.name));
      if (options.dryRun || changes.length === 0) return { changes, places: {} };
      const places = await rebalanceCluster(connection, { name: options.name, timeoutMs: options.timeout });
      return { changes, places: Object.fromEntries(places) };
    });
    const result = { schemaVersion: 1, name: options.name, dryRun: options.dryRun ?? false, ...outcome };
    await writeResult(cli, options.output, result, () => formatOutcome(options, outcome));
  });
}

function formatOutcome({ name, dryRun }: RebalanceCommandOptions, { changes, places }: Outcome): string {
  if (changes.length === 0) return `nothing to do: the workers of the cluster "${name}" are spread evenly\n`;
  if (dryRun) return `${changes.join('\n')}\n`;
  const lines = Object.entries(places).map(([worker, node]) => `${worker} is on ${node}\n`);
  return lines.join('');
}
