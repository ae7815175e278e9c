import { createHash } from 'node:crypto';

/**
 * Tells which layer a file of an image archive is, before its content streams by.
 *
 * An archive names its layers' files only in `manifest.json`, which comes last. But
 * - engines from 25 on name the file by the layer's digest: `blobs/sha256/<digest>`;
 * - older ones by an id, `<id>/layer.tar`, which is the digest of the `<id>/json` before it with the layer's chain put
 *   in. So trying each chain finds the layer, or none: then the file is simply not recognised, and goes to everybody.
 * Source: moby `image/tarexport/save.go`, `image/v1/imagev1.go` (CreateID); tried with 20.10.24 and 26.1.5.
 */
export class ArchiveLayers {
  readonly #layers: ReadonlySet<string>;
  /** By its digest with all below it. */
  readonly #layerByChain: ReadonlyMap<string, string>;
  readonly #layerByFolder = new Map<string, string>();

  /** @param layerLists for each image `sha256:…` of each layer, lowest first */
  constructor(layerLists: readonly (readonly string[])[]) {
    this.#layers = new Set(layerLists.flat());
    this.#layerByChain = new Map(layerLists.flatMap((layers) => [...listChains(layers)]));
  }

  /** Whether {@link addDescription} wants the content of this file; such a file is a few kilobytes. */
  isDescription(path: string): boolean {
    return /^[0-9a-f]{64}\/json$/.test(path);
  }

  addDescription(path: string, content: string): void {
    const folder = path.slice(0, 64);
    const layer = findLayer(folder, content, this.#layerByChain);
    if (layer !== undefined) this.#layerByFolder.set(folder, layer);
  }

  /** The layer (`sha256:…`) whose content the file is, or `undefined`. */
  layerOf(path: string): string | undefined {
    const blob = /^blobs\/(sha256)\/([0-9a-f]{64})$/.exec(path);
    if (blob) return this.#layers.has(`${blob[1]}:${blob[2]}`) ? `${blob[1]}:${blob[2]}` : undefined;
    const file = /^([0-9a-f]{64})\/layer\.tar$/.exec(path);
    return file?.[1] === undefined ? undefined : this.#layerByFolder.get(file[1]);
  }
}

interface LayerDescription extends Readonly<Record<string, unknown>> {
  readonly id?: string;
  readonly parent?: string;
  readonly os?: string;
}

/** A layer's chain is the digest of the chain below it and its own. Source: opencontainers/image-spec `config.md`, "Layer ChainID". */
function* listChains(layers: readonly string[]): Generator<[chain: string, layer: string]> {
  let chain: string | undefined;
  for (const layer of layers) {
    chain = chain === undefined ? layer : `sha256:${sha256(`${chain} ${layer}`)}`;
    yield [chain, layer];
  }
}

function findLayer(folder: string, content: string, layerByChain: ReadonlyMap<string, string>): string | undefined {
  let description: LayerDescription;
  try {
    description = JSON.parse(content) as LayerDescription;
  } catch {
    return undefined;
  }
  const { id: _id, parent, os, ...rest } = description;
  for (const [chain, layer] of layerByChain) {
    const hashed = { ...rest, layer_id: chain, ...(parent === undefined ? {} : { parent: `sha256:${parent}` }) };
    // The operating system is in the digest of the top layer only.
    if ([hashed, { ...hashed, os }].some((value) => sha256(formatGoJson(value)) === folder)) return layer;
  }
  return undefined;
}

/** JSON as Go writes a map: keys in order, and `<`, `>`, `&` and the line separators escaped. */
function formatGoJson(value: Readonly<Record<string, unknown>>): string {
  const sorted = Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)));
  return JSON.stringify(sorted).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
