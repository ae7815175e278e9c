import { countWorkers } from '../cluster/cluster.ts';
import type { ClusterSpec } from '../cluster/spec.ts';
import { UsageError } from '../errors.ts';
import { formatSize } from '../units.ts';

/** What one engine has for containers. */
export interface EngineRoom {
  readonly name: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Limits of the other clusters there. */
  readonly otherMemoryBytes: number;
}

export interface RoomDemand extends Pick<ClusterSpec, 'workers' | 'worker' | 'master'> {
  readonly notebook: { readonly limitBytes: number } | undefined;
  readonly history: { readonly limitBytes: number } | undefined;
}

export interface RoomAnswer {
  readonly problem: UsageError | undefined;
  readonly warnings: readonly string[];
}

/** Says why the cluster does not fit on the engine: Docker would start it, and the kernel would kill what is too much. */
export function findRoomProblem(
  { workers, worker, master, notebook, history }: RoomDemand,
  room: EngineRoom,
): RoomAnswer {
  const cores = `${worker.limitCores} ${worker.limitCores === 1 ? 'core' : 'cores'}`;
  if (worker.limitCores > room.cores) {
    return refuse(
      `A worker needs ${cores}, and ${room.name} has ${room.cores}`,
      `choose --worker-cores ${room.cores} or less`,
    );
  }
  const asked =
    workers * worker.limitBytes + master.limitBytes + (notebook?.limitBytes ?? 0) + (history?.limitBytes ?? 0);
  const free = room.memoryBytes - room.otherMemoryBytes;
  if (asked > free) {
    const terms = [
      `${countWorkers(workers)} × ${formatSize(worker.limitBytes)}`,
      `master ${formatSize(master.limitBytes)}`,
      ...(notebook ? [`notebook ${formatSize(notebook.limitBytes)}`] : []),
      ...(history ? [`history server ${formatSize(history.limitBytes)}`] : []),
    ];
    const others = room.otherMemoryBytes === 0 ? '' : ` − ${formatSize(room.otherMemoryBytes)} of other clusters`;
    return refuse(
      `${terms.join(' + ')} = ${formatSize(asked)}, and ${room.name} has ${formatSize(room.memoryBytes)}${others}`,
      'choose fewer --workers or a smaller --worker-memory',
    );
  }
  const isShared = workers * worker.limitCores > room.cores;
  return {
    problem: undefined,
    warnings: isShared ? [`${countWorkers(workers)} × ${cores} share the ${room.cores} cores of this machine`] : [],
  };
}

function refuse(message: string, hint: string): RoomAnswer {
  return { problem: new UsageError(message, { hint }), warnings: [] };
}
