import type { Command } from 'commander';

import { cancelJob } from '../../operations/jobs/cancel.ts';
import { findJob } from '../../operations/jobs/read-jobs.ts';
import { parseDuration } from '../../units.ts';
import type { CliContext } from '../context.ts';
import { addExamples, addOutputOption, type OutputOptions } from '../options.ts';
import { writeResult } from '../output.ts';
import { describeJob, describeState } from './job-format.ts';
import { addJobPlaceOptions, addJobArgument, withJobs, type JobPlaceOptions } from './job-options.ts';

interface CancelOptions extends JobPlaceOptions {
  readonly grace?: number;
  readonly timeout?: number;
}

/** `job cancel`. */
export function configureCancel(command: Command, cli: CliContext): void {
  addJobArgument(addJobPlaceOptions(addOutputOption(command)))
    .description(
      "Ends a job: SIGINT, SIGTERM after the grace, SIGKILL after as long again, to the job's own processes and to no other. Returns when nothing of it lives, with its final state. A job that has ended is not changed.",
    )
    .option(
      '--grace <duration>',
      'how long it may take to end after each signal (default: what it was started with)',
      (text) => parseDuration(text, '--grace', { hasZero: true }),
    )
    .option('--timeout <duration>', 'how long to wait for its end (default: the graces and what KILL takes)', (text) =>
      parseDuration(text, '--timeout'),
    );
  addExamples(command, [
    ['spark-swarm job cancel 4c1f0a9b7e23', ''],
    ['spark-swarm job cancel --grace 60s 4c1f', 'it may finish what it writes'],
  ]);
  command.action(async (text: string, { output, ...options }: CancelOptions & OutputOptions) => {
    const { view, wasFinal } = await withJobs(cli, options, async (jobs) =>
      cancelJob(jobs, await findJob(jobs, text), { graceMs: options.grace, timeoutMs: options.timeout }),
    );
    const result = { job: describeJob(view), alreadyFinished: wasFinal };
    await writeResult(cli, output, result, () =>
      wasFinal ? `${view.spec.id} had already finished: ${view.state}` : `${view.spec.id} ${describeState(view)}`,
    );
  });
}
