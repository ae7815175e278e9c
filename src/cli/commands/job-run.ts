import type { Command } from 'commander';

import { openJobs } from '../../connections/open-jobs.ts';
import { startApplication } from '../../operations/submit.ts';
import type { JobWish } from '../../jobs/job-wish.ts';
import type { Launched } from '../../operations/jobs/run.ts';
import { connect } from '../connect.ts';
import type { CliContext } from '../context.ts';
import {
  addClusterOptions,
  addExamples,
  addOutputOption,
  addProgressOptions,
  type ClusterOptions,
  type OutputOptions,
  type ProgressOptions,
} from '../options.ts';
import { writeResult } from '../output.ts';
import { planTypedJob } from '../plan-job.ts';
import { withReporter } from '../reporter.ts';
import { addAgainOptions, isAgain, runAgain } from './job-again.ts';
import { addJobFlags, readWish } from './job-flags.ts';
import { formatJobWords } from './job-format.ts';

interface RunCommandOptions extends ClusterOptions, OutputOptions, ProgressOptions {}

/** `job run`. */
export function configureRun(command: Command, cli: CliContext): void {
  addAgainOptions(addJobFlags(addOutputOption(addProgressOptions(addClusterOptions(command)))))
    .description(
      'Starts a job and returns: its id is printed. Everything it needs is checked and uploaded first. The job goes on without this terminal, and its record outlives the containers.',
    )
    .argument(
      '[words...]',
      "spark-submit's own options, the application, its arguments; of a shell job the script first",
    )
    .usage('[flags] [spark-submit options] APP [args…]')
    .allowUnknownOption()
    .passThroughOptions();
  addExamples(command, [
    ['spark-swarm job run app.py --input /data/in', ''],
    ['spark-swarm job run --class Main --jars lib.jar app.jar', ''],
    ['spark-swarm job run --file wordcount.yaml', 'a job file, YAML or JSON'],
    ['spark-swarm job run --type shell prepare.sh /data', ''],
    ['spark-swarm job run --retry 4c1f0a9b7e23', 'the same once more, as a new job'],
    ['spark-swarm job wait "$(spark-swarm job run --example pi 100)"', ''],
  ]);
  command.action(async (words: readonly string[]) => {
    const wish = await readWish(cli, command, words);
    const options = command.opts<RunCommandOptions>();
    const launched = isAgain(command, words) ? await runAgain(cli, options) : await runWish(cli, command, wish);
    tellLaunched(cli, launched, options);
    await writeResult(cli, options.output, { job: describeLaunched(launched) }, () => launched.spec.id);
  });
}

async function runWish(cli: CliContext, command: Command, wish: JobWish): Promise<Launched> {
  const options = command.opts<RunCommandOptions>();
  const name = command.getOptionValueSource('name') === 'default' ? (wish.cluster ?? options.name) : options.name;
  return withReporter(cli, options, async (report) => {
    const plan = await planTypedJob(cli, wish, name);
    const connection = await connect(cli, { ...options, name, report });
    const { driver } = plan.spec;
    const jobs = await openJobs(connection, { name, driver, projectRoot: cli.projectRoot });
    return startApplication(jobs, plan);
  });
}

export function describeLaunched({ spec, state, directory, process, isRepeated }: Launched): object {
  const { id, name, cluster, driver } = spec;
  return { id, name, cluster, driver, state, directory, process: process ?? null, alreadyStarted: isRepeated };
}

/** For people; the id alone is the result. */
export function tellLaunched(
  cli: CliContext,
  { spec, isRepeated, state }: Launched,
  { quiet, ...place }: Pick<ProgressOptions, 'quiet'> & Omit<ClusterOptions, 'name'>,
): void {
  if (quiet) return;
  const verb = isRepeated ? 'had been started before' : state === 'PENDING' ? 'is about to start' : 'runs';
  // It may have ended long ago.
  const next = isRepeated ? 'status' : 'logs -f';
  cli.stderr.write(`${spec.name} ${verb}; spark-swarm job ${next} ${formatJobWords(spec, place)}\n`);
}
