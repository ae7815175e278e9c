import type { Argv } from '../adapters/shell/shell.ts';

export const IMAGE_REPOSITORY = 'spark-swarm';

export const BUILD_TARGETS = ['spark', 'notebook'] as const;
export type BuildTarget = (typeof BUILD_TARGETS)[number];

/** BuildKit comes as a plugin (buildx); without it docker has its classic builder alone. */
export type Builder = 'classic' | 'buildkit';

export interface BuildCommand {
  readonly target: BuildTarget;
  readonly names: readonly string[];
  /** A value, or `undefined`: then docker takes the variable of that name from the environment, so that a proxy's password is in no command line. */
  readonly buildArgs: Readonly<Record<string, string | undefined>>;
  readonly noCache: boolean;
  readonly builder: Builder;
}

/** `spark-swarm:<tag>` and `spark-swarm:<version>`; a notebook's end in `-notebook`. */
export function imageNames(target: BuildTarget, tag: string, sparkVersion: string): readonly string[] {
  const suffix = target === 'notebook' ? '-notebook' : '';
  return [...new Set([tag, sparkVersion])].map((name) => `${IMAGE_REPOSITORY}:${name}${suffix}`);
}

/** The build; its context, a tar archive with the Dockerfile in it, comes on standard input. */
export function buildArgv({ target, names, buildArgs, noCache, builder }: BuildCommand): Argv {
  return [
    'docker',
    'build',
    '--target',
    target,
    ...names.flatMap((name) => ['--tag', name]),
    ...Object.entries(buildArgs).flatMap(([name, value]) => [
      '--build-arg',
      value === undefined ? name : `${name}=${value}`,
    ]),
    ...(noCache ? ['--no-cache'] : []),
    // Otherwise the container of a step that failed stays. BuildKit has none.
    ...(builder === 'classic' ? ['--force-rm'] : []),
    '-',
  ];
}

/** Environment of the docker command line, besides the one that chooses the engine. */
export function buildEnv(builder: Builder): Readonly<Record<string, string>> {
  return builder === 'classic'
    ? { DOCKER_BUILDKIT: '0' }
    : {
        DOCKER_BUILDKIT: '1',
        BUILDKIT_PROGRESS: 'plain',
        // With attestations the name stands for an index, whose id no other engine knows the image by.
        BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
      };
}

/** Proxies, which docker knows as predefined build arguments and keeps out of the image's history; and pip's index. */
const PASSED_VARIABLES = [
  'HTTP_PROXY',
  'http_proxy',
  'HTTPS_PROXY',
  'https_proxy',
  'NO_PROXY',
  'no_proxy',
  'ALL_PROXY',
  'all_proxy',
  'PIP_INDEX_URL',
  'PIP_EXTRA_INDEX_URL',
  'PIP_TRUSTED_HOST',
  'PIP_DEFAULT_TIMEOUT',
] as const;

/**
 * The variables of this machine that a build needs to reach the network as the machine does.
 *
 * @param declared arguments that the Dockerfile declares: docker warns about others, except for the proxies
 */
export function passedBuildArgs(
  env: Readonly<Record<string, string | undefined>>,
  declared: readonly string[],
): Readonly<Record<string, undefined>> {
  const names = PASSED_VARIABLES.filter((name) => env[name] && (!name.startsWith('PIP_') || declared.includes(name)));
  return Object.fromEntries(names.map((name) => [name, undefined]));
}
