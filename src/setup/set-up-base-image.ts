import { CommandError, InvalidStateError, NotFoundError } from '../errors.ts';
import { skipped, type FlowStep, type StepContext } from '../events.ts';
import { formatBytes } from '../units.ts';
import { deriveSources, findMirror, formatAptSources, parseAptSources } from './apt-sources.ts';
import { findSudo } from './find-sudo.ts';
import { pullImage } from './pull-image.ts';
import { aptArgv, asRoot, usesApt, type HostFacts, type SetupTools } from './setup-host.ts';

/** Releases of Debian that a base image can be had of. What we build is built on the first. */
export type DebianRelease = 'trixie' | 'bookworm';

export function baseImage(release: DebianRelease = 'trixie'): string {
  return `debian:${release}-slim`;
}

/** A registry that is there answers within a second or two. */
const PULL_SILENCE_MS = 10_000;

/**
 * The image that our images are built on: skipped if the engine has it, else pulled, else made with debootstrap from
 * the machine's own Debian mirror.
 *
 * @throws InvalidStateError saying why neither way works, with the command to type
 */
export function baseImageStep(tools: SetupTools, release: DebianRelease = 'trixie'): FlowStep {
  const image = baseImage(release);
  const imageSize = async (signal: AbortSignal): Promise<number | undefined> => readSize(tools, image, signal);
  return {
    id: 'base-image',
    title: `Get the base image ${image}`,
    async run(context) {
      const present = await imageSize(context.signal);
      if (present !== undefined) return skipped(`it is there, ${formatBytes(present)}`);
      context.progress('asking the registry');
      const refusal = await pullImage(tools.target.api, image, { ...context, silenceMs: PULL_SILENCE_MS });
      if (refusal === undefined) return `pulled, ${formatBytes((await imageSize(context.signal)) ?? 0)}`;
      const mirror = await makeBaseImage(tools, { release, refusal }, context);
      const size = formatBytes((await imageSize(context.signal)) ?? 0);
      return `made with debootstrap from ${mirror}, ${size}, because the pull failed (${refusal})`;
    },
  };
}

async function readSize({ target }: SetupTools, image: string, signal: AbortSignal): Promise<number | undefined> {
  try {
    return (await target.api.get<{ readonly Size: number }>(`/images/${image}/json`, { signal })).Size;
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** @returns the mirror it was made from */
async function makeBaseImage(
  tools: SetupTools,
  { release, refusal }: { readonly release: DebianRelease; readonly refusal: string },
  context: StepContext,
): Promise<string> {
  const image = baseImage(release);
  const { host, shell } = tools;
  const facts = await host.readFacts();
  const sudo = await findSudo(shell, facts.isRoot);
  const sources = parseAptSources(await host.readAptSources());
  const mirror = findMirror(sources, facts.os.codename);
  const obstacle = findObstacle(facts, { canBeRoot: sudo !== undefined, hasMirror: mirror !== undefined });
  if (obstacle !== undefined || mirror === undefined || sudo === undefined) {
    throw new InvalidStateError(
      `Cannot get the base image ${image}: the pull failed (${refusal}), and ${obstacle ?? 'there is no mirror'}`,
      {
        hint: `docker pull ${image}, or docker load -i FILE with an image saved elsewhere`,
      },
    );
  }
  context.progress(`no registry (${refusal}); debootstrap from ${mirror.uri}`);
  if (!facts.hasDebootstrap) {
    const quiet = (): void => {};
    await shell.stream(aptArgv(sudo, 'update'), quiet, { signal: context.signal });
    await shell.stream(aptArgv(sudo, 'install', '--no-install-recommends', 'debootstrap'), quiet, {
      signal: context.signal,
    });
  }
  const sourcesText = formatAptSources(deriveSources(sources, facts.os.codename, release), false);
  await bootstrap(tools, { release, sudo, mirror: mirror.uri, sourcesText }, context);
  return mirror.uri;
}

/** Why debootstrap cannot make the image here; undefined if it can. */
export function findObstacle(
  { platform, os }: Pick<HostFacts, 'platform' | 'os'>,
  { canBeRoot, hasMirror }: { readonly canBeRoot: boolean; readonly hasMirror: boolean },
): string | undefined {
  if (platform !== 'linux' || !usesApt(os)) return 'only Debian can make it itself';
  if (os.id !== 'debian' || !hasMirror)
    return `the apt sources of ${os.name || 'this machine'} name no Debian mirror to make it from`;
  return canBeRoot ? undefined : 'making it with debootstrap needs root';
}

interface Bootstrap {
  readonly release: DebianRelease;
  readonly sudo: readonly string[];
  readonly mirror: string;
  readonly sourcesText: string;
}

/** What an image does not need, as in Docker's own slim images. */
const TRIM = [
  'rm -rf var/cache/apt/* var/lib/apt/lists/* var/log/*.log var/log/apt',
  'find usr/share/doc -mindepth 2 ! -name copyright ! -type d -delete',
  'rm -rf usr/share/man/* usr/share/info/* usr/share/locale/*',
].join('\n');

async function bootstrap(
  { host, shell, target }: SetupTools,
  run: Bootstrap,
  { progress, signal }: StepContext,
): Promise<void> {
  const { release, sudo, mirror, sourcesText } = run;
  // Not /tmp: where that is mounted nodev, debootstrap cannot make its devices.
  const folder = await host.makeTemporaryFolder('/var/tmp/spark-swarm-base-');
  const root = `${folder}/root`;
  try {
    await shell.stream(
      asRoot(sudo, 'debootstrap', '--variant=minbase', release, root, mirror),
      (line) => {
        const detail = bootstrapDetail(line);
        if (detail !== undefined) progress(detail);
      },
      { signal },
    );
    await shell.run(asRoot(sudo, 'tee', `${root}/etc/apt/sources.list`), { input: sourcesText, signal });
    await shell.run(asRoot(sudo, 'sh', '-c', `set -e; cd "$1"; ${TRIM}`, 'trim', root), { signal });
    progress('importing it into the engine');
    await shell.run(
      // A pipe between two programs: the image never lies on the disk as a file.
      [
        'bash',
        '-o',
        'pipefail',
        '-c',
        `"\${@:3}" tar -C "$1" --numeric-owner -c . | docker import --change 'CMD ["bash"]' --message 'debootstrap minbase' - "$2"`,
        'import',
        root,
        baseImage(release),
        ...(sudo.length > 0 ? sudo : ['env']),
      ],
      { env: target.dockerEnv, signal },
    );
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new InvalidStateError(`Cannot make the base image with debootstrap: ${lastLine(error.stderr)}`, {
      cause: error,
      hint: 'is the mirror of /etc/apt reachable, and is there room under /var/tmp? apt-get update; df -h /var/tmp',
    });
  } finally {
    // Without the caller's signal: what was interrupted is cleaned up as well.
    await shell.run(asRoot(sudo, 'rm', '-rf', '--one-file-system', folder));
  }
}

/** What is worth showing of a line of debootstrap. Shape: `I: Retrieving libc6 2.41-12`, `I: Unpacking …`. */
export function bootstrapDetail(line: string): string | undefined {
  const match = /^I: (Retrieving|Validating|Extracting|Unpacking|Configuring) (\S+?)(?:\.{3})?(?: |$)/.exec(line);
  return match ? `${match[1]?.toLowerCase()} ${match[2]}` : undefined;
}

function lastLine(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.findLast((line) => /^[EW]:|error|no space/i.test(line)) ?? lines.at(-1) ?? 'no message';
}
