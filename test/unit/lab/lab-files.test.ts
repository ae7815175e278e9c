import { spawnSync } from 'node:child_process';
import { link, chmod, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { describeSelf } from '../../../src/adapters/files/process-identity.ts';
import { findLabs } from '../../../src/adapters/labs/find-labs.ts';
import { LocalMachine } from '../../../src/adapters/labs/local-machine.ts';
import { isTrusted, runtimeFolder } from '../../../src/adapters/labs/runtime-folder.ts';
import { takeLock } from '../../../src/adapters/locks/file-lock.ts';
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
    const lock = await takeLock(file, 'Cannot change the lab "lab": ');
    const error = await t.throwsAsync(takeLock(file, 'Cannot change the lab "lab": '), { instanceOf: ConflictError });
    t.is(
      error?.message,
      `Cannot change the lab "lab": the command with process number ${process.pid} is at work on it`,
    );
    await lock[Symbol.asyncDispose]();
    await (await takeLock(file, 'Cannot change the lab "lab": '))[Symbol.asyncDispose]();
    t.deepEqual(await readdir(folder), []);
  });
});

test('the lock of a command that was killed is taken over, with what it left', async (t) => {
  await withFolder(async (folder) => {
    const file = path.join(folder, 'lab.lock');
    const { pid } = spawnSync('true');
    const dead = JSON.stringify({ ...describeSelf(), pid, started: '1' });
    await writeFile(file, dead);
    await writeFile(`${file}.draft`, dead);
    await (await takeLock(file, 'Cannot change the lab "lab": '))[Symbol.asyncDispose]();
    t.deepEqual(await readdir(folder), []);
  });
});

test('of many at once exactly one gets the lock, also over a dead one', async (t) => {
  const dead = JSON.stringify({ ...describeSelf(), pid: spawnSync('true').pid });
  // Many times, because it depends on who is faster.
  for (let round = 0; round < 20; round += 1) {
    await withFolder(async (folder) => {
      const file = path.join(folder, 'lab.lock');
      await writeFile(file, dead);
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, async () => takeLock(file, 'Cannot change the lab "lab": ')),
      );
      t.is(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
      t.true(outcomes.every((outcome) => outcome.status === 'fulfilled' || outcome.reason instanceof ConflictError));
    });
  }
});

test('a command that was killed while it removed a dead lock keeps nobody out', async (t) => {
  await withFolder(async (folder) => {
    const file = path.join(folder, 'lab.lock');
    await writeFile(file, JSON.stringify({ ...describeSelf(), pid: spawnSync('true').pid }));
    await link(file, `${file}.dead`);
    await (await takeLock(file, 'Cannot change the lab "lab": '))[Symbol.asyncDispose]();
    t.deepEqual(await readdir(folder), []);
  });
});

test('whoever takes the lock leaves the mark of another alone that removes a dead one', async (t) => {
  await withFolder(async (folder) => {
    const file = path.join(folder, 'lab.lock');
    await writeFile(`${file}.dead`, JSON.stringify({ ...describeSelf(), pid: spawnSync('true').pid }));
    await (await takeLock(file, 'Cannot change the lab "lab": '))[Symbol.asyncDispose]();
    t.deepEqual(await readdir(folder), ['lab.lock.dead']);
  });
});

test('the lock of a process that cannot be seen from here is believed for half a minute', async (t) => {
  await withFolder(async (folder) => {
    const file = path.join(folder, 'lab.lock');
    await writeFile(file, JSON.stringify({ ...describeSelf(), host: 'elsewhere', pid: 7 }));
    await t.throwsAsync(takeLock(file, 'Cannot change the lab "lab": '), { instanceOf: ConflictError });
    const longAgo = new Date(Date.now() - 31_000);
    await utimes(file, longAgo, longAgo);
    await (await takeLock(file, 'Cannot change the lab "lab": '))[Symbol.asyncDispose]();
    t.deepEqual(await readdir(folder), []);
  });
});

test("a lock that nobody can read is taken over, and one that is another's by now is not given back", async (t) => {
  await withFolder(async (folder) => {
    const file = path.join(folder, 'lab.lock');
    await writeFile(file, '{');
    const lock = await takeLock(file, 'Cannot change the lab "lab": ');
    await writeFile(file, 'of another');
    await lock[Symbol.asyncDispose]();
    t.deepEqual(await readdir(folder), ['lab.lock']);
  });
});

test('a folder of sockets that anybody may have made is trusted only where it is ours alone', async (t) => {
  await withFolder(async (folder) => {
    const uid = process.getuid?.() ?? 0;
    await chmod(folder, 0o700);
    t.true(isTrusted(folder, uid));
    t.false(isTrusted(folder, uid + 1));
    await chmod(folder, 0o755);
    t.false(isTrusted(folder, uid));
    await chmod(folder, 0o700);
    await symlink(folder, `${folder}/link`);
    t.false(isTrusted(`${folder}/link`, uid));
    t.false(isTrusted(`${folder}/missing`, uid));
  });
});
