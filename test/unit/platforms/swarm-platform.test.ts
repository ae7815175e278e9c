import { PassThrough } from 'node:stream';

import test from 'ava';

import type { RawService } from '../../../src/adapters/swarm/parse-swarm.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { findMaster, listWorkers } from '../../../src/cluster/cluster.ts';
import { InvalidStateError, NotFoundError, UsageError } from '../../../src/errors.ts';
import { SwarmPlatform } from '../../../src/platforms/swarm/swarm-platform.ts';
import { SwarmReader } from '../../../src/platforms/swarm/swarm-reader.ts';
import { localFolders } from '../../helpers/builders.ts';
import { Answer, frame, refusal } from '../../helpers/fake-engine.ts';
import { FakeShell } from '../../helpers/fake-shell.ts';
import { FakeSwarm } from '../../helpers/fake-swarm.ts';

const openPlatform = (swarm: FakeSwarm): SwarmPlatform =>
  new SwarmPlatform({
    reader: new SwarmReader(swarm.engine.api),
    shell: new FakeShell(),
    dockerEnv: {},
    composeFile: '/nonexistent',
    isLocal: false,
    folders: localFolders(),
    caBundle: async () => undefined,
  });

async function read(platform: SwarmPlatform): Promise<Cluster> {
  const cluster = await platform.readCluster('spark');
  if (!cluster) throw new Error('no cluster');
  return cluster;
}

test('clusters are found by our labels', async (t) => {
  await using swarm = await FakeSwarm.start();
  const platform = openPlatform(swarm);
  t.deepEqual(
    (await platform.listClusters()).map(({ name }) => name),
    ['spark'],
  );
  t.is((await read(platform)).containers.length, 3);
  t.is(await platform.readCluster('other'), undefined);
  t.deepEqual(swarm.engine.changes, []);
});

test('workers are stopped on their own nodes, and their end is waited for', async (t) => {
  await using swarm = await FakeSwarm.start();
  const platform = openPlatform(swarm);
  const cluster = await read(platform);
  const [first] = listWorkers(cluster);
  let looks = 0;
  swarm.engine.on({
    'GET /tasks': () => {
      looks += 1;
      const state = looks < 3 ? 'running' : 'complete';
      return swarm.tasks.map((task) =>
        task.ID === first!.id ? { ...task, Status: { ...task.Status, State: state } } : task,
      );
    },
  });
  await platform.stopWorkers(cluster, [first!], { replace: true, isDrained: false });
  t.is(looks, 3);
  t.is(swarm.engine.changes[0], `POST /containers/${first!.containerId}/stop`);
  t.true(swarm.engine.changes.every((line) => line.includes(first!.containerId!)));
});

test('no new worker gets a node between the stop and the lower number, and then again as before', async (t) => {
  await using swarm = await FakeSwarm.start();
  const platform = openPlatform(swarm);
  const cluster = await read(platform);
  const [first] = listWorkers(cluster);
  const { id } = cluster.services.find(({ role }) => role === 'worker')!;
  const specOf = (): RawService['Spec'] => swarm.services.find(({ ID }) => ID === id)!.Spec;
  const before = specOf();
  swarm.tasks = swarm.tasks.map((task) =>
    task.ID === first!.id ? { ...task, Status: { ...task.Status, State: 'complete' } } : task,
  );
  await platform.stopWorkers(cluster, [first!], { replace: false, isDrained: true });
  t.deepEqual(swarm.engine.changes, [`POST /services/${id}/update`, `DELETE /containers/${first!.containerId}`]);
  t.deepEqual(specOf().TaskTemplate.Placement?.Platforms, [{ Architecture: 'none', OS: 'none' }]);
  await platform.setWorkers(cluster, 1);
  t.deepEqual(specOf(), {
    ...before,
    TaskTemplate: { ...before.TaskTemplate, Placement: { ...before.TaskTemplate.Placement, Platforms: [] } },
    Mode: { Replicated: { Replicas: 1 } },
  });
});

test('fewer workers are written as they are, and more only where there is room', async (t) => {
  await using swarm = await FakeSwarm.start();
  const platform = openPlatform(swarm);
  const cluster = await read(platform);
  const id = cluster.services.find(({ role }) => role === 'worker')!.id;
  await platform.setWorkers(cluster, 1);
  t.deepEqual(swarm.engine.changes, [`POST /services/${id}/update`]);
  await platform.setWorkers(cluster, 3);
  t.is(swarm.engine.changes.length, 2);
  await t.throwsAsync(platform.setWorkers(cluster, 100), {
    instanceOf: UsageError,
    message:
      '100 workers of 1792m and 1 core do not fit: room for lab-1 2 + lab-3 2 + lab-2 2 = 6 (the master takes 3200m of lab-1)',
  });
  t.is(swarm.engine.changes.length, 2);
});

test('a worker that came after the number was lowered is ended by the same command again', async (t) => {
  await using swarm = await FakeSwarm.start();
  const platform = openPlatform(swarm);
  await platform.setWorkers(await read(platform), 1);
  // Its tasks are still two: nothing has made the manager look again.
  const later = await read(platform);
  const service = later.services.find(({ role }) => role === 'worker')!;
  t.is(service.wanted, 1);
  await platform.setWorkers(later, 1);
  t.deepEqual(swarm.engine.changes.slice(1), [`POST /services/${service.id}/update`]);
});

test('a cluster without workers cannot have more', async (t) => {
  await using swarm = await FakeSwarm.start();
  const platform = openPlatform(swarm);
  const cluster = { ...(await read(platform)), services: [] };
  await t.throwsAsync(platform.setWorkers(cluster, 3), {
    instanceOf: NotFoundError,
    message: 'The cluster "spark" has no worker service',
  });
});

test('a container that does not exist yet cannot be opened', async (t) => {
  await using swarm = await FakeSwarm.start();
  const platform = openPlatform(swarm);
  const cluster = await read(platform);
  const [first] = listWorkers(cluster);
  await t.throwsAsync(
    platform.openContainer(cluster, { ...first!, containerId: undefined, state: 'pending', error: 'no suitable node' }),
    { instanceOf: InvalidStateError, message: 'worker-1 has no container: it is pending (no suitable node)' },
  );
  await t.throwsAsync(platform.openContainer(cluster, { ...first!, node: 'gone', nodeId: 'gone' }), {
    instanceOf: NotFoundError,
    message: 'No node named "gone"',
  });
});

test('a machine that joined anew leaves an entry of its name behind, which is not taken for it', async (t) => {
  await using swarm = await FakeSwarm.start();
  const platform = openPlatform(swarm);
  const cluster = await read(platform);
  const [first] = listWorkers(cluster);
  const node = swarm.nodes.find(({ ID }) => ID === first!.nodeId)!;
  const twin = { ...node, ID: 'twin', Status: { ...node.Status, State: 'down' as const } };
  swarm.nodes = [twin, ...swarm.nodes];
  swarm.engine.on({ 'POST /containers/*/kill': () => new Answer(204) });
  await (await platform.openContainer(cluster, first!)).kill('SIGPWR');
  t.is(swarm.engine.requests.at(-1)?.socket, first!.nodeId);
});

test("a daemon's logs come through the manager, with what was asked for", async (t) => {
  await using swarm = await FakeSwarm.start();
  const platform = openPlatform(swarm);
  const cluster = await read(platform);
  const master = findMaster(cluster)!;
  swarm.engine.on({
    'GET /tasks/*/logs': () => new Answer(200, Buffer.concat([frame('stdout', 'a\n'), frame('stderr', 'b\n')])),
  });
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const options = { stdout, stderr, follow: false, timestamps: true, signal: new AbortController().signal };
  await platform.streamLogs(cluster, master, { ...options, tail: 5, sinceMs: 1_795_218_000_999 });
  t.is(String(stdout.read()), 'a\n');
  t.is(String(stderr.read()), 'b\n');
  const request = swarm.engine.requests.at(-1);
  t.is(request?.path, `/tasks/${master.id}/logs`);
  t.deepEqual(request?.query, {
    stdout: 'true',
    stderr: 'true',
    follow: 'false',
    tail: '5',
    timestamps: 'true',
    since: '1795218000',
  });
  await platform.streamLogs(cluster, master, { ...options, tail: undefined, sinceMs: undefined });
  t.is(swarm.engine.requests.at(-1)?.query['tail'], 'all');
  t.false('since' in swarm.engine.requests.at(-1)!.query);
});

test("an engine's refusal of logs is its own words", async (t) => {
  await using swarm = await FakeSwarm.start();
  const platform = openPlatform(swarm);
  const cluster = await read(platform);
  swarm.engine.on({ 'GET /tasks/*/logs': () => refusal(404, 'task x not found') });
  const output = new PassThrough();
  await t.throwsAsync(
    platform.streamLogs(cluster, findMaster(cluster)!, {
      stdout: output,
      stderr: output,
      follow: false,
      tail: undefined,
      sinceMs: undefined,
      timestamps: false,
      signal: new AbortController().signal,
    }),
    { instanceOf: NotFoundError, message: 'task x not found' },
  );
});
