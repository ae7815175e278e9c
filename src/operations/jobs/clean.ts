import { cleanWords, planClean, readClean, readSizes, sizesWords } from '../../jobs/clean.ts';
import type { JobView } from '../../jobs/judge-snapshot.ts';
import type { CleanedLog } from '../../jobs/job-cost.ts';
import type { JobContext } from './job-context.ts';
import { cleanEventLogs } from './job-cost.ts';
import { isFinal, readJobs } from './read-jobs.ts';
import { retireTask } from './retire-task.ts';

export interface CleanOptions {
  /** Everything older goes. */
  readonly olderThanMs: number;
  /** Nothing younger goes. */
  readonly keepMs: number;
  /** Above it the oldest go first. */
  readonly maxBytes: number;
  readonly dryRun: boolean;
}

export interface Cleaned {
  readonly removed: readonly CleanedJob[];
  readonly refused: readonly { readonly folder: string; readonly reason: string }[];
  readonly freedBytes: number;
  /** Of applications, also of those that no job started. */
  readonly eventLogs: readonly CleanedLog[];
}

export interface CleanedJob {
  readonly id: string;
  readonly name: string;
  readonly state: JobView['state'];
  readonly bytes: number;
}

const FOLDERS_PER_CALL = 500;
const TIMEOUT_MS = 300_000;

/** Deletes records of jobs that have ended, never one of a job that has not; and event logs by the same limits. @throws UnreachableError */
export async function cleanJobs(context: JobContext, { dryRun, ...wish }: CleanOptions): Promise<Cleaned> {
  const { shell, scripts, signal } = context;
  const jobs = await readJobs(context);
  const sizes = readSizes(
    (await shell.run(scripts.sizes, sizesWords(shell.base), { signal, timeoutMs: TIMEOUT_MS })).stdout,
  );
  const plan = planClean(jobs, sizes, wish);
  const refused: { readonly folder: string; readonly reason: string }[] = [];
  const removed = new Set<string>(dryRun ? plan.remove.map(({ folder }) => folder) : []);
  for (let from = 0; from < plan.remove.length && !dryRun; from += FOLDERS_PER_CALL) {
    const folders = plan.remove.slice(from, from + FOLDERS_PER_CALL).map(({ folder }) => folder);
    const result = await shell.run(scripts.clean, cleanWords(shell.base, folders), { signal, timeoutMs: TIMEOUT_MS });
    const answer = readClean(result.stdout);
    for (const folder of answer.removed) removed.add(folder);
    refused.push(...answer.refused);
  }
  if (!dryRun) await removeTasks(context, jobs);
  const eventLogs = await cleanEventLogs({ ...context.events, signal }, { ...wish, dryRun });
  const gone = plan.remove.filter(({ folder }) => removed.has(folder));
  const bytesOf = ({ folder }: JobView): number => sizes.get(folder) ?? 0;
  return {
    removed: gone.map((view) => ({
      id: view.spec.id,
      name: view.spec.name,
      state: view.state,
      bytes: bytesOf(view),
    })),
    refused,
    freedBytes: [...gone.map(bytesOf), ...eventLogs.map(({ bytes }) => bytes)].reduce((sum, bytes) => sum + bytes, 0),
    eventLogs,
  };
}

/** Services whose job has ended say nothing that is not in its record, or is put there now. */
export async function removeTasks(context: JobContext, jobs: readonly JobView[]): Promise<void> {
  if (!context.runner) return;
  const observed = await context.runner.observe(context.signal);
  const ended = jobs.filter((view) => isFinal(view) && observed.has(view.spec.id));
  await Promise.all(ended.map(async (view) => retireTask(context, view)));
}
