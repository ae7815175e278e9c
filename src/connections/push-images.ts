import { chooseNodes, findNodeTargets } from '../adapters/images/node-targets.ts';
import { InvalidStateError, UnreachableError } from '../errors.ts';
import { runSteps, type Report } from '../events.ts';
import { bringImages } from '../image/bring-images.ts';
import { describeImages } from '../image/ship-failure.ts';
import type { NodeListener, ShipResult } from '../image/ship-images.ts';
import type { WantedImage } from '../image/ship-plan.ts';
import { reportNodes } from '../image/ship-report.ts';
import type { Connection, Surroundings } from './connection.ts';
import { apisOf, findImageEngines } from './image-engines.ts';
import { publishImages, pullPublished } from './publish-images.ts';

export interface PushRequest {
  readonly images: readonly string[];
  /** Hostnames; `undefined` for all nodes. */
  readonly nodes: readonly string[] | undefined;
  /** `HOST[:PORT][/PATH]`; `undefined`: images are brought to the nodes without one. */
  readonly registry: string | undefined;
}

export interface PushResult extends ShipResult {
  /** Nodes to which nothing could be brought, each with why. */
  readonly unreachableNodes: readonly string[];
}

/**
 * Brings images to the nodes of a swarm, or to some of them.
 *
 * @throws UsageError for a node that the swarm does not have; NotFoundError; UnreachableError, EngineError as `shipImages`
 */
export async function pushImages(
  connection: Connection,
  request: PushRequest,
  { env, report }: Pick<Surroundings, 'env'> & { readonly report: Report },
): Promise<PushResult> {
  const { reader, target, signal } = connection;
  if (!reader) throw new InvalidStateError(`The engine at ${target.api.name} manages no swarm`);
  const { images, registry } = request;
  const nodes = chooseNodes(await reader.client.listNodes(), request.nodes);
  const engines = await findImageEngines(connection);
  const { reachable: targets, unreachable: unreachableNodes } = await findNodeTargets(reader.engines, nodes);
  const listen = (names: readonly string[]): NodeListener =>
    reportNodes(
      names,
      targets.map(({ name }) => name),
      report,
    );
  if (registry === undefined) {
    const result = await bringImages({ images, engines: apisOf(engines), targets, signal, listen });
    return { ...result, unreachableNodes };
  }
  let published: readonly WantedImage[] = [];
  const run = async ({ progress }: { readonly progress: (detail: string) => void }): Promise<void> => {
    published = await publishImages({ images, registry, engines, progress, signal });
  };
  await runSteps([{ id: 'push', title: `Push ${describeImages(images)} to ${registry}`, run }], report, signal);
  const onNode = listen(published.map(({ name }) => name));
  const result = await pullPublished({ images: published, registry, targets, env, signal, onNode });
  return { ...result, unreachableNodes };
}

/**
 * Said last, so that the nodes that can be reached have the images by then.
 *
 * @throws UnreachableError if there are nodes that could not be reached
 */
export function refuseUnreachable(images: readonly string[], { nodes, unreachableNodes }: PushResult): void {
  const { length } = unreachableNodes;
  if (length === 0) return;
  const lines = unreachableNodes.map((line) => `  ${line}`).join('\n');
  throw new UnreachableError(
    `Cannot bring ${describeImages(images)} to ${length} of ${length + nodes.length} nodes:\n${lines}`,
    { hint: `on such a node: docker load; here: docker save ${images.join(' ')}` },
  );
}
