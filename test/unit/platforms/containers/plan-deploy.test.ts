import net, { type AddressInfo } from 'node:net';

import test from 'ava';

import { planWorkerSize } from '../../../../src/cluster/sizes.ts';
import { rememberSpec, type NotebookSpec } from '../../../../src/cluster/spec.ts';
import type { ComposeDocument } from '../../../../src/compose/compose-document.ts';
import { ConflictError, InterruptedError, UsageError } from '../../../../src/errors.ts';
import { COMPOSE_PROJECT_LABEL, COMPOSE_SERVICE_LABEL, LABELS } from '../../../../src/labels.ts';
import { GIB, MIB, spec } from '../../../helpers/builders.ts';
import { projectRoot } from '../../../helpers/cli.ts';
import { CLOSED, COMPOSE_FILE, DeployPlace } from '../../../helpers/containers-deploy.ts';
import { rawContainer } from '../../../helpers/fake-containers.ts';

const DATA = { path: '/srv/project/nfs', here: '/srv/project/nfs', user: '1000:1000' };
const NOTEBOOK: NotebookSpec = { image: 'spark-swarm:latest-notebook', imageId: 'sha256:n', limitBytes: 1920 * MIB };
const signal = new AbortController().signal;

test('a plan reads and changes nothing', async (t) => {
  await using place = await DeployPlace.start();
  const { changes, isNew, restartsContainers, warnings } = await place.plan();
  t.deepEqual(changes, ['create volume spark-secrets', 'create spark-master', 'create spark-worker']);
  t.true(isNew);
  t.false(restartsContainers);
  t.deepEqual(warnings, []);
  t.deepEqual(place.fake.engine.changes, []);
  t.deepEqual(place.compose.configs, [`${COMPOSE_FILE} spark`]);
});

test('applying writes the secrets, remembers the cluster, and gives Compose the resolved file', async (t) => {
  await using place = await DeployPlace.start();
  const plan = await place.plan({ workers: 3 });
  const said: string[] = [];
  await plan.apply((detail) => said.push(detail), signal);
  t.deepEqual(said, ['writing secrets', 'Container Started']);
  t.deepEqual(place.fake.engine.changes, [
    'POST /volumes/create',
    'POST /containers/create',
    'PUT /containers/made-1/archive',
    'DELETE /containers/made-1',
    'POST /volumes/create',
  ]);
  t.deepEqual(place.compose.ups, [{ project: 'spark', document: plan.document as ComposeDocument, cwd: projectRoot }]);
  t.deepEqual(place.fake.volumeNames, ['spark-secrets', 'spark-memory-1']);
  t.deepEqual(place.fake.volumes[1]?.Labels, {
    [LABELS.cluster]: 'spark',
    [COMPOSE_PROJECT_LABEL]: 'spark',
    [LABELS.revision]: '1',
    [LABELS.workers]: '3',
    [LABELS.spec]: JSON.stringify(rememberSpec(spec({ ports: CLOSED, data: DATA }))),
    [LABELS.document]: JSON.stringify(plan.document),
  });
});

test('a cluster that is there as wanted has nothing to do, and one that is other says what', async (t) => {
  await using place = await DeployPlace.start();
  await place.deploy();
  const before = place.fake.engine.changes.length;
  const again = await place.plan({ data: DATA });
  t.deepEqual(again.changes, []);
  t.false(again.isNew);
  await again.apply(() => t.fail('did something'), signal);
  t.is(place.fake.engine.changes.length, before);
  t.is(place.compose.ups.length, 1);

  const scaled = await place.plan({ data: DATA, workers: 3 });
  t.deepEqual(scaled.changes, ['scale spark-worker from 2 to 3']);
  t.false(scaled.restartsContainers);
  const changed = await place.plan({ data: DATA, imageId: 'sha256:bbbb' });
  t.deepEqual(changed.changes, ['replace spark-master', 'replace spark-worker']);
  t.true(changed.restartsContainers);
  const reminded = await place.plan({ data: DATA, constraints: ['node.role==worker'] });
  t.deepEqual(reminded.changes, ['remember the new settings']);
  t.false(reminded.restartsContainers);
});

test('what is remembered goes on in a new volume, and the one before goes', async (t) => {
  await using place = await DeployPlace.start();
  await place.deploy();
  await place.deploy({ data: DATA, workers: 3 });
  t.deepEqual(place.fake.volumeNames, ['spark-secrets', 'spark-memory-2']);
  t.is(place.fake.volumes[1]?.Labels?.[LABELS.workers], '3');
});

test('a notebook that is no more wanted is removed after Compose has done its work, with its anonymous volumes', async (t) => {
  await using place = await DeployPlace.start();
  await place.deploy({ notebook: NOTEBOOK });
  const plan = await place.plan({ data: DATA });
  t.deepEqual(plan.changes, ['remove spark-notebook']);
  t.true(plan.restartsContainers);
  await plan.apply(() => {}, signal);
  const last = place.fake.engine.requests.at(-1);
  t.is(`${last?.method} ${last?.path}`, 'DELETE /containers/id-spark-notebook-1');
  t.deepEqual(last?.query, { force: 'true', v: 'true' });
});

test('a history server comes and goes without the question that a replaced container asks', async (t) => {
  await using place = await DeployPlace.start();
  await place.deploy();
  const history = { limitBytes: 448 * 1024 ** 2 };
  const start = await place.plan({ data: DATA, history });
  t.deepEqual(start.changes, ['create spark-history']);
  t.false(start.restartsContainers);
  await place.deploy({ data: DATA, history });
  const stop = await place.plan({ data: DATA });
  t.deepEqual(stop.changes, ['remove spark-history']);
  t.false(stop.restartsContainers);
});

test('an interruption before Compose is given the file gives it none', async (t) => {
  await using place = await DeployPlace.start();
  const plan = await place.plan();
  await t.throwsAsync(
    plan.apply(() => {}, AbortSignal.abort(new InterruptedError('Interrupted'))),
    { instanceOf: InterruptedError },
  );
  t.deepEqual(place.compose.ups, []);
});

test('what does not fit is refused, with what other clusters may take', async (t) => {
  await using place = await DeployPlace.start();
  await place.deploy({ name: 'a' });
  place.fake.info = { ...place.fake.info, MemTotal: 12 * GIB };
  const error = await t.throwsAsync(place.plan({ name: 'b', workers: 3 }), { instanceOf: UsageError });
  t.is(error.message, '3 workers × 1792m + master 3200m = 8576m, and laptop has 12g − 6784m of other clusters');
  await t.notThrowsAsync(place.plan({ name: 'a', workers: 3, data: DATA }));
  await t.throwsAsync(place.plan({ worker: planWorkerSize(8 * GIB, 5) }), {
    instanceOf: UsageError,
    message: 'A worker needs 5 cores, and laptop has 4',
  });
});

test('workers that share the cores of the machine are warned about', async (t) => {
  await using place = await DeployPlace.start();
  t.deepEqual((await place.plan({ workers: 5 })).warnings, ['5 workers × 1 core share the 4 cores of this machine']);
});

test('a project, a network or a volume of this name that is not ours is a conflict', async (t) => {
  await using place = await DeployPlace.start();
  const { fake } = place;
  fake.networks = [{ Id: 'n', Name: 'spark-spark', Labels: {} }];
  await t.throwsAsync(place.plan(), {
    instanceOf: ConflictError,
    message: 'Cannot start the cluster "spark": the network spark-spark is there and is not ours',
  });
  fake.networks = [{ Id: 'n', Name: 'spark-spark', Labels: { [LABELS.cluster]: 'spark' } }];
  const raw = rawContainer('spark', 'web');
  const labels = { [COMPOSE_PROJECT_LABEL]: 'spark', [COMPOSE_SERVICE_LABEL]: 'web' };
  fake.containers = [{ ...raw, Config: { ...raw.Config, Labels: labels } }];
  await t.throwsAsync(place.plan(), {
    instanceOf: ConflictError,
    message:
      'Cannot start the cluster "spark": the container spark-web-1 of a Compose project of this name is there and is not ours',
  });
  fake.containers = [];
  for (const name of ['spark-secrets', 'spark-recovery', 'spark-memory-7']) {
    fake.volumes = [];
    fake.volume(name, { [LABELS.cluster]: 'other' });
    await t.throwsAsync(place.plan(), {
      instanceOf: ConflictError,
      message: `Cannot start the cluster "spark": the volume ${name} is there and is not ours`,
    });
  }
  fake.volumes = [];
  fake.volume('spark-theirs', {});
  await t.notThrowsAsync(place.plan());
  t.deepEqual(place.compose.ups, []);
});

test("a swarm's containers of the same name are left out", async (t) => {
  await using place = await DeployPlace.start();
  const raw = rawContainer('spark', 'master', { ports: { 8080: 18_080 } });
  const { [COMPOSE_PROJECT_LABEL]: _, ...labels } = raw.Config.Labels ?? {};
  place.fake.containers = [{ ...raw, Config: { ...raw.Config, Labels: labels } }];
  const { isNew, changes } = await place.plan();
  t.true(isNew);
  t.deepEqual(changes, ['create volume spark-secrets', 'create spark-master', 'create spark-worker']);
});

/** A program that listens on a free port of this machine. */
async function listen(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = net.createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('a port that a program or another container holds is a conflict, with the flag and the way out', async (t) => {
  await using place = await DeployPlace.start();
  await using listener = await listen();
  const { port } = listener;
  const ports = { ...CLOSED, ui: port };
  const error = await t.throwsAsync(place.plan({ ports }), { instanceOf: ConflictError });
  t.is(error.message, `Port ${port} (--port ui=${port}) is taken by another program`);
  t.is(error.hint, '--port ui=0 takes a free one');
  place.fake.containers = [rawContainer('other', 'master', { ports: { 8080: port } })];
  await t.throwsAsync(place.plan({ ports }), {
    instanceOf: ConflictError,
    message: `Port ${port} (--port ui=${port}) is taken by the container other-master-1`,
  });
  place.fake.containers = [rawContainer('spark', 'master', { ports: { 8080: port } })];
  await t.notThrowsAsync(place.plan({ ports }));
});

test('the port of a notebook counts only where there is one', async (t) => {
  await using place = await DeployPlace.start();
  await using listener = await listen();
  const ports = { ...CLOSED, jupyter: listener.port };
  await t.notThrowsAsync(place.plan({ ports }));
  await t.throwsAsync(place.plan({ ports, notebook: NOTEBOOK }), {
    instanceOf: ConflictError,
    message: `Port ${listener.port} (--port jupyter=${listener.port}) is taken by another program`,
  });
});

test("an engine's ports on another machine are for that engine to judge", async (t) => {
  await using place = await DeployPlace.start({ isLocal: false });
  await using listener = await listen();
  await t.notThrowsAsync(place.plan({ ports: { ...CLOSED, ui: listener.port } }));
});
