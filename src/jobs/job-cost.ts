import { formatBytes, formatDuration } from '../units.ts';

/** What one application of a job cost, out of its event log. Sums are over all tasks, also those that failed. */
export interface JobCost {
  /** As Spark names it: `app-20261121091010-0000`. */
  readonly applicationId: string;
  readonly applicationName: string;
  /** The job that started it; empty for one started by hand. */
  readonly jobId: string;
  /** ISO-8601 with Z, by the driver's clock. */
  readonly startedAt: string | undefined;
  /** `undefined` for one that runs, or was killed: then the log has no end. */
  readonly endedAt: string | undefined;
  readonly durationMs: number | undefined;
  /** False where a part of the log is missing or cut: the sums are of what is there. */
  readonly isWhole: boolean;
  /** Of those that have started; `failed` counts attempts. */
  readonly jobs: Counts;
  readonly stages: Counts;
  readonly tasks: Counts;
  readonly executors: { readonly total: number; readonly lost: number };
  readonly taskTimeMs: number;
  readonly cpuTimeMs: number;
  readonly gcTimeMs: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
  readonly shuffleReadBytes: number;
  readonly shuffleWriteBytes: number;
  readonly spillMemoryBytes: number;
  readonly spillDiskBytes: number;
  /** What tasks sent to the driver. */
  readonly resultBytes: number;
  /** What sorts, joins and aggregations of one task held at most. */
  readonly peakExecutionMemoryBytes: number;
  /** Java heap in use of one executor at most, seen once a second; `undefined` where it was not seen. */
  readonly peakHeapBytes: number | undefined;
  readonly peakDriverHeapBytes: number | undefined;
  /** The last 20 of them. */
  readonly removedExecutors: readonly RemovedExecutor[];
  /** Of the task or stage that failed last, its first 2000 characters; empty where none did. */
  readonly failureReason: string;
}

export interface Counts {
  readonly total: number;
  readonly failed: number;
}

export interface RemovedExecutor {
  readonly id: string;
  readonly time: string | undefined;
  /** Spark's words: `Command exited with code 137`. */
  readonly reason: string;
}

/** The sums of a cost, which the script prints under the same names. */
const SUMS = [
  'taskTimeMs',
  'cpuTimeMs',
  'gcTimeMs',
  'inputBytes',
  'outputBytes',
  'shuffleReadBytes',
  'shuffleWriteBytes',
  'spillMemoryBytes',
  'spillDiskBytes',
  'resultBytes',
  'peakExecutionMemoryBytes',
] as const;

/** Any object of what the script prints: every field may be missing or something else. */
type Raw = Readonly<
  Partial<
    Record<
      | keyof JobCost
      | keyof Counts
      | keyof RemovedExecutor
      | keyof CleanedLog
      | 'lost'
      | 'startedMs'
      | 'endedMs'
      | 'timeMs',
      unknown
    >
  >
>;

/** Reads what `docker/job/event-log.py … costs` prints, one application a line; a line that is none is left out. */
export function parseJobCosts(text: string): readonly JobCost[] {
  return text.split('\n').flatMap((line) => {
    const raw = parseLine(line);
    return raw === undefined || textOf(raw.applicationId) === '' ? [] : [toCost(raw)];
  });
}

/** An event log that was deleted. */
export interface CleanedLog {
  /** Of its folder: `eventlog_v2_app-20261121091010-0000`. */
  readonly name: string;
  readonly bytes: number;
}

/** Reads what `docker/job/event-log.py … clean` prints. */
export function parseCleanedLogs(text: string): readonly CleanedLog[] {
  return text.split('\n').flatMap((line) => {
    const raw = parseLine(line);
    const name = textOf(raw?.name);
    return name === '' ? [] : [{ name, bytes: numberOf(raw?.bytes) ?? 0 }];
  });
}

function parseLine(line: string): Raw | undefined {
  try {
    return asRaw(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function toCost(raw: Raw): JobCost {
  const startedMs = numberOf(raw.startedMs);
  const endedMs = numberOf(raw.endedMs);
  const sums = Object.fromEntries(SUMS.map((key) => [key, numberOf(raw[key]) ?? 0])) as Record<
    (typeof SUMS)[number],
    number
  >;
  return {
    applicationId: textOf(raw.applicationId),
    applicationName: textOf(raw.applicationName),
    jobId: textOf(raw.jobId),
    startedAt: timeOf(startedMs),
    endedAt: timeOf(endedMs),
    durationMs: startedMs === undefined || endedMs === undefined ? undefined : Math.max(0, endedMs - startedMs),
    isWhole: raw.isWhole === true,
    jobs: countsOf(raw.jobs),
    stages: countsOf(raw.stages),
    tasks: countsOf(raw.tasks),
    executors: { total: numberOf(asRaw(raw.executors)?.total) ?? 0, lost: numberOf(asRaw(raw.executors)?.lost) ?? 0 },
    ...sums,
    peakHeapBytes: numberOf(raw.peakHeapBytes),
    peakDriverHeapBytes: numberOf(raw.peakDriverHeapBytes),
    removedExecutors: Array.isArray(raw.removedExecutors) ? raw.removedExecutors.map(removedOf) : [],
    failureReason: textOf(raw.failureReason),
  };
}

function removedOf(value: unknown): RemovedExecutor {
  const raw = asRaw(value);
  return { id: textOf(raw?.id), time: timeOf(numberOf(raw?.timeMs)), reason: textOf(raw?.reason) };
}

function countsOf(value: unknown): Counts {
  const raw = asRaw(value);
  return { total: numberOf(raw?.total) ?? 0, failed: numberOf(raw?.failed) ?? 0 };
}

function asRaw(value: unknown): Raw | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function timeOf(ms: number | undefined): string | undefined {
  // Beyond this no Date can be.
  return ms === undefined || Math.abs(ms) > 8.64e15 ? undefined : new Date(ms).toISOString();
}

/** A cost for people, a row each: what it is, and how much. What did not occur is left out. */
export function formatJobCost(cost: JobCost): readonly (readonly [string, string])[] {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['application', `${cost.applicationId}  ${cost.applicationName}`],
    ['lasted', cost.durationMs === undefined ? 'its log has no end' : formatDuration(cost.durationMs)],
    ['jobs, stages', `${countText(cost.jobs)}, ${countText(cost.stages)}`],
    ['tasks', countText(cost.tasks)],
    ['executors', `${cost.executors.total}${cost.executors.lost === 0 ? '' : ` (${cost.executors.lost} lost)`}`],
    [
      'task time',
      `${formatDuration(cost.taskTimeMs)} (processor ${formatDuration(cost.cpuTimeMs)}, GC ${formatDuration(cost.gcTimeMs)})`,
    ],
    ['read, written', flow(cost.inputBytes, cost.outputBytes)],
    ['shuffle', flow(cost.shuffleReadBytes, cost.shuffleWriteBytes)],
    [
      'spilled',
      cost.spillDiskBytes + cost.spillMemoryBytes === 0
        ? undefined
        : `${formatBytes(cost.spillMemoryBytes)} of memory to ${formatBytes(cost.spillDiskBytes)} on disk`,
    ],
    ['peak memory', peakText(cost)],
    ['log', cost.isWhole ? undefined : 'not all of it could be read: the sums are of what is there'],
  ];
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

function countText({ total, failed }: Counts): string {
  return failed === 0 ? String(total) : `${total} (${failed} failed)`;
}

function flow(read: number, written: number): string | undefined {
  return read + written === 0 ? undefined : `${formatBytes(read)} read, ${formatBytes(written)} written`;
}

function peakText(cost: JobCost): string | undefined {
  const parts = [
    ...(cost.peakHeapBytes === undefined ? [] : [`executor heap ${formatBytes(cost.peakHeapBytes)}`]),
    ...(cost.peakDriverHeapBytes === undefined ? [] : [`driver heap ${formatBytes(cost.peakDriverHeapBytes)}`]),
    ...(cost.peakExecutionMemoryBytes === 0
      ? []
      : [`execution memory of one task ${formatBytes(cost.peakExecutionMemoryBytes)}`]),
  ];
  return parts.length === 0 ? undefined : parts.join(', ');
}
