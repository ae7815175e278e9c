import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

import { findMaster, type Cluster } from '../cluster/cluster.ts';
import { assertDriverFits, parseDriverHeaps } from '../cluster/driver-room.ts';
import { warnOfExecutorSize } from '../cluster/executor-size.ts';
import { DEFAULT_DRIVER_BYTES, planWorkerSize } from '../cluster/sizes.ts';
import { InvalidStateError, UsageError } from '../errors.ts';
import type { JobPlan } from '../jobs/job-plan.ts';
import type { JobWish } from '../jobs/job-wish.ts';
import type { SubmitScripts } from '../jobs/job-scripts.ts';
import type { JobView } from '../jobs/judge-snapshot.ts';
import type { ShellResult } from '../jobs/job-shell.ts';
import { jobFolder } from '../jobs/launch.ts';
import { readSparkSize } from '../spark/submit-argv.ts';
import { cancelJob } from './jobs/cancel.ts';
import { followJob, readUntilReached } from './jobs/follow.ts';
import type { LaunchContext } from './jobs/job-context.ts';
import { LaunchSession } from './jobs/launch-session.ts';
import { readJobs } from './jobs/read-jobs.ts';
import { runJob, type Launched } from './jobs/run.ts';
import { waitForJob } from './jobs/wait.ts';

export interface SubmitContext extends LaunchContext {
  readonly state: Cluster;
  readonly submitScripts: SubmitScripts;
}

export interface SubmitOptions {
  readonly plan: JobPlan;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Works beside the job from its start on, until the signal is aborted. */
  readonly watch?: (job: Launched, signal: AbortSignal) => Promise<void>;
}

/** What became of an application. */
export interface ApplicationEnd extends Pick<JobView, 'state' | 'reason' | 'exitCode'> {
  /** `undefined` for one that has succeeded: there is nothing else to say, and it takes another program to read it. */
  readonly view: JobView | undefined;
}

/** How long what was asked for by Ctrl-C may take to be found. */
const CLEAN_UP_MS = 30_000;
const READ_LIMIT_MS = 5000;
const READ_POLL_MS = 500;

/**
 * Runs a job, streams its output, and gives what became of it. When the signal is aborted the job is cancelled, on the
 * cluster too, before this throws; when this process is killed the job goes on.
 */
export async function submitApplication(context: SubmitContext, options: SubmitOptions): Promise<ApplicationEnd> {
  const stop = new AbortController();
  try {
    const session = new LaunchSession(context, options);
    const launched = await startApplication(context, options.plan, async (words) => session.start(words));
    const watching = options.watch?.(launched, stop.signal).catch(() => {});
    const { spec } = launched;
    const isDone = await session.ended();
    if (!isDone) {
      const { stdout, stderr } = session;
      await followJob(
        context,
        { spec, folder: jobFolder(spec), state: launched.state },
        { stdout, stderr, follow: true },
      );
    }
    stop.abort();
    const [view] = await Promise.all([isDone ? undefined : readEnd(context, launched), watching]);
    return view ? { ...endOf(view), view } : { state: 'SUCCEEDED', reason: '', exitCode: 0, view };
  } catch (error) {
    if (context.signal.aborted) await cancelBehind(context, options.plan);
    throw error;
  } finally {
    stop.abort();
  }
}

/** Starts a job and returns at once. @throws InvalidStateError, UsageError for a driver that does not fit; as {@link runJob} */
export async function startApplication(
  context: SubmitContext,
  plan: JobPlan,
  send?: (words: readonly string[]) => Promise<ShellResult>,
): Promise<Launched> {
  const { state } = context;
  if (!context.driver.startsWith('ssh:') && !findMaster(state)?.isRunning) {
    throw new InvalidStateError(`Cannot submit to the cluster "${state.name}": its master does not run`, {
      hint: `spark-swarm status --name ${state.name}`,
    });
  }
  const driverBytes = readSparkSize(plan.options, '--driver-memory', 'spark.driver.memory');
  const isBesideMaster = plan.spec.type === 'spark' && context.driver === 'master';
  const limitBytes = isBesideMaster ? state.remembered?.masterMemoryBytes : undefined;
  const neededBytes = driverBytes ?? DEFAULT_DRIVER_BYTES;
  // One that could never fit is refused before anything is brought there.
  assertDriverFits(limitBytes, neededBytes, []);
  for (const message of checkSizes(state, plan)) context.report({ type: 'warning', message });
  return runJob(context, plan, {
    driverBytes,
    ...(send ? { send } : {}),
    check: async () => {
      if (limitBytes !== undefined) assertDriverFits(limitBytes, neededBytes, await readDriverHeaps(context));
    },
  });
}

function endOf({ state, reason, exitCode }: JobView): Pick<JobView, 'state' | 'reason' | 'exitCode'> {
  return { state, reason, exitCode };
}

/** All has been printed, and nothing of it lives; the record may be on its way yet. */
async function readEnd(context: SubmitContext, { spec, state }: Launched): Promise<JobView> {
  const view = await readUntilReached(context, { spec, folder: jobFolder(spec), state });
  return waitForJob(context, view, {});
}

/** What was begun when Ctrl-C came, whether it was uploaded, launched or running. */
async function cancelBehind(context: SubmitContext, { spec }: JobPlan): Promise<void> {
  const own = { ...context, signal: AbortSignal.timeout(CLEAN_UP_MS + 2 * spec.graceMs) };
  context.report({ type: 'note', message: `cancelling the job ${spec.id}` });
  const [view] = await readPatiently(own, spec.id);
  // The interrupt is what is said; `job list` says what remains.
  if (view) await cancelJob(own, view, {}).catch(() => {});
}

/** An engine that fails once must not leave the job behind. */
async function readPatiently(context: SubmitContext, id: string): Promise<readonly JobView[]> {
  const startedAt = performance.now();
  for (;;) {
    const views = await readJobs(context, id).catch(() => undefined);
    if (views || performance.now() - startedAt > READ_LIMIT_MS) return views ?? [];
    await sleep(READ_POLL_MS);
  }
}

/** Heaps of the drivers that run beside this one. */
async function readDriverHeaps({ shell, submitScripts, signal }: SubmitContext): Promise<readonly number[]> {
  return parseDriverHeaps((await shell.run(submitScripts.drivers, [], { signal })).stdout);
}

/** @throws UsageError for a line without an application, and with nothing wrong besides */
export function assertApplication({ mains, example, problems }: JobWish): void {
  if (mains.length > 0 || example !== undefined || problems.length > 0) return;
  throw new UsageError('Nothing to submit: expected an application (app.py, app.jar) or --example NAME', {
    hint: 'spark-submit options come before the application, its arguments after it',
  });
}

/** What the asked sizes would do on this cluster. */
export function checkSizes({ remembered }: Cluster, { options }: Pick<JobPlan, 'options'>): readonly string[] {
  const offered = remembered && planWorkerSize(remembered.workerMemoryBytes, remembered.workerCores).sparkMemoryBytes;
  return warnOfExecutorSize(readSparkSize(options, '--executor-memory', 'spark.executor.memory'), offered);
}

/** The application's own exit status; of one that left none, a status of ours. */
export function exitStatusOf({ state, exitCode }: Pick<JobView, 'state' | 'exitCode'>): number {
  if (state === 'SUCCEEDED') return 0;
  return exitCode || (state === 'KILLED' ? 130 : 1);
}
