import type { EngineApi } from '../adapters/engine/engine-api.ts';
import { resolveEngineTarget, type EngineTarget } from '../adapters/engine/engine-target.ts';
import { LocalShell } from '../adapters/shell/local-shell.ts';
import { findImageSource } from '../image/image-state.ts';
import type { Connection } from './connection.ts';

/**
 * Where images for the nodes of a swarm come from. A manager on another machine, or in a lab: this machine's own engine, on
 * which images are built, else the manager. Any other engine of this machine is its own source.
 */
export async function findImageEngines({
  target,
  isLab,
  isRemote,
}: Pick<Connection, 'target' | 'isLab' | 'isRemote'>): Promise<readonly EngineTarget[]> {
  if (!isLab && !isRemote) return [target];
  return [await resolveEngineTarget({ context: 'default', env: {}, shell: new LocalShell() }), target];
}

/**
 * The first of them that has the image.
 *
 * @throws NotFoundError, UnreachableError as `findImageSource`
 */
export async function findSourceTarget(
  image: string,
  targets: readonly EngineTarget[],
  signal: AbortSignal,
): Promise<EngineTarget> {
  const source = await findImageSource(image, apisOf(targets), signal);
  const found = targets.find(({ api }) => api === source);
  if (!found) throw new Error(`${source.name} is none of the engines that were asked`);
  return found;
}

export function apisOf(targets: readonly EngineTarget[]): readonly EngineApi[] {
  return targets.map(({ api }) => api);
}
