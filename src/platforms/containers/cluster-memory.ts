import type { EngineApi } from '../../adapters/engine/engine-api.ts';
import { listVolumes } from '../../adapters/engine/list-volumes.ts';
import type { ClusterMemory } from '../../containers/engine-container.ts';
import { objectName } from '../../containers/resolve-project.ts';
import { NotFoundError } from '../../errors.ts';
import { COMPOSE_PROJECT_LABEL, LABELS } from '../../labels.ts';

/** What is remembered of each cluster on this engine. */
export async function readMemories(api: EngineApi, timeoutMs?: number): Promise<readonly ClusterMemory[]> {
  const all = await listMemories(api, timeoutMs);
  return all.filter(({ cluster, revision }) =>
    all.every((other) => other.cluster !== cluster || other.revision <= revision),
  );
}

/** Remembers a change. Labels of a volume cannot be changed, so there is a new one before the old ones go. */
export async function writeMemory(
  api: EngineApi,
  cluster: string,
  change: Partial<Pick<ClusterMemory, 'workers' | 'spec' | 'document'>>,
): Promise<void> {
  const present = (await listMemories(api)).filter((memory) => memory.cluster === cluster);
  const last = present.toSorted((a, b) => b.revision - a.revision)[0];
  const { workers = 0, spec, document } = { ...last, ...change };
  const older = present.filter((memory) => memory !== last);
  if (last && last.workers === workers && last.spec === spec && last.document === document) {
    // Left by a command that was killed here.
    for (const { volume } of older) await forget(api, volume);
    return;
  }
  const revision = (last?.revision ?? 0) + 1;
  await api.post('/volumes/create', {
    body: {
      Name: objectName(cluster, `memory-${revision}`),
      Labels: {
        [LABELS.cluster]: cluster,
        [COMPOSE_PROJECT_LABEL]: cluster,
        [LABELS.revision]: String(revision),
        [LABELS.workers]: String(workers),
        ...(spec === undefined ? {} : { [LABELS.spec]: spec }),
        ...(document === undefined ? {} : { [LABELS.document]: document }),
      },
    },
  });
  for (const { volume } of present) await forget(api, volume);
}

async function listMemories(api: EngineApi, timeoutMs?: number): Promise<readonly ClusterMemory[]> {
  const volumes = await listVolumes(api, {
    label: [LABELS.workers],
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  return volumes.map(({ Name, Labels }) => ({
    cluster: Labels?.[LABELS.cluster] ?? '',
    revision: Number(Labels?.[LABELS.revision] ?? 0),
    volume: Name,
    workers: Number(Labels?.[LABELS.workers]),
    spec: Labels?.[LABELS.spec],
    document: Labels?.[LABELS.document],
  }));
}

async function forget(api: EngineApi, volume: string): Promise<void> {
  try {
    await api.delete(`/volumes/${volume}`);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}
