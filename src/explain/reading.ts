import type { Cluster } from '../cluster/cluster.ts';
import type { ApplicationPage } from '../spark/application-page.ts';
import type { DriverState } from '../spark/driver-state.ts';
import type { MasterState, SparkApplication } from '../spark/master-state.ts';

/** Everything that was read about a cluster at one moment. What could not be read is `undefined` or empty. */
export interface ClusterReading {
  readonly cluster: Cluster;
  readonly master: MasterState | undefined;
  /** Masters and workers whose insides could be looked into. */
  readonly daemons: readonly DaemonReading[];
  /** One for each active application. */
  readonly applications: readonly ApplicationReading[];
}

export interface ApplicationReading {
  readonly application: SparkApplication;
  /** What the master knows of its executors. */
  readonly page: ApplicationPage | undefined;
  /** What its driver says; `undefined` while it does not answer. */
  readonly driver: DriverState | undefined;
}

/** A container of the cluster, seen from its inside. */
export interface DaemonReading {
  /** `master`, `worker-2`. */
  readonly name: string;
  /** `3.13`; empty when unknown. */
  readonly python: string;
  /** `4.2.1`; empty when unknown. */
  readonly spark: string;
  /** Its own host name, which executors know its drivers by. */
  readonly host: string;
  /** Its local time as its daemon's log has it: `26/11/21 09:17:23`. */
  readonly clock: string;
  /** Versions of Spark of the drivers that run in it. */
  readonly driverVersions: readonly string[];
  readonly memory: MemoryReading;
  readonly disks: readonly DiskReading[];
  readonly executors: readonly ExecutorReading[];
  /** Whether the drivers that its executors were told of answer from here. */
  readonly connections: readonly ConnectionReading[];
  /** The paths that were asked for, and whether they are there. */
  readonly paths: Readonly<Record<string, boolean>>;
  /** The last lines that its daemon has printed, of the last minutes. */
  readonly log: string;
}

/** The container's own account, from its cgroup. Bytes. */
export interface MemoryReading {
  readonly limitBytes: number | undefined;
  readonly peakBytes: number | undefined;
  /** Processes that the kernel has killed at the limit since the container started. */
  readonly kills: number;
}

export interface DiskReading {
  readonly path: string;
  readonly freeBytes: number;
  readonly totalBytes: number;
  readonly freeInodes: number;
}

/** One of the last executors of an application on a worker, from its folder and its process. */
export interface ExecutorReading {
  readonly applicationId: string;
  readonly id: number;
  readonly isRunning: boolean;
  /** Since its process began; since it printed the last line where it has ended. */
  readonly ageSeconds: number;
  readonly heap: string;
  readonly cores: number;
  /** `host:port`; empty when unknown. */
  readonly driver: string;
  /** End of what it has printed on standard error. */
  readonly stderr: string;
}

export interface ConnectionReading {
  /** `host:port` of a driver. */
  readonly address: string;
  /** `ok`, `refused`, `timeout`, `unknown host`, or the system's own words. */
  readonly result: string;
}
