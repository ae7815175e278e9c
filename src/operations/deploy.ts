import { countWorkers, wantedWorkers, type Cluster } from '../cluster/cluster.ts';
import type { Endpoint } from '../cluster/endpoints.ts';
import { warnOfExecutorSize } from '../cluster/executor-size.ts';
import { resolveSpec, type ClusterFlags, type WantedSpec } from '../cluster/resolve-spec.ts';
import { usedPorts, type ClusterSpec } from '../cluster/spec.ts';
import { ConflictError } from '../errors.ts';
import { runSteps, skipped, type FlowStep } from '../events.ts';
import type { DeployPlan } from '../platforms/platform.ts';
import { formatSize, parseSparkSize } from '../units.ts';
import { chooseImages, packagesStep, warnOfLostPackages, type ImageWishes } from './deploy-images.ts';
import { withLock, type OperationContext } from './operation.ts';
import { probeEndpoints } from './probe-endpoints.ts';
import { planResize, presentWorkers, resizeSteps } from './resize.ts';
import { findRunningWork, isIdle, type RunningWork } from './running-work.ts';
import { waitForSpark } from './wait-ready.ts';

export interface DeployOptions extends ImageWishes {
  readonly flags: ClusterFlags;
  readonly timeoutMs: number;
  readonly wait: boolean;
  /** Asked before running applications lose their executors, and jobs their container. Throws to say no. */
  readonly confirmRestart: (work: RunningWork) => Promise<void>;
}

export interface DeployResult {
  readonly name: string;
  /** Empty when nothing had to be done. */
  readonly changes: readonly string[];
  readonly endpoints: readonly Endpoint[];
}

export interface PreparedDeploy {
  readonly spec: ClusterSpec;
  readonly plan: DeployPlan;
}

/** Everything `deploy --dry-run` prints: reads and checks, and changes nothing. */
export async function prepareDeploy(
  context: OperationContext,
  options: Pick<DeployOptions, 'flags' | 'images' | 'packages'>,
): Promise<PreparedDeploy> {
  const { wanted, present } = await readWanted(context, options.flags);
  const spec = await chooseImages(wanted, options);
  const plan = await context.platform.planDeploy(spec);
  return {
    spec,
    plan: { ...plan, warnings: [...plan.warnings, ...warnOfWishes(spec, present)] },
  };
}

/** What Spark would accept, and people will not have meant. */
function warnOfWishes(spec: ClusterSpec, present: Cluster | undefined): readonly string[] {
  const executorBytes = parseSparkSize(spec.conf['spark.executor.memory'] ?? '');
  return [
    ...warnOfExecutorSize(executorBytes, spec.worker.sparkMemoryBytes),
    ...warnOfLostPackages(present?.remembered?.image, spec),
  ];
}

/** What was asked for, filled up with what is there. */
async function readWanted(
  { platform }: OperationContext,
  flags: ClusterFlags,
): Promise<{ readonly wanted: WantedSpec; readonly present: Cluster | undefined }> {
  const present = await platform.readCluster(flags.name);
  const wanted = resolveSpec(
    flags,
    present && {
      remembered: present.remembered,
      workers: present.services.some(({ role }) => role === 'worker') ? wantedWorkers(present) : undefined,
    },
  );
  return { wanted, present };
}

/**
 * Makes the cluster be as asked: read, plan, bring the image to the nodes, hand the stack to Docker, wait until Spark is
 * ready, try the addresses. Running it again with the same wishes does nothing.
 */
export async function deployCluster(context: OperationContext, options: DeployOptions): Promise<DeployResult> {
  const { name } = options.flags;
  await refuseUnheard(context, options);
  return withLock(context, name, { command: 'deploy', timeoutMs: options.timeoutMs }, async () => {
    const packages = packagesStep((await readWanted(context, options.flags)).wanted, options);
    if (packages) await runSteps([packages], context.report, context.signal);
    const { spec, plan } = await prepareDeploy(context, options);
    for (const message of plan.warnings) context.report({ type: 'warning', message });
    noteOpenPorts(context, spec, plan);
    if (plan.restartsContainers) {
      const { applications, jobs } = await findRunningWork(context, name);
      // A job goes on while workers and notebooks are replaced, and a task while the master is.
      const work = { applications, jobs: plan.restartsMaster ? jobs.filter(({ isTask }) => !isTask) : [] };
      if (!isIdle(work)) await options.confirmRestart(work);
    }
    const present = await context.platform.readCluster(name);
    // Read anew when the image is on the nodes: until then old containers go on failing.
    let before = present;
    const look = async (): Promise<void> => void (before = await context.platform.readCluster(name));
    let endpoints: readonly Endpoint[] = [];
    const steps = [
      ...(context.platform.capabilities.hasNodes ? [imageStep(spec, options)] : []),
      ...(await shrinkSteps(context, options, { spec, present })),
      stackStep(spec, plan, look),
      ...(options.wait
        ? readySteps(context, options, { plan, before: () => before, found: (found) => (endpoints = found) })
        : []),
    ];
    await runSteps(steps, context.report, context.signal);
    return { name, changes: plan.changes, endpoints };
  });
}

/**
 * The manager starts to replace containers within milliseconds, on a slow disk within seconds; until then the old ones look as if
 * all were done. New ones need longer than this to be ready, so nobody waits for it.
 */
const SETTLE_MS = 3000;

/** Said once, when the cluster is made: a swarm cannot bind a port to one address (design D13). */
function noteOpenPorts({ platform, report }: OperationContext, spec: ClusterSpec, { isNew }: DeployPlan): void {
  const published = Object.entries(usedPorts(spec))
    .filter(([, port]) => port !== 'none')
    .map(([key]) => key);
  if (!isNew || platform.capabilities.bindsAddresses || published.length === 0) return;
  report({
    type: 'note',
    message: `published ports (${published.join(', ')}) listen on every address of the master's node; --port ${published.at(-1)}=none closes that one`,
  });
}

/**
 * What is wrong in itself is refused before anything is written, the lock included. A conflict may only be with a command
 * that is still at work: that is judged under the lock.
 */
async function refuseUnheard(context: OperationContext, options: DeployOptions): Promise<void> {
  try {
    await prepareDeploy(context, options);
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
  }
}

/** Fewer workers than now is a shrink: Spark is asked first, as in `resize`. */
async function shrinkSteps(
  context: OperationContext,
  options: DeployOptions,
  { spec, present }: { readonly spec: ClusterSpec; readonly present: Cluster | undefined },
): Promise<readonly FlowStep[]> {
  if (!present || presentWorkers(context, present) <= spec.workers) return [];
  const plan = await planResize(context, spec.name, spec.workers);
  const resize = {
    name: spec.name,
    workers: spec.workers,
    timeoutMs: options.timeoutMs,
    wait: false,
    force: undefined,
  };
  return resizeSteps(context, resize, plan);
}

function imageStep(spec: ClusterSpec, { images }: DeployOptions): FlowStep {
  return {
    id: 'image',
    title: `Bring the image ${spec.image} to the nodes`,
    run: async ({ progress, signal }) => {
      const wanted = [spec.image, ...(spec.notebook ? [spec.notebook.image] : [])];
      const nodes = await images.ship(
        wanted.map((image) => images.nameHere(image)),
        progress,
        signal,
      );
      return nodes ?? skipped('all nodes have it');
    },
  };
}

function stackStep(spec: ClusterSpec, plan: DeployPlan, look: () => Promise<void>): FlowStep {
  return {
    id: 'deploy',
    title: `Deploy the cluster "${spec.name}": ${describeSize(spec)}`,
    run: async ({ progress, signal }) => {
      await look();
      if (plan.changes.length === 0) return skipped('it is as asked');
      await plan.apply(progress, signal);
      return plan.changes.join(', ');
    },
  };
}

interface ReadyContext {
  readonly plan: DeployPlan;
  readonly before: () => Cluster | undefined;
  readonly found: (endpoints: readonly Endpoint[]) => void;
}

function readySteps(
  context: OperationContext,
  { flags, timeoutMs }: DeployOptions,
  { plan, before, found }: ReadyContext,
): readonly FlowStep[] {
  let cluster: Cluster | undefined;
  const settleMs = plan.restartsContainers ? SETTLE_MS : 0;
  return [
    {
      id: 'ready',
      title: 'Wait until Spark is ready',
      run: async ({ progress }) => {
        const ready = await waitForSpark(context, flags.name, {
          timeoutMs,
          progress,
          settleMs,
          before: before(),
        });
        cluster = ready.cluster;
        return `master ${ready.state.status}, ${countWorkers(wantedWorkers(ready.cluster))} ALIVE`;
      },
    },
    {
      id: 'endpoints',
      title: 'Try the addresses',
      run: async () => {
        if (!cluster) return undefined;
        const { answering, silent } = await probeEndpoints(context, cluster);
        found(answering);
        for (const { address } of silent) {
          context.report({ type: 'warning', message: `${address} does not answer from this machine` });
        }
        const tried = answering.filter(({ probe }) => probe !== undefined);
        return `${tried.length} of ${tried.length + silent.length} answer`;
      },
    },
  ];
}

/** `2 workers × 1 core, 1792m (1024m for Spark)`. */
export function describeSize({ workers, worker }: ClusterSpec): string {
  return (
    `${countWorkers(workers)} × ${worker.limitCores} ${worker.limitCores === 1 ? 'core' : 'cores'}, ` +
    `${formatSize(worker.limitBytes)} (${formatSize(worker.sparkMemoryBytes)} for Spark)`
  );
}
