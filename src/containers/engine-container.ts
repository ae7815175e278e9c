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

/** Labels of a volume that keeps how many workers there shall be. */
export interface WantedCount {
  readonly cluster: string;
  readonly workers: number;
}

export interface EngineSnapshot {
  readonly containers: readonly EngineContainer[];
  readonly wanted: readonly WantedCount[];
  /** Name of the machine. */
  readonly host: string;
  /** Address of the machine, for ports that are bound to all of its addresses. */
  readonly address: string;
}
