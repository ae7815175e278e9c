import { PassThrough } from 'node:stream';
import { text as readText } from 'node:stream/consumers';

import test from 'ava';

import { EngineError, InterruptedError, NotFoundError } from '../../../src/errors.ts';
import { streamLogs, type ClusterLogOptions } from '../../../src/operations/logs.ts';
import { FakeCluster } from '../../helpers/fake-cluster.ts';

/** What is written for each prefix. */
class Outputs {
  readonly texts = new Map<string, Promise<string>>();

  readonly open = (prefix: string): ReturnType<ClusterLogOptions['openOutput']> => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    this.texts.set(
      prefix,
      Promise.all([readText(stdout), readText(stderr)]).then((both) => both.join('|')),
    );
    return { stdout, stderr };
  };

  async read(): Promise<Readonly<Record<string, string>>> {
    const entries = await Promise.all([...this.texts].map(async ([prefix, text]) => [prefix, await text] as const));
    return Object.fromEntries(entries);
  }
}

const stream = (fake: FakeCluster, outputs: Outputs, changes: Partial<ClusterLogOptions> = {}): Promise<void> =>
  streamLogs(fake.context, {
    name: 'spark',
    daemon: undefined,
    follow: false,
    tail: undefined,
    sinceMs: undefined,
    timestamps: false,
    openOutput: outputs.open,
    ...changes,
  });

function talking(): FakeCluster {
  const fake = new FakeCluster(10);
  fake.logs = {
    master: [['stdout', 'm\n']],
    'worker-2': [
      ['stdout', 'out\n'],
      ['stderr', 'err\n'],
    ],
  };
  return fake;
}

test('of all daemons each has a prefix of the same width', async (t) => {
  const outputs = new Outputs();
  await stream(talking(), outputs);
  const texts = await outputs.read();
  t.is(Object.keys(texts).length, 11);
  t.is(texts['master    | '], 'm\n|');
  t.is(texts['worker-2  | '], 'out\n|err\n');
  t.is(texts['worker-10 | '], '|');
});

test('one daemon has no prefix', async (t) => {
  const outputs = new Outputs();
  await stream(talking(), outputs, { daemon: 'worker-2' });
  t.deepEqual(await outputs.read(), { '': 'out\n|err\n' });
});

test('an unknown daemon is not found, with those that there are', async (t) => {
  const error = await t.throwsAsync(stream(new FakeCluster(2), new Outputs(), { daemon: 'worker-9' }), {
    instanceOf: NotFoundError,
  });
  t.is(error.message, 'No logs of worker-9 in the cluster "spark"');
  t.is(error.hint, 'there are: master, worker-1, worker-2');
});

test('a cluster without a single container has no logs', async (t) => {
  const fake = new FakeCluster(0);
  fake.setContainer('master', { containerId: undefined });
  const error = await t.throwsAsync(stream(fake, new Outputs()), { instanceOf: NotFoundError });
  t.is(error.message, 'No logs of any daemon in the cluster "spark"');
  t.is(error.hint, 'spark-swarm status --name spark');
});

test('a cluster that is not there is not found', async (t) => {
  await t.throwsAsync(stream(new FakeCluster(), new Outputs()), {
    instanceOf: NotFoundError,
    message: 'No cluster named "spark"',
  });
});

test('Ctrl-C is how following ends', async (t) => {
  const fake = talking();
  const outputs = new Outputs();
  const running = stream(fake, outputs, { follow: true, daemon: 'master' });
  setImmediate(() => fake.controller.abort(new InterruptedError('Interrupted')));
  await t.notThrowsAsync(running);
  t.deepEqual(await outputs.read(), { '': 'm\n|' });
});

test('another failure is one', async (t) => {
  const fake = talking();
  fake.streamLogs = () => Promise.reject(new EngineError('gone', 500));
  await t.throwsAsync(stream(fake, new Outputs(), { follow: true }), { instanceOf: EngineError, message: 'gone' });
});

test('of several daemons the first failure ends the others, and is the one that is thrown', async (t) => {
  const fake = talking();
  const stream_ = fake.streamLogs.bind(fake);
  fake.streamLogs = (cluster, container, options) =>
    container.displayName === 'worker-3'
      ? Promise.reject(new EngineError('gone', 500))
      : stream_(cluster, container, options);
  const outputs = new Outputs();
  await t.throwsAsync(stream(fake, outputs, { follow: true }), { instanceOf: EngineError, message: 'gone' });
  t.is((await outputs.read())['master    | '], 'm\n|');
});
