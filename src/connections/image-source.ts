import path from 'node:path';

import type { EngineApi } from '../adapters/engine/engine-api.ts';
import type { EngineTarget } from '../adapters/engine/engine-target.ts';
import { DockerPackagesBuilder } from '../adapters/images/docker-packages-builder.ts';
import { findNodeTargets } from '../adapters/images/node-targets.ts';
import { LocalShell } from '../adapters/shell/local-shell.ts';
import { InvalidStateError, NotFoundError } from '../errors.ts';
import type { Report } from '../events.ts';
import { bringImages } from '../image/bring-images.ts';
import { assertSparkImage, findImageSource, imageNotFound, readImage } from '../image/image-state.ts';
import { notebookImageOf } from '../image/notebook-image.ts';
import { buildPackages, preparePackages, readPackagesFiles } from '../image/packages-build.ts';
import { nameInRegistry, nameOutsideRegistry } from '../image/registry-name.ts';
import type { NodeDelivery, ShipTarget } from '../image/ship-images.ts';
import { summarizeNodes } from '../image/ship-report.ts';
import type { ImageSource } from '../operations/deploy-images.ts';
import type { SwarmReader } from '../platforms/swarm/swarm-reader.ts';
import type { Connection, Surroundings } from './connection.ts';
import { apisOf, findImageEngines, findSourceTarget } from './image-engines.ts';
import { publishImages, pullPublished } from './publish-images.ts';

/**
 * Where a cluster's images come from: containers run those of their own engine; for a swarm see {@link findImageEngines}.
 *
 * @param registry `HOST[:PORT][/PATH]` that the nodes pull from; `undefined`: images are brought to them
 */
export function createImageSource(
  connection: Connection,
  { env, projectRoot }: Pick<Surroundings, 'env' | 'projectRoot'>,
  registry?: string,
): ImageSource {
  const { signal, reader, target } = connection;
  let engines: Promise<readonly EngineTarget[]> | undefined;
  const findEngines = async (): Promise<readonly EngineTarget[]> =>
    (engines ??= reader ? findImageEngines(connection) : Promise.resolve([target]));
  return {
    nameOnNodes: (image) => nameInRegistry(registry, image),
    nameHere: (image) => nameOutsideRegistry(registry, image),
    findId: async (image) => {
      const source = await findImageSource(image, apisOf(await findEngines()), signal);
      const found = await readImage(source, image, signal);
      if (!found) throw imageNotFound(image, source.name);
      await assertSparkImage(image, source, signal);
      return found.id;
    },
    findNotebook: async (image) => findNotebook(image, apisOf(await findEngines()), signal),
    preparePackages: async (image, files) => {
      const builder = await findSourceTarget(image, await findEngines(), signal);
      const folder = path.join(projectRoot, 'docker');
      const machine = new DockerPackagesBuilder(builder, { env, shell: new LocalShell(), folder });
      const plan = await preparePackages({ image, ...files }, machine, signal);
      return {
        image: plan.image,
        notebookImage: plan.notebookImage,
        build: async (wanted, step) => {
          const built = await buildPackages(plan, wanted, machine, step);
          return [built.image, built.notebook].flatMap((made) => (made?.isNew ? [made.name] : []));
        },
      };
    },
    ship: async (images, progress, shipSignal) => {
      if (!reader) return undefined;
      const around = { engines: await findEngines(), targets: await listTargets(reader, connection.report), env };
      const request = { images, registry, progress, signal: shipSignal };
      const shipped = (await bringOrPublish(request, around)).filter((node) => node.images.length > 0);
      return shipped.length === 0 ? undefined : shipped.map(({ name }) => name).join(', ');
    },
  };
}

interface BringingRequest {
  readonly images: readonly string[];
  readonly registry: string | undefined;
  readonly progress: (detail: string) => void;
  readonly signal: AbortSignal;
}

interface Around {
  readonly engines: readonly EngineTarget[];
  readonly targets: readonly ShipTarget[];
  readonly env: Surroundings['env'];
}

async function bringOrPublish(
  { images, registry, progress, signal }: BringingRequest,
  { engines, targets, env }: Around,
): Promise<readonly NodeDelivery[]> {
  const onNode = summarizeNodes(progress);
  if (registry === undefined) {
    const { nodes } = await bringImages({ images, engines: apisOf(engines), targets, signal, listen: () => onNode });
    return nodes;
  }
  const published = await publishImages({ images, registry, engines, progress, signal });
  const { nodes } = await pullPublished({ images: published, registry, targets, env, signal, onNode });
  return nodes;
}

/** The image that a notebook of this cluster runs, which must have the layers of the workers' Spark below it. */
async function findNotebook(
  image: string,
  engines: readonly EngineApi[],
  signal: AbortSignal,
): Promise<{ readonly image: string; readonly imageId: string }> {
  const name = notebookImageOf(image);
  const source = await findImageSource(name, engines, signal).catch((error: unknown) => {
    if (!(error instanceof NotFoundError)) throw error;
    throw new NotFoundError(`There is no image "${name}" on ${engines[0]?.name}, which a notebook needs`, {
      hint: 'bin/build-image --target notebook',
      cause: error,
    });
  });
  const clusterSource = await findImageSource(image, engines, signal);
  const [upper, lower] = await Promise.all([readImage(source, name, signal), readImage(clusterSource, image, signal)]);
  if (!upper || !lower) throw imageNotFound(name, source.name);
  const isOnTop = lower.layers.every((layer, index) => layer === upper.layers[index]);
  // With packages it is made of the notebook's image, and of the files of the cluster's.
  if (isOnTop || (await readPackagesFiles(name, source, signal)) === lower.id) {
    return { image: name, imageId: upper.id };
  }
  throw new InvalidStateError(
    `The image "${name}" was built on another image than "${image}": its notebooks would run another Spark than the workers`,
    { hint: 'bin/build-image && bin/build-image --target notebook' },
  );
}

/** Nodes that cannot be reached are said: their tasks start only where the image is. */
async function listTargets(reader: SwarmReader, report: Report): Promise<readonly ShipTarget[]> {
  const nodes = (await reader.client.listNodes()).filter((node) => node.state === 'ready');
  const { reachable } = await findNodeTargets(reader.engines, nodes);
  const isReachable = (hostname: string): boolean => reachable.some(({ name }) => name === hostname);
  const blind = nodes.map(({ hostname }) => hostname).filter((hostname) => !isReachable(hostname));
  if (blind.length > 0)
    report({
      type: 'warning',
      message: `cannot see which images ${blind.join(', ')} ${blind.length === 1 ? 'has' : 'have'}`,
    });
  return reachable;
}
