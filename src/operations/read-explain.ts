import { Writable } from 'node:stream';

import { findNotebook, type Cluster, type ClusterContainer } from '../cluster/cluster.ts';
import { askContainer, parseAnswer, type ContainerQuestion } from '../explain/container-program.ts';
import type { ApplicationReading, ClusterReading, DaemonReading } from '../explain/reading.ts';
import { parseApplicationPage, type ApplicationPage } from '../spark/application-page.ts';
import {
  parseDriverProperties,
  parseDriverVersion,
  parseNewestJobState,
  parseStageFailures,
  type DriverState,
} from '../spark/driver-state.ts';
import type { SparkApplication } from '../spark/master-state.ts';
import type { OperationContext } from './operation.ts';
import { readDriverPage, readMasterPage, readMasterPatiently } from './spark-pages.ts';

export type ExplainContext = Pick<OperationContext, 'platform' | 'network' | 'signal'>;

/** Connecting back takes up to 3 s for each driver that does not answer. */
const ASK_TIMEOUT_MS = 20_000;
const LOG_TIMEOUT_MS = 5000;
const LOG_LINES = 400;
/** What is older has no say about an application that is active. */
const LOG_AGE_MS = 10 * 60_000;

/** Reads everything about a cluster and its active applications at the same time; what does not answer is left out. */
export async function readForExplain(context: ExplainContext, cluster: Cluster): Promise<ClusterReading> {
  const master = await readMasterPatiently(context, cluster);
  const active = master?.applications ?? [];
  const [daemons, applications] = await Promise.all([
    readDaemons(context, cluster, { connect: active.map(({ id }) => id), paths: [] }),
    Promise.all(active.map(async (application) => readApplication(context, cluster, application))),
  ]);
  context.signal.throwIfAborted();
  return { cluster, master, daemons, applications };
}

/** The same reading, and whether these paths are there in each of its containers. */
export async function lookForPaths(
  context: ExplainContext,
  reading: ClusterReading,
  paths: readonly string[],
): Promise<ClusterReading> {
  if (paths.length === 0) return reading;
  const asked = await Promise.all(
    listContainers(reading.cluster).map(async (container) => ({
      name: container.displayName,
      answer: await askOne(context, reading.cluster, container, { connect: [], paths }),
    })),
  );
  return {
    ...reading,
    daemons: reading.daemons.map((daemon) => ({
      ...daemon,
      paths: asked.find(({ name }) => name === daemon.name)?.answer?.paths ?? {},
    })),
  };
}

/** Those whose insides say something about applications. */
function listContainers(cluster: Cluster): readonly ClusterContainer[] {
  const notebook = findNotebook(cluster);
  return cluster.containers.filter(
    (one) => one.isRunning && (one.role === 'master' || one.role === 'worker' || one === notebook),
  );
}

async function readDaemons(
  context: ExplainContext,
  cluster: Cluster,
  question: ContainerQuestion,
): Promise<readonly DaemonReading[]> {
  const read = await Promise.all(
    listContainers(cluster).map(async (container): Promise<readonly DaemonReading[]> => {
      const [answer, log] = await Promise.all([
        askOne(context, cluster, container, question),
        readLog(context, cluster, container),
      ]);
      return answer ? [{ ...answer, name: container.displayName, log }] : [];
    }),
  );
  return read.flat();
}

async function askOne(
  context: ExplainContext,
  cluster: Cluster,
  container: ClusterContainer,
  question: ContainerQuestion,
): Promise<ReturnType<typeof parseAnswer>> {
  try {
    const access = await context.platform.openContainer(cluster, container);
    const { stdout } = await access.read(askContainer(question), { timeoutMs: ASK_TIMEOUT_MS, signal: context.signal });
    return parseAnswer(stdout);
  } catch {
    // It ends at this moment, or its node is not reachable: what others say remains.
    return undefined;
  }
}

async function readLog(context: ExplainContext, cluster: Cluster, container: ClusterContainer): Promise<string> {
  let text = '';
  const stream = (): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        text += chunk.toString();
        done();
      },
    });
  await context.platform
    .streamLogs(cluster, container, {
      stdout: stream(),
      stderr: stream(),
      follow: false,
      tail: LOG_LINES,
      sinceMs: Date.now() - LOG_AGE_MS,
      timestamps: false,
      signal: AbortSignal.any([context.signal, AbortSignal.timeout(LOG_TIMEOUT_MS)]),
    })
    .catch(() => {
      // What came before is still worth reading.
    });
  return text;
}

async function readApplication(
  context: ExplainContext,
  cluster: Cluster,
  application: SparkApplication,
): Promise<ApplicationReading> {
  const [page, driver] = await Promise.all([
    readApplicationPage(context, cluster, application),
    readDriver(context, cluster, application),
  ]);
  return { application, page, driver };
}

/** The master's page of it. */
export async function readApplicationPage(
  context: ExplainContext,
  cluster: Cluster,
  { id }: Pick<SparkApplication, 'id'>,
): Promise<ApplicationPage | undefined> {
  const page = await readMasterPage(context, cluster, `/app/?appId=${id}`);
  return page === undefined ? undefined : parseApplicationPage(page);
}

/** Only what is needed of it: a driver has other things to do. Its properties name the job that it is. */
async function readDriver(
  context: ExplainContext,
  cluster: Cluster,
  { id, cores }: SparkApplication,
): Promise<DriverState | undefined> {
  const read = async (path: string): Promise<string> => (await readDriverPage(context, cluster, { id, path })) ?? '';
  const isWaiting = cores === 0;
  const [version, environment, failed] = await Promise.all([
    read('version'),
    read(`applications/${id}/environment`),
    isWaiting ? '' : read(`applications/${id}/stages?status=failed`),
  ]);
  const spark = parseDriverVersion(version);
  if (spark === '') return undefined;
  const failures = parseStageFailures(failed);
  // One that has failed an hour ago, and that the application got over, is no news.
  const isNews = failures.length > 0 && parseNewestJobState(await read(`applications/${id}/jobs`)) === 'FAILED';
  return { spark, properties: parseDriverProperties(environment) ?? {}, failures: isNews ? failures : [] };
}
