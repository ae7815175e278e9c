/** One image that carries a label of ours, on one engine. */
export interface OwnImage {
  /** `sha256:…` */
  readonly id: string;
  /** Empty for an earlier build whose name a newer one has taken. */
  readonly names: readonly string[];
  /** Made by a check of the network, and left behind by it. */
  readonly isProbe: boolean;
  /** Unix time, seconds. */
  readonly createdAt: number;
  readonly sizeBytes: number;
  /** What no other image of the engine shares. */
  readonly uniqueBytes: number;
}

export interface EngineImages {
  /** How messages name the engine: the node, else its address. */
  readonly name: string;
  readonly images: readonly OwnImage[];
}

/** What must stay, by id and by name. */
export interface ImageUses {
  readonly ids: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
}

export interface Removal {
  readonly id: string;
  readonly names: readonly string[];
  /** Why it may go: `no name`, `older than on lab-1`, `left by a check`, `nothing uses it`. */
  readonly reason: string;
  readonly sizeBytes: number;
  readonly uniqueBytes: number;
}

export interface EnginePrune {
  readonly name: string;
  readonly removals: readonly Removal[];
  /** What goes at least: layers that only removed images share come on top. */
  readonly freesAtLeastBytes: number;
}

/**
 * The images of ours that can go: without a name, or under a name that another engine has a newer image of. Never one that
 * anything uses.
 *
 * @param all also those with a name that nothing uses
 */
export function planPrune(
  engines: readonly EngineImages[],
  uses: ImageUses,
  { all }: { readonly all: boolean },
): readonly EnginePrune[] {
  const newest = findNewest(engines);
  return engines.map(({ name, images }) => {
    const removals = images.flatMap((image): readonly Removal[] => {
      if (uses.ids.has(image.id) || image.names.some((tag) => uses.names.has(tag))) return [];
      const reason = findReason(image, newest, all);
      const { id, names, sizeBytes, uniqueBytes } = image;
      return reason === undefined ? [] : [{ id, names, reason, sizeBytes, uniqueBytes }];
    });
    const freesAtLeastBytes = removals.reduce((sum, { uniqueBytes }) => sum + uniqueBytes, 0);
    return { name, removals, freesAtLeastBytes };
  });
}

interface Newest {
  readonly engine: string;
  readonly id: string;
  readonly createdAt: number;
}

function findReason(image: OwnImage, newest: ReadonlyMap<string, Newest>, all: boolean): string | undefined {
  if (image.names.length === 0) return image.isProbe ? 'left by a check' : 'no name';
  const newer = image.names.map((name) => newest.get(name)).filter((one) => one && one.createdAt > image.createdAt);
  if (newer.length === image.names.length) return `older than on ${newer[0]?.engine}`;
  return all ? 'nothing uses it' : undefined;
}

function findNewest(engines: readonly EngineImages[]): ReadonlyMap<string, Newest> {
  const newest = new Map<string, Newest>();
  for (const { name: engine, images } of engines) {
    for (const { id, names, createdAt } of images) {
      for (const name of names) {
        if ((newest.get(name)?.createdAt ?? -1) < createdAt) newest.set(name, { engine, id, createdAt });
      }
    }
  }
  return newest;
}
