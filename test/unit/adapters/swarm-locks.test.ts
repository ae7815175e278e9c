import { hostname } from 'node:os';

import test from 'ava';

import { describeSelf } from '../../../src/adapters/files/process-identity.ts';
import { SwarmClient } from '../../../src/adapters/swarm/swarm-client.ts';
import { SwarmLocks } from '../../../src/adapters/swarm/swarm-locks.ts';
import { ConflictError, InterruptedError } from '../../../src/errors.ts';
import { LABELS } from '../../../src/labels.ts';
import type { LockRequest } from '../../../src/operations/operation.ts';
import { FakeSwarm, type RawNamed } from '../../helpers/fake-swarm.ts';

/** This very process: it lives. */
const SELF = describeSelf();
const { started } = SELF;
const ME = { ...SELF, command: 'deploy', since: '2026-11-20T23:00:00.000Z' };

function lock(holder: object | undefined, updatedAt = new Date().toISOString()): RawNamed {
  const label = holder === undefined ? {} : { [LABELS.lock]: JSON.stringify(holder) };
  return {
    ID: 'old',
    Version: { Index: 7 },
    UpdatedAt: updatedAt,
    Spec: { Name: 'spark_lock', Labels: { [LABELS.cluster]: 'spark', ...label } },
  };
}

const take = (swarm: FakeSwarm, changes: Partial<LockRequest> = {}): Promise<() => Promise<void>> =>
  new SwarmLocks(new SwarmClient(swarm.engine.api)).take('spark', {
    command: 'resize',
    timeoutMs: 1,
    wait: () => {},
    signal: new AbortController().signal,
    ...changes,
  });
const holderOf = (swarm: FakeSwarm): { readonly pid: number; readonly command: string } =>
  JSON.parse(swarm.configs[0]?.Spec.Labels?.[LABELS.lock] ?? 'null');

test('a free lock is taken at once, labelled with its holder, and given back', async (t) => {
  await using swarm = await FakeSwarm.start();
  const release = await take(swarm);
  t.is(swarm.configs.length, 1);
  t.is(swarm.configs[0]?.Spec.Name, 'spark_lock');
  t.is(swarm.configs[0]?.Spec.Labels?.[LABELS.cluster], 'spark');
  t.like(holderOf(swarm), { host: ME.host, pid: ME.pid, started, command: 'resize' });
  await release();
  t.deepEqual(swarm.configs, []);
  await t.notThrowsAsync(release());
});

test('a lock that a living process holds is waited for, and then a conflict that names it', async (t) => {
  await using swarm = await FakeSwarm.start();
  swarm.configs = [lock(ME)];
  const waits: string[] = [];
  const error = await t.throwsAsync(take(swarm, { timeoutMs: 1000, wait: (detail) => waits.push(detail) }), {
    instanceOf: ConflictError,
  });
  const who = `deploy by process ${ME.pid} on ${hostname()}, since 2026-11-20T23:00:00.000Z`;
  t.is(error.message, `Another command works on the cluster "spark": ${who}; waited 1.0 s`);
  t.is(error.hint, 'wait for it, or end it');
  t.is(error.exitCode, 5);
  t.deepEqual(waits, [`waiting for another command on the cluster "spark": ${who}`]);
  t.is(swarm.configs[0]?.ID, 'old');
});

test('a lock that is given back meanwhile is taken', async (t) => {
  await using swarm = await FakeSwarm.start();
  swarm.configs = [lock(ME)];
  const release = await take(swarm, {
    timeoutMs: 60_000,
    wait: () => {
      swarm.configs = [];
    },
  });
  t.is(holderOf(swarm).command, 'resize');
  await release();
});

for (const [title, holder] of [
  ['a process that is gone', { ...ME, pid: 4_194_305 }],
  ['another process with the number of one that is gone', { ...ME, started: '1' }],
] as const) {
  test(`a lock of ${title} is taken over at once`, async (t) => {
    await using swarm = await FakeSwarm.start();
    swarm.configs = [lock(holder)];
    const release = await take(swarm, { wait: () => t.fail('waited') });
    t.is(holderOf(swarm).pid, process.pid);
    await release();
    t.deepEqual(swarm.configs, []);
  });
}

test('a holder on another machine is believed while it is heard of, by the clock of the engine', async (t) => {
  await using swarm = await FakeSwarm.start();
  swarm.info = { ...swarm.info, SystemTime: '2026-11-20T12:00:40Z' };
  const elsewhere = { ...ME, host: 'elsewhere' };
  swarm.configs = [lock(elsewhere, '2026-11-20T12:00:11Z')];
  await t.throwsAsync(take(swarm), { instanceOf: ConflictError });
  swarm.configs = [lock(elsewhere, '2026-11-20T12:00:09Z')];
  await (
    await take(swarm)
  )();
  t.deepEqual(swarm.configs, []);
});

test('a holder in another container of this machine is seen by its renewals alone', async (t) => {
  await using swarm = await FakeSwarm.start();
  swarm.info = { ...swarm.info, SystemTime: '2026-11-20T12:00:40Z' };
  const [name, boot] = ME.host.split(' ');
  const elsewhere = { ...ME, host: `${name} ${boot} pid:[1]`, pid: 4_194_305 };
  swarm.configs = [lock(elsewhere, '2026-11-20T12:00:11Z')];
  await t.throwsAsync(take(swarm), { instanceOf: ConflictError, message: new RegExp(`on ${hostname()}, since`) });
  swarm.configs = [lock(elsewhere, '2026-11-20T12:00:09Z')];
  await (
    await take(swarm)
  )();
  t.deepEqual(swarm.configs, []);
});

test('a holder on this machine that lives and has not renewed the lock for long still holds it', async (t) => {
  await using swarm = await FakeSwarm.start();
  swarm.info = { ...swarm.info, SystemTime: '2026-11-20T12:10:00Z' };
  swarm.configs = [lock(ME, '2026-11-20T12:00:00Z')];
  await t.throwsAsync(take(swarm), { instanceOf: ConflictError });
});

for (const text of ['{', 'null', '[]', '{"host":3}']) {
  test(`a lock with the label ${text} is a conflict at first, and stale after a while`, async (t) => {
    await using swarm = await FakeSwarm.start();
    swarm.info = { ...swarm.info, SystemTime: '2026-11-20T12:00:40Z' };
    const broken = (updatedAt: string): RawNamed => {
      const { Spec, ...rest } = lock({}, updatedAt);
      return { ...rest, Spec: { ...Spec, Labels: { ...Spec.Labels, [LABELS.lock]: text } } };
    };
    swarm.configs = [broken('2026-11-20T12:00:11Z')];
    const error = await t.throwsAsync(take(swarm), { instanceOf: ConflictError });
    t.true(error.message.includes('the label of its lock, the config spark_lock, cannot be read'), error.message);
    swarm.configs = [broken('2026-11-20T12:00:09Z')];
    await (
      await take(swarm)
    )();
    t.deepEqual(swarm.configs, []);
  });
}

test('giving back does not take away the lock of another', async (t) => {
  await using swarm = await FakeSwarm.start();
  const release = await take(swarm);
  swarm.configs = [lock({ ...ME, host: 'elsewhere' })];
  await release();
  t.is(swarm.configs.length, 1);
});

test('a config of that name that is not ours is a conflict, and stays', async (t) => {
  await using swarm = await FakeSwarm.start();
  swarm.configs = [lock(undefined)];
  const error = await t.throwsAsync(take(swarm), { instanceOf: ConflictError });
  t.is(error.message, 'The config spark_lock is there and is not ours');
  t.is(error.hint, 'choose another --name');
  t.is(swarm.configs.length, 1);
});

test('Ctrl-C ends the waiting', async (t) => {
  await using swarm = await FakeSwarm.start();
  swarm.configs = [lock(ME)];
  const controller = new AbortController();
  const waiting = take(swarm, {
    timeoutMs: 60_000,
    signal: controller.signal,
    wait: () => controller.abort(new InterruptedError('Interrupted')),
  });
  await t.throwsAsync(waiting);
  t.is(swarm.configs[0]?.ID, 'old');
});

test('of many that want one lock at once each has it alone', async (t) => {
  await using swarm = await FakeSwarm.start();
  let holders = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      const release = await take(swarm, { timeoutMs: 60_000 });
      most = Math.max(most, ++holders);
      await new Promise((resolve) => setImmediate(resolve));
      holders--;
      await release();
    }),
  );
  t.is(most, 1);
  t.deepEqual(swarm.configs, []);
});
