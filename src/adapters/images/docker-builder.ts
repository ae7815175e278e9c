import type { Builder } from '../../image/build-argv.ts';
import type { BuildMachine, BuildPlan } from '../../image/build-image.ts';
import { CommandError } from '../../errors.ts';
import type { StepContext } from '../../events.ts';
import type { EngineApi } from '../engine/engine-api.ts';
import type { EngineTarget } from '../engine/engine-target.ts';
import type { Shell } from '../shell/shell.ts';
import { findCaBundle, openBuildContext, readBuildFolder, readFreeBytes, type BuildFolder } from './build-context.ts';
import { hasBuildx, runDockerBuild } from './docker-build.ts';

/** A registry that does not answer is given up after this; layers that come in keep the pull going. */
const PULL_TIMEOUT_MS = 60_000;

/** Builds with the docker command line of this machine, on the chosen engine. */
export class DockerBuilder implements BuildMachine {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly #target: EngineTarget;
  readonly #shell: Shell;

  constructor(target: EngineTarget, { env, shell }: { readonly env: BuildMachine['env']; readonly shell: Shell }) {
    this.env = env;
    this.#target = target;
    this.#shell = shell;
  }

  get api(): EngineApi {
    return this.#target.api;
  }

  async readFolder(folder: string): Promise<BuildFolder> {
    return readBuildFolder(folder);
  }

  async findCaBundle(): ReturnType<BuildMachine['findCaBundle']> {
    return findCaBundle(this.env);
  }

  async findBuilder(signal: AbortSignal): Promise<Builder> {
    if (this.env['DOCKER_BUILDKIT'] === '0') return 'classic';
    return (await hasBuildx(this.#shell, signal)) ? 'buildkit' : 'classic';
  }

  async readFreeBytes(folder: string): Promise<number | undefined> {
    return this.api.endpoint.kind === 'unix' ? readFreeBytes(folder) : undefined;
  }

  async pull(image: string, { progress, signal }: StepContext): Promise<void> {
    const command = ['docker', 'pull', image] as const;
    const silence = new AbortController();
    const startTimer = (): NodeJS.Timeout =>
      setTimeout(() => {
        const stderr = `nothing came for ${PULL_TIMEOUT_MS / 1000} s`;
        silence.abort(new CommandError({ command, exitStatus: undefined, stdout: '', stderr }));
      }, PULL_TIMEOUT_MS);
    let timer = startTimer();
    try {
      const onLine = (line: string): void => {
        progress(line);
        clearTimeout(timer);
        timer = startTimer();
      };
      await this.#shell.stream(command, onLine, {
        env: this.#target.dockerEnv,
        signal: AbortSignal.any([signal, silence.signal]),
      });
    } finally {
      clearTimeout(timer);
    }
  }

  async build(plan: BuildPlan, onLine: (line: string) => void, signal: AbortSignal): Promise<void> {
    const context = await openBuildContext(plan.context, plan.caBundle?.file);
    await runDockerBuild(plan.command, { context, env: { ...this.#target.dockerEnv, ...plan.env }, onLine, signal });
  }
}
