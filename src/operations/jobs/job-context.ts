import type { Readable } from 'node:stream';

import type { Report } from '../../events.ts';
import type { JobPlan } from '../../jobs/job-plan.ts';
import type { JobScripts } from '../../jobs/job-scripts.ts';
import type { JobShell, TaskRunner } from '../../jobs/job-shell.ts';
import type { DriverPlace } from '../../jobs/job.ts';
import type { DriverJob } from '../ssh-driver.ts';
import type { MasterState } from '../../spark/master-state.ts';
import type { EventLogReader } from './job-cost.ts';

/** The place where a cluster's jobs are kept, and everything that the operations on them need. Made by `openJobs`. */
export interface JobContext {
  /** The cluster's name. */
  readonly cluster: string;
  readonly driver: DriverPlace;
  /** Where the records are: in the master's container, or on a machine over ssh. */
  readonly shell: JobShell;
  /** Where drivers can be one-shot services. With the driver `master` it only says what became of those that were. */
  readonly runner: TaskRunner | undefined;
  /** Spark's event logs, which the master's container has. */
  readonly events: Omit<EventLogReader, 'signal'>;
  readonly scripts: JobScripts;
  readonly report: Report;
  readonly signal: AbortSignal;
  /** What Spark's master says; `undefined` while it does not answer. */
  readMaster(): Promise<MasterState | undefined>;
}

/** What a launch needs besides. */
export interface LaunchContext extends JobContext {
  /** What the driver's place adds to a job. @throws InvalidStateError, ConflictError when a driver cannot work there */
  prepare(job: DriverJob): Promise<DriverExtras>;
  /**
   * A tar archive of the record, in a folder below that of all records.
   * @throws UsageError naming a file that cannot be read
   */
  pack(plan: JobPlan, record: { readonly extras: DriverExtras; readonly folder: string }): Promise<Readable>;
}

/** What one driver's place adds to a record. */
export interface DriverExtras {
  /** Joins the job's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Further files of the record, by their path in it, mode 0600. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

export const NO_EXTRAS: DriverExtras = { environment: {}, files: [] };
