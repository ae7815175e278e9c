import type { Command } from 'commander';

import { openHostPool } from '../../connections/host-pool.ts';
import { locateCluster } from '../../connections/locate-cluster.ts';
import { addHosts, describeAddHosts, formatAddedHosts, planAddHosts } from '../../operations/cluster-add.ts';
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
import { addHostOptions, addNamedOptions, readHosts, type HostOptions, type NamedOptions } from './cluster-options.ts';

type AddOptions = NamedOptions & HostOptions & OutputOptions & ProgressOptions & TimeoutOptions & DryRunOptions;

const DEFAULT_TIMEOUT_MS = 300_000;

export function configureAdd(command: Command, cli: CliContext): void {
  addHostOptions(addNamedOptions(command));
  addDryRunOption(addTimeoutOption(addProgressOptions(addOutputOption(command)), DEFAULT_TIMEOUT_MS))
    .description(
      'Take hosts into a cluster: they are checked, join its swarm, get image and data, and one worker each.',
    )
    .argument('<hosts...>', 'hosts, like root@host4 or host[4-6]');
  addExamples(command, [
    ['spark-swarm cluster add -n demo root@host4', ''],
    ['spark-swarm cluster add -n demo host[4-6] --dry-run', 'what would be done'],
  ]);
  command.action(async (words: readonly string[], options: AddOptions) => {
    const hosts = readHosts(words);
    const { name, dryRun = false } = options;
    const outcome = await withReporter(cli, options, async (report) => {
      const around = surroundingsOf(cli);
      const { connection } = await locateCluster(around, { ...options, report });
      const pool = openHostPool(around, connection, {
        source: options.source,
        installEngine: options.installEngine ?? false,
        acceptNewHostKeys: options.acceptNewHostKeys ?? false,
      });
      if (dryRun) {
        return { changes: await describeAddHosts(pool, await planAddHosts(connection, pool, { name, hosts })) };
      }
      return addHosts(connection, pool, { name, hosts, timeoutMs: options.timeout, wait: options.wait });
    });
    await writeResult(cli, options.output, { name, dryRun, ...outcome }, () =>
      'changes' in outcome ? outcome.changes.join('\n') : formatAddedHosts(outcome),
    );
  });
}
