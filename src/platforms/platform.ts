import type { Readable, Writable } from 'node:stream';

import type { Cluster, ClusterContainer, PlatformKind } from '../cluster/cluster.ts';
import type { ClusterSpec } from '../cluster/spec.ts';

/** What a platform can and cannot do, asked before anything is touched. */
export interface PlatformCapabilities {
  /** Containers may run on several machines. */
  readonly hasNodes: boolean;
  /** Published ports can be bound to one address only (loopback). */
  readonly bindsAddresses: boolean;
}

/** A place where a cluster lives: a Docker swarm, or the containers of one engine. At most 8 methods (design D15). */
export interface Platform {
  readonly kind: PlatformKind;
  readonly capabilities: PlatformCapabilities;

  /** Every cluster found by our labels, with its containers. */
  listClusters(): Promise<readonly Cluster[]>;

  /** One cluster, or `undefined` when there is none of this name. */
  readCluster(name: string): Promise<Cluster | undefined>;

  /** Reads what is there and says what a deploy of this spec would do. Changes nothing. */
  planDeploy(spec: ClusterSpec): Promise<DeployPlan>;

  /**
   * Sets how many workers there shall be. Lowering it must follow {@link stopWorkers}, which chooses which ones go. The
   * number that is there already ends what an interrupted run has left.
   * @throws UsageError, and nothing is changed, if there is no room for more
   */
  setWorkers(cluster: Cluster, count: number): Promise<void>;

  /**
   * Stops exactly these workers and returns when the platform has seen their end. Without `replace` no other ones come for
   * them until {@link setWorkers}, and lowering the count there takes nobody else.
   */
  stopWorkers(cluster: Cluster, workers: readonly ClusterContainer[], options: StopOptions): Promise<void>;

  /** Takes away everything of the cluster but its data volumes, and returns when it is gone. */
  removeCluster(name: string, options: RemoveOptions): Promise<RemoveResult>;

  /** The inside of a running container. */
  openContainer(cluster: Cluster, container: ClusterContainer): Promise<ContainerAccess>;

  /** Streams what a daemon printed, and with `follow` what it prints from now on. */
  streamLogs(cluster: Cluster, container: ClusterContainer, options: LogOptions): Promise<void>;
}

export interface StopOptions {
  /** Others shall come in their places. */
  readonly replace: boolean;
  /** Nothing runs on them any more: they need no time to end. */
  readonly isDrained: boolean;
}

/** What a deploy will do, and the way to do it. */
export interface DeployPlan {
  /** Sentences for people, one per change; empty when there is nothing to do. */
  readonly changes: readonly string[];
  /** The fully resolved file that Docker is given. */
  readonly document: unknown;
  /** There was no such cluster. */
  readonly isNew: boolean;
  /** True when containers that run now will be replaced. */
  readonly restartsContainers: boolean;
  /** True when the master's is one of them: what runs in it ends. */
  readonly restartsMaster: boolean;
  /** Warnings that do not stop the deploy. */
  readonly warnings: readonly string[];
  apply(progress: (detail: string) => void, signal: AbortSignal): Promise<void>;
}

export interface RemoveOptions {
  readonly volumes: boolean;
  readonly progress: (detail: string) => void;
  readonly signal: AbortSignal;
}

export interface RemoveResult {
  /** Names of what was removed, by kind: `service spark_master`. Empty when there was nothing. */
  readonly removed: readonly string[];
  /** Data volumes that stay: `spark_data on lab-1`. */
  readonly keptVolumes: readonly string[];
  /** Parts of the cluster that could not be taken away, and why: `network spark_spark: …`. */
  readonly remaining: readonly string[];
  /** What else stays and why: on nodes that could not be looked into, and what is not ours in a stack deployed by hand. */
  readonly leftovers: readonly string[];
}

/** Running programs inside a container, and signals to it. */
export interface ContainerAccess {
  exec(argv: readonly string[], options: ExecAccessOptions): Promise<number>;
  /** What a short program prints. One that does not end within `timeoutMs` (default 30 s) is given up. */
  read(
    argv: readonly string[],
    options?: { readonly signal?: AbortSignal; readonly timeoutMs?: number },
  ): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }>;
  copyIn(archive: Readable, folder: string): Promise<void>;
  kill(signal: string): Promise<void>;
}

export interface ExecAccessOptions {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env?: readonly string[];
  readonly signal?: AbortSignal;
}

export interface LogOptions {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly follow: boolean;
  /** Lines from the end; `undefined` for all. */
  readonly tail: number | undefined;
  /** Only what is younger: milliseconds since the epoch. */
  readonly sinceMs: number | undefined;
  readonly timestamps: boolean;
  readonly signal: AbortSignal;
}
