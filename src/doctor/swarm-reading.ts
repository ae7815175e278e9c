import type { Finding } from './finding.ts';

/** A swarm, as one of its managers tells. By `adapters/doctor/read-swarm-facts.ts`. */
export interface SwarmReading {
  /** How messages name the manager: its address, with its context. */
  readonly manager: string;
  /** Docker's word: `inactive pending active error locked`. */
  readonly state: string;
  /** What the engine says is wrong with its swarm; empty when all is well. */
  readonly error: string;
  readonly nodes: readonly SwarmNodeReading[];
  /** Problems of the nodes themselves: down, lost, without quorum. */
  readonly nodeFindings: readonly Finding[];
  /** How long certificates of nodes are valid, in milliseconds; they are renewed while a node runs. */
  readonly nodeCertExpiryMs: number | undefined;
  /** End of the manager's own certificate, and of the swarm's root; milliseconds since the epoch. */
  readonly managerNotAfterMs: number | undefined;
  readonly rootNotAfterMs: number | undefined;
  readonly isRotatingRoot: boolean;
  readonly isAutolocked: boolean;
  /** Ranges that networks of the swarm are taken from: `10.0.0.0/8`. */
  readonly addressPools: readonly string[];
  /** Networks of the swarm, each with its ranges. */
  readonly networks: readonly { readonly name: string; readonly subnets: readonly string[] }[];
  /** Ranges that this machine has routes to. */
  readonly routes: readonly string[];
}

export interface SwarmNodeReading {
  readonly name: string;
  readonly address: string;
  /** Docker's word: `ready`, `down`. */
  readonly state: string;
  readonly isActive: boolean;
}
