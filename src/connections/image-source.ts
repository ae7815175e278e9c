import { resolveEngineTarget } from '../adapters/engine/engine-target.ts';
import type { EngineApi } from '../adapters/engine/engine-api.ts';
import { LocalShell } from '../adapters/shell/local-shell.ts';
import { InvalidStateError, NotFoundError } from '../errors.ts';
import type { Report } from '../events.ts';
import { findImageSource, imageNotFound, readImage } from '../image/image-state.ts';
import { notebookImageOf } from '../image/notebook-image.ts';
import { shipImage, type ShipTarget } from '../image/ship-image.ts';
import type { ImageSource } from '../operations/deploy.ts';
import type { SwarmReader } from '../platforms/swarm/swarm-reader.ts';
import type { Connection } from './connection.ts';

/**
 * Where a cluster's images come from. A lab's are built on the engine that the lab itself runs on, so that one is
 * asked first; any other swarm's manager is its own source.
 */
export function createImageSource(connection: Connection): ImageSource {
  const shell = new LocalShell();
  const engines = async (): Promise<readonly EngineApi[]> => {
    const manager = connection.target.api;
    if (!connection.isLab) return [manager];
    const outer = await resolveEngineTarget({ context: 'default', env: {}, shell });
    return [outer.api, manager];
  };
  return {
    findId: async (image) => {
      const candidates = await engines();
      const source = await findImageSource(image, candidates, connection.signal);
      const found = await readImage(source, image, connection.signal);
      if (!found) throw imageNotFound(image, source.name);
      return found.id;
    },
    findNotebook: async (image) => {
      const name = notebookImageOf(image);
      const [api] = await engines();
      const source = await findImageSource(name, await engines(), connection.signal).catch((error: unknown) => {
        if (!(error instanceof NotFoundError)) throw error;
        throw new NotFoundError(`There is no image "${name}" on ${api?.name}, which a notebook needs`, {
          hint: 'bin/build-image --target notebook',
          cause: error,
        });
      });
      const [found, below] = await Promise.all([
        readImage(source, name, connection.signal),
        readImage(await findImageSource(image, await engines(), connection.signal), image, connection.signal),
      ]);
      if (!found || !below) throw imageNotFound(name, source.name);
      if (below.layers.every((layer, index) => layer === found.layers[index])) return { image: name, imageId: found.id };
      throw new InvalidStateError(
        `The image "${name}" was built on another image than "${image}": its notebooks would run another Spark than the workers`,
        { hint: 'bin/build-image && bin/build-image --target notebook' },
      );
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
