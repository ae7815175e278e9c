import type { ImageState } from './image-state.ts';

/** An image that nodes shall have, by the name they shall have it under. */
export interface WantedImage extends ImageState {
  readonly name: string;
}

/** What a node has, as far as shipping needs to know. */
export interface NodeImages {
  readonly name: string;
  /** Names of the wanted images that are others there, or none. */
  readonly lacks: readonly string[];
  /** Layers of every image there, lowest first. */
  readonly layerLists: readonly (readonly string[])[];
  /** Whether its engine loads an archive without the layers it has. A containerd image store refuses. */
  readonly acceptsPartial: boolean;
}

/** What one node gets. */
export interface Shipment {
  readonly name: string;
  /** Names of the images that it lacks. */
  readonly images: readonly string[];
  /** Layers (`sha256:…`) that are left out of the archive, because the node has them. Empty: the whole archive. */
  readonly skippedLayers: ReadonlySet<string>;
}

/** One `save`, and everybody who is fed from it. */
export interface Archive {
  readonly images: readonly WantedImage[];
  readonly shipments: readonly Shipment[];
}

export interface ShipPlan {
  readonly alreadyThere: readonly string[];
  readonly archives: readonly Archive[];
}

/**
 * Which nodes lack which images, and what each of them needs of those.
 *
 * One archive for all, as far as it goes: a node that lacks only one of two images is fed from the same read, because what
 * it has is left out. Where nothing can be left out, such a node gets an archive of its own.
 */
export function planShipping(wanted: readonly WantedImage[], nodes: readonly NodeImages[]): ShipPlan {
  const lacking = nodes.filter(({ lacks }) => lacks.length > 0);
  const common = namesOf(wanted.filter(({ name }) => lacking.some(({ lacks }) => lacks.includes(name))));
  const groups = new Map<string, NodeImages[]>();
  for (const node of lacking) {
    const names = node.acceptsPartial ? common : namesOf(wanted.filter(({ name }) => node.lacks.includes(name)));
    const key = names.join(' ');
    groups.set(key, [...(groups.get(key) ?? []), node]);
  }
  return {
    alreadyThere: nodes.filter(({ lacks }) => lacks.length === 0).map(({ name }) => name),
    archives: [...groups].map(([key, members]) => {
      const images = wanted.filter(({ name }) => key.split(' ').includes(name));
      return { images, shipments: members.map((node) => planShipment(images, node)) };
    }),
  };
}

function namesOf(images: readonly WantedImage[]): readonly string[] {
  return images.map(({ name }) => name);
}

function planShipment(images: readonly WantedImage[], node: NodeImages): Shipment {
  const skippedLayers = node.acceptsPartial
    ? skippableLayers(
        images.map(({ layers }) => layers),
        node.layerLists,
      )
    : new Set<string>();
  return { name: node.name, images: node.lacks, skippedLayers };
}

/**
 * The layers that a node can do without.
 *
 * An engine knows a layer by everything below it too (its chain), so only layers that another image has in the same
 * places from the bottom up count. A layer whose content comes again further up, or in another of the images, stays: the
 * archive then holds it once, and the upper one is a link to it.
 * Source: moby `image/tarexport/load.go` (looks up each chain before it opens the layer's file), `save.go` (links).
 */
function skippableLayers(
  wanted: readonly (readonly string[])[],
  present: NodeImages['layerLists'],
): ReadonlySet<string> {
  const parts = wanted.map((layers) => {
    const shared = Math.max(0, ...present.map((other) => countCommonStart(layers, other)));
    return { had: layers.slice(0, shared), needed: layers.slice(shared) };
  });
  const needed = new Set(parts.flatMap((part) => part.needed));
  return new Set(parts.flatMap(({ had }) => had.filter((layer) => !needed.has(layer))));
}

function countCommonStart(left: readonly string[], right: readonly string[]): number {
  const end = Math.min(left.length, right.length);
  for (let index = 0; index < end; index++) if (left[index] !== right[index]) return index;
  return end;
}
