import { UsageError } from '../errors.ts';
import { BYTES_PER_MIB, formatSize, parseSparkSize } from '../units.ts';

/**
 * What one size means for every part of a container (design D2).
 *
 *     limit = daemon + overhead per core × cores + Spark memory
 *
 * Spark's ledger knows only the heaps of executors; a JVM's native memory and the Python workers come on top, in the same
 * container. Without the two reserves the kernel kills the container that Spark thinks half empty.
 */
export interface WorkerSize {
  readonly limitBytes: number;
  /** Fractions allowed: the container's share of processor time. */
  readonly limitCores: number;
  /** What the worker tells Spark: whole cores, at least 1. */
  readonly sparkCores: number;
  readonly daemonBytes: number;
  readonly overheadBytes: number;
  /** What the worker tells Spark. */
  readonly sparkMemoryBytes: number;
  /** Heap of one executor of one core, so that a notebook and a job fit beside each other. */
  readonly executorMemoryBytes: number;
}

export interface MasterSize {
  readonly limitBytes: number;
  readonly limitCores: number;
  readonly daemonBytes: number;
  /** Drivers of the default heap that fit beside the daemon. */
  readonly driverRoom: number;
}

/** A daemon: a heap of 256m and the JVM's own memory around it. */
export const DAEMON_BYTES = 384 * BYTES_PER_MIB;
/** Beside the heap of one executor or driver: JVM native memory and one Python worker. */
export const OVERHEAD_PER_CORE_BYTES = 384 * BYTES_PER_MIB;
/** Python's share grows with the data; above this, a fifth of Spark's memory is kept free. */
const OVERHEAD_FRACTION = 0.2;
/** Below 471859200 bytes every executor exits at once and the job hangs silently (measured, design §6). */
export const SMALLEST_EXECUTOR_BYTES = 512 * BYTES_PER_MIB;
export const DEFAULT_EXECUTOR_BYTES = 1024 * BYTES_PER_MIB;
export const DEFAULT_DRIVER_BYTES = 1024 * BYTES_PER_MIB;
const DEFAULT_DRIVERS = 2;

export const DEFAULT_WORKER_CORES = 1;
export const DEFAULT_MASTER_CORES = 1;
export const DEFAULT_MASTER_MEMORY_BYTES =
  DAEMON_BYTES + DEFAULT_DRIVERS * (DEFAULT_DRIVER_BYTES + OVERHEAD_PER_CORE_BYTES);

/** JupyterLab, and a kernel that is no driver yet. */
const NOTEBOOK_BYTES = 512 * BYTES_PER_MIB;

/** The notebook's limit: Jupyter and one driver, of the heap that the cluster's properties give it. */
export function notebookLimitBytes(conf: Readonly<Record<string, string>>): number {
  const driverBytes = parseSparkSize(conf['spark.driver.memory'] ?? '') ?? DEFAULT_DRIVER_BYTES;
  return NOTEBOOK_BYTES + driverBytes + OVERHEAD_PER_CORE_BYTES;
}

/** Spark's history server: a heap of 192m (entrypoint.sh), the JVM's own memory and that of its store, which is on disk. */
export const HISTORY_BYTES = 448 * BYTES_PER_MIB;

/** The limit that leaves each of the worker's cores an executor of 1g. */
export function defaultWorkerMemoryBytes(workerCores: number): number {
  const cores = sparkCoresOf(workerCores);
  return DAEMON_BYTES + cores * (OVERHEAD_PER_CORE_BYTES + DEFAULT_EXECUTOR_BYTES);
}

/**
 * Divides a worker's container among daemon, overhead and executors.
 *
 * @throws UsageError with the whole sum if no executor of 512m per core is left
 */
export function planWorkerSize(limitBytes: number, limitCores: number): WorkerSize {
  const sparkCores = sparkCoresOf(limitCores);
  const overheadBytes = Math.max(
    sparkCores * OVERHEAD_PER_CORE_BYTES,
    mebibytes((limitBytes - DAEMON_BYTES) * (OVERHEAD_FRACTION / (1 + OVERHEAD_FRACTION))),
  );
  const sparkMemoryBytes = mebibytes(limitBytes - DAEMON_BYTES - overheadBytes);
  const executorMemoryBytes = mebibytes(sparkMemoryBytes / sparkCores);
  if (executorMemoryBytes < SMALLEST_EXECUTOR_BYTES) {
    const smallest = DAEMON_BYTES + sparkCores * (OVERHEAD_PER_CORE_BYTES + SMALLEST_EXECUTOR_BYTES);
    const cores = `${sparkCores} ${sparkCores === 1 ? 'core' : 'cores'}`;
    throw new UsageError(
      `--worker-memory: ${formatSize(limitBytes)} is too small for ${cores}: ` +
        `${formatSize(DAEMON_BYTES)} daemon + ${sparkCores} × (${formatSize(OVERHEAD_PER_CORE_BYTES)} overhead + ` +
        `${formatSize(SMALLEST_EXECUTOR_BYTES)} executor) = ${formatSize(smallest)}; expected ${formatSize(smallest)} or more`,
    );
  }
  return {
    limitBytes,
    limitCores,
    sparkCores,
    daemonBytes: DAEMON_BYTES,
    overheadBytes,
    sparkMemoryBytes,
    executorMemoryBytes,
  };
}

/** @throws UsageError with the whole sum if not one driver fits beside the daemon */
export function planMasterSize(limitBytes: number, limitCores: number): MasterSize {
  const perDriver = DEFAULT_DRIVER_BYTES + OVERHEAD_PER_CORE_BYTES;
  const driverRoom = Math.floor((limitBytes - DAEMON_BYTES) / perDriver);
  if (driverRoom < 1) {
    throw new UsageError(
      `--master-memory: ${formatSize(limitBytes)} is too small: ${formatSize(DAEMON_BYTES)} daemon + 1 driver × ` +
        `(${formatSize(DEFAULT_DRIVER_BYTES)} heap + ${formatSize(OVERHEAD_PER_CORE_BYTES)} overhead) = ` +
        `${formatSize(DAEMON_BYTES + perDriver)}; expected ${formatSize(DAEMON_BYTES + perDriver)} or more`,
    );
  }
  return { limitBytes, limitCores, daemonBytes: DAEMON_BYTES, driverRoom };
}

/** Source: Spark's worker takes whole cores only; half a core of processor time is still one slot. */
function sparkCoresOf(limitCores: number): number {
  return Math.max(1, Math.floor(limitCores));
}

function mebibytes(bytes: number): number {
  return Math.floor(bytes / BYTES_PER_MIB) * BYTES_PER_MIB;
}
