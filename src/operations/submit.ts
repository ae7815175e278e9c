import { setTimeout as sleep } from 'node:timers/promises';
import type { Readable, Writable } from 'node:stream';

import { findMaster, type Cluster } from '../cluster/cluster.ts';
import { assertDriverFits, parseDriverHeaps } from '../cluster/driver-room.ts';
import { warnOfExecutorSize } from '../cluster/executor-size.ts';
import { DEFAULT_DRIVER_BYTES, planWorkerSize } from '../cluster/sizes.ts';
import { ownerOf } from '../compose/resolve-services.ts';
import { InvalidStateError, NotFoundError } from '../errors.ts';
import type { ContainerAccess } from '../platforms/platform.ts';
import { readSparkSize, type SubmitPlan } from '../spark/submit-argv.ts';
import type { OperationContext } from './operation.ts';

export interface SubmitOptions {
  readonly name: string;
  readonly plan: SubmitPlan;
  /** Tells this run from all others: part of its folder's name. */
  readonly runId: string;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Packs local files as the tar archive of one folder, all owned by `uid`. */
  readonly pack: (folder: string, files: readonly string[], owner: { readonly uid: number }) => Promise<Readable>;
  /** How long the application may take to end after each of INT, TERM and KILL. Default 5000. */
  readonly graceMs?: number;
}

/** On a disk of the container's own, and not the tmpfs that counts as its memory. */
const RUN_PARENT = '/tmp';
const DEFAULT_GRACE_MS = 5000;
const POLL_MS = 100;

/**
 * Runs an application with its driver in the master's container, streams its output, and gives its own exit status.
 * When the signal is aborted the application is cancelled, on the cluster too, before this throws.
 */
export async function submitApplication(context: OperationContext, options: SubmitOptions): Promise<number> {
  const cluster = await context.platform.readCluster(options.name);
  if (!cluster)
    throw new NotFoundError(`No cluster named "${options.name}"`, {
      hint: 'spark-swarm list shows them all; start or deploy makes one',
    });
  const master = findMaster(cluster);
  if (!master?.isRunning) {
    throw new InvalidStateError(`Cannot submit to the cluster "${options.name}": its master does not run`, {
      hint: `spark-swarm status --name ${options.name}`,
    });
  }
  const limitBytes = cluster.remembered?.masterMemoryBytes;
  const driverBytes =
    readSparkSize(options.plan.options, '--driver-memory', 'spark.driver.memory') ?? DEFAULT_DRIVER_BYTES;
  // One that could never fit is refused before anything is brought there.
  assertDriverFits(limitBytes, driverBytes, []);
  for (const message of checkSizes(cluster, options.plan)) context.report({ type: 'warning', message });
  const access = await context.platform.openContainer(cluster, master);
  const uid = Number(ownerOf({ data: cluster.remembered?.data }).uid);
  const folder = `run-${options.runId}`;
  const path = `${RUN_PARENT}/${folder}`;
  try {
    const [running] = await Promise.all([
      readDriverHeaps(access),
      access.copyIn(await options.pack(folder, options.plan.uploads, { uid }), RUN_PARENT),
    ]);
    assertDriverFits(limitBytes, driverBytes, running);
    return await runUntilAborted(context, access, path, options);
  } finally {
    // A master that has gone has taken the folder with it, and what really happened is what counts.
    await access.read(['rm', '-rf', path]).catch(() => {});
  }
}

async function runUntilAborted(
  { signal }: OperationContext,
  access: ContainerAccess,
  path: string,
  { plan, stdout, stderr, graceMs = DEFAULT_GRACE_MS }: SubmitOptions,
): Promise<number> {
  signal.throwIfAborted();
  let hasEnded = false;
  const run = access
    .exec(['/opt/spark-swarm/run-driver', path, '--', ...plan.argv], { stdout, stderr })
    .finally(() => (hasEnded = true));
  const onAbort = (): void => void cancel(access, { path, graceMs, hasEnded: () => hasEnded }).catch(() => {});
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const status = await run;
    signal.throwIfAborted();
    return status;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** INT to the driver's whole process group, so that Spark stops its context; TERM and KILL for one that will not end. */
async function cancel(
  access: ContainerAccess,
  { path, graceMs, hasEnded }: { readonly path: string; readonly graceMs: number; readonly hasEnded: () => boolean },
): Promise<void> {
  for (const signal of ['INT', 'TERM', 'KILL']) {
    const deadline = Date.now() + graceMs;
    // The driver may be so young that its pid is not written yet.
    while (!hasEnded() && Date.now() < deadline) {
      const { status } = await access.read(['sh', '-c', 'kill -s "$1" -- "-$(cat "$2/pid")"', 'cancel', signal, path]);
      if (status === 0) break;
      await sleep(POLL_MS);
    }
    while (!hasEnded() && Date.now() < deadline) await sleep(POLL_MS);
    if (hasEnded()) return;
  }
}

/** Heaps of the drivers that run beside this one. */
async function readDriverHeaps(access: ContainerAccess): Promise<readonly number[]> {
  return parseDriverHeaps((await access.read(['/opt/spark-swarm/list-drivers'])).stdout);
}

/** What the asked sizes would do on this cluster. */
export function checkSizes({ remembered }: Cluster, { options }: SubmitPlan): readonly string[] {
  const offered = remembered && planWorkerSize(remembered.workerMemoryBytes, remembered.workerCores).sparkMemoryBytes;
  return warnOfExecutorSize(readSparkSize(options, '--executor-memory', 'spark.executor.memory'), offered);
}
