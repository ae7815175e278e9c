import { findNotebook, type Cluster, type ClusterContainer } from '../cluster/cluster.ts';
import { formatHost } from '../cluster/endpoints.ts';
import { CONTAINER_PORTS } from '../cluster/spec.ts';
import { InvalidStateError, NotFoundError } from '../errors.ts';
import type { OperationContext } from './operation.ts';
import { fetchScript, publishedUrl } from './spark-pages.ts';

type NotebookContext = Pick<OperationContext, 'platform' | 'network' | 'signal'>;

const PAGE_TIMEOUT_MS = 3000;
const TOKEN_FILE = '/run/secrets/notebook-token';

/** True when the cluster has no notebook, or its JupyterLab answers: a port is open long before. */
export async function isNotebookReady(context: NotebookContext, cluster: Cluster): Promise<boolean> {
  const notebook = findNotebook(cluster);
  if (!notebook) return true;
  if (!notebook.isRunning) return false;
  const url = publishedUrl(notebook, CONTAINER_PORTS.jupyter);
  if (url !== undefined) {
    const page = await context.network.fetchPage(`${url}/api`, { timeoutMs: PAGE_TIMEOUT_MS, signal: context.signal });
    if (page.body !== undefined || page.isRefused) return page.body !== undefined;
  }
  const access = await context.platform.openContainer(cluster, notebook).catch(() => undefined);
  const result = await access
    ?.read(fetchScript(`http://127.0.0.1:${CONTAINER_PORTS.jupyter}/api`))
    .catch(() => undefined);
  return result?.status === 0;
}

/**
 * The address of a cluster's JupyterLab, with its token: whoever has it runs code in the cluster.
 *
 * @throws NotFoundError if there is no cluster, or no notebook in it; InvalidStateError if it does not run, or its port is
 * not published
 */
export async function readNotebookUrl(context: NotebookContext, name: string): Promise<string> {
  const cluster = await context.platform.readCluster(name);
  if (!cluster) throw new NotFoundError(`No cluster named "${name}"`, { hint: 'spark-swarm list shows them all' });
  const notebook = findNotebook(cluster);
  if (!notebook) {
    throw new NotFoundError(`The cluster "${name}" has no notebook`, {
      hint: `spark-swarm notebook start --name ${name}`,
    });
  }
  if (!notebook.isRunning) {
    throw new InvalidStateError(`The notebook of the cluster "${name}" does not run: it is ${notebook.state}`, {
      hint: `spark-swarm logs notebook --name ${name}`,
    });
  }
  const port = notebook.publishedPorts[CONTAINER_PORTS.jupyter];
  if (port === undefined || notebook.address === undefined) {
    throw new InvalidStateError(`The notebook of the cluster "${name}" has no published port`, {
      hint: `spark-swarm notebook start --name ${name} --port jupyter=0`,
    });
  }
  const token = await readToken(context, cluster, notebook);
  return `http://${formatHost(notebook.address)}:${port}/lab?token=${token}`;
}

async function readToken({ platform }: NotebookContext, cluster: Cluster, notebook: ClusterContainer): Promise<string> {
  const access = await platform.openContainer(cluster, notebook);
  const { status, stdout, stderr } = await access.read(['cat', TOKEN_FILE]);
  if (status === 0 && stdout.trim() !== '') return stdout.trim();
  throw new InvalidStateError(
    `Cannot read the token of the notebook of "${cluster.name}": ${stderr.trim() || 'it is empty'}`,
    {
      hint: `spark-swarm logs notebook --name ${cluster.name}`,
    },
  );
}
