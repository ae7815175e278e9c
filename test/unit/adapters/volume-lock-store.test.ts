import test from 'ava';

import { VolumeLockStore } from '../../../src/adapters/engine/volume-lock-store.ts';
import { COMPOSE_PROJECT_LABEL, LABELS } from '../../../src/labels.ts';
import { FakeContainers } from '../../helpers/fake-containers.ts';

test('a lock in a volume carries the labels by which everything of a cluster is found', async (t) => {
  await using fake = await FakeContainers.start();
  const store = new VolumeLockStore(fake.engine.api);
  t.true(await store.create('spark', 'me'));
  t.deepEqual(
    fake.volumes.map(({ Name, Labels }) => ({ Name, Labels })),
    [
      {
        Name: 'spark-lock',
        Labels: { [LABELS.cluster]: 'spark', [COMPOSE_PROJECT_LABEL]: 'spark', [LABELS.lock]: 'me' },
      },
    ],
  );
  t.false(await store.create('spark', 'another'));
  t.deepEqual(await store.find('spark'), { id: 'spark-lock', cluster: 'spark', label: 'me' });
  t.is(await store.find('other'), undefined);
});

test('the holder of a volume shows that it lives by ever new ones beside it, of which one stays', async (t) => {
  await using fake = await FakeContainers.start();
  const store = new VolumeLockStore(fake.engine.api);
  fake.info = { ...fake.info, SystemTime: '2026-11-20T12:00:00Z' };
  await store.create('spark', 'me');
  const lock = { id: 'spark-lock', cluster: 'spark', label: 'me' };
  fake.info = { ...fake.info, SystemTime: '2026-11-20T12:00:20Z' };
  t.is(await store.ageMs(lock), 20_000);
  await store.renew(lock);
  t.is(await store.ageMs(lock), 0);
  const [, first] = fake.volumeNames;
  await store.renew(lock);
  t.is(fake.volumes.length, 2);
  t.regex(fake.volumeNames[1] ?? '', /^spark-lock-[0-9a-f]{8}$/);
  t.not(fake.volumeNames[1], first);
  fake.info = { ...fake.info, SystemTime: '2026-11-20T12:00:25Z' };
  t.is(await store.ageMs(lock), 5000);
  await store.remove(lock);
  t.deepEqual(fake.volumeNames, []);
  t.is(await store.ageMs(lock), 0);
  await t.notThrowsAsync(store.remove(lock));
});

test('a volume that has become the lock of another is not taken away', async (t) => {
  await using fake = await FakeContainers.start();
  const store = new VolumeLockStore(fake.engine.api);
  await store.create('spark', 'another');
  await store.remove({ id: 'spark-lock', cluster: 'spark', label: 'dead' });
  t.deepEqual(fake.volumeNames, ['spark-lock']);
});

test("two clusters' locks in volumes are two, and one's renewals say nothing of the other", async (t) => {
  await using fake = await FakeContainers.start();
  const store = new VolumeLockStore(fake.engine.api);
  for (const cluster of ['a', 'b']) t.true(await store.create(cluster, cluster));
  await store.renew({ id: 'a-lock', cluster: 'a', label: 'a' });
  await store.remove({ id: 'b-lock', cluster: 'b', label: 'b' });
  t.is(fake.volumes.length, 2);
});
