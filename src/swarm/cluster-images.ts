import type { EngineApi } from '../adapters/engine/engine-api.ts';
import type { Report, StepContext } from '../events.ts';
import * as bringing from '../image/bring-images.ts';
import type { ShipTarget } from '../image/ship-images.ts';
import { summarizeNodes } from '../image/ship-report.ts';
import { LABELS } from '../labels.ts';

interface RawService {
  readonly Spec: {
    readonly Labels?: Readonly<Record<string, string>>;
    readonly TaskTemplate: { readonly ContainerSpec?: { readonly Image?: string } };
  };
}

/** A cluster of ours on a swarm, as far as its services tell. */
export interface ClusterOnSwarm {
  readonly name: string;
  readonly images: readonly string[];
}

/** The clusters on a swarm, by their label, and what their services run. */
export async function listClusterImages(manager: EngineApi, signal: AbortSignal): Promise<readonly ClusterOnSwarm[]> {
  const services = await manager.get<readonly RawService[]>('/services', {
    query: { filters: { label: [LABELS.cluster] } },
    signal,
  });
  const names = new Set(services.map(({ Spec }) => Spec.Labels?.[LABELS.cluster] ?? ''));
  return [...names].toSorted().map((name) => ({
    name,
    images: [
      ...new Set(
        services
          .filter(({ Spec }) => Spec.Labels?.[LABELS.cluster] === name)
          .flatMap(({ Spec }) => Spec.TaskTemplate.ContainerSpec?.Image ?? []),
      ),
    ],
  }));
}

export interface BringImages {
  readonly images: readonly string[];
  readonly targets: readonly ShipTarget[];
  /** Asked in their order for each image: nodes that run it, then this machine. */
  readonly sources: readonly EngineApi[];
  readonly report: Report;
}

/** Brings the images that clusters use to nodes that have just joined. @returns names of those that went somewhere */
export async function bringImages(
  { images, targets, sources, report }: BringImages,
  { progress, signal }: StepContext,
): Promise<readonly string[]> {
  const { nodes } = await bringing.bringImages({
    images,
    engines: sources,
    targets,
    signal,
    listen: () => summarizeNodes(progress),
    onMissing: (image) =>
      report({
        type: 'warning',
        message: `no engine that can be reached has the image ${image}: bring it to ${targets.map(({ name }) => name).join(', ')} with: spark-swarm image push ${image}`,
      }),
  });
  return images.filter((image) => nodes.some((node) => node.images.includes(image)));
}
