import {
  listWorkers,
  wantedWorkers,
  type Cluster,
  type ClusterContainer,
  type ClusterService,
} from '../cluster/cluster.ts';
import { isWorkerOf } from '../cluster/victims.ts';
import { findNodeWarnings } from '../cluster/node-warnings.ts';
import { findProblems, type Problem } from '../cluster/problems.ts';
import type { Finding } from '../doctor/finding.ts';
import { isSparkReady, type SparkApplication, type SparkWorker } from '../spark/master-state.ts';
import { explainTroubled } from './explain.ts';
import type { OperationContext } from './operation.ts';
import { probeEndpoints } from './probe-endpoints.ts';
import { requireCluster } from './require-cluster.ts';
import { readMasterState } from './spark-pages.ts';
import { describeWanted } from './wait-ready.ts';

/** What `status -o json` prints. Fields are added, never changed or taken away, within one schema version. */
export interface ClusterStatus {
  readonly schemaVersion: 1;
  readonly name: string;
  readonly platform: string;
  readonly healthy: boolean;
  readonly services: readonly ClusterService[];
  readonly containers: readonly Omit<ClusterContainer, 'publishedPorts'>[];
  /** `null` when the master does not answer. */
  readonly master: MasterView | null;
  readonly endpoints: readonly { readonly name: string; readonly address: string }[];
  readonly problems: readonly Problem[];
  /** What is not well around it, and does not keep it from being as asked: a node that is lost, workers on a heap. */
  readonly warnings: readonly Problem[];
  /** Why applications that are active do not work. The cluster itself may be well. */
  readonly findings: readonly Finding[];
}

export interface MasterView {
  readonly url: string;
  readonly status: string;
  readonly aliveWorkers: number;
  readonly wantedWorkers: number;
  readonly cores: number;
  readonly coresUsed: number;
  readonly memoryBytes: number;
  readonly memoryUsedBytes: number;
  /** Each with the name of its container: Spark's own host name of it differs from platform to platform. */
  readonly workers: readonly (SparkWorker & { readonly name: string })[];
  readonly applications: readonly SparkApplication[];
}

type StatusContext = Pick<OperationContext, 'platform' | 'network' | 'signal'>;

/** @throws NotFoundError if there is no such cluster */
export async function readStatus(context: StatusContext, name: string): Promise<ClusterStatus> {
  return describeStatus(context, await requireCluster(context, name));
}

async function describeStatus(context: StatusContext, cluster: Cluster): Promise<ClusterStatus> {
  const [state, { answering, silent }] = await Promise.all([
    readMasterState(context, cluster),
    probeEndpoints(context, cluster),
  ]);
  const findings = await explainTroubled(context, cluster, state?.applications ?? []);
  const wanted = describeWanted(cluster);
  // Spark that is ready is well, whatever of it can be seen from this machine.
  const isSparkWell = state !== undefined && isSparkReady(state, wanted);
  const problems = findProblems({ cluster, state, wanted, silent: isSparkWell ? [] : silent });
  const alive = state?.workers.filter((worker) => worker.state === 'ALIVE') ?? [];
  const sum = (measure: (worker: SparkWorker) => number): number =>
    alive.reduce((total, worker) => total + measure(worker), 0);
  return {
    schemaVersion: 1,
    name: cluster.name,
    platform: cluster.platform,
    healthy: state !== undefined && isSparkReady(state, wanted) && problems.length === 0,
    services: cluster.services,
    containers: cluster.containers.map(({ publishedPorts: _, ...container }) => container),
    master: state
      ? {
          url: state.url,
          status: state.status,
          aliveWorkers: alive.length,
          wantedWorkers: wantedWorkers(cluster),
          cores: sum((worker) => worker.cores),
          coresUsed: sum((worker) => worker.coresUsed),
          memoryBytes: sum((worker) => worker.memoryBytes),
          memoryUsedBytes: sum((worker) => worker.memoryUsedBytes),
          workers: nameWorkers(cluster, state.workers),
          applications: state.applications,
        }
      : null,
    endpoints: answering.map(({ name, address }) => ({ name, address })),
    problems,
    warnings: findNodeWarnings(cluster),
    findings,
  };
}

function nameWorkers(cluster: Cluster, workers: readonly SparkWorker[]): MasterView['workers'] {
  const containers = listWorkers(cluster);
  return workers.map((worker) => ({
    ...worker,
    name: containers.find((container) => isWorkerOf(container, worker))?.displayName ?? worker.host,
  }));
}
