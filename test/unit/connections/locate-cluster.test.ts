import test from 'ava';

import { locateCluster, locateName, notFound } from '../../../src/connections/locate-cluster.ts';
import { NotFoundError, UnreachableError, UsageError } from '../../../src/errors.ts';
import { LABELS } from '../../../src/labels.ts';
import { projectRoot } from '../../helpers/cli.ts';
import { rawContainer } from '../../helpers/fake-containers.ts';
import { FakeSwarm } from '../../helpers/fake-swarm.ts';

const around = (env: Readonly<Record<string, string>>): Parameters<typeof locateCluster>[0] => ({
  env,
  cwd: '/',
  projectRoot,
  signal: new AbortController().signal,
});
const report = (): void => {};

test('a cluster is found by its name alone, with the way to it', async (t) => {
  await using swarm = await FakeSwarm.start();
  const found = await locateCluster(around(swarm.engine.env), { name: 'spark', report });
  t.is(found.cluster.name, 'spark');
  t.is(found.connection.platform.kind, 'swarm');
  t.is(found.context, `unix://${swarm.engine.socketPath}`);
});

test("what is not there doesn't exist", async (t) => {
  await using swarm = await FakeSwarm.start();
  const error = await t.throwsAsync(locateCluster(around(swarm.engine.env), { name: 'demo', report }), {
    instanceOf: NotFoundError,
  });
  t.is(error.message, "demo doesn't exist");
  t.is(error.hint, 'spark-swarm cluster list shows what there is');
});

test('a name that is on both platforms is a question back, and a platform answers it', async (t) => {
  await using swarm = await FakeSwarm.start();
  const raw = rawContainer('spark', 'master');
  swarm.containers = [{ Id: raw.Id, Labels: raw.Config.Labels }];
  swarm.engine.on({ 'GET /containers/*/json': () => raw });
  const env = around(swarm.engine.env);
  const error = await t.throwsAsync(locateCluster(env, { name: 'spark', report }), { instanceOf: UsageError });
  t.is(error.message, '-n: there are 2 clusters named spark; expected one of -p containers, -p swarm');
  const found = await locateCluster(env, { name: 'spark', platform: 'containers', report });
  t.is(found.connection.platform.kind, 'containers');
});

test('a swarm is found by the name that it was made under, also without a cluster', async (t) => {
  await using swarm = (await FakeSwarm.start()).empty();
  swarm.engine.on({ 'GET /swarm': () => ({ ID: 'x', Spec: { Labels: { [LABELS.swarm]: 'demo' } } }) });
  const located = await locateName(around(swarm.engine.env), { name: 'demo', report });
  t.is(located.cluster, undefined);
  t.is(located.swarm?.name, 'demo');
  t.is((await locateName(around(swarm.engine.env), { name: 'other', report })).swarm, undefined);
});

test('the engine that is named must answer', async (t) => {
  await t.throwsAsync(locateCluster(around({ DOCKER_HOST: 'unix:///nonexistent.sock' }), { name: 'demo', report }), {
    instanceOf: UnreachableError,
  });
});

test('engines that could not be asked are counted; if none could, that is the error', (t) => {
  const failure = new UnreachableError('The Docker engine at ssh://a does not answer', { hint: 'ssh-copy-id root@a' });
  const some = notFound('demo', { failures: [failure], silentContexts: ['elsewhere'], answered: 1 });
  t.true(some instanceof NotFoundError);
  t.is((some as NotFoundError).hint, 'spark-swarm cluster list shows what there is; 1 engine could not be asked');
  const none = notFound('demo', { failures: [failure, failure], silentContexts: ['elsewhere'], answered: 0 });
  t.true(none instanceof UnreachableError);
  t.is(none.message, 'Cannot look for demo: no Docker engine could be asked');
  t.is((none as UnreachableError).hint, 'ssh-copy-id root@a');
});

test('a name whose own swarm could not be asked is not said to be missing', (t) => {
  const failure = new UnreachableError('it does not let the user "root" in');
  const error = notFound('demo', { failures: [failure], silentContexts: ['spark-demo'], answered: 1 });
  t.true(error instanceof UnreachableError);
  t.is(error.message, 'Cannot tell whether demo is there: its docker context spark-demo leads to no answer');
  t.is((error as UnreachableError).hint, 'spark-swarm doctor --context spark-demo says what is missing');
});
