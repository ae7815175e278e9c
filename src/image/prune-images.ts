import { setMaxListeners } from 'node:events';

import type { EngineApi } from '../adapters/engine/engine-api.ts';
import { EngineError, NotFoundError } from '../errors.ts';
import { runSteps, skipped, type Report } from '../events.ts';
import { LABELS } from '../labels.ts';
import { formatBytes } from '../units.ts';
import { joinUses, readEngineUses, readServiceUses } from './image-uses.ts';
import { IMAGE_LABELS } from './list-images.ts';
import { planPrune, type EngineImages, type EnginePrune, type OwnImage, type Removal } from './prune-plan.ts';
import type { ShipTarget } from './ship-images.ts';

/** Its layers are measured one by one on the engine's disk. */
const DISK_USAGE_TIMEOUT_MS = 300_000;
const CONFLICT = 409;

export interface PruneOptions {
  /** One engine of each swarm whose services count. */
  readonly managers: readonly EngineApi[];
  /** Also images with a name that nothing uses. */
  readonly all: boolean;
  readonly signal: AbortSignal;
}

export interface PrunedEngine {
  readonly name: string;
  readonly removed: readonly Removal[];
  /** Something has come to use them since, or was built on them. */
  readonly kept: readonly Removal[];
  /** By which the engine's layers have become less. */
  readonly freedBytes: number;
}

/**
 * What could be removed from these engines. Changes nothing.
 *
 * @throws EngineError, UnreachableError
 */
export async function readPrune(
  engines: readonly ShipTarget[],
  { managers, all, ...options }: PruneOptions,
): Promise<readonly EnginePrune[]> {
  // One of our own: every request listens to it, and Node warns from the eleventh on.
  const signal = AbortSignal.any([options.signal]);
  setMaxListeners(0, signal);
  const [images, uses] = await Promise.all([
    Promise.all(engines.map(async (engine) => readOwnImages(engine, signal))),
    Promise.all([
      ...engines.map(async ({ api }) => readEngineUses(api, signal)),
      ...managers.map(async (api) => readServiceUses(api, signal)),
    ]),
  ]);
  return planPrune(images, joinUses(uses), { all });
}

interface ListedImage {
  readonly Id: string;
  readonly RepoTags: readonly string[] | null;
  readonly Size: number;
  readonly Created: number;
}

async function readOwnImages({ name, api }: ShipTarget, signal: AbortSignal): Promise<EngineImages> {
  const list = async (label: string): Promise<readonly ListedImage[]> =>
    api.get('/images/json', { query: { filters: { label: [label] } }, signal });
  const [ours, probes, usage] = await Promise.all([
    list(IMAGE_LABELS.image),
    list(LABELS.probe),
    readDiskUsage(api, signal),
  ]);
  const parse = (image: ListedImage, isProbe: boolean): OwnImage => ({
    id: image.Id,
    names: (image.RepoTags ?? []).filter((tag) => tag !== '<none>:<none>').sort(),
    isProbe,
    createdAt: image.Created,
    sizeBytes: image.Size,
    uniqueBytes: usage.uniqueBytes.get(image.Id) ?? 0,
  });
  const images = new Map([
    ...probes.map((image) => [image.Id, parse(image, true)] as const),
    ...ours.map((image) => [image.Id, parse(image, false)] as const),
  ]);
  return { name, images: [...images.values()] };
}

interface DiskUsage {
  /** Of all layers of all images, each once. */
  readonly layersBytes: number;
  readonly uniqueBytes: ReadonlyMap<string, number>;
}

async function readDiskUsage(api: EngineApi, signal: AbortSignal): Promise<DiskUsage> {
  // Engines before 23 (API 1.42) do not know `type` and measure containers and volumes too.
  const { LayersSize, Images } = await api.get<{
    readonly LayersSize?: number;
    readonly Images?: readonly { readonly Id: string; readonly Size: number; readonly SharedSize: number }[] | null;
  }>('/system/df', { query: { type: 'image' }, timeoutMs: DISK_USAGE_TIMEOUT_MS, signal });
  const unique = (Images ?? []).map(
    ({ Id, Size, SharedSize }) => [Id, Math.max(0, Size - Math.max(0, SharedSize))] as const,
  );
  return { layersBytes: LayersSize ?? 0, uniqueBytes: new Map(unique) };
}

/**
 * Removes what {@link readPrune} has found, engine by engine. Without force: what a container or another image has come to
 * need meanwhile is refused by the engine, and stays.
 *
 * @throws EngineError, UnreachableError
 */
export async function pruneImages(
  plans: readonly EnginePrune[],
  engines: readonly ShipTarget[],
  { report, signal }: { readonly report: Report; readonly signal: AbortSignal },
): Promise<readonly PrunedEngine[]> {
  const pruned: PrunedEngine[] = [];
  const steps = plans.map((plan) => ({
    id: `prune-${plan.name}`,
    title: `Remove old images from ${plan.name}`,
    run: async ({ progress }: { readonly progress: (detail: string) => void }) => {
      const api = engines.find(({ name }) => name === plan.name)?.api;
      if (!api || plan.removals.length === 0) {
        pruned.push({ name: plan.name, removed: [], kept: [], freedBytes: 0 });
        return skipped('there are none');
      }
      const result = await pruneEngine(plan, api, { progress, signal });
      pruned.push(result);
      return `${result.removed.length} removed, ${formatBytes(result.freedBytes)} freed`;
    },
  }));
  await runSteps(steps, report, signal);
  return pruned;
}

async function pruneEngine(
  { name, removals }: EnginePrune,
  api: EngineApi,
  { progress, signal }: { readonly progress: (detail: string) => void; readonly signal: AbortSignal },
): Promise<PrunedEngine> {
  const before = await readDiskUsage(api, signal);
  const removed: Removal[] = [];
  const kept: Removal[] = [];
  for (const removal of removals) {
    signal.throwIfAborted();
    progress(`${removed.length + kept.length + 1} of ${removals.length}`);
    ((await removeImage(removal, api, signal)) ? removed : kept).push(removal);
  }
  const after = await readDiskUsage(api, signal);
  return { name, removed, kept, freedBytes: Math.max(0, before.layersBytes - after.layersBytes) };
}

/**
 * By the names that it has now: a build may have given one of them to a newer image meanwhile. By its id where it has none.
 *
 * @returns false when the engine says that something needs it, or somebody has given it a name since
 */
async function removeImage({ id, names }: Removal, api: EngineApi, signal: AbortSignal): Promise<boolean> {
  try {
    const { RepoTags } = await api.get<{ readonly RepoTags?: readonly string[] | null }>(`/images/${id}/json`, {
      signal,
    });
    const present = RepoTags ?? [];
    if (present.some((name) => !names.includes(name))) return false;
    for (const reference of present.length === 0 ? [id] : present) {
      await api.delete(`/images/${encodeURI(reference)}`, { timeoutMs: 0, signal });
    }
  } catch (error) {
    if (error instanceof EngineError && error.statusCode === CONFLICT) return false;
    if (!(error instanceof NotFoundError)) throw error;
  }
  return true;
}
