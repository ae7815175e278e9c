import type { Command } from 'commander';

import type { PlatformKind } from '../../cluster/cluster.ts';
import { removeCluster } from '../../operations/remove.ts';
import { describeWork, findRunningWork, isIdle } from '../../operations/running-work.ts';
import { confirm } from '../ask.ts';
import { connect } from '../connect.ts';
import type { CliContext } from '../context.ts';
import {
  addClusterOptions,
  addExamples,
  addOutputOption,
  addProgressOptions,
  addLimitOption,
  addYesOption,
  type ClusterOptions,
  type OutputOptions,
  type ProgressOptions,
  type TimeoutOptions,
  type YesOptions,
} from '../options.ts';
import { writeResult } from '../output.ts';
import { withReporter } from '../reporter.ts';

export type RemoveOptions = ClusterOptions &
  OutputOptions &
  ProgressOptions &
  TimeoutOptions &
  YesOptions & { readonly volumes?: true };

const DEFAULT_TIMEOUT_MS = 120_000;

export function configure(command: Command, cli: CliContext): void {
  addRemoveOptions(command).description('Remove a cluster and wait until it is gone. Images and data volumes stay.');
  addExamples(command, [
    ['spark-swarm remove', 'asks if an application or a job is running'],
    ['spark-swarm remove --yes --volumes', 'nothing is left, and nothing is asked'],
  ]);
  command.action(async (options: RemoveOptions) => runRemove(cli, options));
}

/** The flags of `remove` and `stop`. */
export function addRemoveOptions(command: Command, platform?: PlatformKind): Command {
  return addYesOption(
    addLimitOption(addProgressOptions(addOutputOption(addClusterOptions(command, platform))), DEFAULT_TIMEOUT_MS),
  ).option('--volumes', 'remove its data volumes too');
}

export async function runRemove(cli: CliContext, options: RemoveOptions): Promise<void> {
  const result = await withReporter(cli, options, async (report) => {
    const connection = await connect(cli, { ...options, report });
    if (!options.yes) await askIfBusy(cli, connection, options.name);
    return removeCluster(connection, {
      name: options.name,
      volumes: options.volumes ?? false,
      timeoutMs: options.timeout,
    });
  });
  await writeResult(cli, options.output, { name: options.name, ...result }, () => formatResult(options.name, result));
  if (result.remaining.length > 0) cli.exitStatus = 1;
}

async function askIfBusy(
  cli: CliContext,
  connection: Parameters<typeof findRunningWork>[0],
  name: string,
): Promise<void> {
  const work = await findRunningWork(connection, name);
  if (isIdle(work)) return;
  await confirm(cli, `Remove the cluster "${name}"? ${describeWork(work)}`, { yes: undefined });
}

function formatResult(
  name: string,
  { removed, keptVolumes, remaining, leftovers }: Awaited<ReturnType<typeof removeCluster>>,
): string {
  const lines = [
    removed.length === 0 ? `No cluster named "${name}": nothing to remove` : `Removed the cluster "${name}"`,
    ...(keptVolumes.length === 0 ? [] : [`Kept (--volumes removes them): ${keptVolumes.join(', ')}`]),
    ...remaining,
    ...leftovers,
  ];
  return `${lines.join('\n')}\n`;
}
