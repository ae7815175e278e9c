import { hostname } from 'node:os';

import test from 'ava';

import { VolumeLockStore } from '../../../src/adapters/engine/volume-lock-store.ts';
import { describeSelf } from '../../../src/adapters/files/process-identity.ts';
import { ObjectLocks, type LockStore } from '../../../src/adapters/locks/object-locks.ts';
import { ConfigLockStore } from '../../../src/adapters/swarm/config-lock-store.ts';
import { SwarmClient } from '../../../src/adapters/swarm/swarm-client.ts';
import { ConflictError, InterruptedError } from '../../../src/errors.ts';
import { LABELS } from '../../../src/labels.ts';
import type { LockRequest } from '../../../src/operations/operation.ts';
import { FakeContainers } from '../../helpers/fake-containers.ts';
import { FakeSwarm } from '../../helpers/fake-swarm.ts';

/** This very process: it lives. */
const SELF = describeSelf();
const { started } = SELF;
const ME = { ...SELF, command: 'deploy', since: '2026-11-20T23:00:00.000Z' };

/** One of the two places where locks are kept, with an engine of its own. */
interface Place extends AsyncDisposable {
  readonly store: LockStore;
  /** Puts an object of the lock's name there; `undefined`: one that is not ours. */
  put(label: string | undefined, lastHeardOf?: string): void;
  /** Labels of the locks that are there. */
  labels(): readonly string[];
  clear(): void;
  setTime(now: string): void;
}

interface Kind {
  readonly title: string;
  /** How messages name the lock's object. */
  readonly object: string;
  readonly start: () => Promise<Place>;
}

async function startConfigs(): Promise<Place> {
  const swarm = await FakeSwarm.start();
  return {
    store: new ConfigLockStore(new SwarmClient(swarm.engine.api)),
    put: (label, lastHeardOf = new Date().toISOString()) => {
      const labels = { [LABELS.cluster]: 'spark', ...(label === undefined ? {} : { [LABELS.lock]: label }) };
      const Spec = { Name: 'spark_lock', Labels: labels };
      swarm.configs = [{ ID: 'old', Version: { Index: 7 }, UpdatedAt: lastHeardOf, Spec }];
    },
    labels: () => swarm.configs.map(({ Spec }) => Spec.Labels?.[LABELS.lock] ?? ''),
    clear: () => void (swarm.configs = []),
    setTime: (now) => void (swarm.info = { ...swarm.info, SystemTime: now }),
    [Symbol.asyncDispose]: () => swarm[Symbol.asyncDispose](),
  };
}

async function startVolumes(): Promise<Place> {
  const fake = await FakeContainers.start();
  return {
    store: new VolumeLockStore(fake.engine.api),
    put: (label, lastHeardOf) => {
      fake.volumes = [];
      fake.volume('spark-lock', label === undefined ? {} : { [LABELS.lock]: label }, lastHeardOf);
    },
    labels: () => fake.volumes.map(({ Labels }) => Labels?.[LABELS.lock] ?? ''),
    clear: () => void (fake.volumes = []),
    setTime: (now) => void (fake.info = { ...fake.info, SystemTime: now }),
    [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
  };
}

const KINDS: readonly Kind[] = [
  { title: 'configs', object: 'config spark_lock', start: startConfigs },
  { title: 'volumes', object: 'volume spark-lock', start: startVolumes },
];

const take = (place: Place, changes: Partial<LockRequest> = {}): Promise<() => Promise<void>> =>
  new ObjectLocks(place.store).take('spark', {
    command: 'resize',
    timeoutMs: 1,
    wait: () => {},
    signal: new AbortController().signal,
    ...changes,
  });
const holderOf = (place: Place): { readonly pid: number; readonly command: string } =>
  JSON.parse(place.labels()[0] ?? 'null');
const held = (holder: object = ME): string => JSON.stringify(holder);

for (const { title, object, start } of KINDS) {
  test(`${title}: a free lock is taken at once, labelled with its holder, and given back`, async (t) => {
    await using place = await start();
    const release = await take(place);
    t.is(place.labels().length, 1);
    t.like(holderOf(place), { host: ME.host, pid: ME.pid, started, command: 'resize' });
    await release();
    t.deepEqual(place.labels(), []);
    await t.notThrowsAsync(release());
  });

  test(`${title}: a lock that a living process holds is waited for, and then a conflict that names it`, async (t) => {
    await using place = await start();
    place.put(held());
    const waits: string[] = [];
    const error = await t.throwsAsync(take(place, { timeoutMs: 3000, wait: (detail) => waits.push(detail) }), {
      instanceOf: ConflictError,
    });
    const who = `deploy by process ${ME.pid} on ${hostname()}, since 2026-11-20T23:00:00.000Z`;
    t.is(error.message, `Another command works on the cluster "spark": ${who}; waited 3.0 s`);
    t.is(error.hint, 'wait for it, or end it');
    t.is(error.exitCode, 5);
    t.deepEqual(waits, [`waiting for another command on the cluster "spark": ${who}`]);
    t.deepEqual(place.labels(), [held()]);
  });

  test(`${title}: a lock that is given back meanwhile is taken`, async (t) => {
    await using place = await start();
    place.put(held());
    const release = await take(place, {
      timeoutMs: 60_000,
      wait: () => {
        place.clear();
      },
    });
    t.is(holderOf(place).command, 'resize');
    await release();
  });

  for (const [who, holder] of [
    ['a process that is gone', { ...ME, pid: 4_194_305 }],
    ['another process with the number of one that is gone', { ...ME, started: '1' }],
  ] as const) {
    test(`${title}: a lock of ${who} is taken over at once`, async (t) => {
      await using place = await start();
      place.put(held(holder));
      const release = await take(place, { wait: () => t.fail('waited') });
      t.is(holderOf(place).pid, process.pid);
      await release();
      t.deepEqual(place.labels(), []);
    });
  }

  test(`${title}: a holder on another machine is believed while it is heard of, by the clock of the engine`, async (t) => {
    await using place = await start();
    place.setTime('2026-11-20T12:00:40Z');
    const elsewhere = { ...ME, host: 'elsewhere' };
    place.put(held(elsewhere), '2026-11-20T12:00:11Z');
    await t.throwsAsync(take(place), { instanceOf: ConflictError });
    place.put(held(elsewhere), '2026-11-20T12:00:09Z');
    await (
      await take(place)
    )();
    t.deepEqual(place.labels(), []);
  });

  test(`${title}: a holder in another container of this machine is seen by its renewals alone`, async (t) => {
    await using place = await start();
    place.setTime('2026-11-20T12:00:40Z');
    const [name, boot] = ME.host.split(' ');
    const elsewhere = { ...ME, host: `${name} ${boot} pid:[1]`, pid: 4_194_305 };
    place.put(held(elsewhere), '2026-11-20T12:00:11Z');
    await t.throwsAsync(take(place), { instanceOf: ConflictError, message: new RegExp(`on ${hostname()}, since`) });
    place.put(held(elsewhere), '2026-11-20T12:00:09Z');
    await (
      await take(place)
    )();
    t.deepEqual(place.labels(), []);
  });

  test(`${title}: a holder on this machine that lives and has not renewed the lock for long still holds it`, async (t) => {
    await using place = await start();
    place.setTime('2026-11-20T12:10:00Z');
    place.put(held(), '2026-11-20T12:00:00Z');
    await t.throwsAsync(take(place), { instanceOf: ConflictError });
  });

  for (const text of ['{', 'null', '[]', '{"host":3}']) {
    test(`${title}: a lock with the label ${text} is a conflict at first, and stale after a while`, async (t) => {
      await using place = await start();
      place.setTime('2026-11-20T12:00:40Z');
      place.put(text, '2026-11-20T12:00:11Z');
      const error = await t.throwsAsync(take(place), { instanceOf: ConflictError });
      t.true(error.message.includes(`the label of its lock, the ${object}, cannot be read`), error.message);
      place.put(text, '2026-11-20T12:00:09Z');
      await (
        await take(place)
      )();
      t.deepEqual(place.labels(), []);
    });
  }

  test(`${title}: giving back does not take away the lock of another`, async (t) => {
    await using place = await start();
    const release = await take(place);
    place.put(held({ ...ME, host: 'elsewhere' }));
    await release();
    t.is(place.labels().length, 1);
  });

  test(`${title}: an object of that name that is not ours is a conflict, and stays`, async (t) => {
    await using place = await start();
    place.put(undefined);
    const error = await t.throwsAsync(take(place), { instanceOf: ConflictError });
    t.is(error.message, `The ${object} is there and is not ours`);
    t.is(error.hint, 'choose another --name');
    t.is(place.labels().length, 1);
  });

  test(`${title}: Ctrl-C ends the waiting`, async (t) => {
    await using place = await start();
    place.put(held());
    const controller = new AbortController();
    const waiting = take(place, {
      timeoutMs: 60_000,
      signal: controller.signal,
      wait: () => controller.abort(new InterruptedError('Interrupted')),
    });
    await t.throwsAsync(waiting);
    t.deepEqual(place.labels(), [held()]);
  });

  for (const [who, label] of [
    ['that is free', undefined],
    ['of a process that is gone', held({ ...ME, pid: 4_194_305 })],
  ] as const) {
    test(`${title}: of many that want one lock ${who} at once each has it alone`, async (t) => {
      await using place = await start();
      if (label !== undefined) place.put(label);
      let holders = 0;
      let most = 0;
      await Promise.all(
        Array.from({ length: 4 }, async () => {
          const release = await take(place, { timeoutMs: 60_000 });
          most = Math.max(most, ++holders);
          await new Promise((resolve) => setImmediate(resolve));
          holders--;
          await release();
        }),
      );
      t.is(most, 1);
      t.deepEqual(place.labels(), []);
    });
  }
}

test('a lock in a config carries the name of its cluster', async (t) => {
  await using swarm = await FakeSwarm.start();
  t.true(await new ConfigLockStore(new SwarmClient(swarm.engine.api)).create('spark', 'me'));
  t.is(swarm.configs[0]?.Spec.Name, 'spark_lock');
  t.deepEqual(swarm.configs[0]?.Spec.Labels, { [LABELS.cluster]: 'spark', [LABELS.lock]: 'me' });
});
