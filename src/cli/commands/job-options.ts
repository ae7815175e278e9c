import type { Command } from 'commander';

import { openJobs, type OpenJobs } from '../../connections/open-jobs.ts';
import { parseDriverPlace } from '../../jobs/driver-place.ts';
import type { DriverPlace } from '../../jobs/job.ts';
import { parseJobText } from '../../jobs/match-jobs.ts';
import { connect } from '../connect.ts';
import type { CliContext } from '../context.ts';
import { addClusterOptions, addProgressOptions, type ClusterOptions, type ProgressOptions } from '../options.ts';
import { withReporter } from '../reporter.ts';

/** What all commands on jobs that are there have in common. */
export interface JobPlaceOptions extends ClusterOptions, ProgressOptions {
  readonly driver: DriverPlace;
}

const JOB_ARGUMENT = 'id of the job, the beginning of it, or PID@INSTANCE';

/** The argument that names a job. What cannot name one is wrong usage, before any engine is asked. */
export function addJobArgument(command: Command, { isOptional = false, otherwise = '' } = {}): Command {
  return command.argument(
    isOptional ? '[job]' : '<job>',
    `${JOB_ARGUMENT}${otherwise}`,
    (text) => parseJobText(text).text,
  );
}

/** `--name`, `--context`, `--platform`, `-q`, `-v`, `--events`, and `--driver`. */
export function addJobPlaceOptions(command: Command): Command {
  return addProgressOptions(addClusterOptions(command)).option(
    '--driver <place>',
    'where the driver of the job was started: master and task are one place, ssh://user@host is that machine',
    (text) => parseDriverPlace(text),
    'master' satisfies DriverPlace,
  );
}

/** Opens the jobs of the cluster that the line names. */
export async function withJobs<T>(
  cli: CliContext,
  options: JobPlaceOptions,
  work: (jobs: OpenJobs) => Promise<T>,
): Promise<T> {
  return withReporter(cli, options, async (report) => {
    const connection = await connect(cli, { ...options, report });
    // Records of tasks lie beside the master's.
    const driver = options.driver === 'task' ? 'master' : options.driver;
    return work(await openJobs(connection, { name: options.name, driver, projectRoot: cli.projectRoot }));
  });
}
