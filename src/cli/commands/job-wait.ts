import type { Command } from 'commander';

import { InterruptedError } from '../../errors.ts';
import type { JobView } from '../../jobs/judge-snapshot.ts';
import { cancelJob } from '../../operations/jobs/cancel.ts';
import { watchCauses } from '../../operations/jobs/causes.ts';
import { findJob } from '../../operations/jobs/read-jobs.ts';
import { waitForJob } from '../../operations/jobs/wait.ts';
import { exitStatusOf } from '../../operations/submit.ts';
import { parseDuration } from '../../units.ts';
import type { OpenJobs } from '../../connections/open-jobs.ts';
import type { CliContext } from '../context.ts';
import { addExamples, addOutputOption, type OutputOptions } from '../options.ts';
import { writeResult } from '../output.ts';
import { tellFinding } from './job-findings.ts';
import { describeJob, describeState } from './job-format.ts';
import { addJobPlaceOptions, addJobArgument, withJobs, type JobPlaceOptions } from './job-options.ts';

interface WaitOptions extends JobPlaceOptions {
  readonly timeout?: number;
  readonly cancelOnInterrupt?: true;
}

/** What ends a cancel that nobody waits for. */
const CANCEL_MARGIN_MS = 30_000;

/** `job wait`. */
export function configureWait(command: Command, cli: CliContext): void {
  addJobArgument(addJobPlaceOptions(addOutputOption(command)))
    .description(
      "Waits until a job has ended, and ends with the job's own exit status. Ctrl-C ends the waiting; the job goes on. What keeps it from going on is told.",
    )
    .option('--timeout <duration>', 'how long to wait, like 90s or 5m (default: as long as it takes)', (text) =>
      parseDuration(text, '--timeout'),
    )
    .option('--cancel-on-interrupt', 'Ctrl-C cancels the job');
  addExamples(command, [
    ['spark-swarm job wait 4c1f0a9b7e23 && echo done', ''],
    ['spark-swarm job wait --timeout 10m 4c1f', 'exit status 3: it is not over yet'],
  ]);
  command.action(async (text: string, { output, ...options }: WaitOptions & OutputOptions) => {
    const view = await withJobs(cli, options, async (jobs) => {
      const job = await findJob(jobs, text);
      const stop = new AbortController();
      const watching = watchCauses(jobs, jobs.connection, { job, tell: tellFinding(cli), signal: stop.signal });
      try {
        return await waitForJob(jobs, job, { timeoutMs: options.timeout });
      } catch (error) {
        throw cli.signal.aborted ? await leave(jobs, job, options) : error;
      } finally {
        stop.abort();
        await watching;
      }
    });
    await writeResult(cli, output, { job: describeJob(view) }, () => `${view.spec.id} ${describeState(view)}`);
    cli.exitStatus = exitStatusOf(view);
  });
}

/** What Ctrl-C means for the job. */
async function leave(
  jobs: OpenJobs,
  job: JobView,
  { cancelOnInterrupt, name }: Pick<WaitOptions, 'cancelOnInterrupt' | 'name'>,
): Promise<InterruptedError> {
  const { id, graceMs } = job.spec;
  if (!cancelOnInterrupt) {
    return new InterruptedError(`Interrupted; the job ${id} goes on`, {
      hint: `spark-swarm job cancel --name ${name} ${id}`,
    });
  }
  const own = { ...jobs, signal: AbortSignal.timeout(2 * graceMs + CANCEL_MARGIN_MS) };
  const { view } = await cancelJob(own, job, {});
  return new InterruptedError(`Interrupted; the job ${id} is ${describeState(view)}`);
}
