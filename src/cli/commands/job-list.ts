import type { Command } from 'commander';

import type { JobView } from '../../jobs/judge-snapshot.ts';
import { readJobs } from '../../operations/jobs/read-jobs.ts';
import { formatDuration } from '../../units.ts';
import type { CliContext } from '../context.ts';
import { addExamples, addOutputOption, type OutputOptions } from '../options.ts';
import { formatTable, writeResult } from '../output.ts';
import { describeJob } from './job-format.ts';
import { addJobPlaceOptions, withJobs, type JobPlaceOptions } from './job-options.ts';

/** `job list`. */
export function configureList(command: Command, cli: CliContext): void {
  addJobPlaceOptions(addOutputOption(command)).description(
    'Lists the jobs of a cluster, the newest first: those that run, those that have ended, and uploads that were cut off.',
  );
  addExamples(command, [
    ['spark-swarm job list', ''],
    ['spark-swarm job list -o json | jq -r ".jobs[] | select(.state == \\"RUNNING\\").id"', ''],
  ]);
  command.action(async ({ output, ...options }: JobPlaceOptions & OutputOptions) => {
    const views = await withJobs(cli, options, readJobs);
    await writeResult(cli, output, { cluster: options.name, jobs: views.map(describeJob) }, async () =>
      views.length === 0 ? `No jobs in the cluster "${options.name}"` : formatTable(HEAD, views.map(row)),
    );
  });
}

const HEAD = ['id', 'name', 'state', 'reason', 'age', 'took', 'driver'];

function row({ spec, state, reason, ageMs, durationMs }: JobView): readonly string[] {
  const took = durationMs === undefined ? '' : formatDuration(durationMs);
  return [spec.id, spec.name, state, reason, formatDuration(ageMs), took, spec.driver];
}
