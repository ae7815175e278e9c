import path from 'node:path';

import type { EngineApi } from '../adapters/engine/engine-api.ts';
import { resolveEngineTarget, type EngineTarget } from '../adapters/engine/engine-target.ts';
import { DockerPackagesBuilder } from '../adapters/images/docker-packages-builder.ts';
import { LocalShell } from '../adapters/shell/local-shell.ts';
import { InvalidStateError, NotFoundError } from '../errors.ts';
import type { Report } from '../events.ts';
import { assertSparkImage, findImageSource, imageNotFound, readImage } from '../image/image-state.ts';
import { notebookImageOf } from '../image/notebook-image.ts';
import { buildPackages, preparePackages, readPackagesFiles } from '../image/packages-build.ts';
import { shipImage, type ShipTarget } from '../image/ship-image.ts';
import type { ImageSource } from '../operations/deploy-images.ts';
import type { SwarmReader } from '../platforms/swarm/swarm-reader.ts';
import type { Connection, Surroundings } from './connection.ts';

/**
 * Where a cluster's images come from. A lab's are built on the engine that the lab itself runs on, so that one is
 * asked first; any other swarm's manager is its own source.
 */
export function createImageSource(
  connection: Connection,
  { env, projectRoot }: Pick<Surroundings, 'env' | 'projectRoot'>,
): ImageSource {
  const shell = new LocalShell();
  const outerTarget = async (): Promise<EngineTarget> => resolveEngineTarget({ context: 'default', env: {}, shell });
  const engines = async (): Promise<readonly EngineApi[]> => {
    const manager = connection.target.api;
    if (!connection.isLab) return [manager];
    return [(await outerTarget()).api, manager];
  };
  return {
    findId: async (image) => {
      const candidates = await engines();
      const source = await findImageSource(image, candidates, connection.signal);
      const found = await readImage(source, image, connection.signal);
      if (!found) throw imageNotFound(image, source.name);
      await assertSparkImage(image, source, connection.signal);
      return found.id;
    },
    findNotebook: async (image) => findNotebook(image, await engines(), connection.signal),
    preparePackages: async (image, files) => {
      const target = connection.isLab ? await outerTarget() : connection.target;
      const folder = path.join(projectRoot, 'docker');
      const machine = new DockerPackagesBuilder(target, { env, shell, folder });
      const plan = await preparePackages({ image, ...files }, machine, connection.signal);
      return {
        image: plan.image,
        notebookImage: plan.notebookImage,
        build: async (wanted, step) => {
          const built = await buildPackages(plan, wanted, machine, step);
          return [built.image, built.notebook].flatMap((made) => (made?.isNew ? [made.name] : []));
        },
      };
    },
    ship: async (image, progress, signal) => {
      if (!connection.reader) return undefined;
      const source = await findImageSource(image, await engines(), signal);
      const targets = await listTargets(connection.reader, connection.report);
      const { shipped } = await shipImage({ image, source, targets, signal, progress });
      return shipped.length === 0 ? undefined : shipped.map(({ name }) => name).join(', ');
    },
  };
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

async function listTargets(reader: SwarmReader, report: Report): Promise<readonly ShipTarget[]> {
  const nodes = (await reader.client.listNodes()).filter((node) => node.state === 'ready');
  const found = await Promise.all(
    nodes.map(async (node) => ({ name: node.hostname, api: await reader.engines.find(node) })),
  );
  const blind = found.filter(({ api }) => api === undefined).map(({ name }) => name);
  if (blind.length > 0)
    report({
      type: 'warning',
      message: `cannot see which images ${blind.join(', ')} ${blind.length === 1 ? 'has' : 'have'}`,
    });
  return found.flatMap(({ name, api }) => (api ? [{ name, api }] : []));
}
