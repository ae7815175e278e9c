import path from 'node:path';

import type { Command } from 'commander';

import { DEFAULT_IMAGE } from '../../cluster/resolve-spec.ts';
import { LocalShell } from '../../adapters/shell/local-shell.ts';
import { refuseUnreachable, type PushResult } from '../../connections/push-images.ts';
import { UsageError } from '../../errors.ts';
import { BUILD_TARGETS, IMAGE_REPOSITORY, type BuildTarget } from '../../image/build-argv.ts';
import type { BuildPlan, BuiltImage } from '../../image/build-image.ts';
import { parseImageReference } from '../../image/image-state.ts';
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
import { writeResult } from '../output.ts';
import { withReporter } from '../reporter.ts';
import { findEngine, shortId, type ContextOptions } from './image-engine.ts';
import { formatPushed, runPush } from './image-push.ts';

interface BuildOptions extends ContextOptions, OutputOptions, ProgressOptions, DryRunOptions {
  readonly target: BuildTarget;
  readonly sparkVersion?: string;
  readonly javaVersion?: string;
  readonly baseImage?: string;
  readonly cache: boolean;
  readonly push?: true;
}

/** `image build`. */
export function configureBuild(command: Command, cli: CliContext): void {
  command
    .description(
      `Builds ${IMAGE_REPOSITORY}:TAG and ${IMAGE_REPOSITORY}:SPARK-VERSION from docker/; what has not changed comes from docker's cache.`,
    )
    .argument('[tag]', 'tag of the image', parseTag, 'latest')
    .option(
      '--target <target>',
      `what to build: ${BUILD_TARGETS.join(', ')} (its tags end in -notebook)`,
      (text) => parseChoice(text, '--target', BUILD_TARGETS),
      'spark' satisfies BuildTarget,
    )
    .option(
      '--spark-version <version>',
      "Spark release, as PyPI's pyspark has it (default: the Dockerfile's)",
      (text) => parseVersion(text, '--spark-version'),
    )
    .option('--java-version <version>', "Java release (default: the Dockerfile's)", (text) =>
      parseVersion(text, '--java-version'),
    )
    .option('--base-image <image>', "image to build on (default: the Dockerfile's)", (text) =>
      parseImageReference(text, '--base-image'),
    )
    .option('--no-cache', 'build every step anew')
    .option('--push', 'bring it to the nodes of the swarm then, as image push does');
  addProgressOptions(addDryRunOption(addOutputOption(addContextOption(command))));
  addExamples(command, [
    ['bin/build-image', DEFAULT_IMAGE],
    ['bin/build-image v2 --spark-version 4.1.2', 'another Spark'],
    ['bin/build-image --target notebook', 'with JupyterLab, on the same layers'],
    ['bin/build-image --push', 'and bring it to the nodes of the swarm, or of the lab'],
  ]);
  command.action(async (tag: string, options: BuildOptions) => runBuildCommand(tag, options, cli));
}

async function runBuildCommand(tag: string, options: BuildOptions, cli: CliContext): Promise<void> {
  const { DockerBuilder } = await import('../../adapters/images/docker-builder.ts');
  const { buildImage, planImageBuild } = await import('../../image/build-image.ts');
  const target = await findEngine(options, cli);
  const machine = new DockerBuilder(target, { env: cli.env, shell: new LocalShell() });
  const { sparkVersion, javaVersion, baseImage } = options;
  const folder = path.join(cli.projectRoot, 'docker');
  const request = {
    folder,
    target: options.target,
    tag,
    sparkVersion,
    javaVersion,
    baseImage,
    noCache: !options.cache,
  };
  const plan = await planImageBuild(request, machine, cli.signal);
  if (options.dryRun) return writeResult(cli, options.output, describePlan(plan), () => renderPlan(plan));
  try {
    const built = await withReporter(cli, options, async (report) => buildImage(plan, machine, report, cli.signal));
    const pushed = options.push ? await pushBuilt(cli, options, built) : undefined;
    const result = { ...built, ...(pushed && { nodes: pushed.nodes, unreachableNodes: pushed.unreachableNodes }) };
    await writeResult(cli, options.output, result, async () => {
      const nodes = pushed && (await formatPushed(pushed));
      return [renderBuilt(built), ...(nodes === undefined ? [] : [nodes])].join('\n');
    });
    if (pushed) refuseUnreachable(built.names, pushed);
  } finally {
    target.api.close();
  }
}

async function pushBuilt(cli: CliContext, options: BuildOptions, { names }: BuiltImage): Promise<PushResult> {
  return runPush(cli, options, { images: names, nodes: undefined, registry: undefined });
}

function describePlan({ command, env, names, baseImage, context, caBundle }: BuildPlan): object {
  const files = [...context.files.map(({ path: file }) => file), ...(caBundle ? ['pkg/host-ca.crt'] : [])];
  return {
    command,
    env,
    names,
    baseImage,
    context: { folder: context.path, files: ['Dockerfile', ...files] },
    certificates: caBundle?.file,
  };
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
  return [
    ...names.map((name) => `image   ${name}`),
    `id      ${shortId(id)}`,
    `size    ${formatBytes(sizeBytes)}`,
  ].join('\n');
}

function parseTag(text: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,117}$/.test(text)) return text;
  throw new UsageError(
    `TAG: got ${JSON.stringify(text)}; expected letters, digits, ".", "_" and "-", like latest or v2`,
  );
}

function parseVersion(text: string, field: string): string {
  if (/^[0-9]+(\.[0-9]+)*([a-z0-9.]+)?$/.test(text)) return text;
  throw new UsageError(
    `${field}: got ${JSON.stringify(text)}; expected a version, like ${field === '--java-version' ? '21' : '4.2.1'}`,
  );
}
