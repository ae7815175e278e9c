import type { Command } from 'commander';

import { parseClusterName } from '../../cluster/cluster-name.ts';
import type { Connection } from '../../connections/connection.ts';
import type { LocateOptions } from '../../connections/locate-cluster.ts';
import { openJobs, type OpenJobs } from '../../connections/open-jobs.ts';
import { UsageError } from '../../errors.ts';
import { withDriver, type JobPlan } from '../../jobs/job-plan.ts';
import { jobFolder } from '../../jobs/launch.ts';
import { findCauses, watchCauses } from '../../operations/jobs/causes.ts';
import type { Launched } from '../../operations/jobs/run.ts';
import {
  assertApplication,
  exitStatusOf,
  startApplication,
  submitApplication,
  type ApplicationEnd,
} from '../../operations/submit.ts';
import { EXAMPLES } from '../../spark/submit-argv.ts';
import { formatDuration } from '../../units.ts';
import { connect } from '../connect.ts';
import type { CliContext } from '../context.ts';
import { addClusterOptions, addExamples, type ClusterOptions } from '../options.ts';
import { planTypedJob } from '../plan-job.ts';
import { withReporter } from '../reporter.ts';
import { tellFinding } from './job-findings.ts';
import { readWish } from './job-flags.ts';
import { tellLaunched } from './job-run.ts';

export type SubmitCommandOptions = ClusterOptions & { readonly quiet?: true; readonly detach?: true };

export function configure(command: Command, cli: CliContext): void {
  addSubmitOptions(addClusterOptions(command)).usage('[--name NAME] [spark-submit options] APP [args…]');
  addExamples(command, [
    ['spark-swarm submit --example pi 100', ''],
    ['spark-swarm submit app.py --input /data/in', 'app.py of this folder is brought along'],
    ['spark-swarm submit --class Main --jars lib.jar app.jar', ''],
    ['spark-swarm submit --conf spark.sql.shuffle.partitions=8 /data/app.py', 'a path inside the cluster'],
    ['spark-swarm submit --detach app.py', 'prints the id of the job and returns'],
  ]);
  command.action(async (words: readonly string[]) =>
    runSubmit(cli, command, words, {
      nameOf: ({ name }) => name,
      open: async (where) => connect(cli, where),
    }),
  );
}

/** What follows the flags that say which cluster. */
export function addSubmitOptions(command: Command): Command {
  return command
    .description(
      "Run an application on the cluster, stream its output, and end with its own exit status. The driver runs in the master's container, or where --driver says. Ctrl-C cancels it; it goes on when this program is killed, and is in the list of jobs.",
    )
    .argument('[words...]', "spark-submit's own options, then the application (.py or .jar), then its arguments")
    .option('--example <name>', `an example that the image holds: ${Object.keys(EXAMPLES).join(', ')}`)
    .option('--detach', 'return at once and print the id of the job; on a swarm the driver is a service of its own')
    .option('--driver <place>', 'where the driver runs: master, task, ssh://user@host (default: master)')
    .option('-q, --quiet', "nothing but the application's output")
    .allowUnknownOption()
    .passThroughOptions();
}

export interface SubmitTarget {
  /** The cluster that was typed; `undefined` if it must be and was not. */
  readonly nameOf: (options: SubmitCommandOptions) => string | undefined;
  /** Finds it. */
  readonly open: (where: LocateOptions) => Promise<Connection>;
}

export async function runSubmit(
  cli: CliContext,
  command: Command,
  words: readonly string[],
  { nameOf, open }: SubmitTarget,
): Promise<void> {
  const wish = await readWish(cli, command, words);
  const options = command.opts<SubmitCommandOptions>();
  const name = nameOf(options);
  if (name === undefined) throw new UsageError('-n is missing', { hint: 'spark-swarm cluster submit --help' });
  assertApplication(wish);
  const plan = await planTypedJob(cli, wish, parseClusterName(name));
  const startedAt = performance.now();
  const end = await withReporter(cli, { ...options, verbose: true }, async (report) => {
    const connection = await open({ ...options, name, report });
    return options.detach ? detach(cli, connection, plan, options) : follow(cli, connection, plan);
  });
  if (!end) return;
  cli.exitStatus = exitStatusOf(end);
  if (!options.quiet || cli.exitStatus !== 0) sayEnd(cli, end, formatDuration(performance.now() - startedAt));
}

async function follow(cli: CliContext, connection: Connection, plan: JobPlan): Promise<ApplicationEnd> {
  const { projectRoot, stdout, stderr } = cli;
  const { cluster: name, driver } = plan.spec;
  const jobs = await openJobs(connection, { name, driver, projectRoot });
  const tell = tellFinding(cli);
  const watch = async ({ spec, state }: Launched, signal: AbortSignal): Promise<void> =>
    watchCauses(jobs, connection, { job: { spec, folder: jobFolder(spec), state }, tell, signal });
  const end = await submitApplication(jobs, { plan, stdout, stderr, watch });
  if (end.view) for (const finding of await findCauses(jobs, connection, end.view)) tell(finding);
  return end;
}

/** A driver that nobody watches needs no room beside the master, where it can have a place of its own. */
async function detach(
  cli: CliContext,
  connection: Connection,
  plan: JobPlan,
  options: SubmitCommandOptions,
): Promise<undefined> {
  const own = connection.reader && plan.driver === undefined ? withDriver(plan, 'task') : plan;
  const { cluster: name, driver } = own.spec;
  const jobs: OpenJobs = await openJobs(connection, { name, driver, projectRoot: cli.projectRoot });
  const launched = await startApplication(jobs, own);
  tellLaunched(cli, launched, options);
  cli.stdout.write(`${launched.spec.id}\n`);
}

function sayEnd(cli: CliContext, end: ApplicationEnd, took: string): void {
  cli.stderr.write(`${describeEnd(end, took)}\n`);
}

/** 128 and the number of KILL, of TERM. */
const SIGNAL_STATUSES: ReadonlySet<number> = new Set([137, 143]);

/** A status is the application's own only where nobody has ended it: that is what the reason says. */
export function describeEnd({ state, reason, exitCode }: Omit<ApplicationEnd, 'view'>, took: string): string {
  if (state === 'SUCCEEDED') return `the application succeeded after ${took}`;
  if (state === 'KILLED') return `the application was interrupted after ${took}${reason === '' ? '' : `: ${reason}`}`;
  if (exitCode === undefined) return `the application ended as ${state} after ${took}: ${reason}`;
  if (SIGNAL_STATUSES.has(exitCode)) return `the application failed after ${took}: ${reason}; exit status ${exitCode}`;
  const why = reason === `exit ${exitCode}` ? '' : ` (${reason})`;
  return `the application failed after ${took}; exit status ${exitCode} is its own${why}`;
}
