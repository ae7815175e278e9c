import type { Cluster } from '../cluster/cluster.ts';
import { InvalidStateError } from '../errors.ts';
import { findPage, isPageReady, type AddedPage, type OpenPage, type PageContext } from './added-page.ts';

const TOKEN_FILE = '/run/secrets/notebook-token';

const NOTEBOOK: AddedPage = {
  role: 'notebook',
  subject: 'The notebook of the cluster',
  absence: 'has no notebook',
  port: 'jupyter',
  probe: '/api',
};

/** True when the cluster has no notebook, or its JupyterLab answers. */
export async function isNotebookReady(context: PageContext, cluster: Cluster): Promise<boolean> {
  return isPageReady(context, cluster, NOTEBOOK);
}

/**
 * The address of a cluster's JupyterLab, with its token: whoever has it runs code in the cluster.
 *
 * @throws NotFoundError if there is no cluster, or no notebook in it; InvalidStateError if it does not run, or its port is
 * not published
 */
export async function readNotebookUrl(context: PageContext, name: string): Promise<string> {
  const page = await findPage(context, name, NOTEBOOK);
  return `${page.url}/lab?token=${await readToken(context, page)}`;
}

async function readToken({ platform }: PageContext, { cluster, container }: OpenPage): Promise<string> {
  const access = await platform.openContainer(cluster, container);
  const { status, stdout, stderr } = await access.read(['cat', TOKEN_FILE]);
  if (status === 0 && stdout.trim() !== '') return stdout.trim();
  throw new InvalidStateError(
    `Cannot read the token of the notebook of "${cluster.name}": ${stderr.trim() || 'it is empty'}`,
    {
      hint: `spark-swarm logs notebook --name ${cluster.name}`,
    },
  );
}
