import type { EngineApi } from '../../adapters/engine/engine-api.ts';
import { NotFoundError } from '../../errors.ts';
import { COMPOSE_PROJECT_LABEL, LABELS } from '../../labels.ts';
import { objectName } from '../../containers/resolve-project.ts';

interface RawVolume {
  readonly Labels: Readonly<Record<string, string>> | null;
}

/**
 * Keeps how many workers there shall be, in the label of an empty volume: Compose has no place for it, and the number of
 * containers is not it, when a command was interrupted or somebody removed one.
 */
export async function writeWantedWorkers(api: EngineApi, cluster: string, workers: number): Promise<void> {
  const name = objectName(cluster, 'workers');
  const labels = {
    [LABELS.cluster]: cluster,
    [COMPOSE_PROJECT_LABEL]: cluster,
    [LABELS.workers]: String(workers),
  };
  for (;;) {
    const volume = await api.post<RawVolume>('/volumes/create', { body: { Name: name, Labels: labels } });
    if (volume.Labels?.[LABELS.workers] === String(workers)) return;
    // Labels of a volume cannot be changed.
    await api.delete(`/volumes/${name}`).catch((error: unknown) => {
      if (!(error instanceof NotFoundError)) throw error;
    });
  }
}
