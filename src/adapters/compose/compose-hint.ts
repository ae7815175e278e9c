import { readFile } from 'node:fs/promises';

/** How Compose v2 is installed on this system, by the name its package has there. */
export async function composeHint(): Promise<string> {
  if (process.platform === 'darwin') return 'Docker Desktop brings it; or: brew install docker-compose';
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return hintFor(release);
}

/** @param release text of /etc/os-release */
export function hintFor(release: string): string {
  const field = (name: string): string => new RegExp(`^${name}="?([^"\\n]*)"?$`, 'm').exec(release)?.[1] ?? '';
  const family = `${field('ID')} ${field('ID_LIKE')}`;
  if (field('ID') === 'ubuntu') return 'sudo apt-get install docker-compose-v2';
  if (field('ID') === 'debian') {
    return Number(field('VERSION_ID') || '99') >= 13
      ? 'sudo apt-get install docker-compose'
      : "the package docker-compose-plugin of Docker's own repository; Debian's comes with release 13";
  }
  if (/fedora|rhel|centos/.test(family)) return 'sudo dnf install docker-compose';
  if (/alpine/.test(family)) return 'apk add docker-cli-compose';
  if (/arch/.test(family)) return 'sudo pacman -S docker-compose';
  return 'install the package docker-compose-plugin or docker-compose of your system';
}
