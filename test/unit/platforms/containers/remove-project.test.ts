import test from 'ava';

import type { RawContainer } from '../../../../src/adapters/engine/parse-container.ts';
import { InterruptedError } from '../../../../src/errors.ts';
import { COMPOSE_PROJECT_LABEL, LABELS } from '../../../../src/labels.ts';
import { ContainerReader } from '../../../../src/platforms/containers/container-reader.ts';
import { removeProject } from '../../../../src/platforms/containers/remove-project.ts';
import type { RemoveOptions, RemoveResult } from '../../../../src/platforms/platform.ts';
import { FakeContainers, rawContainer } from '../../../helpers/fake-containers.ts';
import { refusal } from '../../../helpers/fake-engine.ts';

const labelsOf = (cluster: string, role?: string): Record<string, string> => ({
  [COMPOSE_PROJECT_LABEL]: cluster,
  [LABELS.cluster]: cluster,
  ...(role === undefined ? {} : { [LABELS.role]: role }),
});

/** An engine with the clusters "spark" and "other", and things of nobody. */
async function start(): Promise<FakeContainers> {
  const fake = await FakeContainers.start([
    ...['master', 'notebook', 'worker-1', 'worker-2'].map((name) => rawContainer('spark', name)),
    rawContainer('other', 'master'),
  ]);
  for (const cluster of ['spark', 'other']) {
    fake.networks = [...fake.networks, { Id: `n-${cluster}`, Name: `${cluster}-spark`, Labels: labelsOf(cluster) }];
    for (const role of ['data', 'notebooks', 'jobs', 'recovery', 'secrets']) {
      fake.volume(`${cluster}-${role}`, labelsOf(cluster, role));
    }
    fake.volume(`${cluster}-memory-1`, { ...labelsOf(cluster), [LABELS.workers]: '2', [LABELS.revision]: '1' });
    fake.volume(`${cluster}-lock`, { ...labelsOf(cluster), [LABELS.lock]: '{}' });
    fake.volume(`${cluster}-lock-1`, { ...labelsOf(cluster), 'io.spark-swarm.beat': `${cluster}-lock` });
  }
  fake.volume('mine', {});
  return fake;
}

const remove = (fake: FakeContainers, changes: Partial<RemoveOptions> = {}): Promise<RemoveResult> =>
  removeProject(
    'spark',
    new ContainerReader(fake.engine.api, { host: 'laptop', address: '127.0.0.1', isLocal: true }),
    {
      volumes: false,
      progress: () => {},
      signal: new AbortController().signal,
      ...changes,
    },
  );

test('all that is the cluster goes; data, the lock, and what is not ours, stays', async (t) => {
  await using fake = await start();
  const { removed, keptVolumes, leftovers } = await remove(fake);
  t.deepEqual(removed.toSorted(), [
    'container spark-master-1',
    'container spark-notebook-1',
    'container spark-worker-1',
    'container spark-worker-2',
    'network spark-spark',
    'volume spark-memory-1',
    'volume spark-recovery',
    'volume spark-secrets',
  ]);
  t.deepEqual(keptVolumes, ['spark-data', 'spark-jobs', 'spark-notebooks']);
  t.deepEqual(leftovers, []);
  t.deepEqual(
    fake.containers.map(({ Name }) => Name),
    ['/other-master-1'],
  );
  t.deepEqual(
    fake.networks.map(({ Name }) => Name),
    ['other-spark'],
  );
  t.deepEqual(
    fake.volumeNames.filter((name) => !name.startsWith('other-')),
    ['spark-data', 'spark-notebooks', 'spark-jobs', 'spark-lock', 'spark-lock-1', 'mine'],
  );
  t.is(fake.volumeNames.filter((name) => name.startsWith('other-')).length, 8);
});

test('containers are given time to end, and take their anonymous volumes with them', async (t) => {
  await using fake = await start();
  await remove(fake);
  const queries = (method: string): readonly object[] =>
    fake.engine.requests
      .filter(({ method: one, path }) => one === method && path.startsWith('/containers/id-spark-master'))
      .map(({ query }) => query);
  t.deepEqual(queries('POST'), [{ t: '5' }]);
  t.deepEqual(queries('DELETE'), [{ force: 'true', v: 'true' }]);
});

test('--volumes takes the data too, and the lock still is for its holder to give back', async (t) => {
  await using fake = await start();
  const { keptVolumes } = await remove(fake, { volumes: true });
  t.deepEqual(keptVolumes, []);
  t.deepEqual(
    fake.volumeNames.filter((name) => !name.startsWith('other-')),
    ['spark-lock', 'spark-lock-1', 'mine'],
  );
});

test('a volume of a service that the user has added is data', async (t) => {
  await using fake = await start();
  fake.volume('spark-cache', labelsOf('spark'));
  const { keptVolumes } = await remove(fake);
  t.deepEqual(keptVolumes, ['spark-cache', 'spark-data', 'spark-jobs', 'spark-notebooks']);
});

test('a second removal has nothing to do', async (t) => {
  await using fake = await start();
  await remove(fake, { volumes: true });
  const before = fake.engine.changes.length;
  t.deepEqual(await remove(fake, { volumes: true }), { removed: [], keptVolumes: [], remaining: [], leftovers: [] });
  t.is(fake.engine.changes.length, before);
});

test('of a project made by hand goes what our file labels; the rest stays and is named', async (t) => {
  await using fake = await FakeContainers.start();
  const byHand = (name: string, role?: string): RawContainer => {
    const raw = rawContainer('spark', name);
    const { [LABELS.cluster]: _, [LABELS.role]: __, ...labels } = raw.Config.Labels ?? {};
    return {
      ...raw,
      Config: { ...raw.Config, Labels: role === undefined ? labels : { ...labels, [LABELS.role]: role } },
    };
  };
  fake.containers = [byHand('master', 'master'), byHand('worker-1', 'worker'), byHand('web')];
  const labels = (role?: string): Record<string, string> => ({
    [COMPOSE_PROJECT_LABEL]: 'spark',
    ...(role === undefined ? {} : { [LABELS.role]: role }),
  });
  fake.networks = [
    { Id: 'n', Name: 'spark_spark', Labels: labels('network') },
    { Id: 'w', Name: 'spark_web', Labels: labels() },
  ];
  fake.volume('spark_recovery', labels('recovery'));
  fake.volume('spark_data', labels('data'));
  fake.volume('spark_web', labels());
  const { removed, keptVolumes, leftovers } = await remove(fake, { volumes: true });
  t.deepEqual(removed, [
    'container spark-master-1',
    'container spark-worker-1',
    'network spark_spark',
    'volume spark_recovery',
    'volume spark_data',
  ]);
  t.deepEqual(keptVolumes, []);
  t.deepEqual(leftovers, ['container spark-web-1 stays: it has no label io.spark-swarm.role']);
  t.deepEqual(
    fake.containers.map(({ Name }) => Name),
    ['/spark-web-1'],
  );
  t.deepEqual(fake.volumeNames, ['spark_web']);
});

test('a stack of the same name on the same engine is not touched', async (t) => {
  await using fake = await start();
  const task = rawContainer('spark', 'master');
  const { [COMPOSE_PROJECT_LABEL]: _, ...labels } = task.Config.Labels ?? {};
  fake.containers = [{ ...task, Id: 'task', Config: { ...task.Config, Labels: labels } }];
  fake.networks = [{ Id: 'overlay', Name: 'spark_spark', Labels: labels }];
  fake.volumes = [];
  fake.volume('spark_data', labels);
  t.deepEqual((await remove(fake, { volumes: true })).removed, []);
  t.deepEqual(fake.engine.changes, []);
});

test('what a killed command has left while it wrote secrets goes too', async (t) => {
  await using fake = await FakeContainers.start();
  const raw = rawContainer('spark', 'secrets');
  const labels = { [LABELS.cluster]: 'spark', [LABELS.role]: 'secrets' };
  fake.containers = [
    { ...raw, Id: 'writer', State: { ...raw.State, Status: 'created' }, Config: { Image: 'x', Labels: labels } },
  ];
  await remove(fake);
  t.deepEqual(fake.engine.changes, ['DELETE /containers/writer']);
});

test("a network that somebody else's container uses stays, and is named", async (t) => {
  await using fake = await start();
  fake.engine.on({
    'DELETE /networks/*': () => refusal(403, 'error while removing network: network spark-spark has active endpoints'),
  });
  const { remaining, leftovers } = await remove(fake);
  t.deepEqual(remaining, ['network spark-spark stays: what is not of "spark" uses it']);
  t.deepEqual(leftovers, []);
  fake.engine.on({ 'DELETE /networks/*': () => refusal(500, 'boom') });
  await t.throwsAsync(remove(fake), { message: 'boom' });
});

test('a volume that a container holds for a moment more is tried again', async (t) => {
  await using fake = await start();
  let refusals = 2;
  fake.engine.on({
    'DELETE /volumes/spark-recovery': () => {
      if (refusals-- > 0) return refusal(409, 'volume is in use');
      fake.volumes = fake.volumes.filter(({ Name }) => Name !== 'spark-recovery');
      return undefined;
    },
  });
  t.true((await remove(fake)).removed.includes('volume spark-recovery'));
  t.is(refusals, -1);
});

test('an interruption leaves networks and volumes to the next time', async (t) => {
  await using fake = await start();
  const signal = AbortSignal.abort(new InterruptedError('Interrupted'));
  await t.throwsAsync(remove(fake, { signal }), { instanceOf: InterruptedError });
  t.false(fake.engine.changes.some((line) => /networks|volumes/.test(line)));
  t.true((await remove(fake)).removed.includes('network spark-spark'));
});
