import type { Readable, Writable } from 'node:stream';

/** The place where records are kept and, but for tasks, drivers run. Three of them: exec, ssh, and a task's own container. */
export interface JobShell {
  /** How messages name it: `the master of "spark"`, `ssh://ada@gate:22`. */
  readonly place: string;
  /** Folder of the records there, absolute. */
  readonly base: string;
  /** Who owns what is uploaded; `undefined`: whoever logs in. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;

  /**
   * Runs a POSIX shell script (`$1`, `$2`, … are the words) to its end.
   * @throws UnreachableError when the place cannot be reached, the connection is lost, or `timeoutMs` (default 30 s) has passed
   */
  run(script: string, words: readonly string[], options: ShellRunOptions): Promise<ShellResult>;

  /**
   * Streams what a script prints until it ends; gives its exit status.
   * @throws UnreachableError when the connection is lost; the signal's reason, and what runs there goes on
   */
  stream(script: string, words: readonly string[], options: ShellStreamOptions): Promise<number>;

  /** Unpacks a tar archive below a folder, which is made where it is missing. @throws UnreachableError, EngineError */
  upload(archive: Readable, folder: string, signal: AbortSignal): Promise<void>;
}

export interface ShellRunOptions {
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
}

export interface ShellStreamOptions {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly signal: AbortSignal;
}

export interface ShellResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What Docker says of the one-shot task of a job. */
export interface TaskObservation {
  readonly jobId: string;
  /** As Docker spells it: `pending`, `running`, `complete`, `failed`, `rejected`, …; `gone` when there is no service any more. */
  readonly state: string;
  /** Docker's words: the scheduler's reason, why it failed. */
  readonly message: string;
  readonly exitCode: number | undefined;
  readonly node: string;
}

export interface TaskStart {
  readonly id: string;
  readonly name: string;
  /** Folder of the record. */
  readonly directory: string;
  /** What the container runs: the wrapper. */
  readonly argv: readonly string[];
  /** Heap that was asked for; `undefined`: what the cluster or Spark takes. */
  readonly driverBytes: number | undefined;
}

/** Drivers as one-shot services: what `task` adds to a shell into the master's container. */
export interface TaskRunner {
  /** Makes the service that runs the wrapper of a job; doing it twice makes one. @throws UsageError (no room), EngineError */
  start(job: TaskStart): Promise<void>;
  /** All tasks of the cluster's jobs, by job id, in one call. */
  observe(signal: AbortSignal): Promise<ReadonlyMap<string, TaskObservation>>;
  /** Into the task's own container, for signals and its process table; `undefined` when it does not run. */
  openShell(jobId: string, signal: AbortSignal): Promise<JobShell | undefined>;
  /** Takes the service away, and returns when its container has ended; one that is gone is no error. */
  remove(jobId: string): Promise<void>;
}
