/** A container as its engine inspects it, in our units. Names are Docker's own. */
export interface EngineContainer {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** As it was named when the container was made. */
  readonly image: string;
  /** As Docker spells it: `created running paused restarting removing exited dead`. */
  readonly state: string;
  readonly exitCode: number;
  readonly isOomKilled: boolean;
  /** Why the engine could not start it; empty when all is well. */
  readonly error: string;
  /** How often its restart policy has started it again. */
  readonly restarts: number;
  readonly createdAt: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly ports: readonly ContainerPort[];
}

export interface ContainerPort {
  readonly targetPort: number;
  readonly publishedPort: number;
  /** Address it is bound to; `0.0.0.0` and `::` for all. */
  readonly hostIp: string;
}

/** What is remembered of a cluster, as labels of an empty volume: Compose has no place for it. */
export interface ClusterMemory {
  readonly cluster: string;
  readonly revision: number;
  readonly volume: string;
  /** How many workers there shall be: the number of containers is not it, when somebody has removed one. */
  readonly workers: number;
  /** The spec, as JSON. */
  readonly spec: string | undefined;
  /** The file that Compose was given, as JSON. */
  readonly document: string | undefined;
}

export interface EngineSnapshot {
  readonly containers: readonly EngineContainer[];
  /** The newest of each cluster. */
  readonly memories: readonly ClusterMemory[];
  /** Name of the machine. */
  readonly host: string;
  /** The engine's own loopback addresses are this machine's. */
  readonly isLocal: boolean;
  /** Address of the machine, for ports that are bound to all of its addresses. */
  readonly address: string;
}
