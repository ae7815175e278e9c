import test from 'ava';

import { describeWork, findRunningWork, isIdle, type RunningWork } from '../../../src/operations/running-work.ts';
import { application, clusterService } from '../../helpers/builders.ts';
import { FakeCluster } from '../../helpers/fake-cluster.ts';

const NOTHING: RunningWork = { applications: [], jobs: [] };

test('what a removal would end are the applications that the master lists, and the jobs that live', async (t) => {
  const fake = new FakeCluster(2);
  t.deepEqual(await findRunningWork(fake.context, 'spark'), NOTHING);
  fake.spark = { ...fake.spark!, applications: [application('etl')] };
  fake.runningJobs = 'prepare-aaaaaaaaaaaa host shell\nload-cccccccccccc task shell\ntrain-bbbbbbbbbbbb task spark\n';
  const { applications, jobs } = await findRunningWork(fake.context, 'spark');
  t.deepEqual(
    applications?.map(({ name }) => name),
    ['etl'],
  );
  t.deepEqual(jobs, [
    { record: 'prepare-aaaaaaaaaaaa', isTask: false, isSpark: false },
    { record: 'load-cccccccccccc', isTask: true, isSpark: false },
  ]);
  // Not registered yet: the driver is about to start.
  fake.spark = { ...fake.spark, applications: [] };
  t.is((await findRunningWork(fake.context, 'spark')).jobs.at(-1)?.record, 'train-bbbbbbbbbbbb');
});

test('no cluster or no master ends nobody; of a master that does not answer nobody knows', async (t) => {
  t.deepEqual(await findRunningWork(new FakeCluster().context, 'spark'), NOTHING);
  const silent = new FakeCluster(2);
  silent.spark = undefined;
  t.is((await findRunningWork(silent.context, 'spark')).applications, undefined);
  const headless = new FakeCluster(2);
  headless.cluster = { ...headless.cluster!, services: [clusterService('worker')], containers: [] };
  t.deepEqual(await findRunningWork(headless.context, 'spark'), NOTHING);
});

test('where the container of the master cannot be entered, applications alone are known', async (t) => {
  const fake = new FakeCluster(2);
  fake.openContainer = () => Promise.reject(new Error('it hangs'));
  t.deepEqual(await findRunningWork(fake.context, 'spark'), NOTHING);
});

const job = (record: string): RunningWork['jobs'][number] => ({ record, isTask: false, isSpark: true });
const rows: readonly (readonly [work: RunningWork, text: string])[] = [
  [{ applications: [application('etl'), application('x')], jobs: [] }, '2 running: etl, x'],
  [{ applications: [application('etl')], jobs: [job('a-1'), job('b-2')] }, '1 running: etl; 2 jobs: a-1, b-2'],
  [{ applications: [], jobs: [job('a-1')] }, '1 job running: a-1'],
  [{ applications: undefined, jobs: [] }, 'its master does not answer, so applications may be running'],
  [
    { applications: undefined, jobs: [job('a-1')] },
    'its master does not answer, so applications may be running; 1 job running: a-1',
  ],
];

for (const [work, text] of rows) {
  test(`a question says: ${text}`, (t) => {
    t.false(isIdle(work));
    t.is(describeWork(work), text);
  });
}
