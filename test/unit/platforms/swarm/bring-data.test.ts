import test from 'ava';

import { InvalidStateError } from '../../../../src/errors.ts';
import type { Skipped } from '../../../../src/events.ts';
import { bringData, removeDataHelpers } from '../../../../src/platforms/swarm/bring-data.ts';
import { cluster, container } from '../../../helpers/builders.ts';
import { Answer, FakeEngine, refusal, type EngineRequest } from '../../../helpers/fake-engine.ts';

const ARCHIVE = Buffer.alloc(2_500_000, 'x');
const NO_FOLDER = 'invalid mount config for type "bind": bind source path does not exist: /srv/data';
const LABELLED = { 'io.spark-swarm.cluster': 'spark', 'io.spark-swarm.role': 'data' };

interface Stage extends AsyncDisposable {
  readonly source: FakeEngine;
  readonly target: FakeEngine;
  bring(): Promise<string | Skipped>;
}

/** The master's engine, and another one that lacks the folder and the volume. */
async function stage(mount: object, volume: object = {}): Promise<Stage> {
  const source = await FakeEngine.start({
    'GET /containers/*/json': () => ({ Id: 'c0ffee-master', Image: 'sha256:aaaa', Mounts: [mount], Config: {} }),
    'GET /containers/*/archive': () => new Answer(200, ARCHIVE, 'application/x-tar'),
    'GET /volumes/*': () => ({ Driver: 'local', Options: null, Labels: LABELLED, ...volume }),
  });
  const target = await FakeEngine.start({
    'GET /containers/*/json': () => refusal(404, 'No such container'),
    'GET /volumes/*': () => refusal(404, 'no such volume'),
    'POST /containers/create': ({ body }: EngineRequest) =>
      /"Type":"bind"/.test(body) ? refusal(400, NO_FOLDER) : { Id: 'helper' },
    'PUT /containers/*/archive': () => undefined,
    'DELETE /containers/*': () => undefined,
  });
  const master = container('master', { node: 'h1' });
  return {
    source,
    target,
    bring: async () =>
      bringData(
        { cluster: cluster({ containers: [master] }), source: source.api, target: target.api, node: 'h4' },
        { progress: () => {}, signal: new AbortController().signal },
      ),
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
}

const FOLDER = { Type: 'bind', Source: '/srv/data', Destination: '/data' };
const VOLUME = { Type: 'volume', Name: 'spark_data', Source: '/var/lib/x', Destination: '/data' };
const bodyOf = ({ requests }: FakeEngine, name: string): { readonly HostConfig: unknown; readonly Image: string } =>
  JSON.parse(requests.find(({ path, query }) => path === '/containers/create' && query['name'] === name)?.body ?? '{}');

test('a folder that is missing is made by the mount, and filled from the master', async (t) => {
  await using at = await stage(FOLDER);
  t.is(await at.bring(), '/srv/data: 3 MB copied from h1');
  const body = bodyOf(at.target, 'spark-data-copy');
  t.deepEqual(body.HostConfig, { Binds: ['/srv/data:/data'], NetworkMode: 'none' });
  t.is(body.Image, 'sha256:aaaa');
  const put = at.target.requests.find(({ method }) => method === 'PUT');
  t.deepEqual(put?.query, { path: '/' });
  t.is(put?.bytes.length, ARCHIVE.length);
  t.deepEqual(at.target.changes, [
    'POST /containers/create',
    'POST /containers/create',
    'PUT /containers/helper/archive',
    'DELETE /containers/helper',
  ]);
});

test('a folder that is there stays as it is', async (t) => {
  await using at = await stage(FOLDER);
  at.target.on({ 'POST /containers/create': () => ({ Id: 'look' }) });
  t.deepEqual(await at.bring(), { skipped: '/srv/data is there' });
  t.deepEqual(at.target.changes, ['POST /containers/create', 'DELETE /containers/look']);
});

test('a volume is made with the labels of the first', async (t) => {
  await using at = await stage(VOLUME);
  t.is(await at.bring(), 'spark_data: 3 MB copied from h1');
  t.deepEqual(bodyOf(at.target, 'spark-data-copy').HostConfig, {
    Mounts: [
      { Type: 'volume', Source: 'spark_data', Target: '/data', VolumeOptions: { NoCopy: true, Labels: LABELLED } },
    ],
    NetworkMode: 'none',
  });
});

test('a volume that is there, and one that is the same everywhere, are left alone', async (t) => {
  await using there = await stage(VOLUME);
  there.target.on({ 'GET /volumes/*': () => ({ Driver: 'local' }) });
  t.deepEqual(await there.bring(), { skipped: 'spark_data is there' });
  for (const volume of [{ Driver: 'nfs' }, { Options: { type: 'nfs', device: ':/export' } }]) {
    await using shared = await stage(VOLUME, volume);
    t.deepEqual(await shared.bring(), { skipped: 'the volume spark_data is the same on every node' });
    t.deepEqual(shared.target.changes, []);
  }
});

test('what an interrupted run has begun is copied again from the start', async (t) => {
  await using at = await stage(FOLDER);
  at.target.on({
    'GET /containers/*/json': () => ({ Id: 'left', Config: { Labels: { 'io.spark-swarm.role': 'data-copy' } } }),
  });
  t.is(await at.bring(), '/srv/data: 3 MB copied from h1');
  t.deepEqual(at.target.changes, [
    'DELETE /containers/left',
    'POST /containers/create',
    'PUT /containers/helper/archive',
    'DELETE /containers/helper',
  ]);
});

test('a cluster without /data has nothing to bring, and without a master there is nobody to copy from', async (t) => {
  await using at = await stage({ ...FOLDER, Destination: '/elsewhere' });
  t.deepEqual(await at.bring(), { skipped: 'the cluster has no /data' });
  const error = await t.throwsAsync(
    bringData(
      { cluster: cluster({ containers: [] }), source: at.source.api, target: at.target.api, node: 'h4' },
      { progress: () => {}, signal: new AbortController().signal },
    ),
    { instanceOf: InvalidStateError },
  );
  t.is(error.message, 'Cannot bring data to h4: the master of the cluster "spark" does not run');
});

test('remove takes away what an interrupted copy has left on a node', async (t) => {
  await using engine = await FakeEngine.start({
    'GET /containers/json': () => [{ Id: 'left' }],
    'DELETE /containers/*': () => undefined,
  });
  await removeDataHelpers('spark', engine.api);
  t.deepEqual(JSON.parse(engine.requests[0]?.query['filters'] ?? ''), {
    label: ['io.spark-swarm.cluster=spark', 'io.spark-swarm.role=data-copy'],
  });
  t.deepEqual(engine.changes, ['DELETE /containers/left']);
});
