import type { ChalkInstance } from 'chalk';
import type { Command } from 'commander';

import type { Finding } from '../../doctor/finding.ts';
import { UsageError } from '../../errors.ts';
import { explainCluster, explainJob, type Explanation } from '../../operations/explain.ts';
import { readJobEvidence } from '../../operations/jobs/evidence.ts';
import { findJob } from '../../operations/jobs/read-jobs.ts';
import { FINAL_STATES } from '../../jobs/job.ts';
import type { JobView } from '../../jobs/judge-snapshot.ts';
import { createColors } from '../colors.ts';
import { connect } from '../connect.ts';
import type { CliContext } from '../context.ts';
import { findingLines } from '../finding-lines.ts';
import { addExamples, addOutputOption, type OutputOptions } from '../options.ts';
import { writeResult } from '../output.ts';
import { printable } from '../printable.ts';
import { withReporter } from '../reporter.ts';
import { adviseLogs, describeJob } from './job-format.ts';
import { addJobArgument, addJobPlaceOptions, withJobs, type JobPlaceOptions } from './job-options.ts';

type ExplainOptions = JobPlaceOptions & OutputOptions;

/** A job with what was found, before it is printed. */
interface JobFindings {
  readonly view: JobView;
  readonly findings: readonly Finding[];
}

export function configure(command: Command, cli: CliContext): void {
  addJobPlaceOptions(addOutputOption(command)).description(
    'Say why applications do not work: every active one of the cluster, whoever submitted it, or one job, running or ended. ' +
      'Each finding has its proof, what to type, and a page. Ends with 1 if there is one.',
  );
  addJobArgument(command, { isOptional: true, otherwise: ' (default: all active applications)' });
  addExamples(command, [
    ['spark-swarm explain', 'why does nothing move?'],
    ['spark-swarm explain 3f0c', 'why did this job fail?'],
    ['spark-swarm explain --driver ssh://ada@edge 3f0c', 'of one whose driver runs there'],
    ["spark-swarm explain -o json | jq -r '.applications[].findings[] | .id, .fix'", 'for scripts'],
  ]);
  command.action(async (job: string | undefined, options: ExplainOptions) => {
    const colors = createColors(cli.env, cli.stdout);
    const findings =
      job === undefined ? await printCluster(cli, options, colors) : await printJob(cli, job, options, colors);
    if (findings.some(({ severity }) => severity === 'error')) cli.exitStatus = 1;
  });
}

/** Prints why the active applications do not work. @returns what was found */
async function printCluster(
  cli: CliContext,
  options: ExplainOptions,
  colors: ChalkInstance,
): Promise<readonly Finding[]> {
  if (options.driver.startsWith('ssh:')) {
    throw new UsageError(
      `--driver: got ${JSON.stringify(options.driver)} without a job; expected JOB, whose record is on that machine`,
    );
  }
  const explained = await withReporter(cli, options, async (report) =>
    explainCluster(await connect(cli, { ...options, report }), options.name),
  );
  await writeResult(cli, options.output, explained, () => formatCluster(explained, colors));
  return [...explained.findings, ...explained.applications.flatMap(({ findings }) => findings)];
}

/** Prints why one job does not work, or has failed. @returns what was found */
async function printJob(
  cli: CliContext,
  job: string,
  options: ExplainOptions,
  colors: ChalkInstance,
): Promise<readonly Finding[]> {
  const { view, findings } = await withJobs(cli, options, async (jobs): Promise<JobFindings> => {
    const found = await findJob(jobs, job);
    return { view: found, findings: await explainJob(jobs.connection, await readJobEvidence(jobs, found)) };
  });
  const explained = { cluster: options.name, job: describeJob(view), findings };
  await writeResult(cli, options.output, explained, () => formatJob({ view, findings }, { ...options, colors }));
  return findings;
}

/** The cluster's own findings, then a line for each application with its findings below. */
function formatCluster({ cluster, applications, findings }: Explanation, colors: ChalkInstance): string {
  const own = findings.map((finding) => findingLines(finding, colors).join('\n'));
  const each = applications.map((app) => {
    const cores = `${app.cores} ${app.cores === 1 ? 'core' : 'cores'}`;
    const job = app.jobId === null ? '' : `, job ${app.jobId}`;
    const line = `${app.id} ${JSON.stringify(app.name)} of ${printable(app.user)}: ${app.state}, ${cores}${job}`;
    const lines = app.findings.flatMap((finding) => findingLines(finding, colors).map((text) => `  ${text}`));
    return [lines.length === 0 ? `${line}: nothing stands in its way` : line, ...lines].join('\n');
  });
  const none = applications.length === 0 ? [`No application is active on the cluster "${cluster}".`] : [];
  return [...own, ...each, ...none].join('\n\n');
}

export function formatJob(
  { view, findings }: JobFindings,
  { colors, ...place }: Pick<JobPlaceOptions, 'context' | 'platform'> & { readonly colors: ChalkInstance },
): string {
  const { spec, state, reason } = view;
  const line = `job ${spec.name} (${spec.id}): ${state}${reason === '' ? '' : `, ${printable(reason)}`}`;
  if (findings.length > 0)
    return [line, ...findings.map((finding) => findingLines(finding, colors).join('\n'))].join('\n\n');
  if (state === 'DONEWITHERROR') return [`${line}: the cause is not known`, ...adviseLogs(view, place)].join('\n');
  // It has not begun, and the reason says why.
  if (state === 'FAILED') return line;
  return `${line}: ${FINAL_STATES.has(state) ? 'it has ended, and there is nothing to explain' : 'nothing stands in its way'}`;
}
