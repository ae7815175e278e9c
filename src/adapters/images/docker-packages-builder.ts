import path from 'node:path';

import type { Builder } from '../../image/build-argv.ts';
import type { PackagesBuild } from '../../image/packages-argv.ts';
import type { PackagesMachine } from '../../image/packages-build.ts';
import type { FoundFile } from '../../image/packages-jars.ts';
import type { LocalPackage } from '../../image/packages-plan.ts';
import type { EngineApi } from '../engine/engine-api.ts';
import type { EngineTarget } from '../engine/engine-target.ts';
import type { Shell } from '../shell/shell.ts';
import { findCaBundle } from './build-context.ts';
import { DockerBuilder } from './docker-builder.ts';
import { runDockerBuild } from './docker-build.ts';
import { openPackagesContext } from './packages-context.ts';
import { inspectJar, listLocalPackages, readRequirementsFile } from './packages-files.ts';

/** Builds layers of packages with the docker command line of this machine, on the chosen engine. */
export class DockerPackagesBuilder implements PackagesMachine {
  readonly env: PackagesMachine['env'];
  readonly #target: EngineTarget;
  readonly #builder: DockerBuilder;
  readonly #folder: string;

  /** @param options.folder the project's `docker/` */
  constructor(
    target: EngineTarget,
    { env, shell, folder }: { readonly env: PackagesMachine['env']; readonly shell: Shell; readonly folder: string },
  ) {
    this.env = env;
    this.#target = target;
    this.#builder = new DockerBuilder(target, { env, shell });
    this.#folder = folder;
  }

  get api(): EngineApi {
    return this.#target.api;
  }

  async readRequirementsFile(file: string): Promise<string> {
    return readRequirementsFile(file);
  }

  async inspectJar(file: string): Promise<FoundFile> {
    return inspectJar(file);
  }

  async listLocalPackages(names: readonly string[]): Promise<readonly LocalPackage[]> {
    return listLocalPackages(path.join(this.#folder, 'pkg'), names);
  }

  async findBuilder(signal: AbortSignal): Promise<Builder> {
    return this.#builder.findBuilder(signal);
  }

  async readFreeBytes(folder: string): Promise<number | undefined> {
    return this.#builder.readFreeBytes(folder);
  }

  async buildPackages(build: PackagesBuild, onLine: (line: string) => void, signal: AbortSignal): Promise<void> {
    const caBundle = await findCaBundle(this.env);
    const context = await openPackagesContext(this.#folder, build, caBundle?.file);
    await runDockerBuild(build.command, { context, env: { ...this.#target.dockerEnv, ...build.env }, onLine, signal });
  }
}
