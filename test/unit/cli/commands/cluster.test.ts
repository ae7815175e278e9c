import test from 'ava';

import { masterState, sparkWorker } from '../../../helpers/builders.ts';
import { runCli } from '../../../helpers/cli.ts';
import { Stage } from '../../../helpers/stage.ts';

const errorOf = async (...argv: readonly string[]): Promise<readonly [number, string]> => {
  // A command that got as far as an engine would say so.
  const { status, stderr } = await runCli(['cluster', ...argv], { env: { DOCKER_HOST: 'unix:///nonexistent.sock' } });
  return [status, stderr];
};

test('what makes no sense is told before any engine is asked', async (t) => {
  const lines: readonly (readonly [argv: string, stderr: string])[] = [
    ['create -p swarm', 'error: -n is missing\nhint: spark-swarm cluster create --help\n'],
    ['create -n demo', 'error: -p is missing\nhint: spark-swarm cluster create --help\n'],
    ['create -n demo -p nomad', 'error: -p: the platform nomad is not there yet; expected containers or swarm\n'],
    [
      'create -n demo -p kubernetes h1',
      'error: -p: the platform kubernetes is not there yet; expected containers or swarm\n',
    ],
    ['create -n demo -p moon', 'error: -p: got "moon"; expected containers or swarm\n'],
    [
      'create -n demo -p containers h1',
      'error: HOST: containers run on one engine; expected hosts only with -p swarm\n',
    ],
    [
      'create -n d -p swarm h1',
      'error: -n: got "d"; expected 2 to 20 lower-case letters, digits and dashes, beginning with a letter\n',
    ],
    ['create -n a_b -p swarm', 'error: -n: got "a_b"; expected 1 to 32 of a-z, 0-9 and "-", starting with a letter\n'],
    [
      'create -n demo -p swarm h1 --context x',
      'error: --context: HOSTS become a swarm of their own; expected HOSTS or --context\n',
    ],
    ['create -n demo -p swarm h[3-1]', 'error: HOST: got "h[3-1]"; expected a range that counts up, like [1-3]\n'],
    ['create -n demo -p swarm h1 root@h1', 'error: HOST: got root@h1 twice; expected every host once\n'],
    [
      'create -n demo -p swarm --managers 3',
      'error: --managers: there are no HOSTS to choose from; expected HOSTS\nhint: spark-swarm swarm create --managers changes a swarm that is there\n',
    ],
    ['add -n demo', 'error: the argument HOSTS is missing\nhint: spark-swarm cluster add --help\n'],
    ['add -n demo h_1', 'error: HOST: got "h_1"; expected a host name without _ (Spark refuses it)\n'],
    ['remove h1', 'error: -n is missing\nhint: spark-swarm cluster remove --help\n'],
    ['kill demo', 'error: -n is missing\nhint: spark-swarm cluster kill --help\n'],
    ['info demo', 'error: unexpected argument "demo"\nhint: spark-swarm cluster info --help\n'],
    ['submit --example pi', 'error: -n is missing\nhint: spark-swarm cluster submit --help\n'],
    ['list demo', 'error: unexpected argument "demo"\nhint: spark-swarm cluster list --help\n'],
  ];
  for (const [argv, stderr] of lines) t.deepEqual(await errorOf(...argv.split(' ')), [2, stderr], argv);
});

test('the environment names no cluster: -n is typed', async (t) => {
  const env = { DOCKER_HOST: 'unix:///nonexistent.sock', SPARK_SWARM_NAME: 'demo' };
  for (const argv of ['kill --yes', 'submit --example pi']) {
    const { status, stderr } = await runCli(['cluster', ...argv.split(' ')], { env });
    t.is(status, 2, argv);
    t.true(stderr.startsWith('error: -n is missing\n'), stderr);
  }
});

test('list and info show every cluster, with its state and its address', async (t) => {
  await using stage = await Stage.set();
  t.deepEqual(await stage.run(['cluster', 'list']), {
    status: 0,
    stdout: 'NAME    PLATFORM   STATE\nspark   swarm      healthy\n',
    stderr: '',
  });
  const info = JSON.parse((await stage.run(['cluster', 'info', '-o', 'json'])).stdout) as unknown;
  t.deepEqual(info, {
    schemaVersion: 1,
    clusters: [
      {
        name: 'spark',
        platform: 'swarm',
        context: `unix://${stage.swarm.engine.socketPath}`,
        state: 'healthy',
        address: `spark://127.0.0.1:${stage.master.port}`,
      },
    ],
  });
  t.deepEqual(stage.changes, []);
});

test('info of one cluster shows its hosts and addresses, and ends with its health', async (t) => {
  await using stage = await Stage.set();
  const { status, stdout, stderr } = await stage.run(['cluster', 'info', '-n', 'spark']);
  t.deepEqual([status, stderr], [0, '']);
  t.is(
    stdout,
    `Cluster "spark" on swarm (unix://${stage.swarm.engine.socketPath}): healthy, 2/2 workers running\n\n` +
      'HOST    ROLE      STATE   AVAILABILITY   CONTAINERS\n' +
      'lab-1   manager   ready   active         master, worker-1\n' +
      'lab-2   worker    ready   active         worker-2\n' +
      'lab-3   worker    ready   active\n\n' +
      `spark master     spark://127.0.0.1:${stage.master.port}\n` +
      `master web UI    http://127.0.0.1:${stage.master.port}\n` +
      'data (cluster)   /data\n',
  );
  stage.master.state = masterState({ workers: [sparkWorker('worker-1')] });
  const ill = await stage.run(['cluster', 'info', '-n', 'spark']);
  t.is(ill.status, 1);
  t.true(ill.stdout.includes('not healthy'), ill.stdout);
  t.true(ill.stdout.endsWith('\nspark-swarm status --name spark says more\n'), ill.stdout);
});

test("what is not there doesn't exist, in the words of the older command", async (t) => {
  await using stage = await Stage.set();
  const hint = 'hint: spark-swarm cluster list shows what there is\n';
  for (const argv of [
    'info -n demo',
    'add -n demo h1',
    'remove -n demo h1',
    'kill -n demo',
    'submit -n demo --example pi',
  ]) {
    t.deepEqual(
      await stage.run(['cluster', ...argv.split(' ')]),
      { status: 1, stdout: '', stderr: `error: demo doesn't exist\n${hint}` },
      argv,
    );
  }
  t.deepEqual(stage.changes, []);
});

test('create does not change a cluster that is whole', async (t) => {
  await using stage = await Stage.set();
  t.deepEqual(await stage.run(['cluster', 'create', '-n', 'spark', '-p', 'swarm', '--workers', '4']), {
    status: 5,
    stdout: '',
    stderr: 'error: spark exists already\nhint: spark-swarm cluster info -n spark shows it\n',
  });
  t.deepEqual(stage.swarm.engine.changes, []);
});

test('an engine that does not answer ends all of them with 4', async (t) => {
  for (const argv of ['list', 'info', 'info -n demo', 'kill -n demo', 'add -n demo h1']) {
    const [status, stderr] = await errorOf(...argv.split(' '));
    t.is(status, 4, argv);
    t.true(stderr.startsWith('error: The Docker engine at unix:///nonexistent.sock does not answer'), stderr);
  }
});

test('kill shows what would go, and asks', async (t) => {
  await using stage = await Stage.set();
  const dry = await stage.run(['cluster', 'kill', '-n', 'spark', '--dry-run']);
  t.deepEqual([dry.status, dry.stdout], [0, 'the cluster "spark" goes (2 workers)\n']);
  const { status, stderr } = await stage.run(['cluster', 'kill', '-n', 'spark']);
  t.is(status, 5);
  t.is(
    stderr,
    'error: There is no terminal to ask on: Take down spark? the cluster "spark" goes (2 workers).\nhint: add --yes to answer with yes\n',
  );
  // A look into the master's container is no change.
  t.deepEqual(
    stage.changes.filter((change) => !change.endsWith('/exec')),
    [],
  );
});
