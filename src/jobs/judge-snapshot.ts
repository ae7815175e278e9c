import type { JobStatus } from './job.ts';
import { ageMs, bootOf, observeRecord, observeUpload, parseExit, sinceMs, type Tasks } from './observe-job.ts';
import { processName, type PidRecord } from './pid-record.ts';
import type { JobRecord, JobSnapshot, JobUpload } from './snapshot.ts';
import { judgeJob } from './states.ts';

/** A job with what its folder says of it. */
export interface JobView extends JobStatus {
  /** `<name>-<id>`, or `.new/<name>-<id>.<nonce>` of an upload. */
  readonly folder: string;
  /** Since the claim, or since the last byte of an upload. */
  readonly ageMs: number;
  /** `undefined` where there is no record of the end. */
  readonly endedAgoMs: number | undefined;
  /** Since its record or its output changed last. */
  readonly quietMs?: number;
  readonly bytes: { readonly stdout: number; readonly stderr: number };
  readonly pid: PidRecord | undefined;
}

/**
 * The state of every job, newest first.
 *
 * @param tasks what Docker says of one-shot tasks, asked BEFORE the snapshot was taken: then a task that has ended has its
 * record in the snapshot, unless it never gets one
 */
export function judgeSnapshot(snapshot: JobSnapshot, tasks: Tasks): readonly JobView[] {
  const launched = new Set(snapshot.records.map(({ spec }) => spec.id));
  return [
    ...snapshot.records.map((record) => viewRecord(record, snapshot, tasks)),
    ...newestUploads(snapshot)
      .filter(({ spec }) => !launched.has(spec.id))
      .map((upload) => viewUpload(upload, snapshot)),
  ].toSorted((a, b) => a.ageMs - b.ageMs || (a.spec.id < b.spec.id ? -1 : 1));
}

/** A job may have been sent several times. What has been cancelled comes before what has not. */
function newestUploads({ uploads }: JobSnapshot): readonly JobUpload[] {
  const newest = new Map<string, JobUpload>();
  for (const upload of uploads.toSorted((a, b) => a.changedAt - b.changedAt))
    if (upload.cancel !== undefined || newest.get(upload.spec.id)?.cancel === undefined)
      newest.set(upload.spec.id, upload);
  return [...newest.values()];
}

function viewUpload(upload: JobUpload, snapshot: JobSnapshot): JobView {
  const seen = observeUpload(upload, snapshot);
  return {
    spec: upload.spec,
    ...judgeJob(seen),
    exitCode: undefined,
    process: undefined,
    durationMs: undefined,
    folder: upload.folder,
    ageMs: seen.ageMs,
    endedAgoMs: undefined,
    bytes: { stdout: 0, stderr: 0 },
    pid: undefined,
  };
}

function viewRecord(record: JobRecord, snapshot: JobSnapshot, tasks: Tasks): JobView {
  const exit = parseExit(record.exit);
  const seen = observeRecord(record, snapshot, tasks);
  const verdict = judgeJob(seen);
  const isLive = verdict.state === 'RUNNING' || verdict.state === 'TOBEKILLED';
  return {
    spec: record.spec,
    ...verdict,
    exitCode: typeof exit === 'number' ? exit : undefined,
    process: record.pid && processName(record.pid),
    durationMs: durationMs(record, snapshot, isLive),
    folder: record.folder,
    ageMs: ageMs(record, snapshot),
    endedAgoMs: record.exitAt === undefined ? undefined : sinceMs(record.exitAt, snapshot.now),
    quietMs: sinceMs(record.lastAt, snapshot.now),
    bytes: record.bytes,
    pid: record.pid,
  };
}

/** By the clock of one boot: from its first process to its record, or to now. What was lost has no end that is known. */
function durationMs({ leader, pid, end }: JobRecord, snapshot: JobSnapshot, isLive: boolean): number | undefined {
  if (end.startedAt !== undefined && end.endedAt !== undefined) return sinceMs(end.startedAt, end.endedAt);
  const isThisBoot = pid !== undefined && bootOf(pid.stamp) === bootOf(snapshot.stamp);
  return isLive && leader !== undefined && isThisBoot ? sinceMs(leader.beganAt, snapshot.uptime) : undefined;
}
