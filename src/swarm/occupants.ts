import type { EngineApi } from '../adapters/engine/engine-api.ts';
import { LABELS } from '../labels.ts';
import { listClusterImages } from './cluster-images.ts';
import type { LeavePlan, Occupants } from './plan-leave.ts';

interface RawService {
  readonly ID: string;
  readonly Spec: { readonly Name: string; readonly Labels?: Readonly<Record<string, string>> };
}

/** What is on the nodes that leave: of the whole swarm all services, of single nodes the clusters whose tasks run there. */
export async function readOccupants(manager: EngineApi, plan: LeavePlan, signal: AbortSignal): Promise<Occupants> {
  const services = await manager.get<readonly RawService[]>('/services', { signal });
  const otherServices = services.filter(({ Spec }) => !Spec.Labels?.[LABELS.cluster]).map(({ Spec }) => Spec.Name);
  const clusters = await listClusterImages(manager, signal);
  if (plan.isWhole) return { clusters, otherServices };
  const tasks = await listTasks(
    manager,
    plan.leaving.map(({ id }) => id),
    signal,
  );
  const busy = new Set(
    tasks.map(({ ServiceID }) => services.find(({ ID }) => ID === ServiceID)?.Spec.Labels?.[LABELS.cluster]),
  );
  return { clusters: clusters.filter(({ name }) => busy.has(name)), otherServices };
}

export interface RawTask {
  readonly ServiceID: string;
  readonly NodeID?: string;
  readonly Status: { readonly State: string };
}

const ENDED = new Set(['complete', 'shutdown', 'failed', 'rejected', 'remove', 'orphaned']);

/** Tasks of these nodes that have not ended. */
export async function listTasks(
  manager: EngineApi,
  nodeIds: readonly string[],
  signal: AbortSignal,
): Promise<readonly RawTask[]> {
  if (nodeIds.length === 0) return [];
  const tasks = await manager.get<readonly RawTask[]>('/tasks', { query: { filters: { node: nodeIds } }, signal });
  return tasks.filter(({ Status }) => !ENDED.has(Status.State));
}
