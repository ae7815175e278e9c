import { PassThrough, Readable } from 'node:stream';

import test from 'ava';

import { rememberSpec } from '../../../src/cluster/spec.ts';
import { InterruptedError, InvalidStateError, NotFoundError, UsageError } from '../../../src/errors.ts';
import { checkSizes, submitApplication, type SubmitOptions } from '../../../src/operations/submit.ts';
import { EXAMPLES, planSubmit, type SubmitPlan } from '../../../src/spark/submit-argv.ts';
import { cluster, spec } from '../../helpers/builders.ts';
import { FakeCluster } from '../../helpers/fake-cluster.ts';

const plan = (...words: readonly string[]): SubmitPlan =>
  planSubmit(words, { examples: EXAMPLES, isLocalFile: (path) => path === 'app.py' });

const submit = (fake: FakeCluster, changes: Partial<SubmitOptions> = {}): Promise<number> =>
  submitApplication(fake.context, {
    name: 'spark',
    plan: plan('app.py', 'x y'),
    runId: 'abc',
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    pack: async (folder, files) => Readable.from([`${folder}: ${files.join(' ')}`]),
    graceMs: 1,
    ...changes,
  });

const ok = { status: 0, stdout: '', stderr: '' };
const LISTED = 'read master: /opt/spark-swarm/list-drivers';
const REMOVED = 'read master: rm -rf /tmp/run-abc';

/** A cluster whose driver ends with this status. */
function ending(status: number): FakeCluster {
  const fake = new FakeCluster(2);
  fake.exec = async () => status;
  fake.read = async () => ok;
  return fake;
}

for (const status of [0, 1, 3, 130, 255]) {
  test(`an application that ends with ${status} is passed on, and its folder is removed`, async (t) => {
    const fake = ending(status);
    t.is(await submit(fake), status);
    t.deepEqual(fake.calls, [
      LISTED,
      'copy into master:/tmp: run-abc: app.py',
      'exec master: /opt/spark-swarm/run-driver /tmp/run-abc -- spark-submit app.py x y',
      REMOVED,
    ]);
  });
}

test("the driver's output goes where it was asked for", async (t) => {
  const fake = ending(0);
  fake.exec = async (_argv, { stdout, stderr }) => {
    stdout.write('Pi is roughly 3.14\n');
    stderr.write('INFO\n');
    return 0;
  };
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  await submit(fake, { stdout, stderr });
  t.is(String(stdout.read()), 'Pi is roughly 3.14\n');
  t.is(String(stderr.read()), 'INFO\n');
});

test('a driver that cannot be started leaves no folder behind', async (t) => {
  const fake = ending(0);
  fake.exec = () => Promise.reject(new Error('no exec'));
  await t.throwsAsync(submit(fake), { message: 'no exec' });
  t.is(fake.calls.at(-1), REMOVED);
});

/** A driver that ends when it gets this signal; its pid is written after `young` tries. */
function stubborn(endsBy: string, young = 0): FakeCluster {
  const fake = new FakeCluster(2);
  let end: (status: number) => void = () => {};
  let tries = 0;
  fake.exec = () => {
    const ended = new Promise<number>((resolve) => (end = resolve));
    setImmediate(() => fake.controller.abort(new InterruptedError('Interrupted')));
    return ended;
  };
  fake.read = async (argv) => {
    if (argv[0] !== 'sh') return ok;
    if (tries++ < young) return { status: 1, stdout: '', stderr: 'no such process' };
    if (argv.includes(endsBy)) end(130);
    return ok;
  };
  return fake;
}
const kill = (signal: string): string =>
  `read master: sh -c kill -s "$1" -- "-$(cat "$2/pid")" cancel ${signal} /tmp/run-abc`;

for (const [endsBy, sent] of [
  ['INT', ['INT']],
  ['TERM', ['INT', 'TERM']],
  ['KILL', ['INT', 'TERM', 'KILL']],
] as const) {
  test(`Ctrl-C sends ${sent.join(', then ')} to the driver's whole group, and waits for its end`, async (t) => {
    const fake = stubborn(endsBy);
    await t.throwsAsync(submit(fake), { instanceOf: InterruptedError, message: 'Interrupted' });
    t.deepEqual(fake.calls.slice(3), [...sent.map(kill), REMOVED]);
  });
}

test('a driver so young that its pid is not written yet is signalled again', async (t) => {
  const fake = stubborn('INT', 1);
  await t.throwsAsync(submit(fake, { graceMs: 5000 }), { instanceOf: InterruptedError });
  t.deepEqual(fake.calls.slice(3), [kill('INT'), kill('INT'), REMOVED]);
});

test('Ctrl-C before the driver is started starts none', async (t) => {
  const fake = ending(0);
  const pack = async (): Promise<Readable> => {
    fake.controller.abort(new InterruptedError('Interrupted'));
    return Readable.from(['x']);
  };
  await t.throwsAsync(submit(fake, { pack }), { instanceOf: InterruptedError });
  t.deepEqual(fake.calls, [LISTED, 'copy into master:/tmp: x', REMOVED]);
});

test('a cluster that is not there gets no application', async (t) => {
  const error = await t.throwsAsync(submit(new FakeCluster(), { name: 'b' }), { instanceOf: NotFoundError });
  t.is(error.message, 'No cluster named "b"');
  t.is(error.hint, 'spark-swarm list shows them all; start or deploy makes one');
});

test('a master that does not run gets no application', async (t) => {
  const fake = new FakeCluster(2);
  fake.setContainer('master', { isRunning: false });
  const error = await t.throwsAsync(submit(fake), { instanceOf: InvalidStateError });
  t.is(error.message, 'Cannot submit to the cluster "spark": its master does not run');
  t.is(error.hint, 'spark-swarm status --name spark');
});

test('a driver that does not fit beside the master is refused with the whole sum', async (t) => {
  const fake = ending(0);
  fake.cluster = { ...fake.cluster!, remembered: rememberSpec(spec()) };
  const error = await t.throwsAsync(submit(fake, { plan: plan('--driver-memory', '4g', 'app.py') }), {
    instanceOf: UsageError,
  });
  t.is(
    error.message,
    'The driver does not fit beside the master: 384m daemon + 4g driver + 384m overhead = 4864m, and its limit is 3200m',
  );
  t.is(error.hint, 'a smaller --driver-memory, or spark-swarm deploy --master-memory 4864m');
  t.deepEqual(fake.calls, []);
});

test("sizes among the application's own arguments are not Spark's", (t) => {
  t.deepEqual(checkSizes(cluster(), plan('app.py', '--driver-memory', '400g', '--executor-memory', '1m')), []);
});

test('executors that would never start are warned about', (t) => {
  t.deepEqual(checkSizes(cluster(), plan('--executor-memory', '450m', 'app.py')), [
    'executors of 450m: below 512m they exit at once and the application waits for ever',
  ]);
  t.deepEqual(checkSizes(cluster(), plan('--conf', 'spark.executor.memory=2g', 'app.py')), [
    'executors of 2g: a worker offers 1g, so the application waits for ever',
  ]);
  t.deepEqual(checkSizes(cluster(), plan('--executor-memory', '1g', 'app.py')), []);
});

test('where nobody remembers the sizes nothing is refused', (t) => {
  const unknown = cluster({ remembered: undefined });
  t.deepEqual(checkSizes(unknown, plan('--driver-memory', '99g', '--executor-memory', '99g', 'app.py')), []);
});

test('a warning is reported before the application starts', async (t) => {
  const fake = ending(0);
  await submit(fake, { plan: plan('--executor-memory', '100m', 'app.py') });
  t.deepEqual(fake.said, [
    'warning: executors of 100m: below 512m they exit at once and the application waits for ever',
  ]);
});
