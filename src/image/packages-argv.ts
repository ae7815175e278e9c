import type { Argv } from '../adapters/shell/shell.ts';
import { buildEnv, passedBuildArgs, type Builder } from './build-argv.ts';
import { packagesLabels, type PackagesPlan } from './packages-plan.ts';

/** One `docker build`, decided. */
export interface PackagesBuild {
  readonly plan: PackagesPlan;
  readonly dockerfile: 'Dockerfile' | 'notebook.Dockerfile';
  readonly command: Argv;
  readonly env: Readonly<Record<string, string>>;
}

export interface BaseImage {
  readonly name: string;
  /** `sha256:…` */
  readonly id: string;
}

/** An image that a plan asks for. */
export interface PackagesTarget {
  readonly name: string;
  readonly base: BaseImage;
  /** For the notebook's: id of the cluster's image, out of which the files are taken. `undefined`: pip is asked. */
  readonly filesId: string | undefined;
}

/** The command; its context, a tar archive, comes on standard input. */
export function packagesBuild(
  plan: PackagesPlan,
  { name, base, filesId }: PackagesTarget,
  { builder, env }: { readonly builder: Builder; readonly env: Readonly<Record<string, string | undefined>> },
): PackagesBuild {
  const dockerfile = filesId === undefined ? 'Dockerfile' : 'notebook.Dockerfile';
  // Only pip reaches the network.
  const withPip = filesId === undefined && plan.requirements.lines.length > 0;
  const buildArgs: Readonly<Record<string, string | undefined>> = {
    IMAGE: base.name,
    ...(filesId === undefined ? {} : { PACKAGES: plan.image }),
    ...(withPip ? { WITH_PIP: '1', ...passedBuildArgs(env, PIP_ARGUMENTS) } : {}),
  };
  const command: Argv = [
    'docker',
    'build',
    '--tag',
    name,
    ...Object.entries(buildArgs).flatMap(([key, value]) => [
      '--build-arg',
      value === undefined ? key : `${key}=${value}`,
    ]),
    ...Object.entries(packagesLabels(plan, base, filesId)).flatMap(([key, value]) => ['--label', `${key}=${value}`]),
    // Otherwise the container of a step that failed stays. BuildKit has none.
    ...(builder === 'classic' ? ['--force-rm'] : []),
    '-',
  ];
  return { plan, dockerfile, command, env: buildEnv(builder) };
}

/** Arguments that docker/packages/Dockerfile declares. */
const PIP_ARGUMENTS = ['PIP_INDEX_URL', 'PIP_EXTRA_INDEX_URL', 'PIP_TRUSTED_HOST', 'PIP_DEFAULT_TIMEOUT'];
