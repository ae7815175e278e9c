import type { Command } from 'commander';

import { DEFAULT_CLUSTER_NAME } from '../../cluster/cluster-name.ts';
import { DEFAULT_IMAGE } from '../../cluster/resolve-spec.ts';
import { pushImages, refuseUnreachable, type PushRequest, type PushResult } from '../../connections/push-images.ts';
import { UsageError } from '../../errors.ts';
import { parseImageReference } from '../../image/image-state.ts';
import { parseRegistry } from '../../image/registry-name.ts';
import type { NodeDelivery } from '../../image/ship-images.ts';
import { formatBytes, formatDuration } from '../../units.ts';
import { connect } from '../connect.ts';
import type { CliContext } from '../context.ts';
import {
  addContextOption,
  addExamples,
  addOutputOption,
  addProgressOptions,
  type OutputOptions,
  type ProgressOptions,
} from '../options.ts';
import { formatTable, writeResult } from '../output.ts';
import { withReporter } from '../reporter.ts';
import type { ContextOptions } from './image-engine.ts';

interface PushOptions extends ContextOptions, OutputOptions, ProgressOptions {
  readonly nodes?: readonly string[];
  readonly registry?: string;
}

/** `image push`. */
export function configurePush(command: Command, cli: CliContext): void {
  command
    .description(
      'Brings images to every node of the swarm whose own differ: read once, to all at the same time, without the layers they have.',
    )
    .argument('[images...]', `the images (default: ${DEFAULT_IMAGE})`, parseImages)
    .option('--nodes <names>', 'these nodes alone, by their hostnames: lab-1,lab-2 (default: all)', parseNodes);
  addProgressOptions(addOutputOption(addContextOption(addRegistryOption(command))));
  addExamples(command, [
    ['spark-swarm image push', `${DEFAULT_IMAGE} of this machine to the nodes`],
    ['spark-swarm image push spark-swarm:v2 spark-swarm:v2-notebook', 'what both share goes once'],
    ['spark-swarm image push --nodes lab-2,lab-3 -o json', ''],
    ['spark-swarm image push --registry registry.example:5000/team', 'push there, and pull on the nodes'],
  ]);
  command.action(async (images: readonly string[], options: PushOptions) => {
    const wanted = images.length === 0 ? [DEFAULT_IMAGE] : images;
    const result = await runPush(cli, options, { images: wanted, nodes: options.nodes, registry: options.registry });
    await writeResult(cli, options.output, result, async () => formatPushed(result));
    refuseUnreachable(wanted, result);
  });
}

/** `--registry`. */
export function addRegistryOption(command: Command): Command {
  return command.option(
    '--registry <registry>',
    'registry and path that the nodes pull images from: registry.example:5000/team (default: none, images are brought to them)',
    (text) => parseRegistry(text, '--registry'),
  );
}

/** On the swarm that a deploy without `--name` would be on. */
export async function runPush(
  cli: CliContext,
  options: ContextOptions & ProgressOptions,
  request: PushRequest,
): Promise<PushResult> {
  return withReporter(cli, options, async (report) => {
    const { context } = options;
    const connection = await connect(cli, { context, platform: 'swarm', name: DEFAULT_CLUSTER_NAME, report });
    return pushImages(connection, request, { env: cli.env, report });
  });
}

/** What each node got. */
export async function formatPushed({ nodes }: PushResult): Promise<string> {
  const row = ({ name, images, sentBytes, reusedBytes, durationMs }: NodeDelivery): readonly string[] =>
    images.length === 0
      ? [name, 'had it', '-', '-']
      : [
          name,
          formatBytes(sentBytes),
          reusedBytes === undefined ? '-' : formatBytes(reusedBytes),
          formatDuration(durationMs),
        ];
  return formatTable(['node', 'sent', 'reused', 'time'], nodes.map(row));
}

function parseImages(text: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), parseImageReference(text, 'IMAGE')];
}

function parseNodes(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name))) return [...new Set(names)];
  throw new UsageError(`--nodes: got ${JSON.stringify(text)}; expected hostnames, like lab-1,lab-2`);
}
