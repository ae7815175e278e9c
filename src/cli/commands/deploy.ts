import path from 'node:path';

import type { Command } from 'commander';

import { parseComposeFile } from '../../adapters/files/compose-file.ts';
import { formatEndpoints } from '../../cluster/endpoints.ts';
import { createImageSource } from '../../connections/image-source.ts';
import type { Connection } from '../../connections/connection.ts';
import type { Report } from '../../events.ts';
import { deployCluster, describeSize, prepareDeploy, type PreparedDeploy } from '../../operations/deploy.ts';
import { describeWork, type RunningWork } from '../../operations/running-work.ts';
import { confirm } from '../ask.ts';
import { connect, surroundingsOf } from '../connect.ts';
import type { CliContext } from '../context.ts';
import { revealToken } from '../endpoints.ts';
import { addExamples, type OutputFormat } from '../options.ts';
import { writeResult } from '../output.ts';
import { withReporter } from '../reporter.ts';
import {
  addDeployOptions,
  checkOptions,
  readFlags,
  readPackages,
  type DeployCommandOptions,
} from './deploy-options.ts';

export function configure(command: Command, cli: CliContext): void {
  addDeployOptions(command, cli).description(
    'Deploy a cluster on the swarm, or change the one that is there, and wait until Spark is ready.',
  );
  addExamples(command, [
    ['spark-swarm deploy', 'two workers of one core'],
    ['spark-swarm deploy --workers 4 --worker-cores 2 --worker-memory 6g', ''],
    ['spark-swarm deploy --notebook --requirements requirements.txt', 'JupyterLab, and your own Python packages'],
    ['spark-swarm deploy --name b --port ui=0 --port master=0', 'another one beside it'],
    ['spark-swarm deploy --dry-run -o yaml', 'the stack that Docker would be given'],
  ]);
  command.action(async (options: DeployCommandOptions) => runDeploy(cli, options));
}

/** `deploy`, and `start`, which differs in where a new cluster is made. */
export async function runDeploy(
  cli: CliContext,
  options: DeployCommandOptions,
  question: typeof restartQuestion = restartQuestion,
): Promise<void> {
  // What can be told without the engine is told before it is asked.
  if (options.file !== undefined) await parseComposeFile(path.resolve(cli.cwd, options.file));
  checkOptions(options, options.platform);
  return options.dryRun ? dryRun(cli, options) : deploy(cli, options, question);
}

async function open(cli: CliContext, options: DeployCommandOptions, report: Report): Promise<Connection> {
  const connection = await connect(cli, { ...options, report, makes: true });
  checkOptions(options, connection.platform.kind);
  return connection;
}

async function deploy(cli: CliContext, options: DeployCommandOptions, question: typeof restartQuestion): Promise<void> {
  const result = await withReporter(cli, options, async (report) => {
    const connection = await open(cli, options, report);
    const deployed = await deployCluster(connection, {
      flags: await readFlags(options, cli),
      timeoutMs: options.timeout,
      wait: options.wait,
      images: createImageSource(connection, surroundingsOf(cli), options.registry),
      packages: readPackages(options, cli),
      confirmRestart: async (work) => confirm(cli, question(options.name, work), { yes: options.yes }),
    });
    const shown = { connection, cluster: options.name, output: options.output };
    return { ...deployed, endpoints: await revealToken(cli, deployed.endpoints, shown) };
  });
  await writeResult(cli, options.output, result, () => formatEndpoints(result.endpoints));
}

async function dryRun(cli: CliContext, options: DeployCommandOptions): Promise<void> {
  const { spec, plan } = await withReporter(cli, options, async (report) => {
    const connection = await open(cli, options, report);
    return prepareDeploy(connection, {
      flags: await readFlags(options, cli),
      images: createImageSource(connection, surroundingsOf(cli), options.registry),
      packages: readPackages(options, cli),
    });
  });
  if (options.output === 'table') cli.stdout.write(formatPlan({ spec, plan }));
  else cli.stdout.write(await formatDocument(options.output, plan.document));
}

function formatPlan({ spec, plan }: PreparedDeploy): string {
  const changes = plan.changes.length === 0 ? ['nothing to do'] : plan.changes;
  const warnings = plan.warnings.map((warning) => `  warning: ${warning}\n`);
  return `Cluster "${spec.name}": ${describeSize(spec)}\n${changes.map((change) => `  ${change}\n`).join('')}${warnings.join('')}`;
}

/** The file itself, without our own envelope, so that it can be handed to Docker. */
async function formatDocument(format: Exclude<OutputFormat, 'table'>, document: unknown): Promise<string> {
  if (format === 'json') return `${JSON.stringify(document, undefined, 2)}\n`;
  const { stringify } = await import('../../adapters/files/yaml.ts');
  return stringify(document, { aliasDuplicateObjects: false });
}

/** What is asked before running applications lose their executors, and jobs their container. */
export function restartQuestion(name: string, work: RunningWork): string {
  return `Replace the containers of the cluster "${name}"? ${describeWork(work)}`;
}
