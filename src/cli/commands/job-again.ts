import path from 'node:path';

import type { Command } from 'commander';

import { openJobTools } from '../../adapters/jobs/job-tools.ts';
import { readCapsuleFile, unpackCapsule, withCapsuleFolder } from '../../adapters/jobs/capsule-file.ts';
import { openJobs } from '../../connections/open-jobs.ts';
import { UsageError } from '../../errors.ts';
import type { Report } from '../../events.ts';
import { planCapsule, type Capsule } from '../../jobs/capsule.ts';
import { parseDriverPlace } from '../../jobs/driver-place.ts';
import { parseJobId } from '../../jobs/job-id.ts';
import type { JobPlan } from '../../jobs/job-plan.ts';
import type { DriverPlace } from '../../jobs/job.ts';
import { parseJobText } from '../../jobs/match-jobs.ts';
import { fetchCapsule } from '../../operations/jobs/export.ts';
import { findJob } from '../../operations/jobs/read-jobs.ts';
import type { Launched } from '../../operations/jobs/run.ts';
import { startApplication } from '../../operations/submit.ts';
import { connect } from '../connect.ts';
import type { CliContext } from '../context.ts';
import { parseText, type ClusterOptions, type ProgressOptions } from '../options.ts';
import { withReporter } from '../reporter.ts';

export interface AgainOptions {
  readonly retry?: string;
  readonly capsule?: string;
}

/** Options of `job run` that say where and how, and not what: those go together with a job that is known already. */
const PLACE_OPTIONS: ReadonlySet<string> = new Set([
  'retry',
  'capsule',
  'id',
  'driver',
  'name',
  'context',
  'platform',
  'output',
  'quiet',
  'verbose',
  'events',
]);

/** `--retry JOB` and `--capsule FILE`: a job that is known already, once more. */
export function addAgainOptions(command: Command): Command {
  return command
    .option(
      '--retry <job>',
      'a job that has ended, once more, as a new one: its words, files and variables are in its record',
      (text) => parseJobText(text).text,
    )
    .option('--capsule <file>', 'the job in a file of job export, as a new one', (text) =>
      parseText(text, '--capsule'),
    );
}

/** @returns false where neither was typed @throws UsageError for what says besides what the job is */
export function isAgain(command: Command, words: readonly string[]): boolean {
  const { retry, capsule } = command.opts<AgainOptions>();
  if (retry === undefined && capsule === undefined) return false;
  const flag = retry === undefined ? '--capsule' : '--retry';
  const typed = command.options
    .filter((option) => !PLACE_OPTIONS.has(option.attributeName()))
    .filter((option) => !['default', undefined].includes(command.getOptionValueSource(option.attributeName())))
    .flatMap(({ long }) => long ?? []);
  const more = [...(retry !== undefined && capsule !== undefined ? ['--capsule'] : []), ...typed, ...words];
  if (more.length === 0) return true;
  throw new UsageError(`${flag}: the job has all of it already; leave out ${more.join(' ')}`, {
    hint:
      retry === undefined
        ? 'only --id, --name and --driver can be others'
        : '--name and --driver say where its record is; to run it elsewhere: job export, then --capsule',
  });
}

type StartOptions = AgainOptions &
  ClusterOptions &
  ProgressOptions & { readonly id?: string; readonly driver?: string };

/** Starts it. @throws UsageError, NotFoundError, InvalidStateError for one that has not ended; as `startApplication` */
export async function runAgain(cli: CliContext, options: StartOptions): Promise<Launched> {
  const id = options.id === undefined ? undefined : parseJobId(options.id);
  const driver = options.driver === undefined ? undefined : parseDriverPlace(options.driver);
  return withReporter(cli, options, async (report) =>
    withCapsuleFolder(async (folder) => {
      const { retry, capsule: file } = options;
      const local =
        file === undefined
          ? undefined
          : await readCapsuleFile(path.resolve(cli.cwd, file), { folder, signal: cli.signal });
      const connection = await connect(cli, { ...options, report });
      const open = async (place: DriverPlace): ReturnType<typeof openJobs> =>
        openJobs(connection, { name: options.name, driver: place, projectRoot: cli.projectRoot });
      const fetch = async (): Promise<Capsule> => {
        // Records of tasks lie beside the master's.
        const jobs = await open(driver === undefined || driver === 'task' ? 'master' : driver);
        const source = `of the job ${retry}, from its record`;
        return fetchCapsule(jobs, await findJob(jobs, retry ?? ''), async (archive) =>
          unpackCapsule(archive, { folder, source, signal: cli.signal }),
        );
      };
      const capsule = local ?? (await fetch());
      const isHomeless = capsule.spec.driver === 'task' && driver === undefined && !connection.reader;
      if (isHomeless) {
        const message = 'the driver of the job was a task; in containers of one engine it runs in that of the master';
        report({ type: 'warning', message });
      }
      const place = isHomeless ? 'master' : driver;
      const plan = await planAgain(cli, capsule, { id, driver: place, cluster: options.name, report });
      return startApplication(await open(plan.spec.driver), plan);
    }),
  );
}

async function planAgain(
  { cwd, env }: CliContext,
  capsule: Capsule,
  {
    cluster,
    report,
    ...wish
  }: {
    readonly id: string | undefined;
    readonly driver: DriverPlace | undefined;
    readonly cluster: string;
    readonly report: Report;
  },
): Promise<JobPlan> {
  const { plan, isAltered } = await planCapsule(capsule, wish, await openJobTools({ cwd, env, cluster }));
  if (isAltered) {
    report({
      type: 'warning',
      message: `files of the job "${plan.spec.name}" are not as they were when it was started: it has written to them, or its capsule was changed`,
    });
  }
  return plan;
}
