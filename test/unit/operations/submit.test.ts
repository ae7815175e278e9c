import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { text as readText } from 'node:stream/consumers';

import test from 'ava';

import { rememberSpec } from '../../../src/cluster/spec.ts';
import { InterruptedError, InvalidStateError, UsageError } from '../../../src/errors.ts';
import { FINAL_STATES } from '../../../src/jobs/job.ts';
import { readJobs } from '../../../src/operations/jobs/read-jobs.ts';
import { checkSizes, exitStatusOf, submitApplication, type ApplicationEnd } from '../../../src/operations/submit.ts';
import { cluster, container, spec } from '../../helpers/builders.ts';
import { LocalJobs } from '../../helpers/local-jobs.ts';
import { waitFor } from '../../helpers/wait-for.ts';

interface Ended {
  readonly end: ApplicationEnd;
  readonly stdout: string;
  readonly stderr: string;
}

async function submit(jobs: LocalJobs, script: string, flags = {}): Promise<Ended> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const texts = Promise.all([readText(stdout), readText(stderr)]);
  const plan = await jobs.plan(script, flags);
  const end = await submitApplication(jobs.context, { plan, stdout, stderr }).finally(() => {
    stdout.end();
    stderr.end();
  });
  const [out, err] = await texts;
  return { end, stdout: out, stderr: err };
}

test('an application that succeeds is launched, followed and known to have ended by one program', async (t) => {
  await using jobs = await LocalJobs.open();
  const { end, stdout, stderr } = await submit(jobs, 'echo one; echo two >&2; printf three');
  t.deepEqual(
    { state: end.state, exitCode: end.exitCode, stdout, stderr },
    {
      state: 'SUCCEEDED',
      exitCode: 0,
      stdout: 'one\nthree',
      stderr: 'two\n',
    },
  );
  t.deepEqual(jobs.shell.ran, ['start']);
});

for (const status of [1, 3, 130, 255]) {
  test(`an application that ends with ${status} is passed on, with all that it has printed`, async (t) => {
    await using jobs = await LocalJobs.open();
    const { end, stdout } = await submit(jobs, `echo said; exit ${status}`);
    t.is(exitStatusOf(end), status);
    t.is(end.state, status === 130 ? 'KILLED' : 'DONEWITHERROR');
    t.is(stdout, 'said\n');
  });
}

test('a connection that is cut in the middle of the output is made again, and goes on at that byte', async (t) => {
  await using jobs = await LocalJobs.open();
  const lines = Array.from({ length: 2000 }, (_, index) => `line ${index}\n`).join('');
  jobs.shell.streamCuts.push(6000, 3001);
  const { end, stdout } = await submit(jobs, 'i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done');
  t.is(end.state, 'SUCCEEDED');
  t.is(stdout, lines);
});

test('a connection that is cut while the job is launched starts it once', async (t) => {
  await using jobs = await LocalJobs.open();
  jobs.shell.streamCuts.push(0);
  const { end, stdout } = await submit(jobs, 'echo $$; sleep 0.3');
  t.is(end.state, 'SUCCEEDED');
  t.regex(stdout, /^[0-9]+\n$/);
  t.is((await readJobs(jobs.context)).length, 1);
});

test('Ctrl-C cancels the application before the interrupt is passed on', async (t) => {
  await using jobs = await LocalJobs.open();
  const plan = await jobs.plan('trap "" INT; echo up; while :; do sleep 0.1; done', { grace: '200ms' });
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  stdout.once('data', () => jobs.controller.abort(new InterruptedError('Interrupted')));
  await t.throwsAsync(submitApplication(jobs.context, { plan, stdout, stderr }), {
    instanceOf: InterruptedError,
    message: 'Interrupted',
  });
  const [view] = await readJobs({ ...jobs.context, signal: new AbortController().signal });
  t.is(view?.state, 'KILLED');
});

test('Ctrl-C before the application is started starts none', async (t) => {
  await using jobs = await LocalJobs.open();
  const { pack } = jobs.context;
  const context = {
    ...jobs.context,
    pack: async (...all: Parameters<typeof pack>) => {
      jobs.controller.abort(new InterruptedError('Interrupted'));
      return pack(...all);
    },
  };
  const plan = await jobs.plan('echo never');
  const outputs = { stdout: new PassThrough(), stderr: new PassThrough() };
  await t.throwsAsync(submitApplication(context, { plan, ...outputs }), { instanceOf: InterruptedError });
  const views = await readJobs({ ...jobs.context, signal: new AbortController().signal });
  t.deepEqual(
    views.filter(({ state }) => !FINAL_STATES.has(state)),
    [],
  );
  t.is(outputs.stdout.read(), null);
});

test('when the client is gone the application goes on, and is in the list', async (t) => {
  await using jobs = await LocalJobs.open();
  const plan = await jobs.plan('echo up; sleep 1; exit 4');
  const controller = new AbortController();
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  // As a process that is killed: nothing is cleaned up behind it.
  const context = { ...jobs.context, signal: controller.signal };
  jobs.shell.cuts.push(...Array.from({ length: 1000 }, () => 'before' as const));
  const given = submitApplication(context, { plan, stdout, stderr }).catch(() => {});
  await once(stdout, 'data');
  controller.abort(new Error('killed'));
  await given;
  jobs.shell.cuts.length = 0;
  const ended = await waitFor('its end', {
    read: async () => (await readJobs(jobs.context))[0],
    until: (view) => view !== undefined && FINAL_STATES.has(view.state),
  });
  t.deepEqual([ended?.state, ended?.reason], ['DONEWITHERROR', 'exit 4']);
});

test('a master that does not run gets no application', async (t) => {
  await using jobs = await LocalJobs.open({
    state: cluster({ containers: [container('master', { isRunning: false })] }),
  });
  const error = await t.throwsAsync(submit(jobs, 'echo never'), { instanceOf: InvalidStateError });
  t.is(error.message, 'Cannot submit to the cluster "spark": its master does not run');
  t.is(error.hint, 'spark-swarm status --name spark');
});

test('a driver that does not fit beside the master is refused with the whole sum, and nothing is uploaded', async (t) => {
  await using jobs = await LocalJobs.open({ state: cluster({ remembered: rememberSpec(spec()) }) });
  const plan = await jobs.plan('echo never');
  const spark = { ...plan, options: ['--driver-memory', '4g'], spec: { ...plan.spec, type: 'spark' as const } };
  const outputs = { stdout: new PassThrough(), stderr: new PassThrough() };
  const error = await t.throwsAsync(submitApplication(jobs.context, { plan: spark, ...outputs }), {
    instanceOf: UsageError,
  });
  t.is(
    error.message,
    'The driver does not fit beside the master: 384m daemon + 4g driver + 384m overhead = 4864m, and its limit is 3200m',
  );
  t.is(error.hint, 'a smaller --driver-memory, or spark-swarm deploy --master-memory 4864m');
  t.deepEqual(jobs.shell.ran, []);
});

test('executors that would never start are warned about', (t) => {
  const sizes = (...options: readonly string[]): readonly string[] => checkSizes(cluster(), { options });
  t.deepEqual(sizes('--executor-memory', '450m'), [
    'executors of 450m: below 512m they exit at once and the application waits for ever',
  ]);
  t.deepEqual(sizes('--conf', 'spark.executor.memory=2g'), [
    'executors of 2g: a worker offers 1g, so the application waits for ever',
  ]);
  t.deepEqual(sizes('--executor-memory', '1g'), []);
});

test('where nobody remembers the sizes nothing is refused', (t) => {
  const unknown = cluster({ remembered: undefined });
  t.deepEqual(checkSizes(unknown, { options: ['--driver-memory', '99g', '--executor-memory', '99g'] }), []);
});

test("an exit status is the application's own, or one of ours where it has left none", (t) => {
  t.is(exitStatusOf({ state: 'SUCCEEDED', exitCode: 0 }), 0);
  t.is(exitStatusOf({ state: 'DONEWITHERROR', exitCode: 3 }), 3);
  t.is(exitStatusOf({ state: 'KILLED', exitCode: 143 }), 143);
  t.is(exitStatusOf({ state: 'KILLED', exitCode: undefined }), 130);
  t.is(exitStatusOf({ state: 'DONEWITHERROR', exitCode: undefined }), 1);
  t.is(exitStatusOf({ state: 'FAILED', exitCode: undefined }), 1);
});
