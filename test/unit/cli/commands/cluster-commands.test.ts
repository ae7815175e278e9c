import test from 'ava';
import { parse } from 'yaml';

import { application, masterState, sparkWorker } from '../../../helpers/builders.ts';
import { Answer, frame, refusal } from '../../../helpers/fake-engine.ts';
import { Stage } from '../../../helpers/stage.ts';

test('status of a healthy cluster ends with 0', async (t) => {
  await using stage = await Stage.set();
  const { status, stdout, stderr } = await stage.run(['status']);
  t.is(stderr, '');
  t.is(status, 0);
  const { port } = stage.master;
  const lines = stdout.split('\n');
  t.is(lines[0], 'Cluster "spark" on swarm: healthy');
  t.true(stdout.includes('Master ALIVE: 2 of 2 workers ALIVE, 0 of 2 cores and 0m of 2g in use'));
  t.regex(
    stdout,
    /^SERVICE +IMAGE +RUNNING\nspark_master +spark-swarm:latest +1\/1\nspark_worker +spark-swarm:latest +2\/2$/m,
  );
  t.regex(stdout, /^worker-2 +lab-2 +running +2026-11-20T23:36:12Z$/m);
  t.regex(
    stdout,
    /^SPARK WORKER +STATE +CORES +MEMORY\nworker-1 +ALIVE +0\/1 +0m\/1g\nworker-2 +ALIVE +0\/1 +0m\/1g$/m,
  );
  t.true(
    stdout.endsWith(
      `\nspark master     spark://127.0.0.1:${port}\nmaster web UI    http://127.0.0.1:${port}\ndata (cluster)   /data\n`,
    ),
  );
  t.deepEqual(stage.swarm.engine.changes, []);
});

test('status as JSON, and as YAML, has the same fields', async (t) => {
  await using stage = await Stage.set();
  stage.master.state = masterState({ applications: [application('job')] });
  const json = JSON.parse((await stage.run(['status', '-o', 'json'])).stdout) as Record<string, unknown>;
  t.like(json, { schemaVersion: 1, name: 'spark', platform: 'swarm', healthy: true, problems: [] });
  t.like(json['master'], { status: 'ALIVE', aliveWorkers: 2, wantedWorkers: 2, applications: [{ name: 'job' }] });
  t.deepEqual(parse((await stage.run(['status', '-o', 'yaml'])).stdout), json);
});

test('status of a cluster that is not healthy ends with 1, and says why and what to try', async (t) => {
  await using stage = await Stage.set();
  stage.master.state = masterState({
    workers: [sparkWorker('worker-1'), sparkWorker('worker-2', { state: 'DECOMMISSIONED' })],
    applications: [application('job')],
  });
  const { status, stdout } = await stage.run(['status']);
  t.is(status, 1);
  t.is(stdout.split('\n')[0], 'Cluster "spark" on swarm: not healthy');
  t.regex(stdout, /^app-20261120233630-0000 +job +RUNNING +2 +2026-11-20T23:36:30Z$/m);
  t.true(
    stdout.endsWith(
      'Problems:\n  worker-2 is decommissioned and takes no work\n    try: spark-swarm resize --workers 2 --name spark\n',
    ),
  );
});

test('status of a cluster that is not there ends with 1', async (t) => {
  await using stage = await Stage.set();
  t.deepEqual(await stage.run(['status', '--name', 'b']), {
    status: 1,
    stdout: '',
    stderr: 'error: No cluster named "b"\nhint: spark-swarm list shows them all\n',
  });
});

test('an engine that is no manager is refused, with what to type', async (t) => {
  await using stage = await Stage.set();
  stage.swarm.isManager = false;
  stage.swarm.info = { ...stage.swarm.info, Swarm: { LocalNodeState: 'inactive', ControlAvailable: false } };
  const { status, stderr } = await stage.run(['deploy']);
  t.is(status, 1);
  t.is(
    stderr,
    `error: Cannot use the engine at unix://${stage.swarm.engine.socketPath} for a cluster: it is not part of a swarm\n` +
      'hint: spark-swarm start makes a cluster in containers of this engine; sbin/lab up makes a swarm on this machine; ' +
      'docker swarm init makes this engine one of its own\n',
  );
  t.deepEqual(stage.swarm.engine.changes, []);
});

test('an image that is not there says what to type, and nothing is changed', async (t) => {
  await using stage = await Stage.set();
  stage.swarm.empty();
  stage.swarm.engine.on({ 'GET /images/*/json': () => refusal(404, 'No such image') });
  const { status, stdout, stderr } = await stage.run(['deploy', '--image', 'mine:1']);
  t.is(
    stderr,
    `error: There is no image "mine:1" on unix://${stage.swarm.engine.socketPath}\n` +
      'hint: bin/build-image builds spark-swarm:latest; "spark-swarm image list" shows what is there\n',
  );
  t.deepEqual({ status, stdout }, { status: 1, stdout: '' });
  t.deepEqual(stage.swarm.engine.changes, []);
});

test('a size that leaves no executor is refused with the sum, and nothing is changed', async (t) => {
  await using stage = await Stage.set();
  t.deepEqual(await stage.run(['deploy', '--worker-memory', '1g']), {
    status: 2,
    stdout: '',
    stderr:
      'error: --worker-memory: 1g is too small for 1 core: 384m daemon + 1 × (384m overhead + 512m executor) = 1280m; expected 1280m or more\n',
  });
  t.deepEqual(stage.swarm.engine.changes, []);
});

test('list shows every cluster, and its workers', async (t) => {
  await using stage = await Stage.set();
  const { stdout, status } = await stage.run(['list']);
  t.is(status, 0);
  const context = `unix://${stage.swarm.engine.socketPath}`;
  t.is(
    stdout,
    `NAME    PLATFORM   ${'CONTEXT'.padEnd(context.length)}   WORKERS   IMAGE                MASTER\n` +
      `spark   swarm      ${context}   2/2       spark-swarm:latest   spark://127.0.0.1:${stage.master.port}\n`,
  );
  t.deepEqual(JSON.parse((await stage.run(['list', '-o', 'json'])).stdout), {
    schemaVersion: 1,
    clusters: [
      {
        name: 'spark',
        platform: 'swarm',
        context,
        workers: 2,
        runningWorkers: 2,
        image: 'spark-swarm:latest',
        master: `spark://127.0.0.1:${stage.master.port}`,
      },
    ],
  });
});

test('no clusters is an empty list', async (t) => {
  await using stage = await Stage.set();
  stage.swarm.empty();
  t.deepEqual(JSON.parse((await stage.run(['list', '-o', 'json'])).stdout), { schemaVersion: 1, clusters: [] });
});

test('master-ip prints the address and nothing else', async (t) => {
  await using stage = await Stage.set();
  t.deepEqual(await stage.run(['master-ip']), { status: 0, stdout: '127.0.0.1\n', stderr: '' });
  t.like(await stage.run(['master-ip', '--name', 'b']), { status: 1, stdout: '' });
});

test('resize --dry-run says who would go, and changes nothing', async (t) => {
  await using stage = await Stage.set();
  stage.master.state = masterState({
    workers: [sparkWorker('worker-1'), sparkWorker('worker-2', { coresUsed: 1 })],
    applications: [application('job')],
  });
  t.deepEqual(await stage.run(['resize', '--workers', '1', '--dry-run']), {
    status: 0,
    stdout: 'drain and stop worker-1 (idle)\nchange the number of workers from 2 to 1\n',
    stderr: '',
  });
  t.deepEqual(await stage.run(['resize', '--workers', '2', '--dry-run']), {
    status: 0,
    stdout: 'nothing to do\n',
    stderr: '',
  });
  t.deepEqual(stage.swarm.engine.changes, []);
});

test('resize to what is there says so, and gives its lock back', async (t) => {
  await using stage = await Stage.set();
  const { status, stdout } = await stage.run(['resize', '--workers', '2', '-o', 'json']);
  t.is(status, 0);
  t.deepEqual(JSON.parse(stdout), { schemaVersion: 1, name: 'spark', dryRun: false, workers: 2, changes: [] });
  t.deepEqual(stage.swarm.configs, []);
  t.deepEqual(stage.changes, []);
});

test('resize beyond the nodes is refused with the sum, and changes nothing', async (t) => {
  await using stage = await Stage.set();
  const { status, stderr } = await stage.run(['resize', '--workers', '40', '-q']);
  t.is(status, 2);
  t.is(
    stderr,
    'error: 40 workers of 1792m and 1 core do not fit: room for lab-1 2 + lab-3 2 + lab-2 2 = 6 (the master takes 3200m of lab-1)\n' +
      'hint: choose --workers 6 or less, or smaller ones with --worker-memory and --worker-cores\n',
  );
  t.deepEqual(stage.changes, []);
  t.deepEqual(stage.swarm.configs, []);
});

test('remove takes the cluster away, and again there is nothing to do', async (t) => {
  await using stage = await Stage.set();
  stage.swarm.alone();
  stage.swarm.volumes = [{ Name: 'spark_data', Labels: { 'io.spark-swarm.cluster': 'spark' } }];
  t.deepEqual(await stage.run(['remove', '-q']), {
    status: 0,
    stdout: 'Removed the cluster "spark"\nKept (--volumes removes them): spark_data on lab-1\n',
    stderr: '',
  });
  stage.swarm.volumes = [];
  t.deepEqual(await stage.run(['remove', '-q']), {
    status: 0,
    stdout: 'No cluster named "spark": nothing to remove\n',
    stderr: '',
  });
  t.deepEqual(stage.swarm.configs, []);
});

test('remove asks when an application runs; without a terminal that is a conflict', async (t) => {
  await using stage = await Stage.set();
  stage.master.state = masterState({ applications: [application('job')] });
  t.deepEqual(await stage.run(['remove', '-q']), {
    status: 5,
    stdout: '',
    stderr:
      'error: There is no terminal to ask on: Remove the cluster "spark"? 1 running: job\n' +
      'hint: add --yes to answer with yes\n',
  });
  // A look into the master's container is no change.
  t.deepEqual(
    stage.swarm.engine.changes.filter((change) => !change.endsWith('/exec')),
    [],
  );
  t.like(await stage.run(['remove', '--yes', '-q']), { status: 0, stdout: 'Removed the cluster "spark"\n' });
  t.deepEqual(stage.swarm.services, []);
});

test('logs of all daemons have a prefix for each, and keep characters whole', async (t) => {
  await using stage = await Stage.set();
  const text = Buffer.from('läuft\n');
  stage.swarm.engine.on({
    'GET /tasks/*/logs': ({ id }) => {
      const name = id === '9eend2r08lh7g0muuzp6c32n0' ? 'master ' : '';
      // Cut in the middle of "ä".
      const frames = [
        frame('stdout', name),
        frame('stdout', text.subarray(0, 2)),
        frame('stdout', text.subarray(2)),
        frame('stderr', 'end'),
      ];
      return new Answer(200, Buffer.concat(frames));
    },
  });
  const { status, stdout, stderr } = await stage.run(['logs']);
  t.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  t.deepEqual(
    stdout.trimEnd().split('\n').toSorted(),
    [
      'master   | master läuft',
      'master   | end',
      'worker-1 | läuft',
      'worker-1 | end',
      'worker-2 | läuft',
      'worker-2 | end',
    ].toSorted(),
  );
  t.is((await stage.run(['logs', 'master'])).stdout.split('\n').toSorted().join(), ',end,master läuft');
});

test('logs of an unknown daemon end with 1 and name those there are', async (t) => {
  await using stage = await Stage.set();
  t.deepEqual(await stage.run(['logs', 'worker-9']), {
    status: 1,
    stdout: '',
    stderr: 'error: No logs of worker-9 in the cluster "spark"\nhint: there are: master, worker-1, worker-2\n',
  });
});
