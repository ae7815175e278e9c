import test from 'ava';

import { NotFoundError } from '../../../src/errors.ts';
import { readStatus } from '../../../src/operations/status.ts';
import { GIB, application } from '../../helpers/builders.ts';
import { FakeCluster } from '../../helpers/fake-cluster.ts';

test('a healthy cluster says so, with all that a script may ask for', async (t) => {
  const fake = new FakeCluster(2);
  fake.spark = { ...fake.spark!, applications: [application('job')] };
  fake.setWorker('worker-2', { coresUsed: 1, memoryUsedBytes: GIB });
  const status = await readStatus(fake.context, 'spark');
  t.deepEqual(Object.keys(status), [
    'schemaVersion',
    'name',
    'platform',
    'healthy',
    'services',
    'containers',
    'master',
    'endpoints',
    'problems',
    'warnings',
    'findings',
  ]);
  t.is(status.schemaVersion, 1);
  t.true(status.healthy);
  t.deepEqual(status.problems, []);
  const { workers, applications, ...master } = status.master!;
  t.deepEqual(master, {
    url: 'spark://master:7077',
    status: 'ALIVE',
    aliveWorkers: 2,
    wantedWorkers: 2,
    cores: 2,
    coresUsed: 1,
    memoryBytes: 2 * GIB,
    memoryUsedBytes: GIB,
  });
  t.is(workers.length, 2);
  t.is(applications[0]?.name, 'job');
  t.deepEqual(status.endpoints, [
    { name: 'spark master', address: 'spark://127.0.0.1:7077' },
    { name: 'master web UI', address: 'http://127.0.0.1:8080' },
    { name: 'data (cluster)', address: '/data' },
  ]);
  t.false('publishedPorts' in status.containers[0]!);
  t.deepEqual(fake.calls, []);
});

test('dead workers of earlier are listed, and not counted', async (t) => {
  const fake = new FakeCluster(2);
  const [first] = fake.spark!.workers;
  fake.spark = { ...fake.spark!, workers: [...fake.spark!.workers, { ...first!, id: 'old', state: 'DEAD', cores: 9 }] };
  const status = await readStatus(fake.context, 'spark');
  t.true(status.healthy);
  t.is(status.master?.cores, 2);
  t.is(status.master?.workers.length, 3);
});

test('a worker that does not run makes the cluster unhealthy, with the cause', async (t) => {
  const fake = new FakeCluster(2);
  fake.setContainer('worker-2', { isRunning: false, state: 'lost', error: 'node lab-2 is down' });
  fake.setWorker('worker-2', { state: 'DEAD' });
  const status = await readStatus(fake.context, 'spark');
  t.false(status.healthy);
  t.deepEqual(status.problems, [{ subject: 'worker-2', message: 'is lost: node lab-2 is down', hint: null }]);
});

test('a master whose pages are silent is asked from inside its container', async (t) => {
  const fake = new FakeCluster(2);
  fake.setContainer('master', { publishedPorts: {} });
  fake.read = async (argv) => ({
    status: 0,
    stdout: (await fake.fetchPage(argv.at(-1)!)).body ?? '',
    stderr: '',
  });
  const status = await readStatus(fake.context, 'spark');
  t.true(status.healthy);
  t.is(fake.calls.length, 1);
  t.regex(fake.calls[0]!, /^read master: python3 -c .* http:\/\/127\.0\.0\.1:8080\/json\/$/);
  t.deepEqual(
    status.endpoints.map(({ name }) => name),
    ['data (cluster)'],
  );
});

test('a master that refuses is there, and not asked again from inside', async (t) => {
  const fake = new FakeCluster(2);
  fake.spark = undefined;
  fake.silent.add('127.0.0.1:8080');
  const status = await readStatus(fake.context, 'spark');
  t.false(status.healthy);
  t.is(status.master, null);
  t.deepEqual(fake.calls, []);
  t.deepEqual(
    status.problems.map(({ subject, message }) => `${subject} ${message}`),
    ['master does not answer', 'master web UI http://127.0.0.1:8080 does not answer from this machine'],
  );
  t.deepEqual(
    status.endpoints.map(({ name }) => name),
    ['spark master', 'data (cluster)'],
  );
});

test('a cluster that is not there is not found', async (t) => {
  const error = await t.throwsAsync(readStatus(new FakeCluster(2).context, 'b'), { instanceOf: NotFoundError });
  t.is(error.message, 'No cluster named "b"');
  t.is(error.hint, 'spark-swarm list shows them all');
});
