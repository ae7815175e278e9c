import type { Command } from 'commander';

import { findNodeTargets } from '../../adapters/images/node-targets.ts';
import { listImages, locateImages, type SparkImage } from '../../image/list-images.ts';
import { SwarmReader } from '../../platforms/swarm/swarm-reader.ts';
import { formatBytes } from '../../units.ts';
import type { CliContext } from '../context.ts';
import { addContextOption, addOutputOption, type OutputOptions } from '../options.ts';
import { formatTable, writeResult } from '../output.ts';
import { INFO_TIMEOUT_MS, closeAll, findEngine, shortId, type ContextOptions } from './image-engine.ts';

interface ReadOptions extends ContextOptions, OutputOptions {}

/** `nodes`: those that have it, where the engine is a swarm's manager. */
type ImageRow = SparkImage & { readonly nodes?: readonly string[] };

/** `image list`. */
export function configureList(command: Command, cli: CliContext): void {
  addOutputOption(addContextOption(command)).action(async (options: ReadOptions) => runListCommand(options, cli));
}

async function runListCommand(options: ReadOptions, cli: CliContext): Promise<void> {
  const { api } = await findEngine(options, cli);
  const images = await listImages(api, cli.signal);
  const { client, engines } = new SwarmReader(api);
  const isManager = (await client.readInfo(INFO_TIMEOUT_MS)).isManager;
  const { reachable, unreachable } = isManager
    ? await findNodeTargets(engines, await client.listNodes())
    : { reachable: [], unreachable: [] };
  const places = await locateImages(reachable, cli.signal);
  const silent = [...places].filter(([, ids]) => !ids).map(([name]) => `${name}: its engine does not answer`);
  const nodesWith = (id: string): string[] => [...places].filter(([, ids]) => ids?.has(id)).map(([name]) => name);
  const rows: readonly ImageRow[] = images.map((image) =>
    isManager ? Object.assign({ nodes: nodesWith(image.id) }, image) : image,
  );
  const result = {
    engine: api.name,
    images: rows,
    ...(isManager ? { unreachableNodes: [...unreachable, ...silent] } : {}),
  };
  await writeResult(cli, options.output, result, async () => renderImages(rows, isManager));
  for (const line of [...unreachable, ...silent])
    if (options.output === 'table') cli.stderr.write(`warning: ${line}\n`);
  closeAll([api, ...reachable.map((node) => node.api)]);
}

async function renderImages(images: readonly ImageRow[], isManager: boolean): Promise<string> {
  const head = ['image', 'id', 'spark', 'java', 'python', 'scala', 'size', 'created', ...(isManager ? ['nodes'] : [])];
  const rows = images.map((image) => [
    image.names.join(', ') || '(no name)',
    shortId(image.id),
    ...[image.sparkVersion, image.javaVersion, image.pythonVersion, image.scalaVersion].map(
      (version) => version ?? '-',
    ),
    formatBytes(image.sizeBytes),
    image.createdAt.replace('T', ' ').slice(0, 16),
    ...(isManager ? [image.nodes?.join(', ') || '-'] : []),
  ]);
  return formatTable(head, rows);
}
