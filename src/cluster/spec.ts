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
  /** JupyterLab beside the master; `undefined` for none. */
  readonly notebook: NotebookSpec | undefined;
  /** Spark's history server beside the master; `undefined` for none. */
  readonly history: HistorySpec | undefined;
  /** Spark properties of everything in the cluster: `{"spark.sql.shuffle.partitions": "8"}`. */
  readonly conf: Settings;
  /** Environment of master, workers (and so executors), drivers and notebook. */
  readonly env: Settings;
  /** The folder that is `/data`; `undefined` lets the platform choose. */
  readonly data: DataFolder | undefined;
  /** Address that published ports are bound to; `undefined` for the platform's own way. Only on one engine. */
  readonly bind: string | undefined;
  /** A compose file of the user's own, absolute; `undefined` for the project's. */
  readonly file: string | undefined;
  /** What the machine that made the cluster needs to reach the world. */
  readonly machine: MachineSettings;
}

/** Kept from the first deploy on, so that one from another machine does not restart the cluster. */
export interface MachineSettings {
  /** `HTTPS_PROXY` and its like, as the machine has them. */
  readonly proxies: Settings;
  /** True when the machine has certificates of its own: containers get them as a file. */
  readonly hasCaBundle: boolean;
}

export const NO_MACHINE_SETTINGS: MachineSettings = { proxies: {}, hasCaBundle: false };

export interface NotebookSpec {
  readonly image: string;
  /** `sha256:…` of it. */
  readonly imageId: string;
  readonly limitBytes: number;
}

/** It runs the cluster's own image. */
export interface HistorySpec {
  readonly limitBytes: number;
}

/** Names and values, as text. */
export type Settings = Readonly<Record<string, string>>;

/** A folder that all containers of a cluster see as `/data`. */
export interface DataFolder {
  /** Path on the machine, or on every node, that runs the containers. */
  readonly path: string;
  /** The same folder as this machine sees it; `undefined` when it does not. */
  readonly here: string | undefined;
  /** `UID:GID` that the containers run as, so that what they write belongs to the person; `undefined`: the image's own. */
  readonly user: string | undefined;
}

/** A published port: a number, `0` for a free one, or `none` for not published. */
export type PortChoice = number | 'none';

/** Published pages and doors, by the name `--port` gives them. */
export interface ClusterPorts {
  readonly master: PortChoice;
  readonly ui: PortChoice;
  readonly jupyter: PortChoice;
  readonly history: PortChoice;
}

export type PortName = keyof ClusterPorts;

export const PORT_NAMES: readonly PortName[] = ['master', 'ui', 'jupyter', 'history'];

export const DEFAULT_PORTS: ClusterPorts = { master: 7077, ui: 8080, jupyter: 8888, history: 18_080 };

/** Ports on which the daemons listen inside their containers. Source: Spark, docs/security.md "Configuring Ports". */
export const CONTAINER_PORTS = { master: 7077, ui: 8080, workerUi: 8081, jupyter: 8888, history: 18_080 } as const;

/** The part of a spec that is remembered in a label, so that a later `deploy` without flags keeps it. */
export interface RememberedSpec {
  readonly image: string;
  readonly workerMemoryBytes: number;
  readonly workerCores: number;
  readonly masterMemoryBytes: number;
  readonly masterCores: number;
  readonly ports: ClusterPorts;
  readonly constraints: readonly string[];
  readonly notebook: boolean;
  readonly history: boolean;
  readonly conf: Settings;
  readonly env: Settings;
  readonly data: DataFolder | undefined;
  readonly bind: string | undefined;
  readonly file: string | undefined;
  readonly machine: MachineSettings;
}

/** Ports of doors that the cluster has: one without a notebook, or a history server, publishes none for it. */
export function usedPorts({
  ports,
  notebook,
  history,
}: Pick<ClusterSpec, 'ports' | 'notebook' | 'history'>): Partial<ClusterPorts> {
  const { jupyter, history: historyPort, ...others } = ports;
  return { ...others, ...(notebook ? { jupyter } : {}), ...(history ? { history: historyPort } : {}) };
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
    notebook: spec.notebook !== undefined,
    history: spec.history !== undefined,
    conf: spec.conf,
    env: spec.env,
    data: spec.data,
    bind: spec.bind,
    file: spec.file,
    machine: spec.machine,
  };
}

/** Reads what {@link rememberSpec} wrote; `undefined` for a cluster that was deployed by hand. */
export function parseRememberedSpec(label: string | undefined): RememberedSpec | undefined {
  if (label === undefined) return undefined;
  try {
    // A label of an earlier version has fewer fields.
    const defaults = {
      notebook: false,
      history: false,
      conf: {},
      env: {},
      data: undefined,
      bind: undefined,
      file: undefined,
      machine: NO_MACHINE_SETTINGS,
    };
    const raw = JSON.parse(label) as RememberedSpec | null;
    // Sizes were in the first version, too: without them it is no spec of ours.
    return typeof raw?.workerMemoryBytes === 'number' ? { ...defaults, ...raw } : undefined;
  } catch {
    return undefined;
  }
}
