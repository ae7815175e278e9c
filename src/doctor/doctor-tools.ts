import type { ContextReading, OtherContext } from './context-reading.ts';
import type { EngineReading, MachineReading } from './machine-reading.ts';
import type { ClustersReading } from './clusters-reading.ts';
import type { SwarmReading } from './swarm-reading.ts';

/** What checks read with. Each is read once, however many checks ask. Made in `connections/doctor-tools.ts`. */
export interface DoctorTools {
  readMachine(): Promise<MachineReading>;
  /** The engine of this machine: the chosen one if it is here, else the one at Docker's own socket. */
  readEngine(): Promise<EngineReading>;
  /** The engine that commands would use, and how it is chosen. */
  readContext(): Promise<ContextReading>;
  /** Other contexts of ours, each asked whether its engine answers. */
  readOtherContexts(): Promise<readonly OtherContext[]>;
  /** The swarm that commands would use; `undefined` where there is none. */
  readSwarm(): Promise<SwarmReading | undefined>;
  /** Clusters of ours on the engine and the swarm that commands would use. */
  readClusters(): Promise<ClustersReading>;
  readonly nowMs: number;
}
