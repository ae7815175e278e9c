import { fetchPage } from '../src/adapters/http/fetch-page.ts';
import { parseMasterState, type SparkWorker } from '../src/spark/master-state.ts';
import { parseWorkerState } from '../src/spark/worker-state.ts';
import type { BenchCluster } from './bench-cluster.ts';

const PAGE_TIMEOUT_MS = 2000;

/** Where the master's pages are; read once, because the address does not change while it runs. */
export async function masterUrl(cluster: BenchCluster): Promise<string> {
  const { endpoints } = await cluster.status();
  const page = endpoints.find(({ name }) => name === 'master web UI');
  if (!page) throw new Error(`the master of ${cluster.name} has no page`);
  return page.address;
}

export async function readWorkers(url: string): Promise<readonly SparkWorker[]> {
  const { body } = await fetchPage(`${url}/json/`, { timeoutMs: PAGE_TIMEOUT_MS });
  return (body === undefined ? undefined : parseMasterState(body))?.workers ?? [];
}

/** Executor processes on a worker, asked of the worker itself; `undefined` while it does not answer. */
export async function countExecutors(url: string, workerId: string): Promise<number | undefined> {
  const { body } = await fetchPage(`${url}/proxy/${workerId}/json/`, { timeoutMs: PAGE_TIMEOUT_MS });
  return body === undefined ? undefined : parseWorkerState(body)?.executorCount;
}
