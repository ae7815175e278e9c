import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';

import type { TarSource } from 'modern-tar/fs';

import type { PackagesBuild } from '../../image/packages-argv.ts';
import { packageOf } from './packages-files.ts';

/** Scripts of docker/packages and docker/config that a build runs. */
const SCRIPTS = {
  Dockerfile: [
    'packages/add-jars',
    'packages/install-packages',
    'config/build/pip-install',
    'config/build/added-files',
  ],
  'notebook.Dockerfile': ['packages/check-notebook'],
} as const;

/**
 * The build context as a tar archive: the Dockerfile, its scripts, and for the cluster's image what the user asked for,
 * the local packages and certificates of `docker/pkg`, and those of the machine.
 *
 * Owner, modes and times depend on nothing of this machine: docker's cache then knows an equal context.
 *
 * @param folder the project's `docker/`
 */
export async function openPackagesContext(
  folder: string,
  { plan, dockerfile }: PackagesBuild,
  caBundle: string | undefined,
): Promise<Readable> {
  const { packTar } = await import('modern-tar/fs');
  const sources: TarSource[] = [
    file(path.join(folder, 'packages', dockerfile), 'Dockerfile', 0o644),
    ...SCRIPTS[dockerfile].map((script) => file(path.join(folder, script), script, 0o755)),
  ];
  if (dockerfile === 'Dockerfile') {
    const { requirements, jars } = plan;
    sources.push(
      file(path.join(folder, 'config', 'notebook-packages.txt'), 'config/notebook-packages.txt', 0o644),
      content('packages/requirements.txt', asLines(requirements.lines)),
      content('packages/constraints.txt', asLines(requirements.constraints)),
      ...jars.map((jar) => file(jar.path, `packages/jars/${jar.name}`, 0o644)),
      ...(await listPkg(folder)).map((name) => file(path.join(folder, 'pkg', name), `pkg/${name}`, 0o644)),
      // Never empty: COPY needs the folder.
      content('pkg/host-ca.crt', caBundle === undefined ? '' : await readFile(caBundle, 'utf8')),
    );
  }
  return packTar(sources);
}

/** What pip and the certificates need. Spark itself (450 MB, where it lies there) is in the image already. */
async function listPkg(folder: string): Promise<readonly string[]> {
  const names = await readdir(path.join(folder, 'pkg')).catch(() => []);
  const isWanted = (name: string): boolean => {
    const found = packageOf(name);
    return found === undefined ? name.endsWith('.crt') && name !== 'host-ca.crt' : found !== 'pyspark';
  };
  return names.filter(isWanted).sort();
}

const OWNER = { uid: 0, gid: 0, mtime: new Date(0) } as const;

function file(source: string, target: string, mode: number): TarSource {
  return { type: 'file', source, target, mode, ...OWNER };
}

function content(target: string, text: string): TarSource {
  return { type: 'content', content: text, target, mode: 0o644, ...OWNER };
}

function asLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
