import { aliveWorkers, type MasterState, type SparkWorker, type WantedWorkers } from '../spark/master-state.ts';
import { formatSize } from '../units.ts';
import type { Cluster, ClusterContainer } from './cluster.ts';
import type { Endpoint } from './endpoints.ts';
import { isWorkerOf } from './victims.ts';

/** Something that keeps a cluster from being as asked. */
export interface Problem {
  /** `worker-2`, `master`, an address. */
  readonly subject: string;
  readonly message: string;
  /** What to type, if that is known. */
  readonly hint: string | null;
}

export interface Observed {
  readonly cluster: Cluster;
  readonly state: MasterState | undefined;
  readonly wanted: WantedWorkers;
  readonly silent: readonly Endpoint[];
}

/** Every problem with its cause, from the platform's side and from Spark's. Empty for a healthy cluster. */
export function findProblems({ cluster, state, wanted, silent }: Observed): readonly Problem[] {
  const notRunning = cluster.containers
    .filter((container) => !container.isRunning)
    .map((container) => withStartHint(cluster, explainContainer(container)));
  return [
    ...missingServices(cluster),
    ...notRunning,
    ...missingContainers(cluster),
    ...sparkProblems(cluster, state, wanted),
    ...silent.map(explainSilence),
  ];
}

function missingServices({ services, name, platform }: Cluster): readonly Problem[] {
  return (['master', 'worker'] as const)
    .filter((role) => !services.some((service) => service.role === role))
    .map((role) => ({
      subject: role,
      message: 'has no service',
      hint: `spark-swarm ${platform === 'containers' ? 'start' : 'deploy'} --name ${name}`,
    }));
}

/** Containers that the platform has not even begun with. */
function missingContainers({ services, containers }: Cluster): readonly Problem[] {
  return services.flatMap(({ role, wanted }) => {
    const present = containers.filter((container) => container.role === role).length;
    return role === undefined || present >= wanted
      ? []
      : [{ subject: role, message: `has ${present} of ${wanted} containers`, hint: null }];
  });
}

/**
 * What Docker's words mean, and what to do. The words are all that Docker gives.
 * Source: swarmkit scheduler/filter.go; moby executor/container; texts met on engines 20.10 and 26.1.
 */
const CAUSES: readonly (readonly [
  RegExp,
  (container: ClusterContainer, match: RegExpExecArray) => string,
  string | null,
])[] = [
  [
    /no such image:? *(\S*)/i,
    ({ node }, match) => `the image ${match[1] ?? ''} is missing on node ${node}`,
    'spark-swarm deploy brings it there',
  ],
  [
    // Held by us while workers are taken away; what is left of that when it was interrupted.
    /no suitable node \(unsupported platform/,
    () => 'an interrupted shrink holds it back',
    'spark-swarm resize with the number of workers that is wanted',
  ],
  [
    /no suitable node \((.*)\)/,
    (_, match) => `no suitable node: ${match[1]}`,
    'spark-swarm deploy with smaller --worker-memory, or fewer --workers',
  ],
  [
    /no space left on device/i,
    ({ node }) => `no space left on node ${node}`,
    'docker system df on that node shows what takes it',
  ],
  [
    /port is already allocated|address already in use/i,
    ({ node }) => `a port is taken on node ${node}`,
    'choose another with --port ui=0',
  ],
  [
    /invalid (?:bind )?mount|mount source|bind source path does not exist/i,
    ({ node }, match) => `a folder is missing on node ${node} (${match.input})`,
    null,
  ],
  [
    /non-zero exit \(137\)/,
    () => 'was killed (exit status 137): most often its memory limit',
    'spark-swarm deploy with a larger --worker-memory (for the master: --master-memory)',
  ],
  [/non-zero exit \((\d+)\)/, (_, match) => `ended with exit status ${match[1]}`, null],
];

/** What keeps a container from running, in words that say what to do. */
export function explainContainer(container: ClusterContainer): Problem {
  const { displayName: subject, error, state, failures } = container;
  for (const [pattern, explain, hint] of CAUSES) {
    const match = pattern.exec(error);
    if (match) return { subject, message: `is ${state}: ${explain(container, match)}${times(failures)}`, hint };
  }
  return { subject, message: `is ${state}${error === '' ? '' : `: ${error}`}${times(failures)}`, hint: null };
}

/** Where no manager starts it again, whoever reads this does. */
function withStartHint({ platform, name }: Cluster, problem: Problem): Problem {
  if (platform !== 'containers') return problem;
  const start = `spark-swarm start --name ${name}`;
  return { ...problem, hint: problem.hint?.replace(/^spark-swarm deploy\b/, start) ?? start };
}

function times(failures: number): string {
  return failures > 1 ? ` (failed ${failures} times)` : '';
}

function sparkProblems(
  { containers, name }: Cluster,
  state: MasterState | undefined,
  wanted: WantedWorkers,
): readonly Problem[] {
  const isMasterUp = containers.some((container) => container.role === 'master' && container.isRunning);
  if (!state)
    return isMasterUp
      ? [{ subject: 'master', message: 'does not answer', hint: `spark-swarm logs master --name ${name}` }]
      : [];
  const drained = state.workers.filter((worker) => worker.state === 'DECOMMISSIONED');
  const running = containers.filter((container) => container.role === 'worker' && container.isRunning).length;
  const alive = aliveWorkers(state);
  return [
    ...(state.status === 'ALIVE' ? [] : [{ subject: 'master', message: `is ${state.status}`, hint: null }]),
    ...drained.map((worker) => ({
      subject: nameOf(worker, containers),
      message: 'is decommissioned and takes no work',
      hint: `spark-swarm resize --workers ${wanted.count} --name ${name}`,
    })),
    ...(alive.length + drained.length < running
      ? [
          {
            subject: 'workers',
            message: `${running} containers run, and the master sees ${alive.length} ALIVE`,
            hint: `spark-swarm logs --name ${name}`,
          },
        ]
      : []),
    // Of a container that is gone: Spark drops it when it has not been heard of for spark.worker.timeout.
    ...(alive.length > running
      ? [
          {
            subject: 'master',
            message: `lists ${alive.length} workers ALIVE, and ${running} containers run: one that is gone is dropped within a minute`,
            hint: null,
          },
        ]
      : []),
    ...alive
      .filter((worker) => wanted.memoryBytes !== undefined && worker.memoryBytes !== wanted.memoryBytes)
      .map((worker) => ({
        subject: nameOf(worker, containers),
        message: `offers ${formatSize(worker.memoryBytes)}, asked were ${formatSize(wanted.memoryBytes ?? 0)}`,
        hint: null,
      })),
    ...alive
      .filter((worker) => wanted.cores !== undefined && worker.cores !== wanted.cores)
      .map((worker) => ({
        subject: nameOf(worker, containers),
        message: `offers ${formatCores(worker.cores)}, asked were ${wanted.cores}`,
        hint: null,
      })),
    ...(alive.length > wanted.count && alive.length <= running
      ? [{ subject: 'workers', message: `${alive.length} are ALIVE, asked were ${wanted.count}`, hint: null }]
      : []),
  ];
}

function formatCores(cores: number): string {
  return `${cores} ${cores === 1 ? 'core' : 'cores'}`;
}

function explainSilence({ name, address }: Endpoint): Problem {
  return { subject: name, message: `${address} does not answer from this machine`, hint: null };
}

/** As people know it: Spark's own name of a worker may be its container's id. */
function nameOf(worker: SparkWorker, containers: readonly ClusterContainer[]): string {
  return containers.find((container) => isWorkerOf(container, worker))?.displayName ?? worker.host;
}
