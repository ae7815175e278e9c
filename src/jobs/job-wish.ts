import type { DriverPlace, JobType } from './job.ts';

/** What was asked for, by flags, by a job file, or in the words of `submit`; nothing is compared with the disk yet. */
export interface JobWish {
  readonly type: JobType;
  /** `undefined`: made from the application's file name. */
  readonly name: string | undefined;
  /** `undefined`: a new one is made. */
  readonly id: string | undefined;
  /** As a job file says; what is typed wins. */
  readonly cluster: string | undefined;
  /** `undefined`: nobody said. */
  readonly driver: DriverPlace | undefined;
  /** The first is the application. Paths of this machine, paths in the cluster (`/…`), URLs. */
  readonly mains: readonly string[];
  readonly libs: readonly string[];
  readonly args: readonly string[];
  /** The job's environment, on top of that of its place. */
  readonly params: Readonly<Record<string, string>>;
  /** `edp.*`, `spark.*`, `fs.*`. */
  readonly configs: Readonly<Record<string, string>>;
  /** spark-submit's own, word for word, without the application. */
  readonly options: readonly string[];
  /** Places of the data, as URLs or `datasource://NAME`; the job gets them as INPUT and OUTPUT. */
  readonly input: string | undefined;
  readonly output: string | undefined;
  /** One that the image holds, instead of `mains`. */
  readonly example: string | undefined;
  /** The job is cancelled after this time; `null` for never. */
  readonly timeoutMs: number | null;
  /** How long it may take to end after each of INT and TERM. */
  readonly graceMs: number;
  /** How much of each of its two outputs is kept; `null` for all. */
  readonly maxOutputBytes: number | null;
  /** Whether jars are looked into before they are sent. */
  readonly check: boolean;
  /** What was found while reading; reported with all the rest. */
  readonly problems: readonly JobProblem[];
}

/** One thing that is wrong, for people. */
export interface JobProblem {
  readonly message: string;
  /** What to type. */
  readonly hint?: string | undefined;
}

export const DEFAULT_GRACE_MS = 5000;

export const EMPTY_WISH: JobWish = {
  type: 'spark',
  name: undefined,
  id: undefined,
  cluster: undefined,
  driver: undefined,
  mains: [],
  libs: [],
  args: [],
  params: {},
  configs: {},
  options: [],
  input: undefined,
  output: undefined,
  example: undefined,
  timeoutMs: null,
  graceMs: DEFAULT_GRACE_MS,
  maxOutputBytes: null,
  check: true,
  problems: [],
};
