/** What became of a job. The last four are final and never change. Source: the older job engine's contract. */
export type JobState = 'PENDING' | 'RUNNING' | 'TOBEKILLED' | 'SUCCEEDED' | 'KILLED' | 'DONEWITHERROR' | 'FAILED';

export const FINAL_STATES: ReadonlySet<JobState> = new Set(['SUCCEEDED', 'KILLED', 'DONEWITHERROR', 'FAILED']);

export type JobType = 'spark' | 'shell';

/** Where a job's driver runs: in the master's container, as a one-shot service of its own, or `ssh://user@host:port`. */
export type DriverPlace = 'master' | 'task' | `ssh://${string}`;

/** What a job is: the content of `spec.json` in its folder, on one line. */
export interface JobSpec {
  readonly schemaVersion: 1;
  /** 12 hexadecimal digits, made before anything is sent. */
  readonly id: string;
  /** `^[a-zA-Z0-9][a-zA-Z0-9\-_.]*$`, up to 50 characters. */
  readonly name: string;
  readonly type: JobType;
  readonly cluster: string;
  readonly driver: DriverPlace;
  /** What is run in the job's `files/` folder, word for word. */
  readonly argv: readonly string[];
  /** Names of the environment variables that the job gets; their values are in `env.sh` alone. */
  readonly environment: readonly string[];
  /** Base names of the uploaded files. */
  readonly files: readonly string[];
  /** ISO-8601 with Z, by the client's clock: for people only. */
  readonly createdAt: string;
  /** Who asked: `user@host`. */
  readonly createdBy: string;
  /** The job is cancelled after this time; `null` for never. */
  readonly timeoutMs: number | null;
  /** How long it may take to end after each of INT and TERM. */
  readonly graceMs: number;
  /** How much of its standard output and of its standard error is kept, the last of each; without it all. */
  readonly maxOutputBytes?: number;
  /** sha256 of everything above but `createdAt` and `createdBy`, and of the files: the same id with another hash is another job. */
  readonly hash: string;
}

/** A job as it is seen now. */
export interface JobStatus {
  readonly spec: JobSpec;
  readonly state: JobState;
  /** Why, for people: `exit 3`, `main class not found`, `lost: the container was restarted`; empty when there is nothing to say. */
  readonly reason: string;
  /** The application's own exit status, where there is a record of it. */
  readonly exitCode: number | undefined;
  /** `PID@INSTANCE`, once it has started. */
  readonly process: string | undefined;
  /** By the clock of the place where it runs; `undefined` before the start. */
  readonly durationMs: number | undefined;
}
