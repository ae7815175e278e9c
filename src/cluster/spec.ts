import type { MasterSize, WorkerSize } from './sizes.ts';

/** What a cluster shall be. Made of the user's flags, what is there already, and the defaults, in this order. */
export interface ClusterSpec {
  readonly name: string;
  readonly image: string;
  /** `sha256:…` of that image: the same name built anew is another image. */
  readonly imageId: string;
  readonly workers: number;
  readonly worker: WorkerSize;
  readonly master: MasterSize;
  readonly ports: ClusterPorts;
  /** Docker placement constraints of the workers: `node.labels.disk==ssd`. */
  readonly constraints: readonly string[];
}

/** A published port: a number, `0` for a free one, or `none` for not published. */
export type PortChoice = number | 'none';

/** Published pages and doors, by the name `--port` gives them. */
export interface ClusterPorts {
  readonly master: PortChoice;
  readonly ui: PortChoice;
}

export type PortName = keyof ClusterPorts;

export const PORT_NAMES: readonly PortName[] = ['master', 'ui'];

export const DEFAULT_PORTS: ClusterPorts = { master: 7077, ui: 8080 };

/** Ports on which the daemons listen inside their containers. Source: Spark, docs/security.md "Configuring Ports". */
export const CONTAINER_PORTS = { master: 7077, ui: 8080, workerUi: 8081 } as const;

/** The part of a spec that is remembered in a label, so that a later `deploy` without flags keeps it. */
export interface RememberedSpec {
  readonly image: string;
  readonly workerMemoryBytes: number;
  readonly workerCores: number;
  readonly masterMemoryBytes: number;
  readonly masterCores: number;
  readonly ports: ClusterPorts;
  readonly constraints: readonly string[];
}

export function rememberSpec(spec: ClusterSpec): RememberedSpec {
  return {
    image: spec.image,
    workerMemoryBytes: spec.worker.limitBytes,
    workerCores: spec.worker.limitCores,
    masterMemoryBytes: spec.master.limitBytes,
    masterCores: spec.master.limitCores,
    ports: spec.ports,
    constraints: spec.constraints,
  };
}

/** Reads what {@link rememberSpec} wrote; `undefined` for a cluster that was deployed by hand. */
export function parseRememberedSpec(label: string | undefined): RememberedSpec | undefined {
  if (label === undefined) return undefined;
  try {
    return JSON.parse(label) as RememberedSpec;
  } catch {
    return undefined;
  }
}
