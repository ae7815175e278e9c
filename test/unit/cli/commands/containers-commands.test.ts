import { hostname } from 'node:os';

import test from 'ava';

import { application, masterState, sparkWorker } from '../../../helpers/builders.ts';
import { ContainersStage } from '../../../helpers/containers-stage.ts';
import { rawContainer } from '../../../helpers/fake-containers.ts';
import { Answer, frame } from '../../../helpers/fake-engine.ts';

test('status of a healthy cluster ends with 0, and says where it lives', async (t) => {
  await using stage = await ContainersStage.set();
  const { status, stdout, stderr } = await stage.run(['status']);
  t.is(stderr, '');
  t.is(stdout.split('\n')[0], 'Cluster "spark" on containers: healthy');
  t.is(status, 0);
  const { port } = stage.master;
  t.regex(
    stdout,
    /^SERVICE +IMAGE +RUNNING\nspark-master +spark-swarm:latest +1\/1\nspark-worker +spark-swarm:latest +2\/2$/m,
  );
  t.regex(stdout, new RegExp(`^worker-2 +${hostname()} +running +2026-11-20T12:00:01Z$`, 'm'));
  t.true(
    stdout.endsWith(
      `\nspark master     spark://127.0.0.1:${port}\nmaster web UI    http://127.0.0.1:${port}\ndata (cluster)   /data\n`,
    ),
  );
  t.deepEqual(stage.fake.engine.changes, []);
});

test('status as JSON has the fields that it has on a swarm', async (t) => {
  await using stage = await ContainersStage.set();
  const json = JSON.parse((await stage.run(['status', '-o', 'json'])).stdout) as {
    readonly containers: readonly Record<string, unknown>[];
    readonly [key: string]: unknown;
  };
  t.like(json, { schemaVersion: 1, name: 'spark', platform: 'containers', healthy: true, problems: [] });
  t.deepEqual(Object.keys(json.containers[0] ?? {}), [
    'displayName',
    'role',
    'id',
    'containerId',
    'node',
    'nodeId',
    'address',
    'state',
    'isRunning',
    'error',
    'since',
    'failures',
  ]);
});

test('a worker that is gone makes the cluster unhealthy, and says what to type', async (t) => {
  await using stage = await ContainersStage.set();
  stage.fake.containers = stage.fake.containers.filter(({ Id }) => Id !== 'id-spark-worker-2');
  stage.master.state = masterState({ workers: [sparkWorker('worker-1')] });
  const { status, stdout } = await stage.run(['status']);
  t.is(status, 1);
  t.is(stdout.split('\n')[0], 'Cluster "spark" on containers: not healthy');
  t.regex(stdout, /^Problems:\n {2}worker-2 is missing/m);
});

test('list shows every cluster of the engine', async (t) => {
  await using stage = await ContainersStage.set();
  stage.fake.containers = [...stage.fake.containers, rawContainer('b', 'master', { Status: 'exited' })];
  const { clusters } = JSON.parse((await stage.run(['list', '-o', 'json'])).stdout) as { readonly clusters: object[] };
  t.like(clusters[0], { name: 'b', platform: 'containers', workers: 0, master: null });
  t.like(clusters[1], {
    name: 'spark',
    platform: 'containers',
    workers: 2,
    runningWorkers: 2,
    master: `spark://127.0.0.1:${stage.master.port}`,
  });
});

test('resize --dry-run says who would go, and changes nothing', async (t) => {
  await using stage = await ContainersStage.set();
  stage.master.state = masterState({
    workers: [sparkWorker('worker-1'), sparkWorker('worker-2', { coresUsed: 1 })],
    applications: [application('job')],
  });
  t.deepEqual(await stage.run(['resize', '--workers', '1', '--dry-run']), {
    status: 0,
    stdout: 'drain and stop worker-1 (idle)\nchange the number of workers from 2 to 1\n',
    stderr: '',
  });
  t.deepEqual(stage.fake.engine.changes, []);
});

for (const verb of ['stop', 'remove']) {
  test(`${verb} takes the cluster away with its lock, and again there is nothing to do`, async (t) => {
    await using stage = await ContainersStage.set();
    t.deepEqual(await stage.run([verb, '-q']), { status: 0, stdout: 'Removed the cluster "spark"\n', stderr: '' });
    t.deepEqual(stage.fake.containers, []);
    t.deepEqual(stage.fake.volumeNames, []);
    t.deepEqual(await stage.run([verb, '-q']), {
      status: 0,
      stdout: 'No cluster named "spark": nothing to remove\n',
      stderr: '',
    });
    t.deepEqual(stage.fake.volumeNames, []);
  });
}

test('stop asks when an application runs; without a terminal that is a conflict', async (t) => {
  await using stage = await ContainersStage.set();
  stage.master.state = masterState({ applications: [application('job')] });
  t.deepEqual(await stage.run(['stop', '-q']), {
    status: 5,
    stdout: '',
    stderr:
      'error: There is no terminal to ask on: Remove the cluster "spark"? 1 running: job\n' +
      'hint: add --yes to answer with yes\n',
  });
  // A look into the master's container is no change.
  t.deepEqual(
    stage.changes.filter((change) => !change.endsWith('/exec')),
    [],
  );
});

test('notebook url prints the address with the token, and nothing else', async (t) => {
  await using stage = await ContainersStage.set('notebook');
  stage.fake.containers = stage.fake.containers.map((each) =>
    each.Id === 'id-spark-notebook' ? rawContainer('spark', 'notebook', { ports: { 8888: 18_888 } }) : each,
  );
  stage.fake.engine.on({
    'POST /containers/*/exec': () => ({ Id: 'e' }),
    'POST /exec/e/start': () => new Answer(200, frame('stdout', 'abc\n'), 'application/vnd.docker.raw-stream'),
    'GET /exec/e/json': () => ({ ExitCode: 0 }),
  });
  t.deepEqual(await stage.run(['notebook', 'url']), {
    status: 0,
    stdout: 'http://127.0.0.1:18888/lab?token=abc\n',
    stderr: '',
  });
});

test('a cluster without a notebook has no address of one', async (t) => {
  await using stage = await ContainersStage.set();
  t.deepEqual(await stage.run(['notebook', 'url']), {
    status: 1,
    stdout: '',
    stderr: 'error: The cluster "spark" has no notebook\nhint: spark-swarm notebook start --name spark\n',
  });
});

test('the swarm that was asked for is not there: that is said', async (t) => {
  await using stage = await ContainersStage.set();
  const { status, stderr } = await stage.run(['status', '--platform', 'swarm']);
  t.is(status, 1);
  t.is(
    stderr,
    `error: Cannot use the engine at unix://${stage.fake.engine.socketPath} for a cluster: it is not part of a swarm\n` +
      'hint: sbin/lab up makes a swarm on this machine; docker swarm init makes this engine one of its own\n',
  );
});

test("logs of one daemon are its container's", async (t) => {
  await using stage = await ContainersStage.set();
  stage.fake.engine.on({
    'GET /containers/*/logs': ({ id }) => new Answer(200, frame('stdout', `${id}\n`)),
  });
  t.deepEqual(await stage.run(['logs', 'worker-2']), { status: 0, stdout: 'id-spark-worker-2\n', stderr: '' });
});
