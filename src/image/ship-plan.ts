import type { ImageState } from './image-state.ts';

/** What a node has, as far as shipping needs to know. */
export interface NodeImages {
  readonly name: string;
  /** Id of the image that has the wanted name there. */
  readonly imageId: string | undefined;
  /** Layers of every image there, lowest first. */
  readonly layerLists: readonly (readonly string[])[];
  /** Whether its engine loads an archive without the layers it has. A containerd image store refuses. */
  readonly acceptsPartial: boolean;
}

/** One archive for one node. */
export interface Shipment {
  readonly name: string;
  /** Layers (`sha256:…`) that are left out of the archive, because the node has them. Empty: the whole image. */
  readonly skippedLayers: ReadonlySet<string>;
}

export interface ShipPlan {
  readonly alreadyThere: readonly string[];
  readonly shipments: readonly Shipment[];
}

/** Which nodes lack the image, and what each of them needs of it. */
export function planShipping(image: Pick<ImageState, 'id' | 'layers'>, nodes: readonly NodeImages[]): ShipPlan {
  const lacking = nodes.filter(({ imageId }) => imageId !== image.id);
  return {
    alreadyThere: nodes.filter((node) => !lacking.includes(node)).map(({ name }) => name),
    shipments: lacking.map((node) => ({
      name: node.name,
      skippedLayers: node.acceptsPartial ? skippableLayers(image.layers, node.layerLists) : new Set(),
    })),
  };
}

/**
 * The layers that a node can do without.
 *
 * An engine knows a layer by everything below it too (its chain), so only layers that another image has in the same
 * places from the bottom up count. A layer whose content comes again further up stays: the archive then holds it once,
 * and the upper one is a link to it.
 * Source: moby `image/tarexport/load.go` (looks up each chain before it opens the layer's file), `save.go` (links).
 */
function skippableLayers(layers: readonly string[], layerLists: NodeImages['layerLists']): ReadonlySet<string> {
  const shared = Math.max(0, ...layerLists.map((other) => countCommonStart(layers, other)));
  const needed = new Set(layers.slice(shared));
  return new Set(layers.slice(0, shared).filter((layer) => !needed.has(layer)));
}

function countCommonStart(left: readonly string[], right: readonly string[]): number {
  const end = Math.min(left.length, right.length);
  for (let index = 0; index < end; index++) if (left[index] !== right[index]) return index;
  return end;
}
