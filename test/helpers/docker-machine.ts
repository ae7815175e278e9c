import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

import { projectRoot } from './cli.ts';
import { RunningCommand } from './lab-command.ts';
import { must } from './must.ts';

const SOURCES = path.join(projectRoot, 'test', 'docker-machine');
const PROGRAMS = {
  'docker-machine': 'github.com/docker/machine/cmd/docker-machine',
  'docker-machine-driver-container': './driver',
} as const;
const BUILD_LIMIT_MS = 10 * 60_000;

/**
 * docker-machine and a driver whose machines are containers, built from the pins in `test/docker-machine/`. They are kept in
 * the user's cache, outside of the project: building takes minutes.
 *
 * @returns the folder that holds both, for PATH
 * @throws Error where there is no Go, or no way to its modules: tests that need docker-machine fail then
 */
export async function buildDockerMachine(): Promise<string> {
  const cache = path.join(process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'spark-swarm-tests');
  const folder = path.join(cache, `docker-machine-${await hashSources()}`);
  if (Object.keys(PROGRAMS).every((program) => existsSync(path.join(folder, program)))) return folder;
  const { status } = await new RunningCommand('sh', ['-c', 'command -v go']).ended;
  if (status !== 0)
    throw new Error('docker-machine is built for the tests, and there is no Go here: no program "go" on PATH');
  await mkdir(cache, { recursive: true });
  const draft = await mkdtemp(`${folder}-`);
  try {
    for (const [program, source] of Object.entries(PROGRAMS)) {
      const flags = ['-mod=readonly', '-trimpath', '-buildvcs=false', '-ldflags', '-s -w'];
      await must('go', ['build', ...flags, '-o', path.join(draft, program), source], {
        cwd: SOURCES,
        env: { CGO_ENABLED: '0' },
        limitMs: BUILD_LIMIT_MS,
      });
    }
    // Another run may have been faster.
    await rename(draft, folder).catch(() => {});
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return folder;
}

async function hashSources(): Promise<string> {
  const hash = createHash('sha256');
  const drivers = (await readdir(path.join(SOURCES, 'driver'))).toSorted().map((name) => path.join('driver', name));
  for (const name of ['go.mod', 'go.sum', ...drivers]) {
    hash.update(`${name}\0`).update(await readFile(path.join(SOURCES, name)));
  }
  return hash.digest('hex').slice(0, 12);
}
