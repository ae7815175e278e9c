import test from 'ava';

import { createColors } from '../../../../src/cli/colors.ts';
import { formatJob } from '../../../../src/cli/commands/explain.ts';
import { application, GIB } from '../../../helpers/builders.ts';
import { ContainersStage } from '../../../helpers/containers-stage.ts';
import { CAUSE } from '../../../helpers/explain-readings.ts';
import { endedJob } from '../../../helpers/local-jobs.ts';

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
    readonly applications: readonly { readonly jobId: string | null }[];
  };
  t.is(json.applications[0]?.jobId, '4c1f0a9b7e23');
});

test('the machine of a driver is for one job', async (t) => {
  await using stage = await ContainersStage.set();
  const { status, stderr } = await stage.run(['explain', '--driver', 'ssh://ada@edge']);
  t.deepEqual(
    [status, stderr],
    [2, 'error: --driver: got "ssh://ada@edge" without a job; expected JOB, whose record is on that machine\n'],
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

test('explain of one job says the cause, or that there is none, or that nobody knows it', async (t) => {
  const colors = createColors({ NO_COLOR: '1' }, process.stdout);
  const view = await endedJob('echo wrong >&2; exit 3');
  const { id } = view.spec;
  const say = (changes: Partial<typeof view>, findings: Parameters<typeof formatJob>[0]['findings'] = []): string =>
    formatJob({ view: { ...view, ...changes }, findings }, { colors, context: 'lab' });
  t.is(
    say({}),
    `job job (${id}): DONEWITHERROR, exit 3: the cause is not known\n` +
      `hint: spark-swarm job logs --tail 20 --name spark --context lab ${id}`,
  );
  t.is(
    say({ state: 'FAILED', reason: 'upload interrupted \u001B[2J' }),
    `job job (${id}): FAILED, upload interrupted  [2J`,
  );
  t.is(
    say({ state: 'SUCCEEDED', reason: '' }),
    `job job (${id}): SUCCEEDED: it has ended, and there is nothing to explain`,
  );
  t.is(say({ state: 'RUNNING', reason: '' }), `job job (${id}): RUNNING: nothing stands in its way`);
  t.is(say({}, [CAUSE]), `job job (${id}): DONEWITHERROR, exit 3\n\nSS-J08 s: p\n  proof: q\n  fix:   f\n  page:  g`);
});
