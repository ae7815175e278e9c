import type { OsRelease } from '../setup/setup-host.ts';

/** What installs the engine there out of the packages that the system knows; `undefined` where we do not try. */
export function packageTool({ id, like }: OsRelease): 'apt' | 'dnf' | undefined {
  const names = [id, ...like];
  if (names.includes('debian') || names.includes('ubuntu')) return 'apt';
  return names.some((name) => ['fedora', 'rhel', 'centos', 'amzn'].includes(name)) ? 'dnf' : undefined;
}

/** By hand, as root, where an engine is missing. What RHEL and its kin call docker is Podman. */
const COMMANDS: readonly (readonly [system: RegExp, command: string])[] = [
  [/^(?:debian|ubuntu)$/, 'apt-get install -y docker.io, and docker-cli where there is such a package'],
  [/^amzn$/, 'dnf install -y docker && systemctl enable --now docker'],
  [
    /^(?:rhel|centos)$/,
    "dnf install -y docker-ce docker-ce-cli out of Docker's own packages && systemctl enable --now docker",
  ],
  [/^fedora$/, 'dnf install -y moby-engine && systemctl enable --now docker'],
  [/^(?:open)?suse/, 'zypper install -y docker && systemctl enable --now docker'],
  [/^arch$/, 'pacman -S docker && systemctl enable --now docker'],
  [/^alpine$/, 'apk add docker && rc-update add docker && service docker start'],
];

/** What a person types there as root. */
export function installCommand({ id, like }: OsRelease): string {
  const names = [id, ...like];
  const known = COMMANDS.find(([system]) => names.some((name) => system.test(name)));
  return known?.[1] ?? "install the system's package of the Docker engine, and start it";
}
