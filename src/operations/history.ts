import type { Cluster } from '../cluster/cluster.ts';
import { NotFoundError } from '../errors.ts';
import { findPage, isPageReady, type AddedPage, type PageContext } from './added-page.ts';

/** Which logs there are, it finds out by and by. */
const HISTORY: AddedPage = {
  role: 'history',
  subject: 'The history server of the cluster',
  absence: 'has no history server',
  port: 'history',
  probe: '/api/v1/version',
};

/** It may have to read a log first. */
const LOOK_TIMEOUT_MS = 10_000;
const NOT_FOUND = 404;

/** True when the cluster has no history server, or it answers. */
export async function isHistoryReady(context: PageContext, cluster: Cluster): Promise<boolean> {
  return isPageReady(context, cluster, HISTORY);
}

/**
 * The address of a cluster's history server, or of the pages of one application there.
 *
 * @param application as Spark names it: `app-20261121091010-0000`
 * @throws NotFoundError if there is no cluster, no history server in it, or that knows no such application; InvalidStateError if it does not run, or its port
 * is not published
 */
export async function readHistoryUrl(context: PageContext, name: string, application?: string): Promise<string> {
  const { url } = await findPage(context, name, HISTORY);
  if (application === undefined) return url;
  const id = encodeURIComponent(application);
  const { signal } = context;
  const page = await context.network.fetchPage(`${url}/api/v1/applications/${id}`, {
    timeoutMs: LOOK_TIMEOUT_MS,
    signal,
  });
  // From where it cannot be asked its address is as good as it is.
  if (page.status === NOT_FOUND) {
    throw new NotFoundError(`The history server of the cluster "${name}" knows no application ${application}`, {
      hint: `a new one is there after 10 s; all of them: spark-swarm history url --name ${name}`,
    });
  }
  return `${url}/history/${id}/jobs/`;
}
