import type { TaskObservation } from './job-shell.ts';
import { isAlive, isStopped } from './process-table.ts';
import type { JobRecord, JobSnapshot, JobUpload } from './snapshot.ts';
import type { JobObservation } from './states.ts';

const MS_PER_SECOND = 1000;
/** What started later than so long before the process table was read need not be in it. */
const YOUNG_SECONDS = 1;
/** An exit record with its temporary file takes less; so does what the file system keeps for itself. */
const FULL_BYTES = 64 * 1024;

/** `v1 ` and the status of a process, and nothing else. */
const EXIT = /^v1 (0|[1-9]\d{0,2})$/;

/** `undefined`: there is nobody to ask. */
export type Tasks = ReadonlyMap<string, TaskObservation> | undefined;

const NOTHING: Omit<JobObservation, 'stage' | 'cancel' | 'ageMs'> = {
  exit: 'absent',
  failed: undefined,
  wrapper: 'none',
  processes: 0,
  isStopped: false,
  isCancelledEarly: false,
  task: 'no task',
  endReason: '',
  oomKills: 0,
  isDiskFull: false,
};

export function observeUpload({ cancel, changedAt }: JobUpload, { now }: JobSnapshot): JobObservation {
  return { ...NOTHING, stage: 'upload', cancel, ageMs: sinceMs(changedAt, now) };
}

export function observeRecord(record: JobRecord, snapshot: JobSnapshot, tasks: Tasks): JobObservation {
  const { pid, claim, cancel, cancelledAt, failed, end } = record;
  const task = observeTask(record, tasks);
  const exit = parseExit(record.exit);
  // What has a record needs no processes.
  const isLooked = typeof exit !== 'number' && task === 'no task' && pid?.stamp === snapshot.stamp;
  return {
    ...NOTHING,
    stage: pid ? 'begun' : 'claimed',
    exit,
    failed,
    cancel,
    isCancelledEarly: cancelledAt !== undefined && claim !== undefined && cancelledAt <= claim.uptime,
    wrapper: observeWrapper(record, snapshot),
    ...(isLooked && observeProcesses(record, snapshot)),
    task,
    ageMs: ageMs(record, snapshot),
    endReason: end.reason,
    oomKills: end.oomKills,
    isDiskFull: (snapshot.freeBytes ?? FULL_BYTES) < FULL_BYTES,
  };
}

export function parseExit(text: string | undefined): number | 'absent' | 'bad' {
  if (text === undefined) return 'absent';
  const [, code] = EXIT.exec(text) ?? [];
  return code === undefined ? 'bad' : Number(code);
}

/** Since its claim. The clock of the boot is never set; a claim of another boot is older than this one. */
export function ageMs({ claim, changedAt }: JobRecord, { now, uptime, stamp }: JobSnapshot): number {
  if (claim !== undefined && bootOf(claim.stamp) === bootOf(stamp)) return sinceMs(claim.uptime, uptime);
  return sinceMs(changedAt, now);
}

export function bootOf(stamp: string): string {
  return stamp.split(':', 1)[0] ?? '';
}

export function sinceMs(then: number, now: number): number {
  return Math.max(0, Math.round((now - then) * MS_PER_SECOND));
}

/** The claim says how it was launched; an ssh driver on a node of the swarm is a task as well. */
function observeTask({ spec, claim }: JobRecord, tasks: Tasks): JobObservation['task'] {
  const task = tasks?.get(spec.id);
  if (claim?.mode !== 'task' && spec.driver !== 'task' && task === undefined) return 'no task';
  if (!tasks) return 'not known';
  return task === undefined || task.state === 'gone' ? 'no service' : task;
}

function observeWrapper(
  { pid, claim }: JobRecord,
  { stamp, processes, uptime, ticks }: JobSnapshot,
): JobObservation['wrapper'] {
  if (pid === undefined) return claim !== undefined && claim.stamp !== stamp ? 'restarted' : 'none';
  if (pid.stamp !== stamp) return 'restarted';
  const row = processes.get(pid.pid);
  if (row?.startTicks === pid.startTicks) return isAlive(row) ? 'alive' : 'gone';
  if (row !== undefined && row.startTicks > pid.startTicks) return 'gone';
  return pid.startTicks / ticks > uptime - YOUNG_SECONDS ? 'alive' : 'gone';
}

/**
 * By the job's environment, and, while its first process is in the table, by its session: that number can have been given
 * to a stranger only after the whole session was gone.
 */
function observeProcesses(
  { spec, leader }: JobRecord,
  { processes }: JobSnapshot,
): Pick<JobObservation, 'processes' | 'isStopped'> {
  const first = leader && processes.get(leader.pid);
  const isOurs = first !== undefined && first.startTicks === leader?.startTicks;
  const ours = [...processes.values()].filter(
    (row) => isAlive(row) && (row.job === spec.id || (isOurs && row.session === first.pid)),
  );
  return { processes: ours.length, isStopped: isOurs && isStopped(first) };
}
