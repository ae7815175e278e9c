import { findMaster, type Cluster } from '../cluster/cluster.ts';
import { parseRunningJobs, RUNNING_JOBS_ARGV, type RunningJob } from '../jobs/running-jobs.ts';
import type { SparkApplication } from '../spark/master-state.ts';
import type { OperationContext } from './operation.ts';
import { readMasterPatiently } from './spark-pages.ts';

/** What a remove, or a restart of the containers, would end. */
export interface RunningWork {
  /** `undefined` when the master runs and does not answer: then nobody knows. */
  readonly applications: readonly SparkApplication[] | undefined;
  /** Those that have no application; which application is whose nobody says, so Spark's are here only where there is none. */
  readonly jobs: readonly RunningJob[];
}

const LOOK_TIMEOUT_MS = 30_000;

/** Reads what runs on a cluster; of none, and of one without a master, nothing does. */
export async function findRunningWork(context: OperationContext, name: string): Promise<RunningWork> {
  const cluster = await context.platform.readCluster(name);
  if (!cluster || !findMaster(cluster)?.isRunning) return { applications: [], jobs: [] };
  const [state, jobs] = await Promise.all([readMasterPatiently(context, cluster), listRunningJobs(context, cluster)]);
  const applications = state?.applications;
  return { applications, jobs: applications?.length ? jobs.filter(({ isSpark }) => !isSpark) : jobs };
}

/** None where nobody can look: a cluster of an older version, a container that hangs. */
async function listRunningJobs(
  { platform, signal }: OperationContext,
  cluster: Cluster,
): Promise<readonly RunningJob[]> {
  const master = findMaster(cluster);
  const look = async (): Promise<readonly RunningJob[]> => {
    if (!master) return [];
    const access = await platform.openContainer(cluster, master);
    const { stdout } = await access.read(RUNNING_JOBS_ARGV, { signal, timeoutMs: LOOK_TIMEOUT_MS });
    return parseRunningJobs(stdout);
  };
  return look().catch((error: unknown) => {
    signal.throwIfAborted();
    if (error instanceof Error) return [];
    throw error;
  });
}

export function isIdle({ applications, jobs }: RunningWork): boolean {
  return applications?.length === 0 && jobs.length === 0;
}

/** What a question says of it: `2 running: etl, notebook; 1 job: prepare-1a2b3c4d5e6f`. */
export function describeWork({ applications, jobs }: RunningWork): string {
  const records = jobs.map(({ record }) => record).join(', ');
  const count = jobs.length === 1 ? '1 job' : `${jobs.length} jobs`;
  if (applications === undefined) {
    const known = jobs.length === 0 ? '' : `; ${count} running: ${records}`;
    return `its master does not answer, so applications may be running${known}`;
  }
  if (applications.length === 0) return `${count} running: ${records}`;
  const named = `${applications.length} running: ${applications.map((application) => application.name).join(', ')}`;
  return jobs.length === 0 ? named : `${named}; ${count}: ${records}`;
}
