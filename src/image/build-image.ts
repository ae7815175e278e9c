import type { BuildFolder } from '../adapters/images/build-context.ts';
import type { EngineApi } from '../adapters/engine/engine-api.ts';
import type { Argv } from '../adapters/shell/shell.ts';
import { CommandError, NotFoundError, UsageError } from '../errors.ts';
import { runSteps, skipped, type FlowStep, type Report, type Skipped, type StepContext } from '../events.ts';
import { formatBytes } from '../units.ts';
import { buildArgv, buildEnv, imageNames, passedBuildArgs, type Builder, type BuildTarget } from './build-argv.ts';
import { buildFailureHint, checkBuildFolder, checkFreeSpace } from './build-checks.ts';
import { followBuild } from './build-output.ts';
import { readBuiltImage, readImage, type ImageState } from './image-state.ts';

export interface BuildRequest {
  /** The folder `docker/`. */
  readonly folder: string;
  readonly target: BuildTarget;
  readonly tag: string;
  /** The following three: `undefined` leaves the Dockerfile's own. */
  readonly sparkVersion: string | undefined;
  readonly javaVersion: string | undefined;
  readonly baseImage: string | undefined;
  readonly noCache: boolean;
}

/** What a build needs of the machine it is started on. See `adapters/images/docker-builder.ts`. */
export interface BuildMachine {
  readonly api: EngineApi;
  readonly env: Readonly<Record<string, string | undefined>>;
  readFolder(folder: string): Promise<BuildFolder>;
  /** The certificates that this machine was told to trust, and by which variable. */
  findCaBundle(): Promise<{ readonly variable: string; readonly file: string } | undefined>;
  findBuilder(signal: AbortSignal): Promise<Builder>;
  /** `undefined` if that folder is not on this machine. */
  readFreeBytes(folder: string): Promise<number | undefined>;
  /** @throws CommandError */
  pull(image: string, context: StepContext): Promise<void>;
  /** @throws CommandError without output: the lines have been handed over */
  build(plan: BuildPlan, onLine: (line: string) => void, signal: AbortSignal): Promise<void>;
}

/** One build, decided: what `--dry-run` shows. */
export interface BuildPlan {
  readonly command: Argv;
  /** Environment of the command, besides the engine's address. */
  readonly env: Readonly<Record<string, string>>;
  readonly names: readonly string[];
  readonly sparkVersion: string;
  readonly baseImage: string;
  readonly context: BuildFolder;
  readonly caBundle: { readonly variable: string; readonly file: string } | undefined;
}

export interface BuiltImage {
  readonly names: readonly string[];
  readonly id: string;
  readonly sizeBytes: number;
  /** The image was there already, the very same. */
  readonly isUnchanged: boolean;
}

/** Lines of a failed build that its error shows. */
const SHOWN_LINES = 20;

/**
 * Reads the folder, checks that everything is there, and decides the command. Touches no engine.
 *
 * @throws ConfigError, UsageError
 */
export async function planImageBuild(
  request: BuildRequest,
  machine: BuildMachine,
  signal: AbortSignal,
): Promise<BuildPlan> {
  const context = await machine.readFolder(request.folder);
  const facts = checkBuildFolder(context, request.target);
  const sparkVersion = request.sparkVersion ?? facts.argDefaults['SPARK_VERSION'];
  const baseImage = request.baseImage ?? facts.argDefaults['BASE_IMAGE'];
  if (sparkVersion === undefined || baseImage === undefined) {
    throw new UsageError(
      `${context.path}/Dockerfile sets no default for SPARK_VERSION or BASE_IMAGE: give --spark-version and --base-image`,
    );
  }
  const chosen = {
    ...(request.baseImage === undefined ? {} : { BASE_IMAGE: request.baseImage }),
    ...(request.sparkVersion === undefined ? {} : { SPARK_VERSION: request.sparkVersion }),
    ...(request.javaVersion === undefined ? {} : { JAVA_VERSION: request.javaVersion }),
  };
  const builder = await machine.findBuilder(signal);
  const names = imageNames(request.target, request.tag, sparkVersion);
  return {
    command: buildArgv({
      target: request.target,
      names,
      buildArgs: { ...chosen, ...passedBuildArgs(machine.env, facts.args) },
      noCache: request.noCache,
      builder,
    }),
    env: buildEnv(builder),
    names,
    sparkVersion,
    baseImage,
    context,
    caBundle: await machine.findCaBundle(),
  };
}

/**
 * Builds the image: base image there or pulled, enough space, `docker build`. A second run takes docker's cache.
 *
 * @throws NotFoundError (base image), InvalidStateError (no space), CommandError (with the last 20 lines),
 *   UnreachableError
 */
export async function buildImage(
  plan: BuildPlan,
  machine: BuildMachine,
  report: Report,
  signal: AbortSignal,
): Promise<BuiltImage> {
  const [name = ''] = plan.names;
  let previous: ImageState | undefined;
  let built: BuiltImage | undefined;
  const steps: readonly FlowStep[] = [
    {
      id: 'build-checks',
      title: 'Check the engine and its disk',
      run: async () => {
        previous = await readImage(machine.api, name, signal);
        const { DockerRootDir } = await machine.api.get<{ readonly DockerRootDir: string }>('/info', { signal });
        const freeBytes = await machine.readFreeBytes(DockerRootDir);
        checkFreeSpace(freeBytes, DockerRootDir, previous);
        return freeBytes === undefined ? undefined : `${formatBytes(freeBytes)} free`;
      },
    },
    {
      id: 'base-image',
      title: `Find the base image "${plan.baseImage}"`,
      run: async (context) => provideBaseImage(plan.baseImage, machine, context),
    },
    {
      id: 'build',
      title: `Build the image "${name}" (Spark ${plan.sparkVersion})`,
      run: async ({ progress }) => {
        await followBuild(async (onLine) => machine.build(plan, onLine, signal), {
          progress,
          keptLines: SHOWN_LINES,
          explain: buildFailure,
        });
        built = await readBuilt(plan, machine.api, previous);
        return built.isUnchanged
          ? skipped(`nothing changed (${formatBytes(built.sizeBytes)})`)
          : formatBytes(built.sizeBytes);
      },
    },
  ];
  if (plan.caBundle) {
    report({
      type: 'note',
      message: `The build stages trust the certificates of ${plan.caBundle.file} (${plan.caBundle.variable})`,
    });
  }
  await runSteps(steps, report, signal);
  return built ?? readBuilt(plan, machine.api, previous);
}

async function provideBaseImage(image: string, machine: BuildMachine, context: StepContext): Promise<Skipped | string> {
  const present = await readImage(machine.api, image, context.signal);
  if (present) return skipped('it is there');
  try {
    await machine.pull(image, context);
    return 'pulled';
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const seen = error.stderr.trim().split('\n').at(-1) ?? '';
    throw new NotFoundError(`The base image "${image}" is not on ${machine.api.name}, and pulling it failed: ${seen}`, {
      cause: error,
      hint: 'npm run quickstart makes one without a registry; or: docker load, docker import, --base-image NAME',
    });
  }
}

function buildFailure(lastLines: readonly string[], error: CommandError): CommandError {
  const { command, exitStatus } = error;
  return new CommandError(
    { command, exitStatus, stdout: '', stderr: lastLines.join('\n') },
    { cause: error, hint: buildFailureHint(lastLines) },
  );
}

async function readBuilt(plan: BuildPlan, api: EngineApi, previous: ImageState | undefined): Promise<BuiltImage> {
  const [name = ''] = plan.names;
  const { id, sizeBytes } = await readBuiltImage(api, name);
  return { names: plan.names, id, sizeBytes, isUnchanged: previous?.id === id };
}
