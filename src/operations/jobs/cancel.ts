import { setTimeout as sleep } from 'node:timers/promises';

import { EngineError, InvalidStateError, UnreachableError, WaitTimeoutError } from '../../errors.ts';
import { cancelWords, readCancel, type CancelAnswer } from '../../jobs/cancel.ts';
import type { JobShell, TaskRunner } from '../../jobs/job-shell.ts';
import type { JobView } from '../../jobs/judge-snapshot.ts';
import { jobFolder } from '../../jobs/launch.ts';
import { formatDuration } from '../../units.ts';
import type { JobContext } from './job-context.ts';
import { findApplicationIds } from './job-cost.ts';
import { isFinal, readJobAgain } from './read-jobs.ts';
import { recordFailure, retireTask } from './retire-task.ts';

export interface CancelOptions {
  /** How long it may take to end after INT, and again after TERM; `undefined`: what the job was started with. */
  readonly graceMs?: number | undefined;
  /** `undefined`: as long as the two graces and KILL take. */
  readonly timeoutMs?: number | undefined;
}

export interface Cancelled {
  /** As it is now. */
  readonly view: JobView;
  /** It had ended before, and nothing was changed. */
  readonly wasFinal: boolean;
}

/** KILL, and the record that is written behind it. */
const MARGIN_MS = 20_000;
/** The master sees a driver's end by its connection, which takes a moment. */
const APPLICATION_END_MS = 10_000;
const PAUSE_MS = 200;

/**
 * Ends a job: INT, TERM, KILL to its processes and to nobody else's. Returns when none of them lives, and Spark's master has
 * no application of it.
 *
 * @throws InvalidStateError when processes remain; WaitTimeoutError; UnreachableError: what was asked for may yet be done
 */
export async function cancelJob(
  context: JobContext,
  job: JobView,
  { graceMs = job.spec.graceMs, timeoutMs }: CancelOptions,
): Promise<Cancelled> {
  if (isFinal(job)) return { view: job, wasFinal: true };
  const limitMs = timeoutMs ?? 2 * graceMs + MARGIN_MS;
  const limit = AbortSignal.timeout(limitMs);
  const own = { ...context, signal: AbortSignal.any([context.signal, limit]) };
  try {
    const answer = await signalJob(own, job, { graceMs, limitMs });
    refuseRemains(answer, job);
    const view = await readUntilFinal(own, job);
    if (answer.kind !== 'finished') await waitForApplications(context, job, limit);
    return { view, wasFinal: answer.kind === 'finished' };
  } catch (error) {
    if (!limit.aborted || context.signal.aborted) throw error;
    throw new WaitTimeoutError(`The job ${job.spec.id} has not ended within ${formatDuration(limitMs)} of its cancel`, {
      cause: error,
      hint: `spark-swarm job status --name ${job.spec.cluster} ${job.spec.id}`,
    });
  }
}

interface SignalOptions {
  readonly graceMs: number;
  readonly limitMs: number;
}

async function signalJob(context: JobContext, job: JobView, options: SignalOptions): Promise<CancelAnswer> {
  const { shell, runner } = context;
  if (!runner || job.spec.driver === 'master') return cancelIn(context, shell, { ...options, job, place: 'here' });
  const answer = await cancelIn(context, shell, { ...options, job, place: 'record' });
  if (answer.kind === 'unknown') return answer;
  const ended = answer.kind === 'marked' ? await cancelInTask(context, runner, { ...options, job, answer }) : answer;
  // What has no container yet must not get one.
  await endTask(context, runner, job);
  return ended;
}

async function cancelInTask(
  context: JobContext,
  runner: TaskRunner,
  { answer, ...options }: SignalOptions & { readonly job: JobView; readonly answer: CancelAnswer },
): Promise<CancelAnswer> {
  const inside = await runner.openShell(options.job.spec.id, context.signal).catch((error: unknown) => {
    // Its node is down: the marker lies beside the record, and what comes back finds no service.
    if (!(error instanceof UnreachableError)) throw error;
  });
  if (!inside) return answer;
  return cancelIn(context, inside, { ...options, place: 'here' }).catch((error: unknown) => {
    // The container ends with its wrapper, and the exec in it too.
    if (!(error instanceof UnreachableError) && !(error instanceof EngineError)) throw error;
    return answer;
  });
}

/** When the service is gone nothing of it runs any more, and nobody else can say so. */
async function endTask(context: JobContext, runner: TaskRunner, job: JobView): Promise<void> {
  const view = await readJobAgain(context, job);
  if (isFinal(view)) {
    await retireTask(context, view);
    return;
  }
  await runner.remove(job.spec.id);
  await recordFailure(context, view, 'lost: its task was ended, after a cancel');
}

async function cancelIn(
  { scripts, signal }: JobContext,
  shell: JobShell,
  { job, place, graceMs, limitMs }: SignalOptions & { readonly job: JobView; readonly place: 'here' | 'record' },
): Promise<CancelAnswer> {
  // An upload is found by the name that its record would have.
  const words = cancelWords(shell.base, jobFolder(job.spec), { why: 'cancel', graceMs, place });
  return readCancel(await shell.run(scripts.cancel, words, { signal, timeoutMs: limitMs + MARGIN_MS }));
}

function refuseRemains(answer: CancelAnswer, { spec }: JobView): void {
  if (answer.kind !== 'denied' && answer.kind !== 'alive') return;
  const processes = answer.processes.join(', ');
  throw new InvalidStateError(
    answer.kind === 'denied'
      ? `The job ${spec.id} cannot be cancelled: its processes ${processes} belong to another user`
      : `The job ${spec.id} cannot be cancelled: its processes ${processes} survive KILL`,
    {
      hint:
        answer.kind === 'denied'
          ? `end them as that user there: kill ${answer.processes.join(' ')}`
          : `they wait for a device or a disk; when that answers: spark-swarm job cancel --name ${spec.cluster} ${spec.id}`,
    },
  );
}

/** The record may be on its way yet. */
async function readUntilFinal(context: JobContext, job: JobView): Promise<JobView> {
  for (;;) {
    const view = await readJobAgain(context, job);
    if (isFinal(view)) return view;
    await sleep(PAUSE_MS, undefined, { signal: context.signal });
  }
}

/** Until the master has given back what the job's applications held. Without an event log nobody knows which those are. */
async function waitForApplications(context: JobContext, { spec }: JobView, limit: AbortSignal): Promise<void> {
  if (spec.type !== 'spark') return;
  const signal = AbortSignal.any([context.signal, limit, AbortSignal.timeout(APPLICATION_END_MS)]);
  const ids = await findApplicationIds({ ...context.events, signal }, spec.id).catch((): readonly string[] => []);
  while (ids.length > 0 && !signal.aborted) {
    const state = await context.readMaster();
    if (state && !state.applications.some(({ id }) => ids.includes(id))) return;
    await sleep(PAUSE_MS, undefined, { signal }).catch(() => context.signal.throwIfAborted());
  }
}
