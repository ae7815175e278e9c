import type { Cluster } from '../cluster/cluster.ts';
import { findPage, isPageReady, type AddedPage, type PageContext } from './added-page.ts';

/** Which logs there are, it finds out by and by. */
const HISTORY: AddedPage = {
  role: 'history',
  subject: 'The history server of the cluster',
  absence: 'has no history server',
  port: 'history',
  probe: '/api/v1/version',
};

/** True when the cluster has no history server, or it answers. */
export async function isHistoryReady(context: PageContext, cluster: Cluster): Promise<boolean> {
  return isPageReady(context, cluster, HISTORY);
}

/**
 * The address of a cluster's history server, or of the pages of one application there.
 *
 * @param application as Spark names it: `app-20261121091010-0000`
 * @throws NotFoundError if there is no cluster, or no history server in it; InvalidStateError if it does not run, or its port
 * is not published
 */
export async function readHistoryUrl(context: PageContext, name: string, application?: string): Promise<string> {
  const { url } = await findPage(context, name, HISTORY);
  return application === undefined ? url : `${url}/history/${encodeURIComponent(application)}/jobs/`;
}
