import { CommandError, InvalidStateError } from '../errors.ts';
import { skipped, type FlowStep, type StepContext } from '../events.ts';
import { deriveSources, formatAptSources, parseAptSources, releaseSources, type AptSource } from './apt-sources.ts';
import type { OsRelease, SetupTools } from './setup-host.ts';

/** Debian's first release with Compose as a plugin of docker. Its binary runs on Debian 12, too (tried). */
const PLUGIN_RELEASE = 'trixie';
const FIRST_VERSION_WITH_PLUGIN = 13;

/**
 * `docker compose`, for those who use it on one engine: skipped if it works, else the plugin out of Debian's or
 * Ubuntu's package, in the user's own plugin folder. The system's apt is not touched, and root is not needed.
 */
export function composePluginStep(tools: SetupTools): FlowStep {
  return {
    id: 'compose-plugin',
    title: 'Find docker compose',
    async run(context) {
      const present = await composeVersion(tools);
      if (present !== undefined) return skipped(`version ${present}`);
      const plan = planPlugin((await tools.host.readFacts()).os, parseAptSources(await tools.host.readAptSources()));
      if (plan === undefined) {
        throw new InvalidStateError(
          'Cannot get docker compose: only on Debian and Ubuntu can it be taken from a package',
          {
            hint: 'install the package docker-compose-plugin or docker-compose of your system, then run this again',
          },
        );
      }
      await fetchPlugin(tools, plan, context);
      const version = await composeVersion(tools);
      if (version !== undefined) return `version ${version}, out of the package ${plan.packageName}`;
      throw new InvalidStateError(
        `docker compose does not run after its plugin was put into ${tools.host.dockerConfigFolder}/cli-plugins`,
        {
          hint: `${tools.host.dockerConfigFolder}/cli-plugins/docker-compose version says why`,
        },
      );
    },
  };
}

async function composeVersion({ shell }: SetupTools): Promise<string | undefined> {
  try {
    return (await shell.run(['docker', 'compose', 'version', '--short'])).stdout.trim();
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}

export interface PluginPlan {
  readonly packageName: string;
  /** apt sources, as one-line text. */
  readonly sources: string;
}

/** Where the plugin comes from; undefined where no such package is known. */
export function planPlugin(
  { id, version, codename }: OsRelease,
  sources: readonly AptSource[],
): PluginPlan | undefined {
  if (id === 'ubuntu') {
    return { packageName: 'docker-compose-v2', sources: formatAptSources(releaseSources(sources, codename), true) };
  }
  if (id !== 'debian' || codename === '') return undefined;
  const hasPlugin = version === '' || Number.parseInt(version, 10) >= FIRST_VERSION_WITH_PLUGIN;
  const derived = deriveSources(sources, codename, hasPlugin ? codename : PLUGIN_RELEASE);
  return derived.length === 0 ? undefined : { packageName: 'docker-compose', sources: formatAptSources(derived, true) };
}

async function fetchPlugin(
  { host, shell }: SetupTools,
  plan: PluginPlan,
  { progress, signal }: StepContext,
): Promise<void> {
  const folder = await host.makeTemporaryFolder('/var/tmp/spark-swarm-compose-');
  const apt = (...args: readonly string[]): readonly [string, ...string[]] => [
    'apt-get',
    ...aptSettings(folder),
    '-q',
    ...args,
  ];
  try {
    await host.makeFolder(`${folder}/lists/partial`);
    await host.makeFolder(`${folder}/cache/archives/partial`);
    await host.writeFile(`${folder}/sources.list`, plan.sources);
    progress('reading the package list');
    await shell.run(apt('update'), { signal });
    progress(`fetching ${plan.packageName}`);
    await shell.run(apt('download', plan.packageName), { cwd: folder, signal });
    await shell.run(['sh', '-c', 'dpkg-deb -x "$1"/*.deb "$1/root"', 'extract', folder], { signal });
    const program = await host.findFile(`${folder}/root`, 'cli-plugins/docker-compose');
    if (program === undefined)
      throw new InvalidStateError(`The package ${plan.packageName} holds no program docker-compose`);
    await host.installProgram(program, `${host.dockerConfigFolder}/cli-plugins/docker-compose`);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new InvalidStateError(
      `Cannot get the package ${plan.packageName}: ${error.stderr.trim().split('\n').at(-1) ?? ''}`,
      {
        cause: error,
        hint: 'is the mirror of /etc/apt reachable? apt-get update',
      },
    );
  } finally {
    await host.removeFolder(folder);
  }
}

/** apt with a source, lists and cache of its own. */
function aptSettings(folder: string): readonly string[] {
  return [
    `Dir::Etc::sourcelist=${folder}/sources.list`,
    'Dir::Etc::sourceparts=-',
    'Dir::Etc::preferences=-',
    'Dir::Etc::preferencesparts=-',
    `Dir::State::lists=${folder}/lists`,
    `Dir::Cache=${folder}/cache`,
    // The user apt would switch to may not write there.
    'APT::Sandbox::User=root',
  ].flatMap((setting) => ['-o', setting]);
}
