import path from 'node:path';

import type { Command } from 'commander';

import type { EngineApi } from '../../adapters/engine/engine-api.ts';
import { resolveEngineTarget, type EngineTarget } from '../../adapters/engine/engine-target.ts';
import { findNodeTargets, type NodeTargets } from '../../adapters/images/node-targets.ts';
import { LocalShell } from '../../adapters/shell/local-shell.ts';
import { SwarmClient, assertManager } from '../../adapters/swarm/swarm-client.ts';
import { UnreachableError, UsageError } from '../../errors.ts';
import { BUILD_TARGETS, IMAGE_REPOSITORY, type BuildTarget } from '../../image/build-argv.ts';
import type { BuildPlan, BuiltImage } from '../../image/build-image.ts';
import { findImageSource, parseImageReference } from '../../image/image-state.ts';
import { listImages, locateImages, type SparkImage } from '../../image/list-images.ts';
import { shipImage, type ShipResult } from '../../image/ship-image.ts';
import { runSteps, skipped } from '../../events.ts';
import { formatBytes } from '../../units.ts';
import type { CliContext } from '../context.ts';
import {
  addContextOption,
  addDryRunOption,
  addExamples,
  addOutputOption,
  addProgressOptions,
  parseChoice,
  type DryRunOptions,
  type OutputOptions,
  type ProgressOptions,
} from '../options.ts';
import { formatTable, writeResult } from '../output.ts';
import { withReporter } from '../reporter.ts';

/** An engine that does not answer is reported within this. */
const INFO_TIMEOUT_MS = 5000;
const DEFAULT_IMAGE = `${IMAGE_REPOSITORY}:latest`;

interface ContextOptions {
  readonly context?: string;
}

interface BuildOptions extends ContextOptions, OutputOptions, ProgressOptions, DryRunOptions {
  readonly target: BuildTarget;
  readonly sparkVersion?: string;
  readonly javaVersion?: string;
  readonly baseImage?: string;
  readonly cache: boolean;
}

interface ReadOptions extends ContextOptions, OutputOptions {}
interface PushOptions extends ContextOptions, OutputOptions, ProgressOptions {}

/** `image build|list|push`. */
export function configure(command: Command, cli: CliContext): void {
  configureBuild(command.command('build').summary('build the Spark image'), cli);
  configureList(command.command('list').summary('list the Spark images, and the nodes that have them'), cli);
  configurePush(command.command('push').summary('bring an image to every node of the swarm that lacks it'), cli);
}

function configureBuild(command: Command, cli: CliContext): void {
  command
    .description(`Builds ${IMAGE_REPOSITORY}:TAG and ${IMAGE_REPOSITORY}:SPARK-VERSION from docker/; what has not changed comes from docker's cache.`)
    .argument('[tag]', 'tag of the image', parseTag, 'latest')
    .option('--target <target>', `what to build: ${BUILD_TARGETS.join(', ')} (its tags end in -notebook)`, (text) => parseChoice(text, '--target', BUILD_TARGETS), 'spark' satisfies BuildTarget)
    .option('--spark-version <version>', "Spark release, as PyPI's pyspark has it (default: the Dockerfile's)", (text) => parseVersion(text, '--spark-version'))
    .option('--java-version <version>', "Java release (default: the Dockerfile's)", (text) => parseVersion(text, '--java-version'))
    .option('--base-image <image>', "image to build on (default: the Dockerfile's)", (text) => parseImageReference(text, '--base-image'))
    .option('--no-cache', 'build every step anew');
  addProgressOptions(addDryRunOption(addOutputOption(addContextOption(command))));
  addExamples(command, [
    ['bin/build-image', `${DEFAULT_IMAGE}`],
    ['bin/build-image v2 --spark-version 4.1.2', 'another Spark'],
    ['bin/build-image --target notebook', 'with JupyterLab, on the same layers'],
  ]);
  command.action(async (tag: string, options: BuildOptions) => runBuildCommand(tag, options, cli));
}

function configureList(command: Command, cli: CliContext): void {
  addOutputOption(addContextOption(command)).action(async (options: ReadOptions) => runListCommand(options, cli));
}

function configurePush(command: Command, cli: CliContext): void {
  command
    .description('Brings the image to every node of the swarm whose own differs: read once, to all at the same time, without the layers they have.')
    .argument('[image]', 'the image', (text: string) => parseImageReference(text, 'IMAGE'), DEFAULT_IMAGE);
  addProgressOptions(addOutputOption(addContextOption(command)));
  addExamples(command, [['spark-swarm image push --context spark-lab', `${DEFAULT_IMAGE} of this machine to the lab's nodes`]]);
  command.action(async (image: string, options: PushOptions) => runPushCommand(image, options, cli));
}

async function runBuildCommand(tag: string, options: BuildOptions, cli: CliContext): Promise<void> {
  const { DockerBuilder } = await import('../../adapters/images/docker-builder.ts');
  const { buildImage, planImageBuild } = await import('../../image/build-image.ts');
  const target = await findEngine(options, cli);
  const machine = new DockerBuilder(target, { env: cli.env, shell: new LocalShell() });
  const { sparkVersion, javaVersion, baseImage } = options;
  const folder = path.join(cli.projectRoot, 'docker');
  const request = { folder, target: options.target, tag, sparkVersion, javaVersion, baseImage, noCache: !options.cache };
  const plan = await planImageBuild(request, machine, cli.signal);
  if (options.dryRun) return writeResult(cli, options.output, describePlan(plan), () => renderPlan(plan));
  try {
    const built = await withReporter(cli, options, async (report) => buildImage(plan, machine, report, cli.signal));
    await writeResult(cli, options.output, built, () => renderBuilt(built));
  } finally {
    target.api.close();
  }
}

function describePlan({ command, env, names, baseImage, context, caBundle }: BuildPlan): object {
  const files = [...context.files.map(({ path: file }) => file), ...(caBundle ? ['pkg/host-ca.crt'] : [])];
  return { command, env, names, baseImage, context: { folder: context.path, files: ['Dockerfile', ...files] }, certificates: caBundle?.file };
}

function renderPlan({ command, env, context, caBundle }: BuildPlan): string {
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const sizeBytes = context.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  return [
    [...assignments, ...command].join(' '),
    `context: ${context.path} (${context.files.length + 1} files, ${formatBytes(sizeBytes)})`,
    ...(caBundle ? [`certificates for the build stages: ${caBundle.file} (${caBundle.variable})`] : []),
  ].join('\n');
}

function renderBuilt({ names, id, sizeBytes }: BuiltImage): string {
  return [...names.map((name) => `image   ${name}`), `id      ${shortId(id)}`, `size    ${formatBytes(sizeBytes)}`].join('\n');
}

async function runListCommand(options: ReadOptions, cli: CliContext): Promise<void> {
  const { api } = await findEngine(options, cli);
  const images = await listImages(api, cli.signal);
  const swarm = new SwarmClient(api);
  const isManager = (await swarm.readInfo(INFO_TIMEOUT_MS)).isManager;
  const { reachable, unreachable } = isManager ? await findNodeTargets(api, await swarm.listNodes()) : { reachable: [], unreachable: [] };
  const places = await locateImages(reachable, cli.signal);
  const silent = [...places].filter(([, ids]) => !ids).map(([name]) => `${name}: its engine does not answer`);
  const rows = images.map((image) => ({
    ...image,
    ...(isManager ? { nodes: [...places].filter(([, ids]) => ids?.has(image.id)).map(([name]) => name) } : {}),
  }));
  const result = { engine: api.name, images: rows, ...(isManager ? { unreachableNodes: [...unreachable, ...silent] } : {}) };
  await writeResult(cli, options.output, result, async () => renderImages(rows, isManager));
  for (const line of [...unreachable, ...silent]) if (options.output === 'table') cli.stderr.write(`warning: ${line}\n`);
  closeAll([api, ...reachable.map((node) => node.api)]);
}

async function renderImages(images: readonly (SparkImage & { readonly nodes?: readonly string[] })[], isManager: boolean): Promise<string> {
  const head = ['image', 'id', 'spark', 'java', 'python', 'scala', 'size', 'created', ...(isManager ? ['nodes'] : [])];
  const rows = images.map((image) => [
    image.names.join(', ') || '(no name)',
    shortId(image.id),
    ...[image.sparkVersion, image.javaVersion, image.pythonVersion, image.scalaVersion].map((version) => version ?? '-'),
    formatBytes(image.sizeBytes),
    image.createdAt.replace('T', ' ').slice(0, 16),
    ...(isManager ? [image.nodes?.join(', ') || '-'] : []),
  ]);
  return formatTable(head, rows);
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
  return shipped.map(({ name, bytes, isPartial }) => `${name} ${formatBytes(bytes)}${isPartial ? ', missing layers only' : ''}`).join('; ');
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

async function findEngine({ context }: ContextOptions, cli: CliContext): Promise<EngineTarget> {
  return resolveEngineTarget({ context, env: cli.env, shell: new LocalShell() });
}

function closeAll(apis: readonly EngineApi[]): void {
  for (const api of apis) api.close();
}

function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}

function parseTag(text: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,117}$/.test(text)) return text;
  throw new UsageError(`TAG: got ${JSON.stringify(text)}; expected letters, digits, ".", "_" and "-", like latest or v2`);
}

function parseVersion(text: string, field: string): string {
  if (/^[0-9]+(\.[0-9]+)*([a-z0-9.]+)?$/.test(text)) return text;
  throw new UsageError(`${field}: got ${JSON.stringify(text)}; expected a version, like ${field === '--java-version' ? '21' : '4.2.1'}`);
}
