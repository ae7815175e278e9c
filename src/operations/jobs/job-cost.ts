import { parseCleanedLogs, parseJobCosts, type CleanedLog, type JobCost } from '../../jobs/job-cost.ts';
import type { JobShell, ShellResult } from '../../jobs/job-shell.ts';

/** Where Spark's event logs are, in the containers of a cluster. Source: docker/config/write-conf. */
export const EVENTS_FOLDER = '/var/lib/spark/jobs/events';

/** The first word is the program. `-I`: no json.py of the folder it runs in, nor of PYTHONPATH, is taken for Python's own. */
const PYTHON = 'exec python3 -I -c "$@"';
/** A log of 31,000 tasks takes 1 s to read. */
const READ_TIMEOUT_MS = 60_000;

export interface EventLogReader {
  /** Into a container that has the cluster's `jobs` volume. */
  readonly shell: JobShell;
  /** Text of docker/job/event-log.py. */
  readonly script: string;
  readonly signal: AbortSignal;
}

/** A job, or one application, whose logs are asked for. */
export type EventLogChoice = { readonly jobId: string } | { readonly applicationId: string };

/**
 * What the applications of a job cost, the oldest first; a job may start several, and one that started none has none.
 * A log that cannot be read is left out, one that is cut or being written counts as far as it goes.
 *
 * @throws UnreachableError when the place does not answer; the signal's reason
 */
export async function readJobCosts(reader: EventLogReader, choice: EventLogChoice): Promise<readonly JobCost[]> {
  return parseJobCosts((await readLogs(reader, 'costs', choice)).stdout);
}

/** The ids that Spark gave to the applications of a job, the oldest first; only the beginning of each log is read. */
export async function findApplicationIds(reader: EventLogReader, jobId: string): Promise<readonly string[]> {
  const { stdout } = await readLogs(reader, 'ids', { jobId });
  return stdout.split('\n').filter((line) => line !== '');
}

/** What goes of the event logs: as of the records of jobs, by when something was last written to them. */
export interface EventLogLimits {
  readonly olderThanMs: number;
  readonly keepMs: number;
  readonly maxBytes: number;
  readonly dryRun: boolean;
}

/**
 * Deletes event logs that are old or, above a sum, the oldest; says which.
 *
 * @throws UnreachableError when the place does not answer; the signal's reason
 */
export async function cleanEventLogs(
  { shell, script, signal }: EventLogReader,
  { olderThanMs, keepMs, maxBytes, dryRun }: EventLogLimits,
): Promise<readonly CleanedLog[]> {
  const limits = [olderThanMs / 1000, keepMs / 1000, maxBytes].map(String);
  const words = [script, EVENTS_FOLDER, 'clean', dryRun ? 'dry' : 'delete', ...limits];
  const { stdout } = await shell.run(PYTHON, words, { timeoutMs: READ_TIMEOUT_MS, signal });
  return parseCleanedLogs(stdout);
}

async function readLogs(
  { shell, script, signal }: EventLogReader,
  wish: 'ids' | 'costs',
  choice: EventLogChoice,
): Promise<ShellResult> {
  const [kind, value] = 'jobId' in choice ? ['job', choice.jobId] : ['application', choice.applicationId];
  const words = [script, EVENTS_FOLDER, wish, kind, value];
  // A place without Python, or without logs, prints nothing.
  return shell.run(PYTHON, words, { timeoutMs: READ_TIMEOUT_MS, signal });
}
