import type { ChalkInstance } from 'chalk';
import type { Command } from 'commander';

import type { Finding } from '../../doctor/finding.ts';
import type { JobView } from '../../jobs/judge-snapshot.ts';
import { findCauses } from '../../operations/jobs/causes.ts';
import { findJob } from '../../operations/jobs/read-jobs.ts';
import { createColors } from '../colors.ts';
import type { CliContext } from '../context.ts';
import { findingLines } from '../finding-lines.ts';
import { addExamples, addOutputOption, type OutputOptions } from '../options.ts';
import { writeResult } from '../output.ts';
import { adviseLogs, describeJob, describeState } from './job-format.ts';
import { addJobPlaceOptions, addJobArgument, withJobs, type JobPlaceOptions } from './job-options.ts';

/** `job status`. */
export function configureStatus(command: Command, cli: CliContext): void {
  addJobArgument(addJobPlaceOptions(addOutputOption(command))).description(
    'Says what became of a job. While it hangs, and after it has failed, the cause is looked for: proof, and the command that cures it.',
  );
  addExamples(command, [
    ['spark-swarm job status 4c1f0a9b7e23', ''],
    ['spark-swarm job status 4c1f -o json | jq -r .job.state', ''],
  ]);
  command.action(async (text: string, { output, ...options }: JobPlaceOptions & OutputOptions) => {
    const { view, findings } = await withJobs(cli, options, async (jobs) => {
      const found = await findJob(jobs, text);
      return { view: found, findings: await findCauses(jobs, jobs.connection, found) };
    });
    const colors = createColors(cli.env, cli.stdout);
    await writeResult(cli, output, { job: describeJob(view), findings }, () =>
      formatStatus(view, findings, { ...options, colors }),
    );
  });
}

export function formatStatus(
  view: JobView,
  findings: readonly Finding[],
  { colors, ...place }: Pick<JobPlaceOptions, 'context' | 'platform'> & { readonly colors: ChalkInstance },
): string {
  const lines = findings.flatMap((finding) => findingLines(finding, colors));
  return [
    `${view.spec.name} ${view.spec.id}: ${describeState(view)}`,
    ...lines,
    ...(lines.length === 0 ? adviseLogs(view, place) : []),
  ].join('\n');
}
