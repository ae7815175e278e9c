import { listWorkers, wantedWorkers, type PlatformKind } from '../cluster/cluster.ts';
import { listEndpoints } from '../cluster/endpoints.ts';
import { listAllClusters } from '../connections/list-clusters.ts';
import { readNotebookUrl as readUrl } from '../operations/notebook.ts';
import { readStatus as read, type ClusterStatus } from '../operations/status.ts';
import { masterUrlOf } from './addresses.ts';
import { CALL_READERS, CLUSTER_READERS, type CallOptions, type ClusterOptions } from './call-options.ts';
import { readOptions } from './read-options.ts';
import { unlessAborted } from '../signals.ts';
import { runCall, runClusterCall } from './run-call.ts';

/**
 * What `spark-swarm status -o json` prints: services, containers, the master's own view, addresses, problems.
 *
 * @throws NotFoundError if there is no such cluster; UnreachableError if the engine does not answer; UsageError
 */
export async function readStatus(options: ClusterOptions = {}): Promise<ClusterStatus> {
  return runClusterCall(readOptions(options, CLUSTER_READERS), async (connection, name) =>
    unlessAborted(read(connection, name), connection.signal),
  );
}

/**
 * The address of a cluster's JupyterLab, with its token: whoever has it runs code in the cluster.
 *
 * @throws NotFoundError if there is no cluster, or no notebook in it; InvalidStateError if it does not run, or its port is
 * not published; UnreachableError; UsageError
 */
export async function readNotebookUrl(options: ClusterOptions = {}): Promise<string> {
  return runClusterCall(readOptions(options, CLUSTER_READERS), async (connection, name) =>
    unlessAborted(readUrl(connection, name), connection.signal),
  );
}

export interface ListedCluster {
  readonly name: string;
  readonly platform: PlatformKind;
  /** Docker context through which it was found. */
  readonly context: string;
  /** How many workers there shall be. */
  readonly workers: number;
  /** How many workers' containers run. */
  readonly runningWorkers: number;
  /** Empty if there are no workers. */
  readonly image: string;
  /** `spark://HOST:PORT`, not tried; `undefined` if it is not published. */
  readonly masterUrl: string | undefined;
}

/**
 * The clusters of the engine that is named, by `context` or in the environment; without one, of all docker contexts and all
 * labs of this machine. An engine that does not answer is reported as a warning, and the others are listed.
 *
 * @throws UnreachableError if the one engine that is named does not answer; NotFoundError if there is no such context
 */
export async function listClusters(options: CallOptions = {}): Promise<readonly ListedCluster[]> {
  const { context, ...others } = readOptions(options, CALL_READERS);
  return runCall(others, async ({ around, report }) => {
    const found = await unlessAborted(listAllClusters(around, { context, report }), around.signal);
    return found.map((listed) => ({
      name: listed.cluster.name,
      platform: listed.cluster.platform,
      context: listed.context,
      workers: wantedWorkers(listed.cluster),
      runningWorkers: listWorkers(listed.cluster).filter((worker) => worker.isRunning).length,
      image: listed.cluster.services.find(({ role }) => role === 'worker')?.image ?? '',
      masterUrl: masterUrlOf(listEndpoints(listed.cluster)),
    }));
  });
}
