import type { TaskObservation } from './job-shell.ts';
import type { JobState } from './job.ts';

/** What is seen of a job at one moment: all that its state is judged by. */
export interface JobObservation {
  /** How far it got: it is being sent; its folder is there; its wrapper has written its pid. */
  readonly stage: 'upload' | 'claimed' | 'begun';
  /** The record: `bad` is one that is there and says nothing. */
  readonly exit: number | 'absent' | 'bad';
  /** Why it could not be started, by those who tried. */
  readonly failed: string | undefined;
  readonly cancel: 'cancel' | 'timeout' | undefined;
  /** While it was sent: its wrapper starts nothing. */
  readonly isCancelledEarly: boolean;
  /** The process that watches it: `restarted` is one of another boot, or of a container that was restarted. */
  readonly wrapper: 'none' | 'alive' | 'gone' | 'restarted';
  /** Live processes of the job itself, where they can be seen. */
  readonly processes: number;
  /** The job's first process is stopped (SIGSTOP). */
  readonly isStopped: boolean;
  /** Of a one-shot task: what Docker says, that it has none (any more), or that nobody can be asked here. */
  readonly task: 'no task' | 'no service' | 'not known' | Pick<TaskObservation, 'state' | 'message' | 'node'>;
  /** Since the last byte of an upload; since the claim of what was launched. */
  readonly ageMs: number;
  /** By the wrapper, beside the record. */
  readonly endReason: string;
  /** Processes that the kernel killed for lack of memory while the job ran, in its container or session. */
  readonly oomKills: number;
  /** There is no room for a record. */
  readonly isDiskFull: boolean;
}

export interface JobVerdict {
  readonly state: JobState;
  /** For people; empty when there is nothing to say. */
  readonly reason: string;
}

/** An upload that lies still for so long was interrupted. The launch refuses what has lain still for 50 s. */
export const UPLOAD_LIMIT_MS = 60_000;
/** From the claim to the wrapper's pid. The wrapper gives up after 25 s. */
export const LAUNCH_LIMIT_MS = 30_000;
/** From the claim to the service of a task: it is asked for within 60 s, or not at all. */
export const SERVICE_LIMIT_MS = 120_000;
/** Why a task has failed that was claimed, and that nobody made a service for. */
export const NO_SERVICE = 'launch: it has no service';

const LOST = 'lost: ';
const UNSEEN_TASK =
  'not known: its driver is a task of a swarm, which is not seen from here; name its manager with --context';

/** Task states before the container runs, by Docker's own names. Source: moby, api/types/swarm/task.go. */
const TASK_PENDING = new Set(['new', 'allocated', 'pending', 'assigned', 'accepted', 'preparing', 'ready', 'starting']);

/**
 * The state of a job. A final one never changes: each is judged by what is written once (`exit`, `failed`), or by what cannot
 * come back (a process of another boot, a limit that has passed).
 *
 * Source: the older job engine's contract, and the order of reliability.md §3.2.
 */
export function judgeJob(seen: JobObservation): JobVerdict {
  if (typeof seen.exit === 'number') return judgeExit(seen.exit, seen);
  if (seen.failed !== undefined) return judgeFailed(seen.failed);
  if (seen.stage === 'upload') return judgeUpload(seen);
  if (seen.cancel !== undefined && seen.isCancelledEarly) return verdict('KILLED', 'before start');
  if (seen.task !== 'no task') return judgeTask(seen, seen.task);
  return seen.stage === 'claimed' ? judgeClaim(seen) : judgeProcess(seen);
}

function verdict(state: JobState, reason = ''): JobVerdict {
  return { state, reason };
}

function judgeExit(code: number, { cancel, endReason, oomKills }: JobObservation): JobVerdict {
  if (code === 0) return verdict('SUCCEEDED');
  const why = cancel === 'timeout' ? 'timeout' : '';
  if (code === 130) return verdict('KILLED', why === '' ? endReason : why);
  if ((code === 137 || code === 143) && cancel !== undefined)
    return verdict('KILLED', why === '' ? 'escalated' : 'timeout, escalated');
  return verdict(
    'DONEWITHERROR',
    describeFailure(code, endReason, oomKills) + (cancel === undefined ? '' : ', after a cancel'),
  );
}

function describeFailure(code: number, endReason: string, oomKills: number): string {
  switch (code) {
    case 137:
      if (oomKills > 0) return 'killed: out of memory (SIGKILL by the kernel)';
      return `killed (SIGKILL)${endReason === '' ? '' : `: ${endReason}`}`;
    case 143:
      return 'terminated (SIGTERM), and not by a cancel';
    case 101:
      return 'exit 101: main class not found';
    case 126:
      return 'cannot start: exit 126, the command cannot be executed';
    case 127:
      return 'cannot start: exit 127, no such command';
    default:
  }
  const processes = oomKills === 1 ? '1 process' : `${oomKills} processes`;
  return `exit ${code}${oomKills > 0 ? `; the kernel killed ${processes} for lack of memory` : ''}`;
}

/** What had begun and was lost with its task is written down before the task is taken away. */
function judgeFailed(text: string): JobVerdict {
  if (text.startsWith(LOST)) return verdict('DONEWITHERROR', text);
  return verdict('FAILED', text === '' ? 'it could not be started' : text);
}

function judgeUpload({ cancel, ageMs }: JobObservation): JobVerdict {
  // The marker goes with the folder: what is launched from it never runs.
  if (cancel !== undefined) return verdict('KILLED', 'before start');
  return ageMs > UPLOAD_LIMIT_MS ? verdict('FAILED', 'upload interrupted') : verdict('PENDING', 'uploading');
}

function judgeClaim({ wrapper, cancel, ageMs }: JobObservation): JobVerdict {
  const isOver = wrapper === 'restarted' || ageMs > LAUNCH_LIMIT_MS;
  if (cancel !== undefined) return isOver ? verdict('KILLED', 'before start') : verdict('TOBEKILLED', 'launching');
  if (wrapper === 'restarted') return verdict('FAILED', 'launch: the machine or container was restarted');
  return isOver ? verdict('FAILED', 'launch: it was interrupted') : verdict('PENDING', 'launching');
}

function judgeProcess(seen: JobObservation): JobVerdict {
  const { wrapper, processes } = seen;
  if (wrapper === 'restarted') return lost(seen, 'the machine or container was restarted');
  if (wrapper === 'alive') return running(seen, seen.isStopped ? 'stopped' : '');
  if (processes > 0) return running(seen, `its wrapper is dead; live processes: ${processes}`);
  // Who cancels writes the record when nothing lives any more: a moment later, and it says the same.
  if (seen.cancel !== undefined && wrapper === 'gone')
    return verdict('KILLED', seen.cancel === 'timeout' ? 'timeout' : 'the wrapper was gone');
  if (seen.isDiskFull) return lost(seen, 'no space was left for its exit record');
  return lost(seen, seen.exit === 'bad' ? 'bad exit record' : 'gone without an exit record');
}

function running({ cancel }: JobObservation, reason: string): JobVerdict {
  return verdict(cancel === undefined ? 'RUNNING' : 'TOBEKILLED', reason);
}

function lost({ cancel }: JobObservation, reason: string): JobVerdict {
  return verdict('DONEWITHERROR', `${LOST}${reason}${cancel === undefined ? '' : ', after a cancel'}`);
}

/** Its processes are in a container of their own, so Docker's word stands for theirs; the record alone says how they ended. */
function judgeTask(seen: JobObservation, task: Exclude<JobObservation['task'], 'no task'>): JobVerdict {
  const { stage, cancel, ageMs } = seen;
  if (task === 'not known') return stage === 'begun' ? running(seen, UNSEEN_TASK) : waiting(seen, UNSEEN_TASK);
  if (task === 'no service') {
    const isEarly = ageMs <= (stage === 'begun' ? LAUNCH_LIMIT_MS : SERVICE_LIMIT_MS);
    if (isEarly) return stage === 'begun' ? running(seen, '') : waiting(seen, 'its service is being made');
    if (stage === 'begun') return lost(seen, 'its service was removed');
    return neverRan(seen, NO_SERVICE);
  }
  if (TASK_PENDING.has(task.state)) return waiting(seen, describeTask(task));
  if (task.state === 'running') return stage === 'begun' ? running(seen, task.message) : waiting(seen, 'starting');
  if (stage === 'begun') return lost(seen, describeTask(task));
  return neverRan({ cancel }, `launch: ${describeTask(task)}`);
}

function waiting({ cancel }: JobObservation, reason: string): JobVerdict {
  return verdict(cancel === undefined ? 'PENDING' : 'TOBEKILLED', reason);
}

function neverRan({ cancel }: Pick<JobObservation, 'cancel'>, reason: string): JobVerdict {
  return cancel === undefined ? verdict('FAILED', reason) : verdict('KILLED', 'before start');
}

function describeTask({ state, message, node }: Pick<TaskObservation, 'state' | 'message' | 'node'>): string {
  const place = node === '' ? '' : ` on ${node}`;
  return `task ${state}${place}${message === '' || message === state ? '' : `: ${message}`}`;
}
