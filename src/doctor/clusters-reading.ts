import type { Problem } from '../cluster/problems.ts';

/** Clusters of ours on the engine and the swarm that commands would use. By `connections/doctor-clusters.ts`. */
export interface ClustersReading {
  readonly clusters: readonly ClusterReading[];
  readonly images: readonly ImageReading[];
  /** Volumes whose cluster is no more. */
  readonly volumes: readonly VolumeReading[];
  readonly locks: readonly LockReading[];
  readonly held: readonly HeldReading[];
}

export interface ClusterReading {
  readonly name: string;
  readonly platform: string;
  /** `undefined` when its state could not be read; `problems` is empty then. */
  readonly isHealthy: boolean | undefined;
  readonly workers: string;
  readonly problems: readonly Problem[];
}

/** An image that services run, on nodes where their containers may go. */
export interface ImageReading {
  readonly image: string;
  readonly clusters: readonly string[];
  readonly nodes: readonly string[];
  /** Those of the nodes that lack it. */
  readonly missingOn: readonly string[];
}

export interface VolumeReading {
  readonly name: string;
  readonly cluster: string;
  /** Name of the node, or of this machine. */
  readonly place: string;
}

export interface LockReading {
  readonly cluster: string;
  /** `config spark_lock`, `volume spark-lock`. */
  readonly object: string;
  /** What its holder did, who and since when, for people. */
  readonly holder: string;
  readonly isDead: boolean;
  /** What takes it away by hand. */
  readonly removeCommand: string;
}

export interface HeldReading {
  readonly cluster: string;
  readonly service: string;
  readonly wanted: number;
}
