import { spawn } from 'node:child_process';
import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { LocalHost } from '../../../src/adapters/setup/local-host.ts';
import { waitFor } from '../../helpers/wait-for.ts';

let programs = 0;

/** A program of a name that nothing else has. */
async function withProgram(work: (name: string, file: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-host-'));
  const name = `d${process.pid}-${(programs += 1)}`;
  await copyFile('/bin/sleep', path.join(folder, name));
  try {
    await work(name, path.join(folder, name));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const host = new LocalHost({});

test('a program of this machine runs while it runs', async (t) => {
  await withProgram(async (name, file) => {
    t.false(await host.isProgramRunning(name));
    const child = spawn(file, ['60']);
    await waitFor('the program', { read: () => host.isProgramRunning(name), until: Boolean });
    t.pass();
    child.kill('SIGKILL');
  });
});

test('one in a container is not taken for one of this machine', async (t) => {
  await withProgram(async (name, file) => {
    const child = spawn('unshare', ['--user', '--map-root-user', '--fork', '--pid', '--kill-child', file, '60']);
    const hasStarted = await Promise.race([
      new Promise<boolean>((resolve) => child.once('exit', () => resolve(false)).once('error', () => resolve(false))),
      waitFor('the program', { read: () => runsAnywhere(name), until: Boolean }),
    ]);
    const isTaken = hasStarted && (await host.isProgramRunning(name));
    child.kill('SIGKILL');
    t.false(isTaken);
    if (!hasStarted) t.log('no process namespaces here');
  });
});

async function runsAnywhere(name: string): Promise<boolean> {
  const names = await Promise.all(
    (await readdir('/proc'))
      .filter((entry) => /^\d+$/.test(entry))
      .map(async (pid) => (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim()),
  );
  return names.includes(name);
}
