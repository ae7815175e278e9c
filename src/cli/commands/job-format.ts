import type { JobSpec } from '../../jobs/job.ts';
import type { JobView } from '../../jobs/judge-snapshot.ts';
import { formatDuration } from '../../units.ts';
import { formatTarget } from '../hint-target.ts';
import { printable } from '../printable.ts';

/** One job in `-o json`; durations in milliseconds, by the clock of the place where it runs. */
export interface JobDescription {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly state: string;
  readonly reason: string;
  readonly exitCode: number | null;
  /** `PID@INSTANCE` */
  readonly process: string | null;
  readonly driver: string;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly ageMs: number;
  readonly durationMs: number | null;
}

export function describeJob({ spec, state, reason, exitCode, process, durationMs, ageMs }: JobView): JobDescription {
  return {
    id: spec.id,
    name: spec.name,
    type: spec.type,
    state,
    reason,
    exitCode: exitCode ?? null,
    process: process ?? null,
    driver: spec.driver,
    createdAt: spec.createdAt,
    createdBy: spec.createdBy,
    ageMs,
    durationMs: durationMs ?? null,
  };
}

/** The words by which a command on jobs finds this one: `--name spark --context lab --driver ssh://ada@edge 4c1f0a9b7e23`. */
export function formatJobWords(
  { id, cluster, driver }: Pick<JobSpec, 'id' | 'cluster' | 'driver'>,
  place: Parameters<typeof formatTarget>[0],
): string {
  // Records of all other drivers are found without it.
  const words = driver.startsWith('ssh:') ? ` --driver ${driver}` : '';
  return `--name ${cluster}${formatTarget(place)}${words} ${id}`;
}

/** For a job that has failed for a cause that nobody knows: what it printed last may say it. */
export function adviseLogs(
  { spec, state, bytes }: JobView,
  place: Parameters<typeof formatTarget>[0],
): readonly string[] {
  if (state !== 'DONEWITHERROR' || bytes.stdout + bytes.stderr === 0) return [];
  return [`hint: spark-swarm job logs --tail 20 ${formatJobWords(spec, place)}`];
}

/** `DONEWITHERROR after 12.0 s: exit 3` */
export function describeState({ state, reason, durationMs }: JobView): string {
  const took =
    durationMs === undefined ? '' : ` ${state === 'RUNNING' ? 'for' : 'after'} ${formatDuration(durationMs)}`;
  return `${state}${took}${reason === '' ? '' : `: ${printable(reason)}`}`;
}

/** Lines of two columns. */
export function formatPairs(pairs: readonly (readonly [string, string])[]): string {
  const width = Math.max(...pairs.map(([key]) => key.length)) + 2;
  return pairs.map(([key, value]) => `${key.padEnd(width)}${printable(value)}`.trimEnd()).join('\n');
}
