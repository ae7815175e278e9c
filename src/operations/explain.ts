import type { Cluster } from '../cluster/cluster.ts';
import type { Finding } from '../doctor/finding.ts';
import { listEvidence } from '../explain/evidence.ts';
import { judgeApplication } from '../explain/judge-application.ts';
import { judgeCluster, judgeMaster, judgeRefusals } from '../explain/judge-cluster.ts';
import { distinct, failureTexts, judgeJob, type JobEvidence } from '../explain/judge-job.ts';
import { findMissingPaths } from '../explain/judge-paths.ts';
import { needsLook } from '../explain/needs-look.ts';
import type { ApplicationReading, ClusterReading } from '../explain/reading.ts';
import { isJobId } from '../jobs/job-id.ts';
import { FINAL_STATES } from '../jobs/job.ts';
import type { SparkApplication } from '../spark/master-state.ts';
import { lookForPaths, readApplicationPage, readForExplain, type ExplainContext } from './read-explain.ts';
import { requireCluster } from './require-cluster.ts';
import { readMasterState } from './spark-pages.ts';

export type { ExplainContext, JobEvidence };

/** Why the applications of a cluster do not work; no findings where nothing is wrong. */
export interface Explanation {
  readonly cluster: string;
  readonly applications: readonly ExplainedApplication[];
  /** Of the cluster itself: its master, its containers, its disks. */
  readonly findings: readonly Finding[];
}

export interface ExplainedApplication extends Pick<
  SparkApplication,
  'id' | 'name' | 'user' | 'state' | 'cores' | 'startedAt'
> {
  /** Id of the job that its driver says it is; `null` for one that is none of ours, or whose driver does not answer. */
  readonly jobId: string | null;
  readonly findings: readonly Finding[];
}

/** @throws NotFoundError if there is no such cluster */
export async function explainCluster(context: ExplainContext, name: string): Promise<Explanation> {
  return explainKnownCluster(context, await requireCluster(context, name));
}

/** The same for a cluster that was read already. */
export async function explainKnownCluster(context: ExplainContext, cluster: Cluster): Promise<Explanation> {
  const first = await readForExplain(context, cluster);
  const paths = findMissingPaths(first.applications.flatMap((app) => listEvidence(first, app)));
  const reading = await lookForPaths(context, first, paths);
  const judged = reading.applications.map((app) => ({ app, findings: judgeApplication(reading, app) }));
  const active = await listStillActive(
    context,
    reading,
    judged.flatMap(({ findings }) => findings),
  );
  return {
    cluster: cluster.name,
    applications: judged
      .filter(({ app }) => active.has(app.application.id))
      .map(({ app, findings }) => {
        const { id, name, user, state, cores, startedAt } = app.application;
        return { id, name, user, state, cores, startedAt, jobId: jobIdOf(app) ?? null, findings };
      }),
    findings: judgeCluster(reading),
  };
}

/** What `status` says of active applications. Containers are only looked into where the master's own pages give a reason. */
export async function explainTroubled(
  context: ExplainContext,
  cluster: Cluster,
  active: readonly SparkApplication[],
): Promise<readonly Finding[]> {
  const looks = await Promise.all(
    active.map(
      async (app) => needsLook(app, undefined) || needsLook(app, await readApplicationPage(context, cluster, app)),
    ),
  );
  if (!looks.includes(true)) return [];
  const { applications } = await explainKnownCluster(context, cluster);
  return applications.flatMap(({ findings }) => findings);
}

/**
 * What is known about why a job does not work: a running one, and one that has failed. Empty when nothing is known, and for a
 * job that works or has succeeded.
 */
export async function explainJob(context: ExplainContext, evidence: JobEvidence): Promise<readonly Finding[]> {
  const { jobStatus } = evidence;
  if (jobStatus.state === 'SUCCEEDED' || jobStatus.state === 'KILLED') return [];
  const name = jobStatus.spec.cluster;
  const cluster = await context.platform.readCluster(name).catch(() => undefined);
  // It is gone; the texts are left.
  if (!cluster) return judgeJob(emptyReading(context, name), evidence);
  const first = await readForExplain(context, cluster);
  const app = FINAL_STATES.has(jobStatus.state) ? undefined : findApplication(first, evidence);
  const known = { ...evidence, applicationId: evidence.applicationId ?? app?.application.id };
  const texts = [...failureTexts(known, first), ...(app ? listEvidence(first, app) : [])];
  const reading = await lookForPaths(context, first, findMissingPaths(texts));
  if (FINAL_STATES.has(jobStatus.state)) return judgeJob(reading, known);
  const found = app ? judgeApplication(reading, app) : [];
  const active = await listStillActive(context, reading, found);
  return distinct([
    ...judgeMaster(reading),
    ...(app && active.has(app.application.id) ? found : []),
    ...judgeJob(reading, known),
    // Before the master has taken it, this is all that can be seen of it.
    ...(app ? [] : judgeRefusals(reading)),
  ]);
}

/** The active application of a job: by its id, else by what its driver says. */
function findApplication(
  { applications }: ClusterReading,
  { jobStatus, applicationId }: JobEvidence,
): ApplicationReading | undefined {
  return applications.find((app) =>
    applicationId === undefined ? jobIdOf(app) === jobStatus.spec.id : app.application.id === applicationId,
  );
}

/** By the property that every job of ours has. It is the driver's own word: anybody can set it. */
function jobIdOf({ driver }: ApplicationReading): string | undefined {
  const id = driver?.properties['spark.swarm.jobId'] ?? '';
  return isJobId(id) ? id : undefined;
}

/** An application that has ended while it was looked at looks broken: its driver answers no more. */
async function listStillActive(
  context: ExplainContext,
  { cluster, applications }: ClusterReading,
  findings: readonly Finding[],
): Promise<ReadonlySet<string>> {
  const known = applications.map(({ application }) => application.id);
  if (findings.length === 0) return new Set(known);
  const now = await readMasterState(context, cluster);
  const ids = now?.applications.map(({ id }) => id) ?? known;
  return new Set(ids);
}

function emptyReading({ platform }: ExplainContext, name: string): ClusterReading {
  const cluster: Cluster = {
    name,
    platform: platform.kind,
    services: [],
    containers: [],
    remembered: undefined,
    nodes: [],
  };
  return { cluster, master: undefined, daemons: [], applications: [] };
}
