import type { Command } from 'commander';

import { PLATFORM_KINDS } from '../../cluster/cluster.ts';
import { parseClusterName } from '../../cluster/cluster-name.ts';
import { formatEndpoints } from '../../cluster/endpoints.ts';
import { connectFound, locateCluster, notFound } from '../../connections/locate-cluster.ts';
import { askAllEngines, type ListedCluster } from '../../connections/list-clusters.ts';
import type { Report } from '../../events.ts';
import {
  countRunning,
  summarizeCluster,
  summarizeHosts,
  type ClusterHostSummary,
  type ClusterSummary,
} from '../../operations/cluster-info.ts';
import { readStatus, type ClusterStatus } from '../../operations/status.ts';
import { surroundingsOf } from '../connect.ts';
import type { CliContext } from '../context.ts';
import { revealToken } from '../endpoints.ts';
import {
  addContextOption,
  addExamples,
  addOutputOption,
  addProgressOptions,
  type OutputOptions,
  type ProgressOptions,
} from '../options.ts';
import { formatTable, writeResult } from '../output.ts';
import { withReporter } from '../reporter.ts';
import { parsePlatform, type NamedOptions } from './cluster-options.ts';

type ListOptions = OutputOptions & ProgressOptions & { readonly context?: string };
type InfoOptions = ListOptions & Omit<NamedOptions, 'name'> & { readonly name?: string };

/** `cluster list`: names and states. */
export function configureList(command: Command, cli: CliContext): void {
  addProgressOptions(addOutputOption(addContextOption(command))).description(
    'List the clusters: name, platform, state. Every engine that docker knows here is asked; nothing is remembered.',
  );
  command.action(async (options: ListOptions) => {
    const rows = await readSummaries(cli, options);
    await writeResult(
      cli,
      options.output,
      { clusters: rows.map(({ name, platform, state }) => ({ name, platform, state })) },
      async () =>
        formatTable(
          ['name', 'platform', 'state'],
          rows.map(({ name, platform, state }) => [name, platform, state]),
        ),
    );
  });
}

/** `cluster info [-n NAME]`: all clusters with their addresses, or all about one. */
export function configureInfo(command: Command, cli: CliContext): void {
  addProgressOptions(addOutputOption(addContextOption(command)))
    .description('Show all clusters with their addresses, or one with its addresses, hosts, workers and problems.')
    .option('-n, --name <name>', 'this cluster (default: all)', (text) => parseClusterName(text, '-n'))
    .option('-p, --platform <platform>', `only on ${PLATFORM_KINDS.join(' or ')}`, parsePlatform);
  addExamples(command, [
    ['spark-swarm cluster info', ''],
    ['spark-swarm cluster info -n demo', 'exit status 0: healthy; 1: not, or there is no such cluster'],
    ['spark-swarm cluster info -n demo -o json | jq -r .address', ''],
  ]);
  command.action(async (options: InfoOptions) => {
    // As in the other commands: neither the environment nor a project file names it.
    const name = command.getOptionValueSource('name') === 'cli' ? options.name : undefined;
    return name === undefined ? showAll(cli, options) : showOne(cli, { ...options, name });
  });
}

async function showAll(cli: CliContext, options: InfoOptions): Promise<void> {
  const all = await readSummaries(cli, options);
  const clusters = all.filter(({ platform }) => options.platform === undefined || platform === options.platform);
  await writeResult(cli, options.output, { clusters }, async () =>
    formatTable(
      ['name', 'platform', 'context', 'state', 'address'],
      clusters.map(({ name, platform, context, state, address }) => [
        name,
        platform,
        context,
        state,
        address ?? 'not published',
      ]),
    ),
  );
}

/** @throws UnreachableError if no engine could be asked; others that could not are said */
async function readSummaries(cli: CliContext, options: ListOptions): Promise<readonly ClusterSummary[]> {
  return withReporter(cli, options, async (report) => {
    const asked = await askAllEngines(surroundingsOf(cli), { context: options.context, report });
    if (asked.answered === 0) throw notFound('clusters', asked);
    return Promise.all(asked.clusters.map(async (found) => summarize(cli, found, report)));
  });
}

async function summarize(cli: CliContext, found: ListedCluster, report: Report): Promise<ClusterSummary> {
  const { cluster, connection, context } = connectFound(surroundingsOf(cli), found, report);
  return summarizeCluster(connection, cluster, context);
}

async function showOne(cli: CliContext, options: InfoOptions & { readonly name: string }): Promise<void> {
  const info = await withReporter(cli, options, async (report) => {
    const { cluster, connection, context } = await locateCluster(surroundingsOf(cli), { ...options, report });
    const status = await readStatus(connection, cluster.name);
    const shown = { connection, cluster: cluster.name, output: options.output };
    return {
      name: cluster.name,
      platform: cluster.platform,
      context,
      healthy: status.healthy,
      address: status.endpoints.find(({ name }) => name === 'spark master')?.address ?? null,
      workers: countRunning(cluster),
      endpoints: await revealToken(cli, status.endpoints, shown),
      hosts: summarizeHosts(cluster),
      problems: status.problems,
    };
  });
  await writeResult(cli, options.output, info, async () => formatInfo(info));
  if (!info.healthy) cli.exitStatus = 1;
}

interface ClusterInfo extends Pick<ClusterStatus, 'name' | 'platform' | 'healthy' | 'endpoints' | 'problems'> {
  readonly context: string;
  readonly workers: string;
  readonly hosts: readonly ClusterHostSummary[];
}

async function formatInfo(info: ClusterInfo): Promise<string> {
  const { name, platform, context, healthy, workers, hosts, endpoints, problems } = info;
  const parts = [
    `Cluster "${name}" on ${platform} (${context}): ${healthy ? 'healthy' : 'not healthy'}, ${workers} workers running`,
    await formatTable(
      ['host', 'role', 'state', 'availability', 'containers'],
      hosts.map((host) => [host.name, host.role, host.state, host.availability, host.containers.join(', ')]),
    ),
    formatEndpoints(endpoints),
    ...(problems.length === 0
      ? []
      : [`Problems:\n${problems.map(({ subject, message }) => `  ${subject} ${message}`).join('\n')}`]),
    ...(healthy ? [] : [`spark-swarm status --name ${name} says more`]),
  ];
  return parts.map((part) => part.trimEnd()).join('\n\n');
}
