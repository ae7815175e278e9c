import { setTimeout as sleep } from 'node:timers/promises';

import pMap from 'p-map';

import type { EngineApi } from '../../adapters/engine/engine-api.ts';
import { EngineError, NotFoundError } from '../../errors.ts';
import { LABELS, STACK_NAMESPACE_LABEL } from '../../labels.ts';
import type { SwarmNode } from '../../stack/swarm-state.ts';
import type { RemoveOptions } from '../platform.ts';

const POLL_MS = 20;
const RELEASE_TIMEOUT_MS = 10_000;

interface RawVolume {
  readonly Name: string;
  readonly Labels?: Record<string, string> | null;
}

/** A node, and its engine where that can be asked. */
export interface Place {
  readonly node: SwarmNode;
  readonly api: EngineApi | undefined;
  /** Why it cannot be asked; empty when it can. */
  readonly problem: string;
}

/** A container that is just being removed still holds its volumes for a moment. */
async function deleteVolume(api: EngineApi, name: string): Promise<void> {
  const deadline = Date.now() + RELEASE_TIMEOUT_MS;
  for (;;) {
    try {
      await api.delete(`/volumes/${name}`);
      return;
    } catch (error) {
      if (error instanceof NotFoundError) return;
      const isInUse = error instanceof EngineError && error.statusCode === 409;
      if (!isInUse || Date.now() > deadline) throw error;
      await sleep(POLL_MS);
    }
  }
}

/** Those of the cluster; of a stack deployed by hand those with a role, which only our file gives. */
async function listVolumes(api: EngineApi, name: string): Promise<readonly RawVolume[]> {
  const labels = [[`${LABELS.cluster}=${name}`], [`${STACK_NAMESPACE_LABEL}=${name}`, LABELS.role]];
  const found = await pMap(labels, async (label) =>
    api.get<{ readonly Volumes: readonly RawVolume[] | null }>('/volumes', { query: { filters: { label } } }),
  );
  const [ours = [], byHand = []] = found.map(({ Volumes }) => Volumes ?? []);
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
      return pMap(await listVolumes(api, name), async (volume) => {
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
    kept: all.filter(({ goes }) => !goes).map(({ name: volume }) => volume),
  };
}
