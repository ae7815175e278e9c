/** `pid` of a job's folder: `<pid> <start> <stamp> <host>`, the wrapper's. */
export interface PidRecord {
  readonly pid: number;
  /** Clock ticks since boot; with the pid it names one process of one boot. Source: proc_pid_stat(5), field 22. */
  readonly startTicks: number;
  /** `<boot_id>:<start of process 1>`: another one is another boot, or another container. */
  readonly stamp: string;
  /** Name of the machine or container. */
  readonly host: string;
}

export function parsePidRecord(text: string): PidRecord | undefined {
  const [, pid, start, stamp, host] = /^([1-9]\d*) (\d+) (\S+) (\S+)$/.exec(text.trimEnd()) ?? [];
  if (pid === undefined || start === undefined || stamp === undefined || host === undefined) return undefined;
  return { pid: Number(pid), startTicks: Number(start), stamp, host };
}

/** A job's process as people name it: `PID@INSTANCE`. */
export function processName({ pid, host }: PidRecord): string {
  return `${pid}@${host}`;
}
