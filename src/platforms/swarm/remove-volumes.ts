import pMap from 'p-map';

import { deleteVolume } from '../../adapters/engine/delete-volume.ts';
import type { EngineApi } from '../../adapters/engine/engine-api.ts';
import { listVolumes, type ListedVolume } from '../../adapters/engine/list-volumes.ts';
import { COMPOSE_PROJECT_LABEL, LABELS, STACK_NAMESPACE_LABEL } from '../../labels.ts';
import type { SwarmNode } from '../../stack/swarm-state.ts';
import type { RemoveOptions } from '../platform.ts';

/** A node, and its engine where that can be asked. */
export interface Place {
  readonly node: SwarmNode;
  readonly api: EngineApi | undefined;
  /** Why it cannot be asked; empty when it can. */
  readonly problem: string;
}

/** Those of the cluster; of a stack deployed by hand those with a role, which only our file gives. */
async function findVolumes(api: EngineApi, name: string): Promise<readonly ListedVolume[]> {
  const labels = [[`${LABELS.cluster}=${name}`], [`${STACK_NAMESPACE_LABEL}=${name}`, LABELS.role]];
  const found = await pMap(labels, async (label) => listVolumes(api, { label }));
  const [ours = [], byHand = []] = found.map((volumes) =>
    // A cluster of this name may live in containers of the same engine.
    volumes.filter((volume) => volume.Labels?.[COMPOSE_PROJECT_LABEL] === undefined),
  );
  return [...ours, ...byHand.filter((volume) => volume.Labels?.[LABELS.cluster] === undefined)];
}

/** Deletes the volumes of a cluster that are no data, and with `volumes` all of them. */
export async function handleVolumes(
  name: string,
  places: readonly Place[],
  { volumes: remove }: Pick<RemoveOptions, 'volumes'>,
): Promise<{ readonly removed: readonly string[]; readonly kept: readonly string[] }> {
  const perNode = await Promise.all(
    places.map(async ({ node, api }) => {
      if (!api) return [];
      return pMap(await findVolumes(api, name), async (volume) => {
        // What the master knew of workers and applications is no data: it would only make the next master wait for them.
        const goes = remove || volume.Labels?.[LABELS.role] === 'recovery';
        if (goes) await deleteVolume(api, volume.Name);
        return { name: `${volume.Name} on ${node.hostname}`, goes };
      });
    }),
  );
  const all = perNode.flat();
  return {
    removed: all.filter(({ goes }) => goes).map(({ name: volume }) => `volume ${volume}`),
    kept: all
      .filter(({ goes }) => !goes)
      .map(({ name: volume }) => volume)
      .toSorted(),
  };
}
