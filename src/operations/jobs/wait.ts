import { setTimeout as sleep } from 'node:timers/promises';
import { PassThrough } from 'node:stream';

import { UnreachableError, WaitTimeoutError } from '../../errors.ts';
import { waitWords } from '../../jobs/follow.ts';
import type { JobView } from '../../jobs/judge-snapshot.ts';
import { formatDuration } from '../../units.ts';
import { readUntilReached } from './follow.ts';
import type { JobContext } from './job-context.ts';
import { isFinal } from './read-jobs.ts';
import { retireTask } from './retire-task.ts';

export interface WaitOptions {
  /** `undefined`: as long as it takes. */
  readonly timeoutMs?: number | undefined;
}

const LONG_SECONDS = 3600;
/** A task that never starts has no lock to wait for: Docker says what became of it. */
const PENDING_SECONDS = 2;
const PAUSE_MS = 300;

/**
 * Returns when a job has ended: something there waits for the lock that its wrapper holds, and nobody polls.
 *
 * @throws WaitTimeoutError; UnreachableError with what was last known; NotFoundError when the record is removed
 */
export async function waitForJob(context: JobContext, job: JobView, { timeoutMs }: WaitOptions): Promise<JobView> {
  const { shell, scripts, signal } = context;
  const deadline = timeoutMs === undefined ? Infinity : performance.now() + timeoutMs;
  let view = job;
  while (!isFinal(view)) {
    const leftSeconds = Math.ceil((deadline - performance.now()) / 1000);
    if (leftSeconds <= 0) throw stillGoing(view, timeoutMs ?? 0);
    const limit = Math.min(leftSeconds, view.state === 'PENDING' ? PENDING_SECONDS : LONG_SECONDS);
    const [stdout, stderr] = [new PassThrough().resume(), new PassThrough().resume()];
    const status = await shell
      .stream(scripts.wait, waitWords(shell.base, view.folder, limit), { stdout, stderr, signal })
      .catch((error: unknown) => {
        signal.throwIfAborted();
        if (!(error instanceof UnreachableError)) throw error;
      });
    view = await readUntilReached(context, view);
    // Nothing lives, and nothing is written: what is seen may be older than the end.
    if (status !== 3 && !isFinal(view)) await sleep(PAUSE_MS, undefined, { signal });
  }
  await retireTask(context, view).catch(() => {});
  return view;
}

function stillGoing({ spec, state }: JobView, timeoutMs: number): WaitTimeoutError {
  return new WaitTimeoutError(`The job ${spec.id} is ${state} after ${formatDuration(timeoutMs)}`, {
    hint: `spark-swarm job status --name ${spec.cluster} ${spec.id}`,
  });
}
