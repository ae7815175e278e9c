import type { Command } from 'commander';

import { UsageError } from '../../errors.ts';
import { readHistoryUrl } from '../../operations/history.ts';
import { connect } from '../connect.ts';
import type { CliContext } from '../context.ts';
import {
  addClusterOptions,
  addExamples,
  addOutputOption,
  type ClusterOptions,
  type OutputOptions,
} from '../options.ts';
import { writeResult } from '../output.ts';
import { withReporter } from '../reporter.ts';
import { findPlatformKind } from './added-page.ts';
import { addDeployOptions, type DeployCommandOptions } from './deploy-options.ts';
import { runDeploy } from './deploy.ts';

/** `history start|stop|url`. */
export function configure(command: Command, cli: CliContext): void {
  command.description("Spark's history server: the pages of applications that have ended.");
  configureStart(command.command('start').summary('add the history server to a cluster'), cli);
  configureStop(command.command('stop').summary('take it away again; event logs stay'), cli);
  configureUrl(command.command('url').summary('print its address, or that of one application'), cli);
}

/** `history start`. */
function configureStart(command: Command, cli: CliContext): void {
  addDeployOptions(command, cli).description(
    'Add the history server to a cluster: deploy --history. What runs already goes on. Event logs are written without it, too.',
  );
  addExamples(command, [
    ['spark-swarm history start', 'its address is printed'],
    ['spark-swarm history start --port history=0', 'on a free port'],
  ]);
  command.action(async (options: DeployCommandOptions) => changeHistory(cli, options, true));
}

/** `history stop`. */
function configureStop(command: Command, cli: CliContext): void {
  addDeployOptions(command, cli).description(
    'Take the history server away: deploy --no-history. Applications go on, and so does the writing of event logs.',
  );
  addExamples(command, [['spark-swarm history stop', '']]);
  command.action(async (options: DeployCommandOptions) => changeHistory(cli, options, false));
}

/** `history url`. */
function configureUrl(command: Command, cli: CliContext): void {
  addOutputOption(addClusterOptions(command))
    .description('Print the address of the history server, or of the pages of one application, and nothing else.')
    .argument(
      '[application]',
      'as Spark names it, like app-20261121091010-0000 (default: all of them)',
      parseApplication,
    );
  addExamples(command, [
    ['xdg-open "$(bin/history url)"', ''],
    ['spark-swarm history url app-20261121091010-0000', ''],
  ]);
  command.action(async (application: string | undefined, options: ClusterOptions & OutputOptions) => {
    const url = await withReporter(cli, {}, async (report) =>
      readHistoryUrl(await connect(cli, { ...options, report }), options.name, application),
    );
    await writeResult(cli, options.output, { name: options.name, url }, () => `${url}\n`);
  });
}

async function changeHistory(cli: CliContext, options: DeployCommandOptions, history: boolean): Promise<void> {
  const platform = await findPlatformKind(cli, options, '--history');
  await runDeploy(cli, { ...options, platform, history });
}

/** Source: Spark's `spark.deploy.appIdPattern` and local applications. */
function parseApplication(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/.test(text)) return text;
  throw new UsageError(
    `APPLICATION: got ${JSON.stringify(text)}; expected Spark's name of an application, like app-20261121091010-0000`,
  );
}
