import type { Command } from 'commander';

import { readNotebookUrl } from '../../operations/notebook.ts';
import { describeWork, type RunningWork } from '../../operations/running-work.ts';
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

/** `notebook start|stop|url`. */
export function configure(command: Command, cli: CliContext): void {
  command.description('JupyterLab beside the master of a cluster, connected to it.');
  configureStart(command.command('start').summary('add JupyterLab to a cluster'), cli);
  configureStop(command.command('stop').summary('take it away again; its files stay'), cli);
  configureUrl(command.command('url').summary('print its address, with the token'), cli);
}

/** `notebook start`. */
function configureStart(command: Command, cli: CliContext): void {
  addDeployOptions(command, cli).description(
    'Add JupyterLab to a cluster: deploy --notebook. What runs already goes on.',
  );
  addExamples(command, [
    ['spark-swarm notebook start', 'its address, with the token, is printed'],
    ['spark-swarm notebook start --port jupyter=0', 'on a free port'],
  ]);
  command.action(async (options: DeployCommandOptions) => changeNotebook(cli, options, true));
}

/** `notebook stop`. */
function configureStop(command: Command, cli: CliContext): void {
  addDeployOptions(command, cli).description(
    'Take the notebook away: deploy --no-notebook. Its kernels end; its files stay in a volume.',
  );
  command.action(async (options: DeployCommandOptions) => changeNotebook(cli, options, false));
}

/** `notebook url`. */
function configureUrl(command: Command, cli: CliContext): void {
  addOutputOption(addClusterOptions(command)).description(
    'Print the address of the notebook with its token, and nothing else. Whoever has the token runs code in the cluster.',
  );
  addExamples(command, [['xdg-open "$(bin/notebook url)"', '']]);
  command.action(async (options: ClusterOptions & OutputOptions) => {
    const url = await withReporter(cli, {}, async (report) =>
      readNotebookUrl(await connect(cli, { ...options, report }), options.name),
    );
    await writeResult(cli, options.output, { name: options.name, url }, () => `${url}\n`);
  });
}

async function changeNotebook(cli: CliContext, options: DeployCommandOptions, notebook: boolean): Promise<void> {
  const platform = await findPlatformKind(cli, options, '--notebook');
  const asked = { ...options, platform, notebook };
  return notebook ? runDeploy(cli, asked) : runDeploy(cli, asked, stopQuestion);
}

/** What is asked before a notebook's kernels end, and the applications in them. */
function stopQuestion(name: string, work: RunningWork): string {
  return `Take the notebook of the cluster "${name}" away? ${describeWork(work)}`;
}
