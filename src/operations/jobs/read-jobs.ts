import { NotFoundError, UnreachableError } from '../../errors.ts';
import { FINAL_STATES, type JobStatus } from '../../jobs/job.ts';
import { judgeSnapshot, type JobView } from '../../jobs/judge-snapshot.ts';
import { readSnapshot, snapshotWords } from '../../jobs/snapshot.ts';
import { matchJobs, parseJobText, type JobText } from '../../jobs/match-jobs.ts';
import type { JobContext } from './job-context.ts';

/** Ten thousand records take a while to be read. */
const SNAPSHOT_TIMEOUT_MS = 120_000;

/**
 * All jobs as they are seen now, newest first, by one remote program; with an id that one alone.
 *
 * @throws UnreachableError: nothing is known then
 */
export async function readJobs(context: JobContext, id?: string): Promise<readonly JobView[]> {
  const { shell, scripts, signal } = context;
  // Before the snapshot: what Docker says of a task's end is older than the record that is read.
  const tasks = await context.runner?.observe(signal);
  const words = id === undefined ? snapshotWords(shell.base) : snapshotWords(shell.base, id);
  const { stdout } = await shell.run(scripts.snapshot, words, { signal, timeoutMs: SNAPSHOT_TIMEOUT_MS });
  return judgeSnapshot(readSnapshot(stdout), tasks);
}

/**
 * The one job that a text names: its id, the beginning of it that no other has, `<name>-<id>`, or `PID@INSTANCE`.
 *
 * @throws NotFoundError; UsageError for a text that is none of these, or fits several; UnreachableError
 */
export async function findJob(context: JobContext, text: string): Promise<JobView> {
  return findParsedJob(context, parseJobText(text));
}

export async function findParsedJob(context: JobContext, wanted: JobText): Promise<JobView> {
  const views = await readJobs(context, wanted.kind === 'id' ? wanted.id : undefined);
  const found = matchJobs(views, wanted);
  if (found) return found;
  throw new NotFoundError(`No job ${JSON.stringify(wanted.text)} on ${context.shell.place}`, {
    hint: `spark-swarm job list --name ${context.cluster}`,
  });
}

/** A job that was there, as it is now. @throws NotFoundError when somebody has removed its folder */
export async function readJobAgain(context: JobContext, { spec }: Pick<JobView, 'spec'>): Promise<JobView> {
  const found = (await readJobs(context, spec.id)).find((view) => view.spec.id === spec.id);
  if (found) return found;
  throw new NotFoundError(`The job ${spec.id} is unknown now: its folder in ${context.shell.place} has been removed`, {
    hint: `spark-swarm job list --name ${context.cluster}`,
  });
}

export function isFinal({ state }: Pick<JobStatus, 'state'>): boolean {
  return FINAL_STATES.has(state);
}

/** What is said of a job when its place does not answer: a network that fails is no news of the job. */
export function stillUnknown(
  view: Pick<JobView, 'spec' | 'state'>,
  since: string,
  error: UnreachableError,
): UnreachableError {
  return new UnreachableError(
    `The job ${view.spec.id} was ${view.state} when it was last seen; unreachable since ${since}: ${error.message}`,
    { cause: error, hint: `spark-swarm job status --name ${view.spec.cluster} ${view.spec.id}` },
  );
}
