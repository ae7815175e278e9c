import type { ChalkInstance } from 'chalk';
import type { Command } from 'commander';

import { openJobs } from '../../connections/open-jobs.ts';
import type { Finding } from '../../doctor/finding.ts';
import { explainCluster, explainJob, type Explanation } from '../../operations/explain.ts';
import { readJobEvidence } from '../../operations/jobs/evidence.ts';
import { findJob } from '../../operations/jobs/read-jobs.ts';
import { FINAL_STATES, type JobState } from '../../jobs/job.ts';
import { createColors } from '../colors.ts';
import { connect } from '../connect.ts';
import type { CliContext } from '../context.ts';
import { findingLines } from '../finding-lines.ts';
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
import { printable } from '../printable.ts';
import { addJobArgument } from './job-options.ts';
import { withReporter } from '../reporter.ts';

type ExplainOptions = ClusterOptions & OutputOptions & ProgressOptions;

/** What `explain JOB -o json` prints. */
interface ExplainedJob {
  readonly cluster: string;
  readonly job: { readonly id: string; readonly name: string; readonly state: JobState; readonly reason: string };
  readonly findings: readonly Finding[];
}

export function configure(command: Command, cli: CliContext): void {
  addProgressOptions(addOutputOption(addClusterOptions(command))).description(
    'Say why applications do not work: every active one of the cluster, whoever submitted it, or one job, running or ended. ' +
      'Each finding has its proof, what to type, and a page. Ends with 1 if there is one.',
  );
  addJobArgument(command, { isOptional: true, otherwise: ' (default: all active applications)' });
  addExamples(command, [
    ['spark-swarm explain', 'why does nothing move?'],
    ['spark-swarm explain 3f0c', 'why did this job fail?'],
    ["spark-swarm explain -o json | jq -r '.applications[].findings[] | .id, .fix'", 'for scripts'],
  ]);
  command.action(async (job: string | undefined, options: ExplainOptions) => {
    const colors = createColors(cli.env, cli.stdout);
    const explained = await withReporter(cli, options, async (report) => {
      const connection = await connect(cli, { ...options, report });
      if (job === undefined) return explainCluster(connection, options.name);
      const { projectRoot } = cli;
      const jobs = await openJobs(connection, { name: options.name, driver: 'master', projectRoot });
      const view = await findJob(jobs, job);
      const findings = await explainJob(connection, await readJobEvidence(jobs, view));
      const { state, reason, spec } = view;
      return { cluster: options.name, job: { id: spec.id, name: spec.name, state, reason }, findings };
    });
    const format = (): string => ('job' in explained ? formatJob(explained, colors) : formatCluster(explained, colors));
    await writeResult(cli, options.output, explained, format);
    if (listFindings(explained).some(({ severity }) => severity === 'error')) cli.exitStatus = 1;
  });
}

function listFindings(explained: Explanation | ExplainedJob): readonly Finding[] {
  const more = 'applications' in explained ? explained.applications.flatMap(({ findings }) => findings) : [];
  return [...explained.findings, ...more];
}

/** The cluster's own findings, then a line for each application with its findings below. */
function formatCluster({ cluster, applications, findings }: Explanation, colors: ChalkInstance): string {
  const own = findings.map((finding) => findingLines(finding, colors).join('\n'));
  const each = applications.map((app) => {
    const line = `${app.id} ${JSON.stringify(app.name)} of ${printable(app.user)}: ${app.state}, ${app.cores} ${app.cores === 1 ? 'core' : 'cores'}`;
    const lines = app.findings.flatMap((finding) => findingLines(finding, colors).map((text) => `  ${text}`));
    return [lines.length === 0 ? `${line}: nothing stands in its way` : line, ...lines].join('\n');
  });
  const none = applications.length === 0 ? [`No application is active on the cluster "${cluster}".`] : [];
  return [...own, ...each, ...none].join('\n\n');
}

function formatJob({ job, findings }: ExplainedJob, colors: ChalkInstance): string {
  const line = `job ${job.name} (${job.id}): ${job.state}${job.reason === '' ? '' : `, ${job.reason}`}`;
  const lines = findings.map((finding) => findingLines(finding, colors).join('\n'));
  const none =
    job.state === 'FAILED' || job.state === 'DONEWITHERROR'
      ? 'the cause is not known; spark-swarm job logs has its own words'
      : FINAL_STATES.has(job.state)
        ? 'it has ended, and there is nothing to explain'
        : 'nothing stands in its way';
  return [lines.length === 0 ? `${line}: ${none}` : line, ...lines].join('\n\n');
}
