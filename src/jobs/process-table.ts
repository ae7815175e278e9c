/** A process as /proc/PID/stat describes it. */
export interface ProcessRow {
  readonly pid: number;
  /** `R S D T t Z X I`: T is stopped, Z and X are dead. */
  readonly state: string;
  readonly session: number;
  /** Clock ticks since boot. */
  readonly startTicks: number;
  /** The job whose environment it has. */
  readonly job: string | undefined;
}

/** pid, name (in brackets, at most 64 characters of any kind), state, parent, group, session, fields 7 to 21, start. */
const STAT = /(?:^|\n)(\d+) \([^]{0,64}?\) ([A-Za-z]) -?\d+ -?\d+ (-?\d+)(?: -?\d+){15} (\d+) /g;

/** Lines `/proc/PID/environ:SPARK_SWARM_JOB_ID=ID`. */
const MARKED = /^\/proc\/(\d+)\/environ:SPARK_SWARM_JOB_ID=([0-9a-f]{12})$/gm;

export function parseProcesses(stats: string, marked: string): ReadonlyMap<number, ProcessRow> {
  const jobs = new Map([...marked.matchAll(MARKED)].map(([, pid, id]) => [Number(pid), id]));
  const rows = new Map<number, ProcessRow>();
  for (const [, pid, state = '', session, start] of stats.matchAll(STAT)) {
    const number = Number(pid);
    rows.set(number, {
      pid: number,
      state,
      session: Number(session),
      startTicks: Number(start),
      job: jobs.get(number),
    });
  }
  return rows;
}

/** A zombie has ended; only its parent has not asked yet. */
export function isAlive({ state }: ProcessRow): boolean {
  return state !== 'Z' && state !== 'X';
}

export function isStopped({ state }: ProcessRow): boolean {
  return state === 'T' || state === 't';
}
