import test from 'ava';

import { NotFoundError } from '../../../src/errors.ts';
import { explainCluster, explainJob, explainTroubled, type JobEvidence } from '../../../src/operations/explain.ts';
import { application } from '../../helpers/builders.ts';
import { daemon, failedJob, say } from '../../helpers/explain-readings.ts';
import { FakeCluster } from '../../helpers/fake-cluster.ts';

const MISSING = 'java.io.FileNotFoundException: File file:/tmp/x.csv does not exist\n';
const failed = (stderrTail: string): JobEvidence => ({
  jobStatus: failedJob(),
  stdoutTail: '',
  stderrTail,
  applicationId: undefined,
});

/** Containers of a cluster in which all is well, and only the master has /tmp/x.csv. */
function fakeCluster(): FakeCluster {
  const fake = new FakeCluster(2);
  fake.read = async (argv) => {
    if (argv[0] !== 'python3' || !argv[3]?.startsWith('{')) return { status: 1, stdout: '', stderr: '' };
    const { paths } = JSON.parse(argv[3]) as { readonly paths: readonly string[] };
    const isMaster = fake.calls.at(-1)?.startsWith('read master');
    const found = Object.fromEntries(paths.map((path) => [path, isMaster === true]));
    return { status: 0, stdout: JSON.stringify(daemon('any', { paths: found })), stderr: '' };
  };
  return fake;
}

test('a cluster that is not there is not found', async (t) => {
  const fake = new FakeCluster();
  fake.cluster = undefined;
  const error = await t.throwsAsync(explainCluster(fake.context, 'spark'), { instanceOf: NotFoundError });
  t.is(error?.message, 'No cluster named "spark"');
});

test('a healthy cluster with an application that works has no finding', async (t) => {
  const fake = fakeCluster();
  fake.spark = { ...fake.spark!, applications: [application('etl')] };
  const { applications, findings } = await explainCluster(fake.context, 'spark');
  t.deepEqual(findings, []);
  t.deepEqual(
    applications.map(({ name, findings: own }) => [name, own]),
    [['etl', []]],
  );
});

test('an application that waits is explained, also to status', async (t) => {
  const fake = fakeCluster();
  const waits = application('etl', { cores: 0, state: 'WAITING', memoryPerExecutorBytes: 8 * 1024 ** 3 });
  fake.spark = { ...fake.spark!, applications: [waits] };
  const { applications } = await explainCluster(fake.context, 'spark');
  t.deepEqual(
    applications[0]?.findings.map(({ id }) => id),
    ['SS-J03'],
  );
  t.deepEqual(
    (await explainTroubled(fake.context, fake.cluster!, [waits])).map(({ id }) => id),
    ['SS-J03'],
  );
});

test('an application that ends while it is looked at is left out', async (t) => {
  const fake = fakeCluster();
  const waits = application('etl', { cores: 0, memoryPerExecutorBytes: 8 * 1024 ** 3 });
  fake.spark = { ...fake.spark!, applications: [waits] };
  const read = fake.read;
  fake.read = async (argv) => {
    fake.spark = { ...fake.spark!, applications: [] };
    return read(argv);
  };
  t.deepEqual((await explainCluster(fake.context, 'spark')).applications, []);
});

test('a path that a failed job names is looked for in every container', async (t) => {
  const findings = await explainJob(fakeCluster().context, failed(MISSING));
  t.deepEqual(say(findings), [
    'SS-J10 job etl (0123456789ab): reads /tmp/x.csv, which is not on every node (there: master; missing: worker-1, worker-2; ' +
      'the driver: java.io.FileNotFoundException: File file:/tmp/x.csv does not exist)',
  ]);
});

test('of a cluster that is gone the output is left', async (t) => {
  const fake = new FakeCluster();
  fake.cluster = undefined;
  const findings = await explainJob(fake.context, failed('java.lang.ClassNotFoundException: com.example.Missing'));
  t.deepEqual(
    findings.map(({ id }) => id),
    ['SS-J08'],
  );
});

test('a job that succeeded or was cancelled is not looked at', async (t) => {
  const fake = new FakeCluster();
  for (const state of ['SUCCEEDED', 'KILLED'] as const) {
    t.deepEqual(await explainJob(fake.context, { ...failed(MISSING), jobStatus: failedJob({ state }) }), []);
  }
  t.deepEqual(fake.calls, []);
});
