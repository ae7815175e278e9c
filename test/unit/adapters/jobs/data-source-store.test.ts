import { mkdtempSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { DataSourceStore } from '../../../../src/adapters/jobs/data-source-store.ts';
import { ConflictError, NotFoundError } from '../../../../src/errors.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'spark-swarm-sources-'));
test.after.always(() => rm(folder, { recursive: true }));

let count = 0;
function newStore(): { readonly store: DataSourceStore; readonly home: string } {
  const home = path.join(folder, String(++count));
  return { store: new DataSourceStore({ HOME: home }), home };
}

test('a data source is kept for this user alone, and found again', async (t) => {
  const { store, home } = newStore();
  t.deepEqual(await store.read(), []);
  t.true(await store.add({ name: 'out', url: '/data/out' }));
  t.true(await store.add({ name: 'in', url: 's3a://k:secret@b/in' }));
  t.deepEqual(await store.read(), [
    { name: 'in', url: 's3a://k:secret@b/in' },
    { name: 'out', url: '/data/out' },
  ]);
  const kept = path.join(home, '.config', 'spark-swarm', 'data-sources');
  t.is((await stat(kept)).mode & 0o777, 0o700);
  t.is((await stat(path.join(kept, 'in'))).mode & 0o777, 0o600);
  t.is(await readFile(path.join(kept, 'in'), 'utf8'), 's3a://k:secret@b/in\n');
});

test('XDG_CONFIG_HOME says where', async (t) => {
  const store = new DataSourceStore({ XDG_CONFIG_HOME: path.join(folder, 'xdg'), HOME: '/nowhere' });
  await store.add({ name: 'in', url: '/data/in' });
  t.is(await readFile(path.join(folder, 'xdg', 'spark-swarm', 'data-sources', 'in'), 'utf8'), '/data/in\n');
});

test('the same once more changes nothing; another URL is a conflict that shows no password', async (t) => {
  const { store } = newStore();
  await store.add({ name: 'in', url: 's3a://k:secret@b/in' });
  t.false(await store.add({ name: 'in', url: 's3a://k:secret@b/in' }));
  const error = await t.throwsAsync(store.add({ name: 'in', url: '/data/in' }), { instanceOf: ConflictError });
  t.is(error.message, 'The data source "in" is there already, with another URL: s3a://k:***@b/in');
  t.is(error.hint, 'spark-swarm job data-source remove in');
});

test('twenty at once are all there afterwards', async (t) => {
  const { store } = newStore();
  const names = Array.from({ length: 20 }, (_, index) => `s${index}`);
  await Promise.all(names.map(async (name) => store.add({ name, url: `/data/${name}` })));
  t.deepEqual(
    (await store.read()).map(({ name }) => name),
    names.toSorted(),
  );
});

test('one that is removed is gone; one that is not there is not found', async (t) => {
  const { store } = newStore();
  await store.add({ name: 'input', url: '/data/in' });
  await t.throwsAsync(store.remove('imput'), {
    instanceOf: NotFoundError,
    message: 'No data source named "imput"; did you mean "input"?',
  });
  await store.remove('input');
  t.deepEqual(await store.read(), []);
  await t.throwsAsync(store.remove('input'), { instanceOf: NotFoundError, message: 'No data source named "input"' });
});
