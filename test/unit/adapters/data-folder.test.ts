import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { openToGroup, readFolder, readPerson } from '../../../src/adapters/files/data-folder.ts';

const folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-data-'));
test.after.always(() => rm(folder, { recursive: true }));

const uid = process.getuid?.() ?? 0;
const gid = process.getgid?.() ?? 0;

test('a folder says whose it is, and who may do what', async (t) => {
  const place = path.join(folder, 'mine');
  await mkdir(place);
  await chmod(place, 0o750);
  const facts = await readFolder(place);
  t.like(facts, { uid, gid });
  t.is((facts?.mode ?? 0) & 0o777, 0o750);
});

test('a file, and what is not there, are no folders', async (t) => {
  const file = path.join(folder, 'file');
  await writeFile(file, '');
  t.is(await readFolder(file), undefined);
  t.is(await readFolder(path.join(folder, 'nope')), undefined);
  t.is(await readFolder(path.join(file, 'below')), undefined);
});

test('a group is let in, its files become its own, and nothing else changes', async (t) => {
  const place = path.join(folder, 'open');
  await mkdir(place);
  await chmod(place, 0o1705);
  await openToGroup(place);
  t.is((await stat(place)).mode & 0o7777, 0o3775);
  await openToGroup(place);
  t.is((await stat(place)).mode & 0o7777, 0o3775);
});

test('the person is who runs this; for root, who has typed sudo', (t) => {
  const groups = process.getgroups?.() ?? [];
  t.deepEqual(readPerson({}), { uid, gid, groups });
  const sudo = { SUDO_UID: '1000', SUDO_GID: '100' };
  t.deepEqual(readPerson(sudo), uid === 0 ? { uid: 1000, gid: 100, groups: [] } : { uid, gid, groups });
  for (const broken of [{ SUDO_UID: '1000' }, { SUDO_UID: 'x', SUDO_GID: '1' }, { SUDO_UID: '0', SUDO_GID: '0' }]) {
    t.deepEqual(readPerson(broken), { uid, gid, groups });
  }
});
