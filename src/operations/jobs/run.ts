import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { ConflictError, InvalidStateError, UnreachableError } from '../../errors.ts';
import { cancelWords } from '../../jobs/cancel.ts';
import { cleanWords } from '../../jobs/clean.ts';
import type { JobPlan } from '../../jobs/job-plan.ts';
import type { ShellResult } from '../../jobs/job-shell.ts';
import type { JobSpec } from '../../jobs/job.ts';
import {
  jobFolder,
  launchWords,
  readLaunch,
  stagingFolder,
  taskCommand,
  type LaunchAnswer,
} from '../../jobs/launch.ts';
import { NO_SERVICE, SERVICE_LIMIT_MS } from '../../jobs/states.ts';
import { removeTasks } from './clean.ts';
import type { LaunchContext } from './job-context.ts';
import { readJobs } from './read-jobs.ts';
import { recordFailure } from './retire-task.ts';

/** A job that has been started, or had been before. */
export interface Launched {
  readonly spec: JobSpec;
  /** Folder of its record, absolute, at its place. */
  readonly directory: string;
  /** `PID@INSTANCE`; `undefined` for a task that has no container yet. */
  readonly process: string | undefined;
  readonly state: 'PENDING' | 'RUNNING';
  /** The same job had been started before: by this id it starts once. */
  readonly isRepeated: boolean;
}

export interface RunOptions {
  /** Heap that is asked for the driver; `undefined` for Spark's default. */
  readonly driverBytes: number | undefined;
  /** Done while the job is uploaded; what it throws keeps the job from being started. */
  readonly check?: () => Promise<void>;
  /** Runs the launch, and gives what it says. Default: by itself. */
  readonly send?: (words: readonly string[]) => Promise<ShellResult>;
}

/** It waits for the wrapper's own pid. */
const LAUNCH_TIMEOUT_MS = 60_000;
const ATTEMPTS = 3;
const PAUSE_MS = 500;
const CLEAN_UP_MS = 10_000;
/** Whoever looks gives an older one up at {@link SERVICE_LIMIT_MS}. */
const FRESH_CLAIM_MS = SERVICE_LIMIT_MS / 2;
/** Services of others, beside a launch. */
const LEFT_OVER_MS = 5000;

/**
 * Uploads a job and starts it: once, however often it is tried. A connection that is cut in the middle is no failure: the
 * same is done again, and what has begun is found.
 *
 * @throws ConflictError: another job has this id; InvalidStateError: it could not be started, with the reason;
 * UnreachableError: whether it was started is not known
 */
export async function runJob(context: LaunchContext, plan: JobPlan, options: RunOptions): Promise<Launched> {
  const { shell, signal } = context;
  const { spec } = plan;
  const extras = await context.prepare({
    directory: `${shell.base}/${jobFolder(spec)}`,
    isPython: !isJar(plan),
    options: plan.options,
  });
  // Tells the uploads of two clients with the same job apart.
  const nonce = randomBytes(4).toString('hex');
  let isUploaded = false;
  let isChecked = false;
  let wasSent = false;
  const folder = stagingFolder(shell.base, jobFolder(spec), nonce).slice(shell.base.length + 1);
  for (let attempt = 1; ; attempt++) {
    try {
      if (!isUploaded) {
        const archive = await context.pack(plan, { extras, folder });
        const uploading = shell.upload(archive, shell.base, signal);
        try {
          await Promise.all([isChecked ? undefined : options.check?.(), uploading]);
        } catch (error) {
          // What is refused meanwhile is not left there, nor is it when this ends while it comes.
          await uploading.catch(() => {});
          throw error;
        }
        isChecked = true;
      }
      isUploaded = true;
      const isFirst = !wasSent;
      wasSent = true;
      const sentAt = Date.now();
      const answer = await launch(context, { ...options, spec, nonce });
      if (answer.kind === 'gone' && attempt < ATTEMPTS) isUploaded = false;
      else return await settle(context, spec, { answer, isFirst, sentAt, driverBytes: options.driverBytes });
    } catch (error) {
      const isLast = !(error instanceof UnreachableError) || attempt >= ATTEMPTS;
      if (!wasSent && isLast && !signal.aborted) await removeUpload(context, folder);
      signal.throwIfAborted();
      if (!(error instanceof UnreachableError)) throw error;
      if (attempt >= ATTEMPTS) throw wasSent ? unknownStart(context, spec, error) : error;
      await sleep(PAUSE_MS * attempt, undefined, { signal });
    }
  }
}

/** It was never sent to be launched. What cannot be removed is FAILED after a minute. */
async function removeUpload({ shell, scripts, signal }: LaunchContext, folder: string): Promise<void> {
  const options = { signal, timeoutMs: CLEAN_UP_MS };
  await shell.run(scripts.clean, cleanWords(shell.base, [folder]), options).catch(() => {});
}

/** The application's own word, after the program and its options: one of the options may be a jar as well. */
function isJar({ spec, options }: JobPlan): boolean {
  return spec.argv[1 + options.length]?.endsWith('.jar') ?? false;
}

async function launch(
  context: LaunchContext,
  { spec, nonce, send }: { readonly spec: JobSpec; readonly nonce: string } & Pick<RunOptions, 'send'>,
): Promise<LaunchAnswer> {
  const { shell, scripts, signal } = context;
  const mode = usesTask(context) ? 'task' : spec.driver.startsWith('ssh:') ? 'login' : 'host';
  const words = launchWords({ base: shell.base, folder: jobFolder(spec), nonce, hash: spec.hash, mode });
  if (send && mode !== 'task') return readLaunch(await send(words));
  return readLaunch(await shell.run(scripts.launch, words, { signal, timeoutMs: LAUNCH_TIMEOUT_MS }));
}

/** The driver shall be a service of its own. */
function usesTask({ driver, runner }: LaunchContext): boolean {
  return driver !== 'master' && runner !== undefined;
}

interface Settling {
  readonly answer: LaunchAnswer;
  /** No launch of this client has been sent before. */
  readonly isFirst: boolean;
  /** By the clock that goes on while a laptop sleeps. */
  readonly sentAt: number;
  readonly driverBytes: number | undefined;
}

async function settle(context: LaunchContext, spec: JobSpec, settling: Settling): Promise<Launched> {
  const { answer } = settling;
  const { place } = context.shell;
  switch (answer.kind) {
    case 'started':
    case 'claimed':
    case 'already': {
      const pid = answer.kind === 'claimed' ? undefined : answer.pid;
      if (usesTask(context)) await beginTask(context, spec, settling);
      return {
        spec,
        directory: `${context.shell.base}/${jobFolder(spec)}`,
        process: pid && `${pid.pid}@${pid.host}`,
        state: pid ? 'RUNNING' : 'PENDING',
        isRepeated: answer.kind === 'already' && settling.isFirst,
      };
    }
    case 'conflict':
      throw new ConflictError(`There is another job with the id ${spec.id} in ${place}`, {
        hint: 'leave --id out: each job gets one of its own',
      });
    case 'failed':
      throw new InvalidStateError(`The job ${spec.id} could not be started in ${place}: ${answer.reason}`, {
        hint: `spark-swarm job info --name ${context.cluster} ${spec.id}`,
      });
    case 'refused':
      throw new InvalidStateError(`Cannot start the job "${spec.name}" in ${place}: ${answer.reason}`, {
        hint: 'nothing of it is left there: type the same command again when that is mended, without --id',
      });
    case 'gone':
      throw new InvalidStateError(`Cannot start the job "${spec.name}" in ${place}: what was uploaded is gone`, {
        hint: 'somebody removes what is uploaded there; type the same command again',
      });
    default:
      return answer satisfies never;
  }
}

/** A service is made for a claim that is fresh, or not at all: an old one is judged as FAILED by all who look. */
async function beginTask(context: LaunchContext, spec: JobSpec, settling: Settling): Promise<void> {
  const { answer, sentAt } = settling;
  const isOwn = answer.kind === 'claimed';
  const ageMs = isOwn ? Date.now() - sentAt : answer.kind === 'already' ? answer.ageMs : undefined;
  // It has begun, or has ended.
  if (ageMs === undefined) return;
  if (ageMs >= FRESH_CLAIM_MS) {
    if ((await context.runner?.observe(context.signal))?.has(spec.id)) return;
    if (!(await recordFailure(context, { spec }, NO_SERVICE))) return;
    throw new InvalidStateError(
      `The job ${spec.id} could not be started in ${context.shell.place}: its launch was interrupted`,
      { hint: `spark-swarm job run --name ${context.cluster} --retry ${spec.id}` },
    );
  }
  await startTask(context, spec, settling);
  // What others have left when nobody waited for their jobs: no launch waits long for that.
  const removing = readJobs(context).then(async (jobs) => removeTasks(context, jobs));
  await Promise.race([removing, sleep(LEFT_OVER_MS, undefined, { ref: false })]).catch(() => {});
}

/** What could not be made a service leaves nothing behind, or its record would wait for one. Another's record is left alone. */
async function startTask(context: LaunchContext, spec: JobSpec, { answer, driverBytes }: Settling): Promise<void> {
  const { shell, scripts, runner } = context;
  const folder = jobFolder(spec);
  const directory = `${shell.base}/${folder}`;
  const argv = taskCommand(shell.base, folder);
  try {
    await runner?.start({ id: spec.id, name: spec.name, directory, argv, driverBytes });
  } catch (error) {
    if (!(error instanceof UnreachableError) && answer.kind === 'claimed') {
      const options = { signal: AbortSignal.timeout(LAUNCH_TIMEOUT_MS) };
      const words = cancelWords(shell.base, folder, { why: 'cancel', graceMs: 0, place: 'record' });
      // Why it could not be started is what counts.
      await shell
        .run(scripts.cancel, words, options)
        .then(async () => runner?.remove(spec.id))
        .then(async () => shell.run(scripts.clean, cleanWords(shell.base, [folder]), options))
        .catch(() => {});
    }
    throw error;
  }
}

function unknownStart({ cluster }: LaunchContext, { id }: JobSpec, error: UnreachableError): UnreachableError {
  return new UnreachableError(`Whether the job ${id} was started is not known: ${error.message}`, {
    cause: error,
    hint: `spark-swarm job status --name ${cluster} ${id}`,
  });
}
