import test from 'ava';

import { ConflictError, InvalidStateError, NotFoundError, UsageError, WaitTimeoutError } from '../../../src/errors.ts';
import { deployCluster, prepareDeploy, type DeployOptions, type DeployResult } from '../../../src/operations/deploy.ts';
import { describeWork } from '../../../src/operations/running-work.ts';
import { application, clusterService } from '../../helpers/builders.ts';
import { FakeCluster } from '../../helpers/fake-cluster.ts';

const images = (shipped?: string): DeployOptions['images'] => ({
  nameOnNodes: (image) => image,
  nameHere: (image) => image,
  findId: async (image) => {
    if (image === 'spark-swarm:latest') return 'sha256:aaaa';
    throw new NotFoundError(`There is no image "${image}"`);
  },
  findNotebook: async (image) => ({ image: `${image}-notebook`, imageId: 'sha256:nnnn' }),
  preparePackages: () => Promise.reject(new Error('unexpected packages')),
  ship: async () => shipped,
});

const deploy = (fake: FakeCluster, changes: Partial<DeployOptions> = {}): Promise<DeployResult> =>
  deployCluster(fake.context, {
    flags: { name: 'spark' },
    timeoutMs: 5000,
    wait: true,
    images: images(),
    confirmRestart: () => Promise.reject(new Error('asked')),
    ...changes,
  });

test('a fresh deploy brings the image, applies, waits for Spark and tries the addresses', async (t) => {
  const fake = new FakeCluster();
  const result = await deploy(fake, { images: images('lab-2, lab-3') });
  t.deepEqual(fake.calls, ['lock spark for deploy', 'apply 2 workers', 'unlock spark']);
  t.deepEqual(fake.stepTitles, [
    'Bring the image spark-swarm:latest to the nodes',
    'Deploy the cluster "spark": 2 workers × 1 core, 1792m (1g for Spark)',
    'Wait until Spark is ready',
    'Try the addresses',
  ]);
  t.deepEqual(fake.outcomes, {
    image: 'lab-2, lab-3',
    deploy: 'create service spark_master, create service spark_worker',
    ready: 'master ALIVE, 2 workers ALIVE',
    endpoints: '2 of 2 answer',
  });
  t.deepEqual(result.changes, ['create service spark_master', 'create service spark_worker']);
  t.deepEqual(
    result.endpoints.map(({ address }) => address),
    ['spark://127.0.0.1:7077', 'http://127.0.0.1:8080', '/data'],
  );
});

test('a second deploy has nothing to do', async (t) => {
  const fake = new FakeCluster();
  await deploy(fake);
  fake.calls.length = 0;
  const { changes, endpoints } = await deploy(fake);
  t.deepEqual(changes, []);
  t.is(endpoints.length, 3);
  t.deepEqual(fake.calls, ['lock spark for deploy', 'unlock spark']);
  t.is(fake.outcomes['deploy'], 'skipped: it is as asked');
  t.is(fake.outcomes['image'], 'skipped: all nodes have it');
});

test('open ports are said once, when the cluster is made', async (t) => {
  const fake = new FakeCluster();
  await deploy(fake);
  t.deepEqual(fake.said, [
    "note: published ports (master, ui) listen on every address of the master's node; --port ui=none closes that one",
  ]);
  fake.events.length = 0;
  await deploy(fake);
  t.deepEqual(fake.said, []);
});

test('nothing is said of ports that are not published, or bound to one address', async (t) => {
  const closed = new FakeCluster();
  await deploy(closed, { flags: { name: 'spark', ports: { master: 'none', ui: 'none' } } });
  const bound = new FakeCluster();
  bound.capabilities = { hasNodes: false, bindsAddresses: true };
  await deploy(bound);
  t.deepEqual([...closed.said, ...bound.said], []);
});

test('preparing reads and changes nothing', async (t) => {
  const fake = new FakeCluster(2);
  const { spec, plan } = await prepareDeploy(fake.context, { flags: { name: 'spark', workers: 3 }, images: images() });
  t.is(spec.workers, 3);
  t.is(spec.imageId, 'sha256:aaaa');
  t.deepEqual(plan.changes, ['scale service spark_worker from 2 to 3']);
  t.deepEqual(fake.calls, []);
});

test('a deploy without --workers keeps the present number', async (t) => {
  const fake = new FakeCluster(5);
  const { spec } = await prepareDeploy(fake.context, { flags: { name: 'spark' }, images: images() });
  t.is(spec.workers, 5);
});

test('a deploy that was cut short before its workers makes them', async (t) => {
  const fake = new FakeCluster(0);
  fake.cluster = { ...fake.cluster!, services: [clusterService('master')] };
  await deploy(fake);
  t.is(fake.outcomes['ready'], 'master ALIVE, 2 workers ALIVE');
});

test('fewer workers are drained before the stack is deployed', async (t) => {
  const fake = new FakeCluster();
  await deploy(fake, { flags: { name: 'spark', workers: 3 } });
  fake.spark = { ...fake.spark!, applications: [application('job')] };
  fake.setWorker('worker-3', { coresUsed: 1 });
  fake.calls.length = 0;
  await deploy(fake, { flags: { name: 'spark', workers: 2 } });
  t.deepEqual(fake.calls, [
    'lock spark for deploy',
    'kill -SIGPWR worker-2',
    'stop worker-2',
    'set 2 workers',
    'apply 2 workers',
    'unlock spark',
  ]);
});

test('a shrink that cannot be drained in time deploys nothing', async (t) => {
  const fake = new FakeCluster();
  await deploy(fake, { flags: { name: 'spark', workers: 3 } });
  fake.spark = { ...fake.spark!, applications: [application('job')] };
  fake.keepsExecutors = true;
  fake.calls.length = 0;
  await t.throwsAsync(deploy(fake, { flags: { name: 'spark', workers: 2 }, timeoutMs: 1 }), {
    instanceOf: WaitTimeoutError,
  });
  t.deepEqual(fake.calls, ['lock spark for deploy', 'kill -SIGPWR worker-3', 'unlock spark']);
});

test('a restart under a running application asks first, and no is no', async (t) => {
  const fake = new FakeCluster(2);
  fake.spark = { ...fake.spark!, applications: [application('job')] };
  fake.planned = { restartsContainers: true, changes: ['update service spark_worker (its containers are replaced)'] };
  const asked: string[] = [];
  const confirmRestart: DeployOptions['confirmRestart'] = async ({ applications, jobs }) => {
    asked.push(...(applications ?? []).map(({ name }) => name), ...jobs.map(({ record }) => record));
    throw new ConflictError('no');
  };
  await t.throwsAsync(deploy(fake, { confirmRestart }), { instanceOf: ConflictError, message: 'no' });
  t.deepEqual(asked, ['job']);
  t.deepEqual(fake.calls, ['lock spark for deploy', 'unlock spark']);
});

test('a job without an application is asked about, too, where the container of its driver is replaced', async (t) => {
  const fake = new FakeCluster(2);
  fake.runningJobs = 'prepare-aaaaaaaaaaaa host shell\ntrain-bbbbbbbbbbbb task spark\n';
  fake.planned = { restartsContainers: true, restartsMaster: true };
  const asked: string[] = [];
  const confirmRestart: DeployOptions['confirmRestart'] = async (work) => void asked.push(describeWork(work));
  await deploy(fake, { confirmRestart });
  t.deepEqual(asked, ['1 job running: prepare-aaaaaaaaaaaa']);
  fake.planned = { restartsContainers: true, restartsMaster: false };
  await t.notThrowsAsync(deploy(fake));
});

test('a restart of an idle cluster, and a change that restarts nothing, do not ask', async (t) => {
  const idle = new FakeCluster(2);
  idle.planned = { restartsContainers: true };
  await t.notThrowsAsync(deploy(idle));
  const busy = new FakeCluster(2);
  busy.spark = { ...busy.spark!, applications: [application('job')] };
  await t.notThrowsAsync(deploy(busy, { flags: { name: 'spark', workers: 3 } }));
});

test('a cluster that is not ready in time ends with 3 and says what was last seen', async (t) => {
  const fake = new FakeCluster();
  fake.broken = {
    isRunning: false,
    state: 'pending',
    error: 'no suitable node (insufficient resources on 1 node)',
    containerId: undefined,
  };
  const error = await t.throwsAsync(deploy(fake, { timeoutMs: 1 }), { instanceOf: WaitTimeoutError });
  t.is(
    error.message,
    'Gave up after 1 ms waiting for the cluster "spark"; last seen: master ALIVE, 0 of 2 workers ALIVE ' +
      '(worker-1 is pending: no suitable node (insufficient resources on 1 node))',
  );
  t.is(error.hint, 'spark-swarm status --name spark');
  t.is(error.exitCode, 3);
  t.is(fake.calls.at(-1), 'unlock spark');
});

for (const broken of [
  {
    failures: 3,
    error: 'task: non-zero exit (1)',
    seen: 'is ready: ended with exit status 1 (failed 3 times)',
    hint: 'spark-swarm logs worker-1 --name spark',
  },
  {
    failures: 1,
    error: 'No such image: spark-swarm:latest',
    seen: 'is ready: the image spark-swarm:latest is missing on node node-1',
    hint: 'spark-swarm deploy brings it there',
  },
]) {
  test(`a container that cannot come up is said at once: ${broken.error}`, async (t) => {
    const fake = new FakeCluster();
    const { failures, error: cause } = broken;
    fake.broken = { failures, error: cause, isRunning: false, state: 'ready', containerId: undefined };
    const error = await t.throwsAsync(deploy(fake, { timeoutMs: 60_000 }), { instanceOf: InvalidStateError });
    t.is(error.message, `worker-1 of the cluster "spark" cannot start: it ${broken.seen}`);
    t.is(error.hint, broken.hint);
  });
}

test('a task that failed before its image was brought is not held against the deploy that brings it', async (t) => {
  const fake = new FakeCluster(2);
  const failed = { failures: 5, error: 'No such image: spark-swarm:latest', isRunning: false, state: 'ready' };
  const containers = fake.cluster!.containers.map((each) =>
    each.displayName === 'worker-1' ? { ...each, ...failed, containerId: undefined } : each,
  );
  fake.cluster = { ...fake.cluster!, containers };
  const error = await t.throwsAsync(deploy(fake, { timeoutMs: 1 }), { instanceOf: WaitTimeoutError });
  t.true(error.message.endsWith('(worker-1 is ready: No such image: spark-swarm:latest)'), error.message);
});

for (const state of ['paused', 'rollback_completed']) {
  test(`an update that Docker ends as ${state} is said at once`, async (t) => {
    const fake = new FakeCluster(2);
    const update = { state, message: 'update paused due to failure or early termination of task x' };
    fake.cluster = { ...fake.cluster!, services: [clusterService('master'), clusterService('worker', { update })] };
    fake.spark = { ...fake.spark!, workers: [] };
    const error = await t.throwsAsync(deploy(fake, { timeoutMs: 60_000 }), { instanceOf: InvalidStateError });
    t.is(error.message, `Docker could not change the service spark_worker: its update is ${state} (${update.message})`);
    t.is(error.hint, 'spark-swarm status --name spark');
  });
}

test('a service that is being updated is not ready, although Spark looks so', async (t) => {
  const fake = new FakeCluster(2);
  const update = { state: 'updating', message: 'update in progress' };
  fake.cluster = { ...fake.cluster!, services: [clusterService('master'), clusterService('worker', { update })] };
  const error = await t.throwsAsync(deploy(fake, { timeoutMs: 1 }), { instanceOf: WaitTimeoutError });
  t.is(
    error.message,
    'Gave up after 1 ms waiting for the cluster "spark"; last seen: master ALIVE, 2 of 2 workers ALIVE (the service spark_worker is being updated)',
  );
});

test('a cluster that is removed while waiting for it is not waited for', async (t) => {
  const fake = new FakeCluster();
  fake.planned = { apply: async () => {} };
  const error = await t.throwsAsync(deploy(fake), { instanceOf: NotFoundError });
  t.is(error.message, 'No cluster named "spark": it was removed while waiting for it');
});

test('--no-wait neither waits nor tries an address', async (t) => {
  const fake = new FakeCluster();
  fake.broken = { isRunning: false };
  t.deepEqual((await deploy(fake, { wait: false })).endpoints, []);
  t.deepEqual(Object.keys(fake.outcomes), ['image', 'deploy']);
});

test('an address that does not answer is a warning and is not printed', async (t) => {
  const fake = new FakeCluster();
  fake.silent.add('127.0.0.1:7077');
  const { endpoints } = await deploy(fake);
  t.deepEqual(
    endpoints.map(({ name }) => name),
    ['master web UI', 'data (cluster)'],
  );
  t.is(fake.said.at(-1), 'warning: spark://127.0.0.1:7077 does not answer from this machine');
  t.is(fake.outcomes['endpoints'], '1 of 2 answer');
});

test("a plan's warnings are said", async (t) => {
  const fake = new FakeCluster(2);
  fake.planned = { warnings: ['4 workers × 1 cores share the 2 cores of one machine'] };
  await deploy(fake);
  t.deepEqual(fake.said, ['warning: 4 workers × 1 cores share the 2 cores of one machine']);
});

test('an image that is not there, and a size that is too small, change nothing', async (t) => {
  const fake = new FakeCluster();
  await t.throwsAsync(deploy(fake, { flags: { name: 'spark', image: 'nope' } }), {
    instanceOf: NotFoundError,
    message: 'There is no image "nope"',
  });
  await t.throwsAsync(deploy(fake, { flags: { name: 'spark', workerMemoryBytes: 1 } }), { instanceOf: UsageError });
  t.deepEqual(fake.calls, []);
});

test('who else holds the lock is said', async (t) => {
  const fake = new FakeCluster(2);
  fake.lockHolder = 'resize by process 7';
  await deploy(fake);
  t.deepEqual(fake.said, ['note: waiting for resize by process 7']);
});
