import { PassThrough } from 'node:stream';

import test from 'ava';

import type { RawContainer } from '../../../../src/adapters/engine/parse-container.ts';
import { findMaster, listWorkers, type Cluster } from '../../../../src/cluster/cluster.ts';
import { rememberSpec } from '../../../../src/cluster/spec.ts';
import type { ComposeDocument } from '../../../../src/compose/compose-document.ts';
import { InvalidStateError, UsageError } from '../../../../src/errors.ts';
import { COMPOSE_PROJECT_LABEL, COMPOSE_SERVICE_LABEL, LABELS } from '../../../../src/labels.ts';
import { writeMemory } from '../../../../src/platforms/containers/cluster-memory.ts';
import { ContainerReader } from '../../../../src/platforms/containers/container-reader.ts';
import { ContainersPlatform } from '../../../../src/platforms/containers/containers-platform.ts';
import { GIB, localFolders, readJsonFixture, spec } from '../../../helpers/builders.ts';
import { FakeCompose } from '../../../helpers/fake-compose.ts';
import { FakeContainers, rawContainer } from '../../../helpers/fake-containers.ts';
import { Answer, frame, refusal } from '../../../helpers/fake-engine.ts';

const DOCUMENT: ComposeDocument = {
  services: { master: {}, worker: { labels: { [LABELS.role]: 'worker' }, deploy: { replicas: 2 } } },
};

class Place implements AsyncDisposable {
  readonly fake: FakeContainers;
  readonly compose = new FakeCompose();
  readonly platform: ContainersPlatform;

  private constructor(fake: FakeContainers) {
    this.fake = fake;
    this.platform = new ContainersPlatform({
      reader: new ContainerReader(fake.engine.api, { host: 'laptop', address: '127.0.0.1', isLocal: true }),
      compose: this.compose,
      composeFile: '/nonexistent',
      isLocal: true,
      folders: localFolders(),
      caBundle: async () => undefined,
    });
  }

  /** An engine with these containers of "spark", and what is remembered of it. */
  static async start(names: readonly string[] = ['master', 'worker-1', 'worker-2'], workers = 2): Promise<Place> {
    const fake = await FakeContainers.start(names.map((name) => rawContainer('spark', name)));
    await writeMemory(fake.engine.api, 'spark', {
      workers,
      spec: JSON.stringify(rememberSpec(spec())),
      document: JSON.stringify(DOCUMENT),
    });
    fake.engine.requests.length = 0;
    return new Place(fake);
  }

  async read(name = 'spark'): Promise<Cluster> {
    const cluster = await this.platform.readCluster(name);
    if (!cluster) throw new Error('no cluster');
    return cluster;
  }

  /** How many workers there shall be, as it is remembered. */
  get wanted(): string | undefined {
    return this.fake.volumes.find(({ Labels }) => Labels?.[LABELS.workers] !== undefined)?.Labels?.[LABELS.workers];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.fake[Symbol.asyncDispose]();
  }
}

test('clusters are found by our labels, and nothing is changed by looking', async (t) => {
  await using place = await Place.start();
  place.fake.containers = [...place.fake.containers, rawContainer('b', 'master')];
  t.deepEqual(
    (await place.platform.listClusters()).map(({ name }) => name),
    ['b', 'spark'],
  );
  t.is((await place.read()).containers.length, 3);
  t.is(await place.platform.readCluster('other'), undefined);
  t.deepEqual(place.fake.engine.changes, []);
  t.deepEqual(place.platform.capabilities, { hasNodes: false, bindsAddresses: true });
});

test('a container that goes between two questions is none', async (t) => {
  await using place = await Place.start();
  const { containers, engine } = place.fake;
  engine.on({
    'GET /containers/*/json': ({ id }) =>
      id === 'id-spark-worker-2' ? refusal(404, 'No such container') : containers.find(({ Id }) => Id === id),
  });
  t.deepEqual(
    (await place.read()).containers.map(({ displayName, state }) => [displayName, state]),
    [
      ['master', 'running'],
      ['worker-1', 'running'],
      ['worker-2', 'missing'],
    ],
  );
});

test('more workers are made like the first ones, from the file that is remembered', async (t) => {
  await using place = await Place.start();
  await place.platform.setWorkers(await place.read(), 3);
  t.is(place.wanted, '3');
  t.deepEqual(place.compose.ups, [
    { project: 'spark', document: DOCUMENT, cwd: '/', scale: { service: 'worker', count: 3 } },
  ]);
});

test('fewer workers are only remembered: who goes has gone already', async (t) => {
  await using place = await Place.start(['master', 'worker-2'], 2);
  await place.platform.setWorkers(await place.read(), 1);
  t.is(place.wanted, '1');
  t.deepEqual(place.compose.ups, []);
});

test('the number that is there already brings back a worker that is gone', async (t) => {
  await using place = await Place.start(['master', 'worker-2'], 2);
  await place.platform.setWorkers(await place.read(), 2);
  t.deepEqual(
    place.compose.ups.map(({ scale }) => scale),
    [{ service: 'worker', count: 2 }],
  );
});

test('a cluster without any worker left finds their service in the file', async (t) => {
  await using place = await Place.start(['master'], 0);
  await place.platform.setWorkers(await place.read(), 1);
  t.deepEqual(place.compose.ups[0]?.scale, { service: 'worker', count: 1 });
});

test('more workers than there is room for are refused with the sum, and nothing is changed', async (t) => {
  await using place = await Place.start();
  place.fake.info = { ...place.fake.info, MemTotal: 8 * GIB };
  await t.throwsAsync(place.platform.setWorkers(await place.read(), 3), {
    instanceOf: UsageError,
    message: '3 workers × 1792m + master 3200m = 8576m, and laptop has 8g',
  });
  t.deepEqual(place.fake.engine.changes, []);
  t.is(place.wanted, '2');
});

test('a project that was started by hand is made larger from its own file', async (t) => {
  await using place = await Place.start([]);
  const raw = readJsonFixture('docker-engine/compose-by-hand-20.10.24.json') as readonly RawContainer[];
  place.fake.containers = raw.filter(({ Name }) => /^\/by-hand-(master|worker|web)-1$/.test(Name));
  await place.platform.setWorkers(await place.read('by-hand'), 2);
  t.deepEqual(place.compose.configs, ['/srv/by-hand/docker-compose.yml by-hand']);
  const [up] = place.compose.ups;
  t.deepEqual([up?.cwd, up?.scale], ['/srv/by-hand', { service: 'worker', count: 2 }]);
});

for (const [title, file] of [
  ['came on standard input', '-'],
  ['is several', '/a.yml,/b.yml'],
  ['nobody knows', undefined],
] as const) {
  test(`a project whose file ${title} cannot be made larger, and is not said to be`, async (t) => {
    await using place = await Place.start([]);
    const byHand = (name: string): RawContainer => {
      const raw = rawContainer('hand', name);
      const { [LABELS.cluster]: _, ...labels } = raw.Config.Labels ?? {};
      const more = file === undefined ? {} : { 'com.docker.compose.project.config_files': file };
      return { ...raw, Config: { ...raw.Config, Labels: { ...labels, ...more } } };
    };
    place.fake.containers = [byHand('master'), byHand('worker-1')];
    const error = await t.throwsAsync(place.platform.setWorkers(await place.read('hand'), 2), {
      instanceOf: InvalidStateError,
    });
    t.is(error.message, 'Cannot add workers to the cluster "hand": nobody knows the file it was made from');
    t.is(error.hint, 'spark-swarm start --name hand makes it one of ours');
    t.deepEqual(place.fake.engine.changes, []);
  });
}

const stops: readonly (readonly [replace: boolean, isDrained: boolean, lines: readonly string[], grace?: string])[] = [
  [false, false, ['POST /containers/id-spark-worker-1/stop', 'DELETE /containers/id-spark-worker-1'], '10'],
  [false, true, ['DELETE /containers/id-spark-worker-1']],
  [true, false, ['POST /containers/id-spark-worker-1/restart'], '10'],
  [true, true, ['POST /containers/id-spark-worker-1/restart'], '0'],
];

for (const [replace, isDrained, lines, grace] of stops) {
  const how = `${isDrained ? 'drained' : 'busy'} worker that ${replace ? 'shall come back' : 'shall not'}`;
  test(`a ${how}: ${lines.map((line) => line.replace(/containers.*\//, '…/')).join(', ')}`, async (t) => {
    await using place = await Place.start();
    const cluster = await place.read();
    await place.platform.stopWorkers(cluster, listWorkers(cluster).slice(0, 1), { replace, isDrained });
    t.deepEqual(place.fake.engine.changes, lines);
    t.is(place.fake.engine.requests.find(({ query }) => 't' in query)?.query['t'], grace);
  });
}

test('a worker that is not there cannot be opened', async (t) => {
  await using place = await Place.start(['master'], 1);
  const cluster = await place.read();
  await t.throwsAsync(place.platform.openContainer(cluster, listWorkers(cluster)[0]!), {
    instanceOf: InvalidStateError,
    message: 'worker-1 has no container: it is missing',
  });
});

test('a signal reaches the container itself', async (t) => {
  await using place = await Place.start();
  const cluster = await place.read();
  place.fake.engine.on({ 'POST /containers/*/kill': () => new Answer(204) });
  await (await place.platform.openContainer(cluster, findMaster(cluster)!)).kill('SIGPWR');
  t.like(place.fake.engine.requests.at(-1), { path: '/containers/id-spark-master/kill', query: { signal: 'SIGPWR' } });
});

test("a daemon's logs come from its container, with what was asked for", async (t) => {
  await using place = await Place.start();
  const cluster = await place.read();
  place.fake.engine.on({
    'GET /containers/*/logs': () => new Answer(200, Buffer.concat([frame('stdout', 'a\n'), frame('stderr', 'b\n')])),
  });
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const options = { stdout, stderr, follow: false, timestamps: true, signal: new AbortController().signal };
  await place.platform.streamLogs(cluster, findMaster(cluster)!, { ...options, tail: 5, sinceMs: 1_795_218_000_999 });
  t.deepEqual([String(stdout.read()), String(stderr.read())], ['a\n', 'b\n']);
  const request = place.fake.engine.requests.at(-1);
  t.is(request?.path, '/containers/id-spark-master/logs');
  t.deepEqual(request?.query, {
    stdout: 'true',
    stderr: 'true',
    follow: 'false',
    tail: '5',
    timestamps: 'true',
    since: '1795218000',
  });
});

test('a container that has no project is no cluster of this platform', async (t) => {
  await using place = await Place.start([]);
  place.fake.volumes = [];
  const raw = rawContainer('spark', 'master');
  const { [COMPOSE_PROJECT_LABEL]: _, [COMPOSE_SERVICE_LABEL]: __, ...labels } = raw.Config.Labels ?? {};
  place.fake.containers = [{ ...raw, Config: { ...raw.Config, Labels: labels } }];
  t.deepEqual(await place.platform.listClusters(), []);
  t.is(await place.platform.readCluster('spark'), undefined);
});
