import type { Command } from 'commander';

import { DEFAULT_IMAGE } from '../../cluster/resolve-spec.ts';
import { findNodeTargets, type NodeTargets } from '../../adapters/images/node-targets.ts';
import { SwarmClient, assertManager } from '../../adapters/swarm/swarm-client.ts';
import { UnreachableError } from '../../errors.ts';
import { runSteps, skipped } from '../../events.ts';
import { findImageSource, parseImageReference } from '../../image/image-state.ts';
import { shipImage, type ShipResult } from '../../image/ship-image.ts';
import { formatBytes } from '../../units.ts';
import type { CliContext } from '../context.ts';
import {
  addContextOption,
  addExamples,
  addOutputOption,
  addProgressOptions,
  type OutputOptions,
  type ProgressOptions,
} from '../options.ts';
import { writeResult } from '../output.ts';
import { withReporter } from '../reporter.ts';
import { INFO_TIMEOUT_MS, closeAll, findEngine, type ContextOptions } from './image-engine.ts';

interface PushOptions extends ContextOptions, OutputOptions, ProgressOptions {}

/** `image push`. */
export function configurePush(command: Command, cli: CliContext): void {
  command
    .description(
      'Brings the image to every node of the swarm whose own differs: read once, to all at the same time, without the layers they have.',
    )
    .argument('[image]', 'the image', (text: string) => parseImageReference(text, 'IMAGE'), DEFAULT_IMAGE);
  addProgressOptions(addOutputOption(addContextOption(command)));
  addExamples(command, [
    ['spark-swarm image push --context spark-lab', `${DEFAULT_IMAGE} of this machine to the lab's nodes`],
  ]);
  command.action(async (image: string, options: PushOptions) => runPushCommand(image, options, cli));
}

async function runPushCommand(image: string, options: PushOptions, cli: CliContext): Promise<void> {
  const manager = await findEngine(options, cli);
  const swarm = new SwarmClient(manager.api);
  assertManager(await swarm.readInfo(INFO_TIMEOUT_MS), manager.api.name);
  const nodes = await findNodeTargets(manager.api, await swarm.listNodes());
  const here = options.context === undefined ? manager : await findEngine({}, cli);
  const source = await findImageSource(image, here === manager ? [manager.api] : [here.api, manager.api], cli.signal);
  let result: ShipResult | undefined;
  try {
    await withReporter(cli, options, async (report) => {
      const title = `Bring "${image}" from ${source.name} to ${nodes.reachable.length} nodes`;
      const run = async ({ progress, signal }: { progress: (detail: string) => void; signal: AbortSignal }) => {
        result = await shipImage({ image, source, targets: nodes.reachable, progress, signal });
        return result.shipped.length === 0 ? skipped('all of them have it') : summarize(result);
      };
      await runSteps([{ id: 'ship', title, run }], report, cli.signal);
    });
    if (result) await writeResult(cli, options.output, result, () => renderShipped(nodes, result as ShipResult));
  } finally {
    closeAll([here.api, manager.api, ...nodes.reachable.map(({ api }) => api)]);
  }
  refuseUnreachable(image, nodes);
}

function summarize({ shipped }: ShipResult): string {
  return shipped
    .map(({ name, bytes, isPartial }) => `${name} ${formatBytes(bytes)}${isPartial ? ', missing layers only' : ''}`)
    .join('; ');
}

function renderShipped({ reachable }: NodeTargets, { shipped }: ShipResult): string {
  return reachable
    .map(({ name }) => {
      const sent = shipped.find((node) => node.name === name);
      return `${name}   ${sent ? formatBytes(sent.bytes) : 'had it'}`;
    })
    .join('\n');
}

/** Said last, so that the nodes that can be reached have it by then. */
function refuseUnreachable(image: string, { reachable, unreachable }: NodeTargets): void {
  if (unreachable.length === 0) return;
  const lines = unreachable.map((line) => `  ${line}`).join('\n');
  throw new UnreachableError(
    `Cannot bring the image "${image}" to ${unreachable.length} of ${unreachable.length + reachable.length} nodes:\n${lines}`,
    { hint: `on such a node: docker load; here: docker save ${image}` },
  );
}
