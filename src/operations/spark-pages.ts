import { findMaster, type Cluster, type ClusterContainer } from '../cluster/cluster.ts';
import { formatHost } from '../cluster/endpoints.ts';
import { CONTAINER_PORTS } from '../cluster/spec.ts';
import { parseMasterState, type MasterState } from '../spark/master-state.ts';
import { parseWorkerState, type WorkerState } from '../spark/worker-state.ts';
import type { OperationContext } from './operation.ts';

type PageContext = Pick<OperationContext, 'platform' | 'network' | 'signal'>;

const PAGE_TIMEOUT_MS = 3000;
const MOST_LOOKS = 3;
const DRIVER_TIMEOUT_MS = 60_000;

/** Without the machine's proxies, which know nothing of a container's own address. */
const FETCH_SCRIPT =
  'import sys, urllib.request as r; sys.stdout.write(r.build_opener(r.ProxyHandler({})).open(sys.argv[2], timeout=float(sys.argv[1])).read().decode())';

/** Fetches a page from inside a container: for a port that is not published, or not reachable from here. */
export function fetchScript(url: string, timeoutMs = PAGE_TIMEOUT_MS): readonly string[] {
  return ['python3', '-c', FETCH_SCRIPT, String(timeoutMs / 1000), url];
}

/** The master's state, or `undefined` while it does not answer. */
export async function readMasterState(context: PageContext, cluster: Cluster): Promise<MasterState | undefined> {
  const page = await readMasterPage(context, cluster, '/json/');
  return page === undefined ? undefined : parseMasterState(page);
}

/** The same, of a master that runs asked up to three times: on a busy machine it may be late for once. */
export async function readMasterPatiently(context: PageContext, cluster: Cluster): Promise<MasterState | undefined> {
  let state = await readMasterState(context, cluster);
  for (let look = 1; look < MOST_LOOKS && isSilent(cluster, state); look += 1) {
    context.signal.throwIfAborted();
    state = await readMasterState(context, cluster);
  }
  return state;
}

/** A master that runs and has not answered: nobody knows what its workers do. */
export function isSilent(cluster: Cluster, state: MasterState | undefined): boolean {
  return state === undefined && (findMaster(cluster)?.isRunning ?? false);
}

/** A worker's own state, through the master's port (`spark.ui.reverseProxy`), or `undefined` while it does not answer. */
export async function readWorkerState(
  context: PageContext,
  cluster: Cluster,
  sparkWorkerId: string,
): Promise<WorkerState | undefined> {
  const page = await readMasterPage(context, cluster, `/proxy/${sparkWorkerId}/json/`);
  return page === undefined ? undefined : parseWorkerState(page);
}

/** A page of the master's port, or `undefined` when there is none, or no answer. */
export async function readMasterPage(
  context: PageContext,
  cluster: Cluster,
  path: string,
): Promise<string | undefined> {
  return readPage(context, cluster, path, { timeoutMs: PAGE_TIMEOUT_MS, signal: context.signal });
}

/**
 * A page of a driver, through the master's port (`spark.ui.reverseProxy`), or `undefined` when there is no answer.
 *
 * An answer is waited for as long as it takes, whatever the signal says: a driver whose listener hangs up prints a hundred
 * lines of `ERROR ServerRuntime$Responder … EofException: Broken pipe`, which its user takes for his own error.
 */
export async function readDriverPage(
  context: PageContext,
  cluster: Cluster,
  { id, path }: { readonly id: string; readonly path: string },
): Promise<string | undefined> {
  return readPage(context, cluster, `/proxy/${id}/api/v1/${path}`, { timeoutMs: DRIVER_TIMEOUT_MS });
}

async function readPage(
  context: PageContext,
  cluster: Cluster,
  path: string,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<string | undefined> {
  const master = findMaster(cluster);
  if (!master?.isRunning) return undefined;
  const url = publishedUrl(master, CONTAINER_PORTS.ui);
  if (url !== undefined) {
    const page = await context.network.fetchPage(url + path, options);
    // Who refuses is there, and not ready: asking inside the container would find no more.
    if (page.body !== undefined || page.isRefused) return page.body;
  }
  const access = await context.platform.openContainer(cluster, master).catch(() => undefined);
  const { timeoutMs } = options;
  const result = await access
    ?.read(fetchScript(`http://127.0.0.1:${CONTAINER_PORTS.ui}${path}`, timeoutMs), { timeoutMs: timeoutMs + 10_000 })
    .catch(() => undefined);
  return result?.status === 0 ? result.stdout : undefined;
}

/** `http://host:port` of a published port, or `undefined` when it is not published. */
export function publishedUrl(container: ClusterContainer, containerPort: number): string | undefined {
  const port = container.publishedPorts[containerPort];
  return port === undefined || container.address === undefined
    ? undefined
    : `http://${formatHost(container.address)}:${port}`;
}
