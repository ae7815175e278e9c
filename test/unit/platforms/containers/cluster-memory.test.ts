import test from 'ava';

import { LABELS } from '../../../../src/labels.ts';
import { readMemories, writeMemory } from '../../../../src/platforms/containers/cluster-memory.ts';
import { FakeContainers } from '../../../helpers/fake-containers.ts';
import { refusal } from '../../../helpers/fake-engine.ts';

test('what is written is read, per cluster, and an engine without any remembers nothing', async (t) => {
  await using fake = await FakeContainers.start();
  const { api } = fake.engine;
  t.deepEqual(await readMemories(api), []);
  await writeMemory(api, 'a', { workers: 2, spec: '{"s":1}', document: '{"d":1}' });
  await writeMemory(api, 'b', { workers: 5 });
  t.deepEqual(await readMemories(api), [
    { cluster: 'a', revision: 1, volume: 'a-memory-1', workers: 2, spec: '{"s":1}', document: '{"d":1}' },
    { cluster: 'b', revision: 1, volume: 'b-memory-1', workers: 5, spec: undefined, document: undefined },
  ]);
});

test('a change keeps the rest, in a new volume that is there before the old one goes', async (t) => {
  await using fake = await FakeContainers.start();
  const { api } = fake.engine;
  await writeMemory(api, 'a', { workers: 2, spec: 's', document: 'd' });
  await writeMemory(api, 'a', { workers: 3 });
  t.deepEqual(await readMemories(api), [
    { cluster: 'a', revision: 2, volume: 'a-memory-2', workers: 3, spec: 's', document: 'd' },
  ]);
  t.deepEqual(fake.engine.changes, ['POST /volumes/create', 'POST /volumes/create', 'DELETE /volumes/a-memory-1']);
});

test('what is as it was is not written again', async (t) => {
  await using fake = await FakeContainers.start();
  const { api } = fake.engine;
  await writeMemory(api, 'a', { workers: 2, spec: 's' });
  const before = fake.engine.changes.length;
  await writeMemory(api, 'a', { workers: 2 });
  t.is(fake.engine.changes.length, before);
});

test('of several that an interrupted command has left the newest counts, and the next change takes all others', async (t) => {
  await using fake = await FakeContainers.start();
  const { api } = fake.engine;
  for (const revision of [10, 9, 2]) {
    fake.volume(`a-memory-${revision}`, {
      [LABELS.cluster]: 'a',
      [LABELS.revision]: String(revision),
      [LABELS.workers]: String(revision),
    });
  }
  t.deepEqual(
    (await readMemories(api)).map(({ workers }) => workers),
    [10],
  );
  await writeMemory(api, 'a', { workers: 1 });
  t.deepEqual(fake.volumeNames, ['a-memory-11']);
});

test('one that somebody else has just taken away is gone, and that is all', async (t) => {
  await using fake = await FakeContainers.start();
  await writeMemory(fake.engine.api, 'a', { workers: 2 });
  fake.engine.on({ 'DELETE /volumes/*': () => refusal(404, 'no such volume') });
  await t.notThrowsAsync(writeMemory(fake.engine.api, 'a', { workers: 3 }));
});
