import { setTimeout as sleep } from 'node:timers/promises';

import type { Finding } from '../../doctor/finding.ts';
import type { JobView } from '../../jobs/judge-snapshot.ts';
import { explainJob, type ExplainContext } from '../explain.ts';
import { readJobEvidence } from './evidence.ts';
import type { JobContext } from './job-context.ts';
import { isFinal, readJobAgain } from './read-jobs.ts';

/** Pauses before each look at a job that runs: a hang shows early, and looking costs a program on every worker. */
const PAUSES_MS = [10_000, 10_000, 15_000, 25_000] as const;
const LAST_PAUSE_MS = 60_000;

/** Why a job hangs, or has failed; nothing for one that is well, or was cancelled. Never throws. */
export async function findCauses(
  context: JobContext,
  explain: ExplainContext,
  job: JobView,
): Promise<readonly Finding[]> {
  if (job.spec.type !== 'spark' || job.state === 'SUCCEEDED' || job.state === 'KILLED') return [];
  try {
    return await explainJob({ ...explain, signal: context.signal }, await readJobEvidence(context, job));
  } catch (error) {
    // A cause that is not found is no news of the job.
    context.signal.throwIfAborted();
    if (error instanceof Error) return [];
    throw error;
  }
}

export interface WatchOptions {
  readonly job: JobView | Pick<JobView, 'spec' | 'folder' | 'state'>;
  /** Gets each finding once. */
  readonly tell: (finding: Finding) => void;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/** Looks for causes while a job runs, and tells each once. Never throws; ends with the job or by the signal. */
export async function watchCauses(
  context: JobContext,
  explain: ExplainContext,
  { job, tell, signal }: WatchOptions,
): Promise<void> {
  const own = { ...context, signal };
  const told = new Set<string>();
  try {
    for (let look = 0; job.spec.type === 'spark' && !signal.aborted; look++) {
      await sleep(PAUSES_MS[look] ?? LAST_PAUSE_MS, undefined, { signal, ref: false });
      const view = await readJobAgain(own, job);
      if (isFinal(view)) return;
      for (const finding of await findCauses(own, explain, view)) {
        const key = `${finding.id} ${finding.subject}`;
        if (!told.has(key)) tell(finding);
        told.add(key);
      }
    }
  } catch {
    // Whoever waits for the job says what is wrong with the way to it.
  }
}
