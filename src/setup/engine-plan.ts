import { usesApt, type HostFacts, type OsRelease } from './setup-host.ts';

/** How an engine that does not answer is brought to answer. */
export type EnginePlan =
  | {
      readonly kind: 'set-up';
      /** apt packages to install first; empty when dockerd is there. */
      readonly packages: readonly string[];
      /** What goes into /etc/docker/daemon.json; undefined leaves that file alone. */
      readonly daemonJson: string | undefined;
      readonly start: 'systemd' | 'detached';
    }
  | { readonly kind: 'refuse'; readonly seen: string; readonly hint: string };

const STANDARD_MTU = 1500;

/**
 * Debian and Ubuntu as root or with sudo: install and start. Elsewhere the command that the user types.
 *
 * @param canBeRoot as root, or with a sudo that asks for no password
 */
export function planEngine(facts: HostFacts, canBeRoot: boolean): EnginePlan {
  const { platform, os, dockerd } = facts;
  if (platform !== 'linux')
    return { kind: 'refuse', seen: `this is ${systemName(platform)}`, hint: desktopHint(platform) };
  if (dockerd === undefined && !usesApt(os)) {
    return {
      kind: 'refuse',
      seen: `this is ${os.name || 'an unknown Linux'}, where it is not installed`,
      hint: packageHint(os),
    };
  }
  const packages = dockerd === undefined ? enginePackages(facts) : [];
  if (!canBeRoot) {
    const install = `sudo apt-get install -y --no-install-recommends ${packages.join(' ')}`;
    return {
      kind: 'refuse',
      seen:
        dockerd === undefined
          ? 'it is not installed, and installing it needs root'
          : 'it is installed, and starting it needs root',
      hint: [...(packages.length > 0 ? [install] : []), startCommand(facts)].join(' && '),
    };
  }
  return {
    kind: 'set-up',
    packages,
    daemonJson:
      facts.hasDaemonJson || facts.mtu >= STANDARD_MTU ? undefined : `${JSON.stringify({ mtu: facts.mtu })}\n`,
    start: facts.hasSystemd ? 'systemd' : 'detached',
  };
}

/** debootstrap is for the base image, where no registry answers. */
function enginePackages({ os, hasDockerCli }: HostFacts): readonly string[] {
  return ['docker.io', 'iptables', 'debootstrap', ...(!hasDockerCli && hasSeparateCli(os) ? ['docker-cli'] : [])];
}

/** From Debian 13 on, docker.io holds the engine alone. */
function hasSeparateCli({ id, version, codename }: OsRelease): boolean {
  return id === 'debian' && (version === '' ? codename !== '' : Number.parseInt(version, 10) >= 13);
}

function startCommand({ hasSystemd }: HostFacts): string {
  return hasSystemd ? 'sudo systemctl start docker' : 'sudo service docker start';
}

function systemName(platform: NodeJS.Platform): string {
  if (platform === 'darwin') return 'macOS';
  return platform === 'win32' ? 'Windows' : platform;
}

function desktopHint(platform: NodeJS.Platform): string {
  if (platform === 'darwin')
    return 'install Docker Desktop (brew install --cask docker-desktop), start it (open -a Docker), then run this again';
  return 'install Docker Desktop (winget install Docker.DockerDesktop), start it, and run this inside WSL';
}

function packageHint({ id, like }: OsRelease): string {
  const commands: Readonly<Record<string, string>> = {
    fedora: 'sudo dnf install moby-engine && sudo systemctl start docker',
    rhel: 'sudo dnf install docker-ce docker-ce-cli && sudo systemctl start docker',
    arch: 'sudo pacman -S docker && sudo systemctl start docker',
    alpine: 'doas apk add docker && doas rc-service docker start',
    suse: 'sudo zypper install docker && sudo systemctl start docker',
    opensuse: 'sudo zypper install docker && sudo systemctl start docker',
  };
  const known = [id, ...like]
    .map((name) => commands[name.replace(/-(leap|tumbleweed)$/, '')])
    .find((command) => command !== undefined);
  return `${known ?? "install your system's package of the Docker engine and start it"}, then run this again`;
}

/** What is said before anything is installed or started. */
export function formatEnginePlan({ packages, daemonJson, start }: Extract<EnginePlan, { kind: 'set-up' }>): string {
  const actions = [
    ...(packages.length > 0 ? [`installing ${packages.join(', ')} with apt`] : []),
    ...(daemonJson === undefined ? [] : [`writing ${daemonJson.trim()} to /etc/docker/daemon.json`]),
    start === 'systemd' ? 'starting it with systemctl' : 'starting dockerd in the background',
  ];
  return `No Docker engine answers on this machine: ${actions.join(', ')}`;
}
