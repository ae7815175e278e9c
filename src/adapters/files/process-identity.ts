import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * A process, so that another one is not taken for it: a number alone comes back for another process, and means another
 * one in another container or on another machine.
 */
export interface ProcessIdentity {
  /** Host name, boot and process namespace: equal where process numbers mean the same. */
  readonly host: string;
  readonly pid: number;
  /** In clock ticks since boot; `unknown` where that cannot be read (macOS). */
  readonly started: string;
}

/** This process. */
export function describeSelf(): ProcessIdentity {
  return { host: describeHost(), pid: process.pid, started: readStartTime(process.pid) };
}

/** The host name alone, as people know the machine. */
export function hostnameOf({ host }: Pick<ProcessIdentity, 'host'>): string {
  return host.split(' ')[0] ?? '';
}

/** Whether it lives; `undefined` where that cannot be seen from here. */
export function isAlive({ host, pid, started }: ProcessIdentity): boolean | undefined {
  if (host !== describeHost()) return undefined;
  const now = readStartTime(pid);
  return now !== '' && (now === started || now === 'unknown');
}

/** What somebody wrote down as such; `undefined` for anything else. */
export function parseIdentity(value: unknown): ProcessIdentity | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { host, pid, started } = value as Partial<Record<keyof ProcessIdentity, unknown>>;
  if (typeof host !== 'string' || typeof started !== 'string') return undefined;
  return typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 0 ? { host, pid, started } : undefined;
}

/** Containers of one machine share its boot id, clones of one image its host name: only all three together say it. */
function describeHost(): string {
  const bootId = readOr('', () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const namespace = readOr('', () => readlinkSync('/proc/self/ns/pid'));
  return [hostname(), bootId, namespace].filter((part) => part !== '').join(' ');
}

/**
 * Start of a process; empty when there is no such process, or one that was killed and that nobody has waited for (a
 * container's first process often does not). Fields 3 and 22 of /proc/PID/stat; the name of the program, field 2, may
 * hold blanks and parentheses. Source: proc(5).
 */
function readStartTime(pid: number): string {
  const text = readOr('', () => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (text === '') return answersSignals(pid) ? 'unknown' : '';
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? '' : (fields[19] ?? '');
}

/** Where there is no /proc, or, with `hidepid`, not that of other users. */
function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readOr<T>(missing: T, read: () => T): T {
  try {
    return read();
  } catch {
    return missing;
  }
}
