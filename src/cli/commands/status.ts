import type { ChalkInstance } from 'chalk';
import type { Command } from 'commander';

import { formatEndpoints } from '../../cluster/endpoints.ts';
import type { Problem } from '../../cluster/problems.ts';
import { readStatus, type ClusterStatus } from '../../operations/status.ts';
import { formatSize } from '../../units.ts';
import { createColors } from '../colors.ts';
import { connect } from '../connect.ts';
import type { CliContext } from '../context.ts';
import { revealToken } from '../endpoints.ts';
import { findingLines } from '../finding-lines.ts';
import {
  addClusterOptions,
  addExamples,
  addOutputOption,
  addProgressOptions,
  type ClusterOptions,
  type OutputOptions,
  type ProgressOptions,
} from '../options.ts';
import { formatTable, writeResult } from '../output.ts';
import { withReporter } from '../reporter.ts';

export function configure(command: Command, cli: CliContext): void {
  addProgressOptions(addOutputOption(addClusterOptions(command))).description(
    "Show a cluster: its services and containers, the master's own view, addresses, and problems with their cause.",
  );
  addExamples(command, [
    ['spark-swarm status', 'exit status 0: healthy; 1: not, or there is no such cluster'],
    ['spark-swarm status -o json | jq .master.aliveWorkers', ''],
  ]);
  command.action(async (options: ClusterOptions & OutputOptions & ProgressOptions) => {
    const status = await withReporter(cli, options, async (report) => {
      const connection = await connect(cli, { ...options, report });
      const found = await readStatus(connection, options.name);
      const shown = { connection, cluster: options.name, output: options.output };
      return { ...found, endpoints: await revealToken(cli, found.endpoints, shown) };
    });
    await writeResult(cli, options.output, status, () => formatStatus(status, createColors(cli.env, cli.stdout)));
    if (!status.healthy) cli.exitStatus = 1;
  });
}

async function formatStatus(status: ClusterStatus, colors: ChalkInstance): Promise<string> {
  const parts = [
    `Cluster "${status.name}" on ${status.platform}: ${status.healthy ? 'healthy' : 'not healthy'}\n`,
    await formatTable(
      ['service', 'image', 'running'],
      status.services.map(({ name, image, running, wanted }) => [name, image, `${running}/${wanted}`]),
    ),
    await formatTable(
      ['container', 'node', 'state', 'since', 'error'],
      status.containers.map((container) => [
        container.displayName,
        container.node,
        container.state,
        container.since.replace(/\.\d+Z$/, 'Z'),
        container.error,
      ]),
    ),
    formatMaster(status),
    ...(await formatWorkers(status)),
    ...(await formatApplications(status)),
    formatEndpoints(status.endpoints),
    ...formatProblems('Problems', status.problems),
    ...formatProblems('Warnings', status.warnings),
    ...formatFindings(status, colors),
  ];
  return parts.map((part) => part.trimEnd()).join('\n\n');
}

function formatMaster({ master }: ClusterStatus): string {
  if (!master) return 'The master does not answer.';
  const { status, aliveWorkers, wantedWorkers, cores, coresUsed, memoryBytes, memoryUsedBytes } = master;
  return (
    `Master ${status}: ${aliveWorkers} of ${wantedWorkers} workers ALIVE, ${coresUsed} of ${cores} cores and ` +
    `${formatSize(memoryUsedBytes)} of ${formatSize(memoryBytes)} in use`
  );
}

async function formatWorkers({ master }: ClusterStatus): Promise<readonly string[]> {
  const shown = master?.workers.filter((worker) => worker.state !== 'DEAD') ?? [];
  if (shown.length === 0) return [];
  const rows = shown
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
    .map((worker) => [
      worker.name,
      worker.state,
      `${worker.coresUsed}/${worker.cores}`,
      `${formatSize(worker.memoryUsedBytes)}/${formatSize(worker.memoryBytes)}`,
    ]);
  return [await formatTable(['spark worker', 'state', 'cores', 'memory'], rows)];
}

async function formatApplications({ master }: ClusterStatus): Promise<readonly string[]> {
  if (!master || master.applications.length === 0) return [];
  const rows = master.applications.map((app) => [
    app.id,
    app.name,
    app.state,
    String(app.cores),
    app.startedAt.replace(/\.\d+Z$/, 'Z'),
  ]);
  return [await formatTable(['application', 'name', 'state', 'cores', 'started'], rows)];
}

function formatProblems(title: string, problems: readonly Problem[]): readonly string[] {
  if (problems.length === 0) return [];
  const lines = problems.map(
    ({ subject, message, hint }) => `  ${subject} ${message}${hint === null ? '' : `\n    try: ${hint}`}`,
  );
  return [`${title}:\n${lines.join('\n')}`];
}

function formatFindings({ findings }: ClusterStatus, colors: ChalkInstance): readonly string[] {
  if (findings.length === 0) return [];
  const lines = findings.flatMap((finding) => findingLines(finding, colors).map((line) => `  ${line}`));
  return [`Applications that do not work:\n${lines.join('\n')}`];
}
