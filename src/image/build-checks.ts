import type { BuildFolder } from '../adapters/images/build-context.ts';
import type { ImageState } from './image-state.ts';
import { ConfigError, InvalidStateError, UsageError } from '../errors.ts';
import { formatBytes } from '../units.ts';
import type { BuildTarget } from './build-argv.ts';
import { parseDockerfile, type DockerfileFacts } from './dockerfile.ts';

/** Bytes that a first build writes: the stages (3.2 GB with Spark 4.2.1), of which 0.8 GB are the image. */
const FIRST_BUILD_BYTES = 4_000_000_000;
/** Bytes that a build needs where docker's cache holds the rest. */
const NEXT_BUILD_BYTES = 1_000_000_000;

/**
 * What the folder's Dockerfile says, once everything that it copies is known to be there.
 *
 * @throws ConfigError with every file that is missing; UsageError for a target it does not have
 */
export function checkBuildFolder(folder: BuildFolder, target: BuildTarget): DockerfileFacts {
  if (folder.dockerfile === undefined) {
    throw new ConfigError(folder.path, ['there is no Dockerfile'], {
      hint: 'is the repository complete? git status shows it',
    });
  }
  const facts = parseDockerfile(folder.dockerfile);
  const isThere = (source: string): boolean =>
    folder.files.some(({ path }) => path === source || path.startsWith(`${source}/`));
  const missing = facts.copiedFiles.filter((source) => !isThere(source));
  if (missing.length > 0) {
    throw new ConfigError(
      folder.path,
      missing.map((source) => `${source} is missing, and the Dockerfile copies it`),
      { hint: 'git status shows what was removed; git checkout -- docker brings it back' },
    );
  }
  if (facts.stages.includes(target)) return facts;
  throw new UsageError(`--target: ${folder.path}/Dockerfile has no stage "${target}", only ${facts.stages.join(', ')}`);
}

/**
 * @param freeBytes `undefined` when the engine's disk is not on this machine: then docker itself finds out
 * @throws InvalidStateError
 */
export function checkFreeSpace(
  freeBytes: number | undefined,
  dataFolder: string,
  previous: ImageState | undefined,
): void {
  const neededBytes = previous ? NEXT_BUILD_BYTES : FIRST_BUILD_BYTES;
  if (freeBytes === undefined || freeBytes >= neededBytes) return;
  throw new InvalidStateError(
    `No space to build the image: ${formatBytes(freeBytes)} free in ${dataFolder}, ${formatBytes(neededBytes)} needed`,
    { hint: 'docker system df shows what takes the space; docker image prune removes images without a name' },
  );
}

const HINTS: readonly (readonly [seen: RegExp, hint: string])[] = [
  [
    /no space left on device/i,
    'docker system df shows what takes the space; docker image prune removes images without a name',
  ],
  [
    /SSL: CERTIFICATE_VERIFY_FAILED|certificate verify failed|self[- ]signed certificate/,
    "the network opens TLS: lay its certificate as docker/pkg/NAME.crt, or let SSL_CERT_FILE name the machine's bundle",
  ],
  [
    /No matching distribution found for pyspark/i,
    'is there such a Spark release? --spark-version takes those of the Python package pyspark',
  ],
  [
    /Unable to locate package openjdk/i,
    'the base image has no such Java: choose another with --java-version or --base-image',
  ],
  [
    /Temporary failure (?:in name resolution|resolving)|Could not resolve|Failed to establish a new connection/i,
    'the build has no network: proxy variables (HTTPS_PROXY) of this shell are passed on; docker/pkg can hold the packages',
  ],
];

/** What to do about a build that failed, by its last lines. */
export function buildFailureHint(lastLines: readonly string[]): string {
  const text = lastLines.join('\n');
  return HINTS.find(([seen]) => seen.test(text))?.[1] ?? 'every line of it: bin/build-image --verbose';
}
