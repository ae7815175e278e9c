import type { Cluster, ClusterContainer } from '../cluster/cluster.ts';
import { formatHost } from '../cluster/endpoints.ts';
import { CONTAINER_PORTS } from '../cluster/spec.ts';
import { InvalidStateError, NotFoundError } from '../errors.ts';
import type { OperationContext } from './operation.ts';
import { requireCluster } from './require-cluster.ts';
import { fetchScript, publishedUrl } from './spark-pages.ts';

export type PageContext = Pick<OperationContext, 'platform' | 'network' | 'signal'>;

/** A service that was added to a cluster, and that people open in a browser. */
export interface AddedPage {
  /** Its role, and its command. */
  readonly role: 'history' | 'notebook';
  /** How messages call it: `The notebook of the cluster`, `has no notebook`. */
  readonly subject: string;
  readonly absence: string;
  readonly port: 'history' | 'jupyter';
  /** A page that answers as soon as the service can be asked: a port is open long before. */
  readonly probe: string;
}

export interface OpenPage {
  readonly cluster: Cluster;
  readonly container: ClusterContainer;
  /** Without a path. */
  readonly url: string;
}

const PAGE_TIMEOUT_MS = 3000;

/** True when the cluster has no such service, or it answers: where it is published, or inside its container. */
export async function isPageReady(
  { platform, network, signal }: PageContext,
  cluster: Cluster,
  { role, port, probe }: AddedPage,
): Promise<boolean> {
  const container = findByRole(cluster, role);
  if (!container) return true;
  if (!container.isRunning) return false;
  const url = publishedUrl(container, CONTAINER_PORTS[port]);
  if (url !== undefined) {
    const page = await network.fetchPage(url + probe, { timeoutMs: PAGE_TIMEOUT_MS, signal });
    if (page.body !== undefined || page.isRefused) return page.body !== undefined;
  }
  const access = await platform.openContainer(cluster, container).catch(() => undefined);
  const result = await access
    ?.read(fetchScript(`http://127.0.0.1:${CONTAINER_PORTS[port]}${probe}`))
    .catch(() => undefined);
  return result?.status === 0;
}

/**
 * Where such a service is opened.
 *
 * @throws NotFoundError if there is no cluster, or no such service in it; InvalidStateError if it does not run, or its port is
 * not published
 */
export async function findPage(
  context: PageContext,
  clusterName: string,
  { role, subject, absence, port }: AddedPage,
): Promise<OpenPage> {
  const cluster = await requireCluster(context, clusterName);
  const container = findByRole(cluster, role);
  const start = `spark-swarm ${role} start --name ${clusterName}`;
  if (!container) throw new NotFoundError(`The cluster "${clusterName}" ${absence}`, { hint: start });
  if (!container.isRunning) {
    throw new InvalidStateError(`${subject} "${clusterName}" does not run: it is ${container.state}`, {
      hint: `spark-swarm logs ${role} --name ${clusterName}`,
    });
  }
  const published = container.publishedPorts[CONTAINER_PORTS[port]];
  if (published === undefined || container.address === undefined)
    throw new InvalidStateError(`${subject} "${clusterName}" has no published port`, {
      hint: `${start} --port ${port}=0`,
    });
  return { cluster, container, url: `http://${formatHost(container.address)}:${published}` };
}

function findByRole({ containers }: Cluster, role: AddedPage['role']): ClusterContainer | undefined {
  return containers.find((container) => container.role === role);
}
