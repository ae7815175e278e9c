import { OVERHEAD_PER_CORE_BYTES, DEFAULT_DRIVER_BYTES } from '../cluster/sizes.ts';
import { UsageError } from '../errors.ts';
import { LABELS, STACK_NAMESPACE_LABEL } from '../labels.ts';
import { BYTES_PER_MIB, formatSize } from '../units.ts';

/** A service's specification as the Engine API gives and takes it: what is not named here is carried over. */
export interface ServiceSpec {
  readonly Name: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly TaskTemplate: TaskTemplate;
  readonly EndpointSpec?: { readonly Mode?: string };
  readonly [key: string]: unknown;
}

interface TaskTemplate {
  readonly ContainerSpec: ContainerSpec;
  readonly Networks?: readonly { readonly Target: string }[];
  readonly LogDriver?: unknown;
  readonly [key: string]: unknown;
}

interface ContainerSpec {
  readonly Mounts?: readonly Mount[];
  readonly Secrets?: readonly SecretFile[];
  readonly Labels?: Readonly<Record<string, string>>;
  readonly User?: string;
  readonly [key: string]: unknown;
}

interface Mount {
  readonly Type: string;
  readonly Source?: string;
  readonly Target: string;
  readonly [key: string]: unknown;
}

interface SecretFile {
  readonly File?: { readonly UID: string; readonly GID: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

/** A machine that is a node of the swarm, entered by ssh: the record lies there, and its owner's the container is. */
export interface NodePlace {
  readonly nodeId: string;
  readonly owner: { readonly uid: number; readonly gid: number };
  /** Folder of the records there. The launch has made it. */
  readonly base: string;
}

export interface TaskPlan {
  readonly cluster: string;
  readonly id: string;
  readonly argv: readonly string[];
  readonly limitBytes: number;
  /** The driver stays where its record is. */
  readonly nodeId: string;
  /** Undefined: beside the master, with the volume of the records. */
  readonly place: NodePlace | undefined;
}

/** Spark refuses a driver below 1.5 × its reserved 300 MiB. Source: UnifiedMemoryManager.scala. */
const SMALLEST_DRIVER_BYTES = 450 * BYTES_PER_MIB;
const RECOVERY = '/var/lib/spark/recovery';
const JOBS = '/var/lib/spark/jobs';

/** What the master's service has that is the master's alone: another address for its own name, its health, its words. */
const OF_THE_MASTER = new Set(['Args', 'Command', 'Hosts', 'Healthcheck', 'Hostname', 'Labels', 'Mounts', 'Secrets']);

export function taskServiceName(cluster: string, id: string): string {
  return `${cluster}_job-${id}`;
}

/**
 * The one-shot service that runs a job's wrapper: the master's as it is deployed (image, user, secrets, networks, environment,
 * mounts), without what makes that the master. `Aliases` above all: with them the workers would take the driver for their master.
 */
export function planTaskService(master: ServiceSpec, plan: TaskPlan): ServiceSpec {
  const { cluster, id, place } = plan;
  const labels = { [LABELS.cluster]: cluster, [STACK_NAMESPACE_LABEL]: cluster, [LABELS.job]: id };
  const { TaskTemplate: template } = master;
  const kept = Object.entries(template.ContainerSpec).filter(([key]) => !OF_THE_MASTER.has(key));
  const resources = { MemoryBytes: plan.limitBytes };
  return {
    Name: taskServiceName(cluster, id),
    Labels: labels,
    TaskTemplate: {
      ContainerSpec: {
        ...Object.fromEntries(kept),
        Args: plan.argv,
        Labels: labels,
        Mounts: mountsOf(template.ContainerSpec.Mounts ?? [], place),
        Secrets: secretsOf(template.ContainerSpec.Secrets ?? [], place),
        ...(place ? { User: `${place.owner.uid}:${place.owner.gid}` } : {}),
      },
      Networks: (template.Networks ?? []).map(({ Target }) => ({ Target })),
      Placement: { Constraints: [`node.id==${plan.nodeId}`] },
      Resources: { Limits: resources, Reservations: resources },
      RestartPolicy: { Condition: 'none' },
      ...(template.LogDriver === undefined ? {} : { LogDriver: template.LogDriver }),
    },
    Mode: { ReplicatedJob: { MaxConcurrent: 1, TotalCompletions: 1 } },
    EndpointSpec: { Mode: 'dnsrr' },
  };
}

function mountsOf(mounts: readonly Mount[], place: NodePlace | undefined): readonly Mount[] {
  const own = mounts.filter(({ Target }) => Target !== RECOVERY);
  if (!place) return own;
  // The volume of that node is not the one where the history server looks.
  return [...own.filter(({ Target }) => Target !== JOBS), { Type: 'bind', Source: place.base, Target: place.base }];
}

/** Readable for nobody but the user of the container. */
function secretsOf(secrets: readonly SecretFile[], place: NodePlace | undefined): readonly SecretFile[] {
  if (!place) return secrets;
  const ids = { UID: String(place.owner.uid), GID: String(place.owner.gid) };
  return secrets.map((secret) => (secret.File ? { ...secret, File: { ...secret.File, ...ids } } : secret));
}

/** What is left of a node's memory, by what services have reserved there. */
export interface NodeRoom {
  readonly hostname: string;
  readonly memoryBytes: number;
  readonly reservedMemoryBytes: number;
}

/**
 * The memory of a task's container: the driver's heap and what lies around it.
 *
 * @param driverBytes as asked; `undefined` for Spark's default, 1g
 * @throws UsageError with the sum where the node has not that much left: the swarm would leave the task pending for ever
 */
export function planTaskMemory(driverBytes: number | undefined, room: NodeRoom): number {
  const heapBytes = driverBytes ?? DEFAULT_DRIVER_BYTES;
  const limitBytes = heapBytes + OVERHEAD_PER_CORE_BYTES;
  const freeBytes = room.memoryBytes - room.reservedMemoryBytes;
  if (limitBytes <= freeBytes) return limitBytes;
  const fits = Math.max(0, freeBytes - OVERHEAD_PER_CORE_BYTES);
  throw new UsageError(
    `The driver does not fit on ${room.hostname}: ${formatSize(heapBytes)} driver + ${formatSize(OVERHEAD_PER_CORE_BYTES)} overhead = ` +
      `${formatSize(limitBytes)}, and of its ${formatSize(room.memoryBytes)} are ${formatSize(room.reservedMemoryBytes)} reserved by services`,
    {
      hint:
        fits >= SMALLEST_DRIVER_BYTES
          ? `--driver-memory ${formatSize(Math.floor(fits / BYTES_PER_MIB) * BYTES_PER_MIB)} fits; or wait for other jobs to end`
          : 'wait for other jobs to end, or run it beside the master: --driver master',
    },
  );
}
