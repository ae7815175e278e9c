import { UsageError } from '../errors.ts';
import {
  DEFAULT_MASTER_CORES,
  DEFAULT_MASTER_MEMORY_BYTES,
  DEFAULT_WORKER_CORES,
  defaultWorkerMemoryBytes,
  HISTORY_BYTES,
  planMasterSize,
  planWorkerSize,
} from './sizes.ts';
import {
  DEFAULT_PORTS,
  NO_MACHINE_SETTINGS,
  type ClusterPorts,
  type ClusterSpec,
  type DataFolder,
  type MachineSettings,
  type PortChoice,
  type RememberedSpec,
  type Settings,
} from './spec.ts';

export const DEFAULT_IMAGE = 'spark-swarm:latest';
export const DEFAULT_WORKERS = 2;

/** What the user typed; `undefined` where nothing was. */
export interface ClusterFlags {
  readonly name: string;
  readonly image?: string;
  readonly workers?: number;
  readonly workerMemoryBytes?: number;
  readonly workerCores?: number;
  readonly masterMemoryBytes?: number;
  readonly masterCores?: number;
  readonly ports?: Partial<ClusterPorts>;
  readonly constraints?: readonly string[];
  readonly notebook?: boolean;
  readonly history?: boolean;
  /** Added to what the cluster has. */
  readonly conf?: Settings;
  readonly env?: Settings;
  /** Take away what it has before. */
  readonly clearsConf?: boolean;
  readonly clearsEnv?: boolean;
  readonly data?: DataFolder;
  readonly bind?: string;
  readonly file?: string;
  /** Of the machine this runs on; counts when the cluster is made. */
  readonly machine?: MachineSettings;
}

/** What is there already. */
export interface PresentCluster {
  readonly remembered: RememberedSpec | undefined;
  /** `undefined` when there is no worker service: an earlier deploy was cut short. */
  readonly workers: number | undefined;
}

/** A spec whose images have not been looked up yet. */
export interface WantedSpec extends Omit<ClusterSpec, 'imageId' | 'notebook'> {
  readonly notebook: boolean;
}

/**
 * The whole spec: the flags, else what the cluster has now, else the defaults. A second `deploy` without flags therefore
 * changes nothing, and one with a single flag changes that alone.
 *
 * @throws UsageError if a size is too small, with the sum, or if two doors shall have one port
 */
export function resolveSpec(flags: ClusterFlags, present: PresentCluster | undefined): WantedSpec {
  const kept = present?.remembered;
  const workerCores = flags.workerCores ?? kept?.workerCores ?? DEFAULT_WORKER_CORES;
  // Other cores with the memory of before would be another size of executor: then the default follows the cores.
  const wasDefault = kept !== undefined && kept.workerMemoryBytes === defaultWorkerMemoryBytes(kept.workerCores);
  const keptMemory = flags.workerCores !== undefined && wasDefault ? undefined : kept?.workerMemoryBytes;
  const ports = { ...DEFAULT_PORTS, ...kept?.ports, ...flags.ports };
  const notebook = flags.notebook ?? kept?.notebook ?? false;
  const history = flags.history ?? kept?.history ?? false;
  assertPortsDiffer({
    ...ports,
    jupyter: notebook ? ports.jupyter : 'none',
    history: history ? ports.history : 'none',
  });
  const workerMemoryBytes = flags.workerMemoryBytes ?? keptMemory ?? defaultWorkerMemoryBytes(workerCores);
  return {
    name: flags.name,
    image: flags.image ?? kept?.image ?? DEFAULT_IMAGE,
    workers: flags.workers ?? present?.workers ?? DEFAULT_WORKERS,
    worker: planWorkerSize(workerMemoryBytes, workerCores),
    master: planMasterSize(
      flags.masterMemoryBytes ?? kept?.masterMemoryBytes ?? DEFAULT_MASTER_MEMORY_BYTES,
      flags.masterCores ?? kept?.masterCores ?? DEFAULT_MASTER_CORES,
    ),
    ports,
    constraints: flags.constraints ?? kept?.constraints ?? [],
    notebook,
    history: history ? { limitBytes: HISTORY_BYTES } : undefined,
    conf: { ...(flags.clearsConf ? {} : kept?.conf), ...flags.conf },
    env: { ...(flags.clearsEnv ? {} : kept?.env), ...flags.env },
    data: flags.data ?? kept?.data,
    bind: flags.bind ?? kept?.bind,
    file: flags.file ?? kept?.file,
    machine: kept?.machine ?? flags.machine ?? NO_MACHINE_SETTINGS,
  };
}

function assertPortsDiffer(ports: ClusterPorts): void {
  const seen = new Map<PortChoice, string>();
  for (const [name, port] of Object.entries(ports) as [string, PortChoice][]) {
    const other = seen.get(port);
    if (other !== undefined && typeof port === 'number' && port !== 0) {
      throw new UsageError(`--port: ${other} and ${name} cannot both have port ${port}`);
    }
    seen.set(port, name);
  }
}
