import { setTimeout as sleep } from 'node:timers/promises';

import { InvalidStateError, NotFoundError, UnreachableError } from '../../errors.ts';
import { followWords } from '../../jobs/follow.ts';
import type { JobView } from '../../jobs/judge-snapshot.ts';
import { isUpload } from '../../jobs/launch.ts';
import type { JobContext } from './job-context.ts';
import { CountingWriter, flush, Sink, type FollowedStream } from './counting-writer.ts';
import { isFinal, readJobAgain, stillUnknown } from './read-jobs.ts';

export type { FollowedStream };

export interface FollowOptions {
  /** Where each stream goes, and from which byte on; `undefined` leaves it out. The outputs are not ended. */
  readonly stdout: FollowedStream | undefined;
  readonly stderr: FollowedStream | undefined;
  /** False: what is there now, and no more. */
  readonly follow: boolean;
  /** Without `follow`: how far at most, in bytes. */
  readonly upTo?: { readonly stdout: number; readonly stderr: number } | undefined;
}

/** How long a place may be silent before it is given up. */
export const GIVE_UP_MS = 30_000;
const PAUSE_MS = 1000;
/** Of the script: it has waited for the job's begin. */
const NOT_BEGUN = 3;

/** What identifies a job for those who wait for it. */
export type FollowedJob = Pick<JobView, 'spec' | 'folder' | 'state'>;

/**
 * Streams what a job prints until it has ended. A connection that is cut is made again, and goes on at the byte where it
 * broke.
 *
 * @throws UnreachableError with what was last known, after 30 s of silence; NotFoundError when the record is removed
 */
export async function followJob(context: JobContext, job: FollowedJob, options: FollowOptions): Promise<void> {
  const { shell, scripts, signal } = context;
  const isTrimmed = Boolean(job.spec.maxOutputBytes);
  const stdout = options.stdout && new CountingWriter(options.stdout, isTrimmed);
  const stderr = options.stderr && new CountingWriter(options.stderr, isTrimmed);
  let { follow } = options;
  let seen = job;
  for (;;) {
    // What is being sent has printed nothing, and gets another folder when it is launched.
    if (isUpload(seen.folder) && (!follow || isFinal(seen))) return;
    const { upTo } = options.follow ? {} : options;
    const wish = { stdout: stdout?.position, stderr: stderr?.position, follow, upTo };
    const status = await shell
      .stream(scripts.follow, followWords(shell.base, seen.folder, wish), {
        stdout: stdout ?? new Sink(),
        stderr: stderr ?? new Sink(),
        signal,
      })
      .catch((error: unknown) => unlessCut(error, signal));
    await flush(stdout, stderr);
    if (status === 0) return;
    // 1: no such folder. 3: it has not begun. Or it was ended with its container.
    const view = await readUntilReached(context, seen);
    if (!follow && status !== undefined && view.folder === seen.folder) throw unreadable(context, view, status);
    seen = view;
    if (isFinal(view)) follow = false;
    else if (status !== NOT_BEGUN) await sleep(PAUSE_MS, undefined, { signal });
  }
}

function unreadable({ shell }: JobContext, { spec, folder }: JobView, status: number): InvalidStateError {
  return new InvalidStateError(
    `Cannot read what the job ${spec.id} has printed: ${shell.base}/${folder} in ${shell.place} cannot be read (status ${status})`,
    { hint: `spark-swarm job info --name ${spec.cluster} ${spec.id}` },
  );
}

/** The job as soon as its place answers again. @throws UnreachableError after {@link GIVE_UP_MS}, NotFoundError */
export async function readUntilReached(context: JobContext, job: FollowedJob): Promise<JobView> {
  const since = new Date();
  for (;;) {
    const found = await readJobAgain(context, job).catch((error: unknown) => {
      context.signal.throwIfAborted();
      if (!(error instanceof UnreachableError)) throw error;
      if (Date.now() - since.getTime() > GIVE_UP_MS) throw stillUnknown(job, since.toISOString(), error);
    });
    if (found) return found;
    await sleep(PAUSE_MS, undefined, { signal: context.signal });
  }
}

/** A cut connection has no status; everything else is thrown. */
function unlessCut(error: unknown, signal: AbortSignal): undefined {
  signal.throwIfAborted();
  if (!(error instanceof UnreachableError) && !(error instanceof NotFoundError)) throw error;
}
