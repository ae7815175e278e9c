import type { Command } from 'commander';

import { openHostPool } from '../../connections/host-pool.ts';
import { locateCluster } from '../../connections/locate-cluster.ts';
import { formatRemovedHosts, planRemoveHosts, removeHosts } from '../../operations/cluster-remove.ts';
import { surroundingsOf } from '../connect.ts';
import type { CliContext } from '../context.ts';
import {
  addDryRunOption,
  addExamples,
  addOutputOption,
  addProgressOptions,
  addTimeoutOption,
  type DryRunOptions,
  type OutputOptions,
  type ProgressOptions,
  type TimeoutOptions,
} from '../options.ts';
import { writeResult } from '../output.ts';
import { withReporter } from '../reporter.ts';
import { addNamedOptions, readHosts, type NamedOptions } from './cluster-options.ts';

type RemoveOptions = NamedOptions &
  OutputOptions &
  ProgressOptions &
  TimeoutOptions &
  DryRunOptions & { readonly force?: true };

const DEFAULT_TIMEOUT_MS = 300_000;

export function configureRemove(command: Command, cli: CliContext): void {
  addNamedOptions(command);
  addDryRunOption(addTimeoutOption(addProgressOptions(addOutputOption(command)), DEFAULT_TIMEOUT_MS))
    .description(
      'Take hosts out of a cluster: Spark drains the workers there, they are stopped, and the hosts leave the swarm.',
    )
    .argument('<hosts...>', 'hosts, by the name by which they were added, or as `cluster info` shows them')
    .option('--force', 'stop workers without draining them');
  addExamples(command, [
    ['spark-swarm cluster remove -n demo host4', ''],
    ['spark-swarm cluster remove -n demo host4 --dry-run', 'which workers would go'],
  ]);
  command.action(async (words: readonly string[], options: RemoveOptions) => {
    const hosts = readHosts(words);
    const { name, dryRun = false, force = false } = options;
    const outcome = await withReporter(cli, options, async (report) => {
      const around = surroundingsOf(cli);
      const { connection } = await locateCluster(around, { ...options, report });
      const pool = openHostPool(around, connection, { source: 'ssh', installEngine: false, acceptNewHostKeys: false });
      if (dryRun) return { changes: (await planRemoveHosts(connection, pool, { name, hosts })).changes };
      return removeHosts(connection, pool, { name, hosts, timeoutMs: options.timeout, wait: options.wait, force });
    });
    await writeResult(cli, options.output, { name, dryRun, ...outcome }, () =>
      'changes' in outcome ? outcome.changes.join('\n') : formatRemovedHosts(outcome),
    );
  });
}
