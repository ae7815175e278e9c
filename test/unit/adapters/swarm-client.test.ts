import test from 'ava';

import { SwarmClient, assertManager, type EngineInfo } from '../../../src/adapters/swarm/swarm-client.ts';
import { NodeEngines } from '../../../src/adapters/engine/node-engines.ts';
import { EngineError, InvalidStateError, UnreachableError } from '../../../src/errors.ts';
import { swarmNode } from '../../helpers/builders.ts';
import { FakeEngine, refusal, SILENCE } from '../../helpers/fake-engine.ts';
import { FakeSwarm } from '../../helpers/fake-swarm.ts';

test('a manager says what it is', async (t) => {
  await using swarm = await FakeSwarm.start();
  const info = await new SwarmClient(swarm.engine.api).readInfo(5000);
  t.true(info.isManager);
  t.is(info.swarmState, 'active');
  t.is(info.name, 'lab-1');
  t.is(info.serverVersion, '26.1.5+dfsg1');
});

test('services and tasks are asked for by label, all labels at once', async (t) => {
  await using swarm = await FakeSwarm.start();
  const client = new SwarmClient(swarm.engine.api);
  t.is((await client.listServices()).length, 2);
  t.is((await client.listServices(['io.spark-swarm.role=worker'])).length, 1);
  t.is((await client.listServices(['io.spark-swarm.role=worker', 'io.spark-swarm.cluster=other'])).length, 0);
  t.is((await client.listTasks(['com.docker.stack.namespace=spark'])).length, 9);
  t.deepEqual(swarm.engine.requests[0]?.query, {});
});

test('another number of replicas keeps the rest of the service as it is', async (t) => {
  await using swarm = await FakeSwarm.start();
  const worker = swarm.services.find(({ Spec }) => Spec.Name === 'spark_worker');
  await new SwarmClient(swarm.engine.api).setReplicas(worker!.ID, 5);
  const sent = swarm.engine.requests.at(-1);
  t.deepEqual(sent?.query, { version: String(worker!.Version.Index), registryAuthFrom: 'spec' });
  t.deepEqual(JSON.parse(sent?.body ?? ''), { ...worker!.Spec, Mode: { Replicated: { Replicas: 5 } } });
});

test('the number that is there already is not written', async (t) => {
  await using swarm = await FakeSwarm.start();
  const worker = swarm.services.find(({ Spec }) => Spec.Name === 'spark_worker');
  await new SwarmClient(swarm.engine.api).setReplicas(worker!.ID, 2);
  t.deepEqual(swarm.engine.changes, []);
});

test('a change that somebody else made in between is read again, five times at most', async (t) => {
  await using swarm = await FakeSwarm.start();
  const worker = swarm.services.find(({ Spec }) => Spec.Name === 'spark_worker');
  const client = new SwarmClient(swarm.engine.api);
  const outOfSequence = refusal(500, 'rpc error: code = Unknown desc = update out of sequence');
  let refusals = 2;
  swarm.engine.on({ 'POST /services/*/update': () => (refusals-- > 0 ? outOfSequence : { Warnings: null }) });
  await client.setReplicas(worker!.ID, 5);
  t.is(swarm.engine.changes.length, 3);
  refusals = 99;
  await t.throwsAsync(client.setReplicas(worker!.ID, 5), {
    instanceOf: EngineError,
    message: 'update out of sequence',
  });
  t.is(swarm.engine.changes.length, 8);
});

test('another refusal is not tried again', async (t) => {
  await using swarm = await FakeSwarm.start();
  const worker = swarm.services.find(({ Spec }) => Spec.Name === 'spark_worker');
  swarm.engine.on({ 'POST /services/*/update': () => refusal(400, 'bad replicas') });
  await t.throwsAsync(new SwarmClient(swarm.engine.api).setReplicas(worker!.ID, 5), { message: 'bad replicas' });
  t.is(swarm.engine.changes.length, 1);
});

test('an object of a name that is there is not created again', async (t) => {
  await using swarm = await FakeSwarm.start();
  const client = new SwarmClient(swarm.engine.api);
  const secret = { name: 'spark_auth', labels: { a: 'b' }, data: 'ü' };
  t.true(await client.createObject('secrets', secret));
  t.false(await client.createObject('secrets', secret));
  t.deepEqual(JSON.parse(swarm.engine.requests[0]?.body ?? ''), {
    Name: 'spark_auth',
    Labels: { a: 'b' },
    Data: Buffer.from('ü').toString('base64'),
  });
  t.deepEqual(
    (await client.listObjects('secrets', ['a=b'])).map(({ name }) => name),
    ['spark_auth'],
  );
});

test('removing what is gone already is no error', async (t) => {
  await using swarm = await FakeSwarm.start();
  const client = new SwarmClient(swarm.engine.api);
  await t.notThrowsAsync(client.removeObject('configs', 'gone'));
  swarm.engine.on({ 'DELETE /services/*': () => refusal(404, 'service gone not found') });
  await t.notThrowsAsync(client.removeService('gone'));
  swarm.engine.on({ 'DELETE /services/*': () => refusal(500, 'boom') });
  await t.throwsAsync(client.removeService('x'), { instanceOf: EngineError, message: 'boom' });
});

test('an engine is a manager when it answers for its swarm', async (t) => {
  await using swarm = await FakeSwarm.start();
  const client = new SwarmClient(swarm.engine.api);
  t.true(await client.isManager(5000));
  swarm.isManager = false;
  t.false(await client.isManager(5000));
  swarm.engine.on({ 'GET /swarm': () => SILENCE });
  await t.throwsAsync(client.isManager(50), { instanceOf: UnreachableError });
});

const info = (changes: Partial<EngineInfo>): EngineInfo => ({
  name: 'x',
  engineId: 'x',
  serverVersion: '26.1.5',
  operatingSystem: 'Debian',
  swarmState: 'inactive',
  isManager: false,
  systemTime: '',
  ...changes,
});

for (const [swarmState, seen, hint] of [
  [
    'inactive',
    'it is not part of a swarm',
    'sbin/lab up makes a swarm on this machine; docker swarm init makes this engine one of its own',
  ],
  ['active', 'it is a worker node; only a manager can deploy', 'choose a manager with --context'],
  ['locked', 'its swarm is locked', 'docker swarm unlock'],
] as const) {
  test(`an engine whose swarm is ${swarmState} says what to type`, (t) => {
    const error = t.throws(() => assertManager(info({ swarmState }), 'unix:///x'), { instanceOf: InvalidStateError });
    t.is(error.message, `Cannot use the engine at unix:///x for a cluster: ${seen}`);
    t.is(error.hint, hint);
  });
}

test('a manager is good', (t) => t.notThrows(() => assertManager(info({ isManager: true }), 'x')));

test("a node's engine is where its label says, and is opened once", async (t) => {
  await using swarm = await FakeSwarm.start();
  await using other = await FakeEngine.start({
    'GET /_ping': () => 'OK',
    'GET /info': () => ({ Swarm: { NodeID: 'n2' } }),
  });
  const engines = new NodeEngines(swarm.engine.api);
  const node = swarmNode('n2', { id: 'n2', labels: { 'io.spark-swarm.node.engine': `unix://${other.socketPath}` } });
  const api = await engines.open(node);
  t.is(api.name, `unix://${other.socketPath} (node n2)`);
  t.is(await engines.find(node), api);
  t.deepEqual(other.lines, ['GET /info']);
  t.is(await engines.open(node), api);
  t.deepEqual(other.lines, ['GET /info', 'GET /_ping']);
  api.close();
});

test('without a label only the manager itself can be reached', async (t) => {
  await using swarm = await FakeSwarm.start();
  const engines = new NodeEngines(swarm.engine.api);
  const manager = swarmNode('lab-1', { id: 'iuwwduplkz7qqwj74uny4opjk' });
  t.is(await engines.find(manager), swarm.engine.api);
  t.is(await engines.find(swarmNode('n2')), undefined);
  const error = await t.throwsAsync(engines.open(swarmNode('n2')), { instanceOf: UnreachableError });
  t.is(error.message, 'Cannot reach the engine of node n2: it has no label io.spark-swarm.node.engine');
  t.is(error.hint, 'docker node update --label-add io.spark-swarm.node.engine=ssh://USER@HOST n2');
});

test('an engine that is not that node is not taken for it: the label was written on another machine', async (t) => {
  await using swarm = await FakeSwarm.start();
  await using other = await FakeEngine.start({ 'GET /info': () => ({ Swarm: { NodeID: 'n3' } }) });
  const engines = new NodeEngines(swarm.engine.api);
  const host = `unix://${other.socketPath}`;
  const node = swarmNode('n2', { id: 'n2', labels: { 'io.spark-swarm.node.engine': host } });
  t.is(await engines.find(node), undefined);
  const error = await t.throwsAsync(engines.open(node), { instanceOf: UnreachableError });
  t.is(
    error.message,
    `Cannot reach the engine of node n2: its label says ${host}, and that is another engine on this machine`,
  );
  t.deepEqual(
    other.lines.filter((line) => line !== 'GET /info'),
    [],
  );
});

test('many that want one node ask its engine once', async (t) => {
  await using swarm = await FakeSwarm.start();
  await using other = await FakeEngine.start({ 'GET /info': () => ({ Swarm: { NodeID: 'n2' } }) });
  const engines = new NodeEngines(swarm.engine.api);
  const node = swarmNode('n2', { id: 'n2', labels: { 'io.spark-swarm.node.engine': `unix://${other.socketPath}` } });
  const found = await Promise.all(Array.from({ length: 5 }, () => engines.find(node)));
  t.truthy(found[0]);
  t.is(new Set(found).size, 1);
  t.deepEqual(other.lines, ['GET /info']);
  found[0]?.close();
});

test('a node whose engine does not answer is named', async (t) => {
  await using swarm = await FakeSwarm.start();
  const node = swarmNode('n2', { id: 'n2', labels: { 'io.spark-swarm.node.engine': 'unix:///nonexistent.sock' } });
  await t.throwsAsync(new NodeEngines(swarm.engine.api).open(node), {
    instanceOf: UnreachableError,
    message: 'The Docker engine at unix:///nonexistent.sock (node n2) does not answer: there is no such socket',
  });
});
