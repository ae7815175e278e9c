import net, { type AddressInfo } from 'node:net';

import test from 'ava';

import { CommandError, ConflictError, EngineError, InterruptedError, UsageError } from '../../../src/errors.ts';
import { LABELS } from '../../../src/labels.ts';
import type { ComposeDocument } from '../../../src/compose/compose-document.ts';
import { planWorkerSize } from '../../../src/cluster/sizes.ts';
import { GIB } from '../../helpers/builders.ts';
import { FakeSwarm } from '../../helpers/fake-swarm.ts';
import {
  CLOSED,
  CONFIG,
  NOT_SHARED,
  answering,
  deployLine,
  planStackDeploy as plan,
  signal,
} from '../../helpers/stack-deploy.ts';

test('a plan reads and changes nothing', async (t) => {
  await using swarm = (await FakeSwarm.start()).empty();
  const { changes, restartsContainers, warnings } = await plan(swarm);
  t.deepEqual(changes, ['create secret spark_auth', 'create service spark_master', 'create service spark_worker']);
  t.false(restartsContainers);
  t.deepEqual(warnings, [NOT_SHARED]);
  t.deepEqual(swarm.engine.changes, []);
});

test('applying makes the secret first, and hands Docker the resolved file on standard input', async (t) => {
  await using swarm = (await FakeSwarm.start()).empty();
  const shell = answering({ [deployLine('spark')]: 'Creating service spark_master\n' });
  const prepared = await plan(swarm, {}, shell);
  const said: string[] = [];
  await prepared.apply((detail) => said.push(detail), signal);
  t.deepEqual(said, ['create secret spark_auth', 'create service spark_master, create service spark_worker']);
  t.deepEqual(swarm.engine.changes, ['POST /secrets/create']);
  const [secret] = swarm.secrets;
  t.is(secret?.Spec.Labels?.[LABELS.cluster], 'spark');
  t.regex(Buffer.from(secret?.Spec.Data ?? '', 'base64').toString(), /^[0-9a-f]{64}$/);
  const sent = shell.calls.at(-1);
  t.is(sent?.line, deployLine('spark'));
  t.deepEqual(sent?.options.env, { DOCKER_HOST: 'unix:///x' });
  t.deepEqual(JSON.parse(sent?.options.input ?? ''), prepared.document);
  t.false((sent?.options.input ?? '').includes(secret?.Spec.Data ?? 'x'));
});

test('two clusters have two secrets', async (t) => {
  await using swarm = (await FakeSwarm.start()).empty();
  for (const name of ['a', 'b']) {
    await (await plan(swarm, { name }, answering({ [deployLine(name)]: '' }))).apply(() => {}, signal);
  }
  t.deepEqual(
    swarm.secrets.map(({ Spec }) => Spec.Name),
    ['a_auth', 'b_auth'],
  );
  t.not(swarm.secrets[0]?.Spec.Data, swarm.secrets[1]?.Spec.Data);
});

test('a secret of that name that is not ours is a conflict', async (t) => {
  await using swarm = (await FakeSwarm.start()).empty();
  swarm.secrets = [{ ID: 'x', Version: { Index: 1 }, UpdatedAt: '', Spec: { Name: 'spark_auth' } }];
  const prepared = await plan(swarm);
  const error = await t.throwsAsync(
    prepared.apply(() => {}, signal),
    { instanceOf: ConflictError },
  );
  t.is(error.message, 'Cannot create the secret spark_auth: one of this name is there and is not ours');
});

test('an interruption before Docker is given the stack gives it none', async (t) => {
  await using swarm = (await FakeSwarm.start()).empty();
  const shell = answering({});
  const prepared = await plan(swarm, {}, shell);
  const interrupted = AbortSignal.abort(new InterruptedError('Interrupted'));
  await t.throwsAsync(
    prepared.apply(() => {}, interrupted),
    { instanceOf: InterruptedError },
  );
  t.deepEqual(shell.lines, [CONFIG]);
});

test("Docker's refusal of the stack is said in its own words", async (t) => {
  await using swarm = (await FakeSwarm.start()).empty();
  const prepared = await plan(swarm, {}, answering({ [deployLine('spark')]: '!network "x" not found\n' }));
  const error = await t.throwsAsync(
    prepared.apply(() => {}, signal),
    { instanceOf: EngineError },
  );
  t.is(error.message, 'Docker refused the stack "spark": network "x" not found');
  t.true(error.cause instanceof CommandError);
});

test('a cluster that is there as wanted has nothing to do', async (t) => {
  await using swarm = await FakeSwarm.start();
  const first = await plan(swarm);
  // As the first deploy would leave it.
  const document = first.document as ComposeDocument;
  swarm.services = swarm.services.map((service) => {
    const key = service.Spec.Name.replace('spark_', '');
    const labels = document.services[key]?.deploy?.labels ?? {};
    return { ...service, Spec: { ...service.Spec, Labels: { ...service.Spec.Labels, ...labels } } };
  });
  swarm.secrets = [
    {
      ID: 'x',
      Version: { Index: 1 },
      UpdatedAt: '',
      Spec: { Name: 'spark_auth', Labels: { [LABELS.cluster]: 'spark' } },
    },
  ];
  const shell = answering({});
  const again = await plan(swarm, {}, shell);
  t.deepEqual(again.changes, []);
  t.false(again.restartsContainers);
  await again.apply(() => {}, signal);
  t.deepEqual(shell.lines, [CONFIG]);
  t.deepEqual(swarm.engine.changes, []);
  const scaled = await plan(swarm, { workers: 3 }, shell);
  t.deepEqual(scaled.changes, ['scale service spark_worker from 2 to 3']);
  t.false(scaled.restartsContainers);
  const changed = await plan(swarm, { imageId: 'sha256:bbbb' }, shell);
  t.true(changed.restartsContainers);
});

test('a service of ours that the file has no more is removed after the deploy', async (t) => {
  await using swarm = await FakeSwarm.start();
  const worker = swarm.services.find(({ Spec }) => Spec.Name === 'spark_worker');
  const { [LABELS.role]: _, ...labels } = worker!.Spec.Labels ?? {};
  swarm.services = [
    ...swarm.services,
    { ...worker!, ID: 'cache', Spec: { ...worker!.Spec, Name: 'spark_cache', Labels: labels } },
  ];
  const prepared = await plan(swarm, {}, answering({ [deployLine('spark')]: '' }));
  t.true(prepared.changes.includes('remove service spark_cache'));
  await prepared.apply(() => {}, signal);
  t.is(swarm.engine.changes.at(-1), 'DELETE /services/cache');
});

test('what cannot be placed is refused, with what others have reserved', async (t) => {
  await using swarm = await FakeSwarm.start();
  const error = await t.throwsAsync(plan(swarm, { name: 'b', workers: 9 }), { instanceOf: UsageError });
  t.is(
    error.message,
    '9 workers of 1792m and 1 core do not fit: room for lab-1 1 + lab-3 2 + lab-2 1 = 4 (the master takes 3200m of lab-1)',
  );
  await t.throwsAsync(plan(swarm, { name: 'b', worker: planWorkerSize(1024 * GIB, 1) }), { instanceOf: UsageError });
  t.deepEqual(swarm.engine.changes, []);
});

test('a node that is drained, paused or down counts for nothing', async (t) => {
  await using swarm = (await FakeSwarm.start()).empty();
  swarm.nodes = swarm.nodes.map((node) => {
    const { Hostname } = node.Description;
    if (Hostname === 'lab-2') return { ...node, Status: { ...node.Status, State: 'down' as const } };
    return Hostname === 'lab-3' ? { ...node, Spec: { ...node.Spec, Availability: 'drain' as const } } : node;
  });
  const error = await t.throwsAsync(plan(swarm, { workers: 3 }), { instanceOf: UsageError });
  t.is(
    error.message,
    '3 workers of 1792m and 1 core do not fit: room for lab-1 2 = 2 (the master takes 3200m of lab-1)',
  );
});

test('constraints that match no node are refused', async (t) => {
  await using swarm = (await FakeSwarm.start()).empty();
  await t.throwsAsync(plan(swarm, { constraints: ['node.labels.disk==ssd'] }), {
    instanceOf: UsageError,
    message: 'No node can run a worker: none matches the constraints',
  });
});

test('workers that share the cores of one machine are warned about', async (t) => {
  await using swarm = (await FakeSwarm.start()).empty();
  const { warnings } = await plan(swarm, { workers: 4 });
  t.deepEqual(warnings, ['4 workers × 1 core share the 2 cores of one machine', NOT_SHARED]);
});

test('a name that somebody else has is a conflict', async (t) => {
  await using swarm = await FakeSwarm.start();
  swarm.services = swarm.services.map((service) => ({
    ...service,
    Spec: { ...service.Spec, Labels: { 'com.docker.stack.namespace': 'spark' } },
  }));
  await t.throwsAsync(plan(swarm), { instanceOf: ConflictError });
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

test('a port that a program of the node holds is a conflict, with the holder if Docker knows it', async (t) => {
  await using swarm = (await FakeSwarm.start()).empty();
  await using listener = await listen();
  const { port } = listener;
  const ports = { ...CLOSED, ui: port };
  const error = await t.throwsAsync(plan(swarm, { ports }), { instanceOf: ConflictError });
  t.is(error.message, `Port ${port} (--port ui=${port}) is taken by another program on lab-1`);
  t.is(error.hint, '--port ui=0 takes a free one');
  swarm.containers = [{ Names: ['/web'], Ports: [{ PublicPort: port }] }];
  await t.throwsAsync(plan(swarm, { ports }), {
    instanceOf: ConflictError,
    message: `Port ${port} (--port ui=${port}) is taken by the container web on lab-1`,
  });
});

test("a port that this cluster's own master holds is no conflict", async (t) => {
  await using swarm = await FakeSwarm.start();
  await using listener = await listen();
  const { port } = listener;
  swarm.publish({ 8080: port });
  await t.notThrowsAsync(plan(swarm, { ports: { ...CLOSED, ui: port } }));
});
