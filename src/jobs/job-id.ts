import { UsageError } from '../errors.ts';

const ID = /^[0-9a-f]{12}$/;

/** How a job is named on a command line. */
export type JobReference =
  | { readonly kind: 'id'; readonly id: string }
  /** As `job info` prints it: the process, and the container or host that it runs on. */
  | { readonly kind: 'process'; readonly pid: number; readonly instance: string };

export function isJobId(text: string): boolean {
  return ID.test(text);
}

/**
 * A job's id: 12 hexadecimal digits.
 *
 * @throws UsageError naming the field and the text
 */
export function parseJobId(text: string, field = '--id'): string {
  if (isJobId(text)) return text;
  throw new UsageError(`${field}: got ${JSON.stringify(text)}; expected 12 of 0-9 and a-f`);
}

/**
 * `1a2b3c4d5e6f`, the folder's name `wordcount-1a2b3c4d5e6f`, or `PID@INSTANCE`.
 *
 * @throws UsageError for anything else
 */
export function parseJobReference(text: string, field = 'JOB'): JobReference {
  const [, id] = /^(?:[a-zA-Z0-9][a-zA-Z0-9\-_.]{0,49}-)?([0-9a-f]{12})$/.exec(text) ?? [];
  if (id !== undefined) return { kind: 'id', id };
  const [, pid, instance] = /^([1-9][0-9]{0,9})@([A-Za-z0-9][A-Za-z0-9_.-]*)$/.exec(text) ?? [];
  if (pid !== undefined && instance !== undefined) return { kind: 'process', pid: Number(pid), instance };
  throw new UsageError(
    `${field}: got ${JSON.stringify(text)}; expected the id of a job (12 of 0-9 and a-f) or PID@INSTANCE`,
    { hint: 'spark-swarm job list shows the jobs and their ids' },
  );
}
