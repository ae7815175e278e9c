import type { Command } from 'commander';

import { UsageError } from '../../errors.ts';
import { streamExecutorLogs } from '../../operations/jobs/executor-logs.ts';
import { streamJobLogs } from '../../operations/jobs/logs.ts';
import { findJob } from '../../operations/jobs/read-jobs.ts';
import { parseCount } from '../../units.ts';
import type { CliContext } from '../context.ts';
import { addExamples } from '../options.ts';
import { addJobPlaceOptions, addJobArgument, withJobs, type JobPlaceOptions } from './job-options.ts';

interface LogsOptions extends JobPlaceOptions {
  readonly follow?: true;
  readonly stdout?: true;
  readonly stderr?: true;
  readonly tail?: number;
  readonly executor?: number;
}

/** `job logs`. */
export function configureLogs(command: Command, cli: CliContext): void {
  const count = { min: 0, max: 999_999 };
  addJobArgument(addJobPlaceOptions(command))
    .description(
      'Shows what a job has printed: its standard output and its standard error, each on its own. Also when it has ended, and its cluster was deployed anew.',
    )
    .option('-f, --follow', 'go on until the job has ended; a connection that is cut is made again')
    .option('--stdout', 'standard output alone')
    .option('--stderr', "standard error alone, where Spark's log goes; it is written to standard output")
    .option('--tail <lines>', 'the last lines only', (text) => parseCount(text, '--tail', count))
    .option('--executor <number>', 'of this executor, as its worker keeps it', (text) =>
      parseCount(text, '--executor', count),
    );
  addExamples(command, [
    ['spark-swarm job logs -f 4c1f0a9b7e23', ''],
    ['spark-swarm job logs --stderr --tail 50 4c1f', ''],
    ['spark-swarm job logs --executor 0 --stderr 4c1f', ''],
  ]);
  command.action(async (text: string, options: LogsOptions) => {
    if (options.stdout && options.stderr) throw new UsageError('--stdout and --stderr: expected one of them, or none');
    const wish = {
      stdout: options.stderr ? undefined : cli.stdout,
      stderr: options.stdout ? undefined : options.stderr ? cli.stdout : cli.stderr,
      follow: options.follow ?? false,
      tail: options.tail,
    };
    await withJobs(cli, options, async (jobs) => {
      const job = await findJob(jobs, text);
      if (options.executor === undefined) await streamJobLogs(jobs, job, wish);
      else await streamExecutorLogs(jobs, jobs.connection, { ...wish, job, executor: options.executor });
    });
  });
}
