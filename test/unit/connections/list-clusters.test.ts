import test from 'ava';

import { EngineApi } from '../../../src/adapters/engine/engine-api.ts';
import type { EngineTarget } from '../../../src/adapters/engine/engine-target.ts';
import { listAllClusters, listEngines, type ListedCluster } from '../../../src/connections/list-clusters.ts';
import { UnreachableError } from '../../../src/errors.ts';
import { LABELS } from '../../../src/labels.ts';
import { projectRoot } from '../../helpers/cli.ts';
import { FakeContainers, rawContainer } from '../../helpers/fake-containers.ts';
import { FakeEngine, SILENCE } from '../../helpers/fake-engine.ts';
import { FakeSwarm } from '../../helpers/fake-swarm.ts';

const target = ({ api }: Pick<FakeEngine, 'api'>, contextName: string | undefined): EngineTarget => ({
  api,
  contextName,
  isExplicit: true,
  dockerEnv: {},
});

async function list(
  ...targets: readonly EngineTarget[]
): Promise<{ readonly rows: readonly string[]; readonly warnings: readonly string[] }> {
  const warnings: string[] = [];
  const found = await listEngines(
    around({}),
    targets,
    (event) => void (event.type === 'warning' && warnings.push(event.message)),
  );
  return { rows: rowsOf(found), warnings };
}

const rowsOf = (found: readonly ListedCluster[]): readonly string[] =>
  found.map(({ cluster, context }) => `${cluster.name} ${cluster.platform} ${context}`);

const around = (env: Readonly<Record<string, string>>): Parameters<typeof listAllClusters>[0] => ({
  env,
  cwd: '/',
  projectRoot,
  signal: new AbortController().signal,
});

test('clusters of all engines on both platforms, by name, each with where it was found', async (t) => {
  await using plain = await FakeContainers.start([
    ...['master', 'worker-1'].map((name) => rawContainer('b', name)),
    rawContainer('a', 'master'),
  ]);
  await using swarm = await FakeSwarm.start();
  const { rows, warnings } = await list(target(swarm.engine, 'spark-lab'), target(plain.engine, 'default'));
  t.deepEqual(rows, ['a containers default', 'b containers default', 'spark swarm spark-lab']);
  t.deepEqual(warnings, []);
});

test('one name on both platforms of one engine is two clusters', async (t) => {
  await using swarm = await FakeSwarm.start();
  const raw = rawContainer('spark', 'master');
  swarm.containers = [{ Id: raw.Id, Labels: raw.Config.Labels }];
  swarm.engine.on({ 'GET /containers/*/json': () => raw });
  t.deepEqual((await list(target(swarm.engine, undefined))).rows.toSorted(), [
    'spark containers the fake engine',
    'spark swarm the fake engine',
  ]);
});

test('two managers of one swarm show its clusters once, where they were found first', async (t) => {
  await using swarm = await FakeSwarm.start();
  const { rows } = await list(target(swarm.engine, 'first'), target(swarm.engine, 'second'));
  t.deepEqual(rows, ['spark swarm first']);
});

test('two clusters of two engines are two, although both lack their first worker', async (t) => {
  const start = async (id: string): Promise<FakeContainers> => {
    const fake = await FakeContainers.start([{ ...rawContainer('spark', 'worker-2'), Id: id }]);
    fake.volume('spark-memory-1', {
      [LABELS.cluster]: 'spark',
      [LABELS.revision]: '1',
      [LABELS.workers]: '2',
    });
    return fake;
  };
  await using here = await start('x');
  await using there = await start('y');
  t.deepEqual((await list(target(here.engine, 'here'), target(there.engine, 'there'))).rows.toSorted(), [
    'spark containers here',
    'spark containers there',
  ]);
});

test('clusters of which no container is left are told apart by their names and places', async (t) => {
  const start = async (...names: readonly string[]): Promise<FakeContainers> => {
    const fake = await FakeContainers.start();
    for (const name of names) {
      const labels = { [LABELS.cluster]: name, [LABELS.revision]: '1', [LABELS.workers]: '2' };
      fake.volume(`${name}-memory-1`, labels);
    }
    return fake;
  };
  await using here = await start('a', 'b');
  await using there = await start('a');
  t.deepEqual((await list(target(here.engine, 'here'), target(there.engine, 'there'))).rows.toSorted(), [
    'a containers here',
    'a containers there',
    'b containers here',
  ]);
});

test('an engine that does not answer is said, and the others are listed', async (t) => {
  await using swarm = await FakeSwarm.start();
  await using silent = await FakeEngine.start({ 'GET /swarm': () => SILENCE, 'GET /containers/json': () => SILENCE });
  const api = new EngineApi({ kind: 'unix', socketPath: '/nonexistent.sock' }, 'unix:///nonexistent.sock');
  const { rows, warnings } = await list(
    target({ api }, 'gone'),
    target(silent, 'silent'),
    target(swarm.engine, 'spark-lab'),
  );
  t.deepEqual(rows, ['spark swarm spark-lab']);
  t.deepEqual(warnings.toSorted(), [
    'The Docker engine at the fake engine does not answer: no answer within 3 s',
    'The Docker engine at unix:///nonexistent.sock does not answer: there is no such socket',
  ]);
});

test('of an engine that is named only its own clusters are listed; if it does not answer, that is an error', async (t) => {
  await using plain = await FakeContainers.start([rawContainer('a', 'master')]);
  const report = (): void => t.fail('said something');
  const { DOCKER_HOST: host = '' } = plain.engine.env;
  t.deepEqual(rowsOf(await listAllClusters(around(plain.engine.env), { report })), [`a containers ${host}`]);
  await t.throwsAsync(listAllClusters(around({ DOCKER_HOST: 'unix:///nonexistent.sock' }), { report }), {
    instanceOf: UnreachableError,
  });
});

test('engines without a cluster have none to list', async (t) => {
  await using plain = await FakeContainers.start();
  await using swarm = (await FakeSwarm.start()).empty();
  t.deepEqual(await list(target(plain.engine, 'a'), target(swarm.engine, 'b')), { rows: [], warnings: [] });
});
