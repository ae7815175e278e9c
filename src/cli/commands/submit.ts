import { randomBytes } from 'node:crypto';
import path from 'node:path';

import type { Command } from 'commander';

import { isFile, packRunFolder } from '../../adapters/files/run-archive.ts';
import { PLATFORM_KINDS } from '../../cluster/cluster.ts';
import { parseClusterName } from '../../cluster/cluster-name.ts';
import type { LocateOptions } from '../../connections/locate-cluster.ts';
import type { Connection } from '../../connections/connection.ts';
import { UsageError } from '../../errors.ts';
import { submitApplication } from '../../operations/submit.ts';
import { EXAMPLES, planSubmit } from '../../spark/submit-argv.ts';
import { formatDuration } from '../../units.ts';
import { connect } from '../connect.ts';
import type { CliContext } from '../context.ts';
import { addClusterOptions, addExamples, parseChoice, type ClusterOptions } from '../options.ts';
import { withReporter } from '../reporter.ts';

export type SubmitCommandOptions = ClusterOptions & { readonly quiet?: true; readonly example?: string };

export function configure(command: Command, cli: CliContext): void {
  addSubmitOptions(addClusterOptions(command)).usage('[--name NAME] [spark-submit options] APP [args…]');
  addExamples(command, [
    ['spark-swarm submit --example pi 100', ''],
    ['spark-swarm submit app.py --input /data/in', 'app.py of this folder is brought along'],
    ['spark-swarm submit --class Main --jars lib.jar app.jar', ''],
    ['spark-swarm submit --conf spark.sql.shuffle.partitions=8 /data/app.py', 'a path inside the cluster'],
  ]);
  command.action(async (words: readonly string[], options: SubmitCommandOptions) =>
    runSubmit(cli, options, words, async (where) => connect(cli, where)),
  );
}

/** What follows the flags that say which cluster. */
export function addSubmitOptions(command: Command): Command {
  return command
    .description(
      "Run an application on the cluster, stream its output, and end with its own exit status. The driver runs in the master's container.",
    )
    .argument('[words...]', "spark-submit's own options, then the application (.py or .jar), then its arguments")
    .option('--example <name>', `an example that the image holds: ${Object.keys(EXAMPLES).join(', ')}`)
    .option('-q, --quiet', "nothing but the application's output")
    .allowUnknownOption()
    .passThroughOptions();
}

/** @param open finds the cluster that the line names */
export async function runSubmit(
  cli: CliContext,
  options: Omit<SubmitCommandOptions, 'name'> & { readonly name?: string | undefined },
  typed: readonly string[],
  open: (where: LocateOptions) => Promise<Connection>,
): Promise<void> {
  const words = options.example === undefined ? typed : ['--example', options.example, ...typed];
  const resolve = (file: string): string => path.resolve(cli.cwd, file);
  const plan = planSubmit(words, { examples: EXAMPLES, isLocalFile: (file) => isFile(resolve(file)) });
  const name = plan.own.name === undefined ? options.name : parseClusterName(plan.own.name);
  if (name === undefined) throw new UsageError('-n is missing', { hint: 'spark-swarm cluster submit --help' });
  const context = plan.own.context ?? options.context;
  const platform =
    plan.own.platform === undefined ? options.platform : parseChoice(plan.own.platform, '--platform', PLATFORM_KINDS);
  const startedAt = performance.now();
  await withReporter(cli, { ...options, verbose: true }, async (report) => {
    const connection = await open({ context, platform, name, report });
    cli.exitStatus = await submitApplication(connection, {
      name,
      plan,
      runId: randomBytes(6).toString('hex'),
      stdout: cli.stdout,
      stderr: cli.stderr,
      pack: async (runFolder, files, owner) => packRunFolder(runFolder, files.map(resolve), owner),
    });
  });
  if (options.quiet && cli.exitStatus === 0) return;
  const took = formatDuration(performance.now() - startedAt);
  cli.stderr.write(
    cli.exitStatus === 0
      ? `the application succeeded after ${took}\n`
      : `the application failed after ${took}; exit status ${cli.exitStatus} is its own\n`,
  );
}
