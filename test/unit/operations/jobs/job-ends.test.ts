import { rm } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { text as readText } from 'node:stream/consumers';

import test from 'ava';

import { EngineError, InvalidStateError, UnreachableError, UsageError } from '../../../../src/errors.ts';
import type { JobPlan } from '../../../../src/jobs/job-plan.ts';
import type { TaskObservation, TaskRunner } from '../../../../src/jobs/job-shell.ts';
import { launchWords, jobFolder } from '../../../../src/jobs/launch.ts';
import { cancelJob } from '../../../../src/operations/jobs/cancel.ts';
import { readJobEvidence } from '../../../../src/operations/jobs/evidence.ts';
import { LaunchSession } from '../../../../src/operations/jobs/launch-session.ts';
import { streamJobLogs } from '../../../../src/operations/jobs/logs.ts';
import { findJob, readJobs } from '../../../../src/operations/jobs/read-jobs.ts';
import { runJob, type Launched } from '../../../../src/operations/jobs/run.ts';
import { waitForJob } from '../../../../src/operations/jobs/wait.ts';
import { LocalJobs } from '../../../helpers/local-jobs.ts';
import { waitFor } from '../../../helpers/wait-for.ts';

const start = async (jobs: LocalJobs, plan: JobPlan): Promise<Launched> =>
  runJob(jobs.context, plan, { driverBytes: undefined });

/** Docker, which says this of the one job that has a service. */
class FakeTasks implements TaskRunner {
  readonly did: string[] = [];
  readonly #says: string;
  #id: string | undefined;
  startFails: Error | undefined;
  openFails: Error | undefined;

  constructor(says = 'pending') {
    this.#says = says;
  }

  async start({ id }: { readonly id: string }): Promise<void> {
    this.did.push('start');
    this.#id = id;
    if (this.startFails) throw this.startFails;
  }

  async observe(): Promise<ReadonlyMap<string, TaskObservation>> {
    if (this.#id === undefined) return new Map();
    const [state = '', message = ''] = this.#says.split(': ');
    return new Map([[this.#id, { jobId: this.#id, state, message, exitCode: undefined, node: 'node1' }]]);
  }

  async openShell(): Promise<undefined> {
    if (this.openFails) throw this.openFails;
  }

  async remove(): Promise<void> {
    this.did.push('remove');
    this.#id = undefined;
  }
}

/** A job that is sent and not launched. */
async function send(jobs: LocalJobs, plan: JobPlan): Promise<{ readonly launch: () => Promise<unknown> }> {
  const { shell, scripts, signal } = jobs.context;
  const folder = jobFolder(plan.spec);
  const extras = { environment: {}, files: [] };
  const archive = await jobs.context.pack(plan, { extras, folder: `.new/${folder}.aaaaaaaa` });
  await shell.upload(archive, shell.base, signal);
  const words = launchWords({ base: shell.base, folder, nonce: 'aaaaaaaa', hash: plan.spec.hash, mode: 'host' });
  return { launch: async () => shell.run(scripts.launch, words, { signal }) };
}

async function logsOf(jobs: LocalJobs, id: string, follow: boolean): Promise<string> {
  const stdout = new PassThrough();
  const text = readText(stdout);
  await streamJobLogs(jobs.context, await findJob(jobs.context, id), {
    stdout,
    stderr: undefined,
    follow,
    tail: undefined,
  });
  stdout.end();
  return text;
}

test('a job that ended while it was sent has printed nothing, and nobody waits for that', async (t) => {
  await using jobs = await LocalJobs.open();
  const plan = await jobs.plan('echo up');
  await send(jobs, plan);
  const sent = await findJob(jobs.context, plan.spec.id);
  t.is(sent.state, 'PENDING');
  t.is((await readJobEvidence(jobs.context, sent)).stdoutTail, '');
  await cancelJob(jobs.context, sent, {});
  const view = await findJob(jobs.context, plan.spec.id);
  t.deepEqual([view.state, view.reason], ['KILLED', 'before start']);
  t.deepEqual(await readJobEvidence(jobs.context, view), {
    jobStatus: view,
    stdoutTail: '',
    stderrTail: '',
    applicationId: undefined,
  });
  t.deepEqual([await logsOf(jobs, plan.spec.id, false), await logsOf(jobs, plan.spec.id, true)], ['', '']);
});

test('a job that is followed while it is sent is followed on when it is launched', async (t) => {
  await using jobs = await LocalJobs.open();
  const plan = await jobs.plan('echo up');
  const { launch } = await send(jobs, plan);
  const following = logsOf(jobs, plan.spec.id, true);
  await waitFor('somebody who follows', { read: async () => jobs.shell.ran, until: (ran) => ran.includes('follow') });
  await launch();
  t.is(await following, 'up\n');
});

test('a job that is launched while it is looked for is found, whatever was read by then', async (t) => {
  for (let reads = 0; reads <= 5; reads++) {
    await using jobs = await LocalJobs.open();
    const plan = await jobs.plan('echo up');
    await send(jobs, plan);
    // What a launch does last, right after so many reads of the disk.
    const launching = `
reads=0
find() {
  [ $reads != ${reads} ] || mv .new/${jobFolder(plan.spec)}.aaaaaaaa ${jobFolder(plan.spec)}
  reads=$((reads + 1))
  command find "$@"
}
`;
    const { context } = jobs;
    const scripts = { ...context.scripts, snapshot: launching + context.scripts.snapshot };
    t.is((await findJob({ ...context, scripts }, plan.spec.id)).spec.id, plan.spec.id, `after ${reads} reads`);
    // Nobody has claimed it, so it would never end.
    await rm(jobs.shell.base, { recursive: true });
  }
});

test('a task that was rejected ends whoever follows it, and stays FAILED when its service is taken away', async (t) => {
  const runner = new FakeTasks('rejected: No such image');
  await using jobs = await LocalJobs.open({ driver: 'task', runner });
  const plan = await jobs.plan('echo', { driver: 'task' });
  await start(jobs, plan);
  // The launch has looked for what others have left: that is this one now.
  const { id } = plan.spec;
  t.is(await logsOf(jobs, id, true), '');
  const expected = ['FAILED', 'launch: task rejected on node1: No such image'];
  const view = await waitForJob(jobs.context, await findJob(jobs.context, id), {});
  t.deepEqual([view.state, view.reason], expected);
  t.true(runner.did.includes('remove'));
  const later = await findJob(jobs.context, id);
  t.deepEqual([later.state, later.reason], expected);
});

test('what fails after the service was made leaves the record and the service alone', async (t) => {
  const runner = new FakeTasks();
  await using jobs = await LocalJobs.open({ driver: 'task', runner });
  const plan = await jobs.plan('echo', { driver: 'task' });
  const observe = runner.observe.bind(runner);
  runner.observe = async () => {
    throw new EngineError('The list of jobs is not complete', 500);
  };
  await start(jobs, plan);
  runner.observe = observe;
  t.deepEqual(runner.did, ['start']);
  t.is((await findJob(jobs.context, plan.spec.id)).state, 'PENDING');
});

test('a service that could not be made goes with its record, and a record that was there before stays', async (t) => {
  const runner = new FakeTasks();
  await using jobs = await LocalJobs.open({ driver: 'task', runner });
  const plan = await jobs.plan('echo', { driver: 'task', id: 'abcdefabcdef' });
  runner.startFails = new UsageError('no room');
  await t.throwsAsync(start(jobs, plan), { message: 'no room' });
  t.deepEqual([runner.did, await readJobs(jobs.context)], [['start', 'remove'], []]);
  runner.startFails = undefined;
  await start(jobs, plan);
  runner.startFails = new UsageError('no room');
  await t.throwsAsync(start(jobs, plan), { message: 'no room' });
  t.is((await readJobs(jobs.context)).length, 1);
});

test('a claim that is older than a minute gets no service, and is FAILED for good', async (t) => {
  const runner = new FakeTasks();
  await using jobs = await LocalJobs.open({ driver: 'task', runner });
  const plan = await jobs.plan('echo', { driver: 'task', id: 'abcdefabcdef' });
  runner.startFails = new UnreachableError('The laptop slept');
  await t.throwsAsync(start(jobs, plan), { message: /The laptop slept$/ });
  await runner.remove();
  const starts = runner.did.filter((each) => each === 'start').length;
  runner.startFails = undefined;
  const aged = 'read -r v u rest <"$1/claim" && echo "$v $((${u%.*} - 70)).00 $rest" >"$1/claim"';
  const { shell, signal } = jobs.context;
  await shell.run(aged, [`${shell.base}/${jobFolder(plan.spec)}`], { signal });
  const error = await t.throwsAsync(start(jobs, plan), { instanceOf: InvalidStateError });
  t.is(error.message, 'The job abcdefabcdef could not be started in this machine: its launch was interrupted');
  t.is(runner.did.filter((each) => each === 'start').length, starts);
  const view = await findJob(jobs.context, 'abcdefabcdef');
  t.deepEqual([view.state, view.reason], ['FAILED', 'launch: it has no service']);
});

for (const openFails of [undefined, new UnreachableError('Its node is down')])
  test(`a cancelled task loses its service ${openFails ? 'also when its node is down' : 'before it gets a container'}`, async (t) => {
    const runner = new FakeTasks(openFails ? 'running' : 'pending');
    await using jobs = await LocalJobs.open({ driver: 'task', runner });
    const plan = await jobs.plan('echo', { driver: 'task' });
    await start(jobs, plan);
    runner.openFails = openFails;
    const { shell, signal } = jobs.context;
    const directory = `${shell.base}/${jobFolder(plan.spec)}`;
    // It had begun in its container.
    if (openFails) await shell.run('echo "1 1 other:1 task-1" >"$1/pid"', [directory], { signal });
    const { view } = await cancelJob(jobs.context, await findJob(jobs.context, plan.spec.id), {});
    t.is(view.state, openFails ? 'DONEWITHERROR' : 'KILLED');
    t.deepEqual(runner.did, ['start', 'remove']);
  });

test('a job that is refused while it is sent leaves nothing there', async (t) => {
  await using jobs = await LocalJobs.open();
  const check = async (): Promise<never> => {
    throw new UsageError('The driver does not fit');
  };
  const running = runJob(jobs.context, await jobs.plan('echo'), { driverBytes: undefined, check });
  await t.throwsAsync(running, { message: 'The driver does not fit' });
  t.deepEqual(await readJobs(jobs.context), []);
});

test('a task of a swarm that cannot be asked here is not lost', async (t) => {
  await using jobs = await LocalJobs.open({ driver: 'task', runner: new FakeTasks('running') });
  const plan = await jobs.plan('echo', { driver: 'task' });
  await start(jobs, plan);
  const view = await findJob({ ...jobs.context, runner: undefined }, plan.spec.id);
  t.is(view.state, 'PENDING');
  t.is(
    view.reason,
    'not known: its driver is a task of a swarm, which is not seen from here; name its manager with --context',
  );
  await cancelJob(jobs.context, await findJob(jobs.context, plan.spec.id), {});
});

for (const [argv, options, isPython] of [
  [['spark-submit', '--jars', 'x.jar', 'app.py'], ['--jars', 'x.jar'], true],
  [['spark-submit', 'app.py', 'data.jar'], [], true],
  [['spark-submit', '--class', 'Main', 'app.jar', 'app.py'], ['--class', 'Main'], false],
] as const)
  test(`${argv.join(' ')} is an application in ${isPython ? 'Python' : 'Java'}`, async (t) => {
    await using jobs = await LocalJobs.open();
    const plan = await jobs.plan('echo');
    const refused = new InvalidStateError('asked');
    const asked: boolean[] = [];
    const prepare = async (job: { readonly isPython: boolean }): Promise<never> => {
      asked.push(job.isPython);
      throw refused;
    };
    const own = { ...plan, spec: { ...plan.spec, argv }, options };
    const running = runJob({ ...jobs.context, prepare }, own, { driverBytes: undefined });
    t.is(await t.throwsAsync(running), refused);
    t.deepEqual(asked, [isPython]);
  });

test('the half of an answer that was cut off is forgotten when the launch is sent again', async (t) => {
  await using jobs = await LocalJobs.open();
  const [stdout, stderr] = [new PassThrough().resume(), new PassThrough().resume()];
  const session = new LaunchSession(jobs.context, { stdout, stderr });
  const { shell } = jobs;
  const stream = shell.stream.bind(shell);
  shell.stream = async (_, __, options) => {
    options.stdout.write('star');
    throw new UnreachableError('The connection was lost');
  };
  await t.throwsAsync(session.start(['x']), { message: 'The connection was lost' });
  shell.stream = async (_, words, options) => stream('echo "already -"', words, options);
  t.deepEqual(await session.start(['x']), { status: 0, stdout: 'already -', stderr: '' });
});
