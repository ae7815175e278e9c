import { UsageError } from '../errors.ts';
import { parseJobReference } from './job-id.ts';
import type { JobStatus } from './job.ts';

/** What a person typed to name a job. */
export type JobText = { readonly text: string } & (
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'prefix'; readonly prefix: string }
  | { readonly kind: 'process'; readonly process: string }
);

/** One letter fits too much to be meant. */
const PREFIX = /^[0-9a-f]{2,11}$/;
const SHOWN_AMBIGUOUS = 5;

/**
 * Shape: 12 hexadecimal digits, at least the first two of them, `<name>-<id>`, or `PID@INSTANCE`.
 *
 * @throws UsageError
 */
export function parseJobText(text: string): JobText {
  if (PREFIX.test(text)) return { text, kind: 'prefix', prefix: text };
  const reference = parseJobReference(text);
  return reference.kind === 'id'
    ? { text, kind: 'id', id: reference.id }
    : { text, kind: 'process', process: `${reference.pid}@${reference.instance}` };
}

/**
 * @param jobs newest first: of two jobs with the same process id in the same place the newer is meant
 * @returns `undefined` when there is none
 * @throws UsageError for the beginning of several ids
 */
export function matchJobs<T extends JobStatus>(jobs: readonly T[], wanted: JobText): T | undefined {
  if (wanted.kind === 'id') return jobs.find(({ spec }) => spec.id === wanted.id);
  if (wanted.kind === 'process') return jobs.find(({ process }) => process === wanted.process);
  const found = jobs.filter(({ spec }) => spec.id.startsWith(wanted.prefix));
  if (found.length < 2) return found[0];
  const ids = found.slice(0, SHOWN_AMBIGUOUS).map(({ spec }) => spec.id);
  throw new UsageError(
    `JOB: got ${JSON.stringify(wanted.text)}, which ${found.length} jobs begin with; expected more of it: ${ids.join(', ')}${found.length > ids.length ? ', …' : ''}`,
  );
}
