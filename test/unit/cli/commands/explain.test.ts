import test from 'ava';

import { application, GIB } from '../../../helpers/builders.ts';
import { ContainersStage } from '../../../helpers/containers-stage.ts';

test('explain prints each application, its findings with proof, fix and page, and ends with 1', async (t) => {
  await using stage = await ContainersStage.set();
  stage.master.state = { ...stage.master.state, applications: [application('works')] };
  const well = await stage.run(['explain']);
  t.deepEqual(
    [well.status, well.stdout],
    [0, 'app-20261120233630-0000 "works" of spark: RUNNING, 2 cores: nothing stands in its way\n'],
  );

  const waits = application('waits', { cores: 0, state: 'WAITING', memoryPerExecutorBytes: 8 * GIB });
  stage.master.state = { ...stage.master.state, applications: [waits] };
  const { status, stdout } = await stage.run(['explain']);
  t.is(status, 1);
  t.is(
    stdout,
    [
      'app-20261120233630-0000 "waits" of spark: WAITING, 0 cores',
      '  SS-J03 application app-20261120233630-0000 "waits": waits for an executor that is larger than any worker',
      '    proof: asked: 1 core and 8g for an executor; the largest of 2 workers offers 1 core and 1g',
      '    fix:   spark-swarm submit --conf spark.executor.memory=1g …, or larger workers: spark-swarm start --name spark --worker-memory 10g',
      '    page:  docs/problems/jobs.md#ss-j03',
      '',
    ].join('\n'),
  );
  const json = JSON.parse((await stage.run(['explain', '-o', 'json'])).stdout) as {
    readonly schemaVersion: number;
    readonly applications: readonly { readonly findings: readonly { readonly id: string }[] }[];
  };
  t.is(json.schemaVersion, 1);
  t.is(json.applications[0]?.findings[0]?.id, 'SS-J03');
  const shown = await stage.run(['status']);
  t.regex(shown.stdout, /^Applications that do not work:\n {2}SS-J03 application /m);
});

test('of an application that is a job of ours the id of the job is told', async (t) => {
  await using stage = await ContainersStage.set();
  const works = application('etl');
  stage.master.state = { ...stage.master.state, applications: [works] };
  const driver = `/proxy/${works.id}/api/v1`;
  stage.master.pages.set(`${driver}/version`, '{"spark":"4.2.1"}');
  const properties = [['spark.swarm.jobId', '4c1f0a9b7e23']];
  stage.master.pages.set(
    `${driver}/applications/${works.id}/environment`,
    JSON.stringify({ sparkProperties: properties }),
  );
  const { status, stdout } = await stage.run(['explain']);
  t.deepEqual(
    [status, stdout],
    [0, `${works.id} "etl" of spark: RUNNING, 2 cores, job 4c1f0a9b7e23: nothing stands in its way\n`],
  );
  const json = JSON.parse((await stage.run(['explain', '-o', 'json'])).stdout) as {
    readonly applications: readonly { readonly job: string | null }[];
  };
  t.is(json.applications[0]?.job, '4c1f0a9b7e23');
});

test('the machine of a driver is for one job', async (t) => {
  await using stage = await ContainersStage.set();
  const { status, stderr } = await stage.run(['explain', '--driver', 'ssh://ada@edge']);
  t.deepEqual(
    [status, stderr],
    [2, 'error: --driver ssh://ada@edge is for one job; expected: spark-swarm explain --driver ssh://ada@edge JOB\n'],
  );
});

test('explain of a cluster where nothing is active says so', async (t) => {
  await using stage = await ContainersStage.set();
  const { status, stdout } = await stage.run(['explain']);
  t.deepEqual([status, stdout], [0, 'No application is active on the cluster "spark".\n']);
});

test('explain of a cluster that is not there ends with 1', async (t) => {
  await using stage = await ContainersStage.set();
  const { status, stderr } = await stage.run(['explain', '--name', 'other']);
  t.is(status, 1);
  t.regex(stderr, /^error: No cluster named "other"$/m);
});
