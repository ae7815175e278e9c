import type { Command } from 'commander';

import { formatJobCost } from '../../jobs/job-cost.ts';
import { quoteWord } from '../../jobs/quote-word.ts';
import { readJobInfo, type JobInfo } from '../../operations/jobs/info.ts';
import { findJob } from '../../operations/jobs/read-jobs.ts';
import type { JobSpec } from '../../jobs/job.ts';
import { formatBytes, formatSize } from '../../units.ts';
import type { CliContext } from '../context.ts';
import { addExamples, addOutputOption, type OutputOptions } from '../options.ts';
import { writeResult } from '../output.ts';
import { describeJob, describeState, formatPairs } from './job-format.ts';
import { addJobPlaceOptions, addJobArgument, withJobs, type JobPlaceOptions } from './job-options.ts';

/** `job info`. */
export function configureInfo(command: Command, cli: CliContext): void {
  addJobArgument(addJobPlaceOptions(addOutputOption(command))).description(
    "Shows everything known of a job: what was run, where, its folder; and out of Spark's event log what it cost: stages, tasks, shuffle, spill, garbage collection, memory.",
  );
  addExamples(command, [['spark-swarm job info 4c1f0a9b7e23', '']]);
  command.action(async (text: string, { output, ...options }: JobPlaceOptions & OutputOptions) => {
    const info = await withJobs(cli, options, async (jobs) => readJobInfo(jobs, await findJob(jobs, text)));
    const { view, ...rest } = info;
    const { argv, environment, files, timeoutMs, graceMs, maxOutputBytes = null } = view.spec;
    const job = {
      ...describeJob(view),
      argv,
      environment,
      files,
      timeoutMs,
      graceMs,
      maxOutputBytes,
      bytes: view.bytes,
    };
    await writeResult(cli, output, { job, ...rest }, () => formatInfo(info));
  });
}

function formatInfo({ view, directory, place, applications }: JobInfo): string {
  const { spec, bytes } = view;
  const job = formatPairs([
    ['id', spec.id],
    ['name', spec.name],
    ['state', describeState(view)],
    ['exit status', view.exitCode === undefined ? '-' : String(view.exitCode)],
    ['process', view.process ?? '-'],
    ['driver', spec.driver],
    ['directory', `${directory} in ${place}`],
    ['runs', spec.argv.map(quoteWord).join(' ')],
    ['environment', spec.environment.join(' ') || '-'],
    ['files', spec.files.join(' ') || '-'],
    ['output', `${formatBytes(bytes.stdout)} stdout, ${formatBytes(bytes.stderr)} stderr${formatKept(spec)}`],
    ['asked', `${spec.createdAt} by ${spec.createdBy}`],
  ]);
  return [job, ...applications.map((cost) => formatPairs(formatJobCost(cost)))].join('\n\n');
}

function formatKept({ maxOutputBytes }: JobSpec): string {
  return maxOutputBytes ? `; the last ${formatSize(maxOutputBytes)} of each are kept` : '';
}
