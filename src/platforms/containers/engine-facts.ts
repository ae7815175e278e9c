import { wantedWorkers, type Cluster } from '../../cluster/cluster.ts';
import { HISTORY_BYTES, notebookLimitBytes, planMasterSize, planWorkerSize } from '../../cluster/sizes.ts';
import { findRoomProblem, type EngineRoom } from '../../containers/engine-room.ts';
import type { ContainerReader } from './container-reader.ts';

/**
 * Checks that a live cluster can have so many workers. One that was started by hand has no sizes that are known here.
 *
 * @throws UsageError with the sum
 */
export async function assertRoomForWorkers(
  { name, remembered }: Cluster,
  workers: number,
  reader: ContainerReader,
): Promise<void> {
  if (!remembered) return;
  const demand = {
    workers,
    worker: planWorkerSize(remembered.workerMemoryBytes, remembered.workerCores),
    master: planMasterSize(remembered.masterMemoryBytes, remembered.masterCores),
    notebook: remembered.notebook ? { limitBytes: notebookLimitBytes(remembered.conf) } : undefined,
    history: remembered.history ? { limitBytes: HISTORY_BYTES } : undefined,
  };
  const { problem } = findRoomProblem(demand, await readEngineFacts(name, reader));
  if (problem) throw problem;
}

/** What the engine has, and what clusters other than this one may take of it. */
export async function readEngineFacts(name: string, reader: ContainerReader): Promise<EngineFacts> {
  const [info, bridge, clusters] = await Promise.all([
    reader.api.get<{ readonly NCPU: number; readonly MemTotal: number; readonly Name: string }>('/info'),
    reader.api
      .get<{ readonly Options?: Readonly<Record<string, string>> | null }>('/networks/bridge')
      .catch(() => undefined),
    reader.listClusters(),
  ]);
  return {
    name: info.Name,
    cores: info.NCPU,
    memoryBytes: info.MemTotal,
    otherMemoryBytes: clusters
      .filter(({ name: other }) => other !== name)
      .reduce((sum, other) => sum + limitOf(other), 0),
    mtu: bridge?.Options?.['com.docker.network.driver.mtu'],
  };
}

/** What the containers of a cluster may take, as far as somebody remembers it. */
function limitOf(cluster: Cluster): number {
  const { remembered } = cluster;
  if (!remembered) return 0;
  const notebook = remembered.notebook ? notebookLimitBytes(remembered.conf) : 0;
  const history = remembered.history ? HISTORY_BYTES : 0;
  return wantedWorkers(cluster) * remembered.workerMemoryBytes + remembered.masterMemoryBytes + notebook + history;
}

interface EngineFacts extends EngineRoom {
  readonly mtu: string | undefined;
}
