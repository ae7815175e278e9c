import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { controlPath } from '../../../src/adapters/ssh/control-folder.ts';

const FINGERPRINT = 'c0ffee'.repeat(11);

/** As somebody who is not root, whose runtime folder is in XDG_RUNTIME_DIR. */
const isRoot = process.getuid?.() === 0;
const folderOf = (xdg: string): string => (isRoot ? '/run/spark-swarm/.ssh' : path.join(xdg, 'spark-swarm', '.ssh'));

test('the socket is in a folder that only this user may enter, with a short name that no lab can have', async (t) => {
  const xdg = await mkdtemp(path.join(tmpdir(), 'xdg-'));
  try {
    const file = await controlPath(FINGERPRINT, { HOME: xdg, XDG_RUNTIME_DIR: xdg });
    t.is(file, path.join(folderOf(xdg), FINGERPRINT.slice(0, 16)));
    t.is(statSync(path.dirname(file)).mode & 0o777, 0o700);
    // sockaddr_un holds 108 bytes, and ssh adds 17 while it makes the socket.
    t.true(file.length + 17 < 108);
  } finally {
    await rm(xdg, { recursive: true });
  }
});

test('a folder that others may enter is closed to them', async (t) => {
  const xdg = await mkdtemp(path.join(tmpdir(), 'xdg-'));
  try {
    const folder = folderOf(xdg);
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o755);
    await controlPath(FINGERPRINT, { HOME: xdg, XDG_RUNTIME_DIR: xdg });
    t.is(statSync(folder).mode & 0o777, 0o700);
  } finally {
    await rm(xdg, { recursive: true });
  }
});
