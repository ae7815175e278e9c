import type { EngineApi } from '../adapters/engine/engine-api.ts';
import { parseRememberedSpec } from '../cluster/spec.ts';
import { LABELS } from '../labels.ts';
import { notebookImageOf } from './notebook-image.ts';
import type { ImageUses } from './prune-plan.ts';

type Labels = Readonly<Record<string, string>> | null;

interface RawServiceSpec {
  readonly Labels?: Labels;
  readonly TaskTemplate?: { readonly ContainerSpec?: { readonly Image?: string; readonly Labels?: Labels } };
}

/**
 * What this engine's containers have, running or not, and what the clusters remember that live in containers of it.
 *
 * @throws EngineError, UnreachableError
 */
export async function readEngineUses(api: EngineApi, signal: AbortSignal): Promise<ImageUses> {
  const [containers, volumes] = await Promise.all([
    api.get<readonly { readonly Image: string; readonly ImageID: string }[]>('/containers/json', {
      query: { all: true },
      signal,
    }),
    api.get<{ readonly Volumes?: readonly { readonly Labels?: Labels }[] | null }>('/volumes', {
      query: { filters: { label: [LABELS.spec] } },
      signal,
    }),
  ]);
  return {
    ids: new Set(containers.map(({ ImageID }) => ImageID)),
    names: new Set([
      ...containers.map(({ Image }) => Image),
      ...(volumes.Volumes ?? []).flatMap((volume) => rememberedNames(volume.Labels)),
    ]),
  };
}

/**
 * What the services of a swarm run, what they would go back to, and what clusters remember.
 *
 * @throws EngineError, UnreachableError
 */
export async function readServiceUses(manager: EngineApi, signal: AbortSignal): Promise<ImageUses> {
  const services = await manager.get<
    readonly { readonly Spec: RawServiceSpec; readonly PreviousSpec?: RawServiceSpec | null }[]
  >('/services', { signal });
  const specs = services.flatMap(({ Spec, PreviousSpec }) => (PreviousSpec ? [Spec, PreviousSpec] : [Spec]));
  const names = specs.flatMap(({ Labels: labels, TaskTemplate }) => [
    ...(TaskTemplate?.ContainerSpec?.Image?.split('@').slice(0, 1) ?? []),
    ...rememberedNames(labels),
  ]);
  const ids = specs.flatMap(({ TaskTemplate }) => TaskTemplate?.ContainerSpec?.Labels?.[LABELS.imageId] ?? []);
  return { ids: new Set(ids), names: new Set(names) };
}

export function joinUses(all: readonly ImageUses[]): ImageUses {
  return {
    ids: new Set(all.flatMap(({ ids }) => [...ids])),
    names: new Set(all.flatMap(({ names }) => [...names])),
  };
}

function rememberedNames(labels: Labels | undefined): readonly string[] {
  const spec = parseRememberedSpec(labels?.[LABELS.spec]);
  return spec ? [spec.image, notebookImageOf(spec.image)] : [];
}
