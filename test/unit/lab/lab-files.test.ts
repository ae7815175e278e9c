import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { findLabs } from '../../../src/adapters/labs/find-labs.ts';
import { takeLock } from '../../../src/adapters/labs/lab-lock.ts';
import { LocalMachine } from '../../../src/adapters/labs/local-machine.ts';
import { runtimeFolder } from '../../../src/adapters/labs/runtime-folder.ts';
import { ConflictError } from '../../../src/errors.ts';

async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-test-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("sockets are in /run for root, else in the user's runtime folder or home, and never too deep for the kernel", (t) => {
  t.is(runtimeFolder({ uid: 0, home: '/root', xdgRuntimeDir: undefined }), '/run/spark-swarm');
  t.is(runtimeFolder({ uid: 1000, home: '/h/ana', xdgRuntimeDir: '/run/user/1000' }), '/run/user/1000/spark-swarm');
  t.is(runtimeFolder({ uid: 1000, home: '/h/ana', xdgRuntimeDir: undefined }), '/h/ana/.spark-swarm/run');
  t.is(runtimeFolder({ uid: 1000, home: `/h/${'a'.repeat(60)}`, xdgRuntimeDir: 'relative' }), '/tmp/spark-swarm-1000');
});

test('labs are found by the sockets of their managers', async (t) => {
  if (process.getuid?.() === 0) {
    t.pass('root has one folder for all');
    return;
  }
  await withFolder(async (folder) => {
    const machine = new LocalMachine(path.join(folder, 'spark-swarm'));
    await writeFile(path.join(await machine.makeSocketFolder('ab', 1), 'docker.sock'), '');
    await machine.makeSocketFolder('no-socket', 1);
    t.deepEqual(findLabs({ XDG_RUNTIME_DIR: folder }), [
      { name: 'ab', managerSocket: `${folder}/spark-swarm/ab/ab-1/docker.sock`, contextName: 'spark-ab' },
    ]);
  });
});

test('the folders of sockets tell which nodes there were', async (t) => {
  await withFolder(async (folder) => {
    const machine = new LocalMachine(folder);
    t.deepEqual(await machine.listSocketFolders('ab'), []);
    await Promise.all([1, 3].map((node) => machine.makeSocketFolder('ab', node)));
    await writeFile(path.join(folder, 'ab', 'other'), '');
    t.deepEqual(new Set(await machine.listSocketFolders('ab')), new Set([1, 3]));
    await machine.removeSocketFolders('ab');
    t.deepEqual(await machine.listSocketFolders('ab'), []);
  });
});

test("a changed file, and a new one, change the folder's hash", async (t) => {
  await withFolder(async (folder) => {
    const machine = new LocalMachine(folder);
    await writeFile(path.join(folder, 'a'), 'one');
    const before = await machine.hashFolder(folder);
    t.regex(before, /^[0-9a-f]{12}$/);
    t.is(await machine.hashFolder(folder), before);
    await writeFile(path.join(folder, 'b'), '');
    t.not(await machine.hashFolder(folder), before);
  });
});

test('a lab is changed by one command at a time', async (t) => {
  await withFolder(async (folder) => {
    const file = path.join(folder, 'lab.lock');
    const lock = await takeLock(file, 'lab');
    const error = await t.throwsAsync(takeLock(file, 'lab'), { instanceOf: ConflictError });
    t.is(
      error?.message,
      `Cannot change the lab "lab": the command with process number ${process.pid} is at work on it`,
    );
    await lock[Symbol.asyncDispose]();
    await (await takeLock(file, 'lab'))[Symbol.asyncDispose]();
    t.deepEqual(await readdir(folder), []);
  });
});

test('the lock of a command that was killed is taken over, with what it left', async (t) => {
  await withFolder(async (folder) => {
    const file = path.join(folder, 'lab.lock');
    const { pid } = spawnSync('true');
    const dead = JSON.stringify({ pid, startedAt: '1' });
    await writeFile(file, dead);
    await writeFile(`${file}.draft`, dead);
    await (await takeLock(file, 'lab'))[Symbol.asyncDispose]();
    t.deepEqual(await readdir(folder), []);
  });
});

test('of many at once exactly one gets the lock, also over a dead one', async (t) => {
  await withFolder(async (folder) => {
    const file = path.join(folder, 'lab.lock');
    await writeFile(file, JSON.stringify({ pid: spawnSync('true').pid, startedAt: '1' }));
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, async () => takeLock(file, 'lab')));
    t.is(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  });
});
