import test from 'ava';

import { InvalidStateError, NotFoundError } from '../../../src/errors.ts';
import { isHistoryReady, readHistoryUrl } from '../../../src/operations/history.ts';
import { container, pending } from '../../helpers/builders.ts';
import { FakeCluster } from '../../helpers/fake-cluster.ts';

/** A healthy cluster with such a history server. */
function withHistory(changes: Parameters<typeof container>[1] = {}): FakeCluster {
  const fake = new FakeCluster(2);
  const { cluster } = fake;
  fake.cluster = { ...cluster!, containers: [...cluster!.containers, container('history', changes)] };
  fake.read = async () => ({ status: 0, stdout: '{}', stderr: '' });
  return fake;
}

const isReady = (fake: FakeCluster): Promise<boolean> => isHistoryReady(fake.context, fake.cluster!);

test('a cluster without a history server is not kept waiting for it', async (t) => {
  t.true(await isReady(new FakeCluster(2)));
});

test('a history server is ready when it answers, and not when its container runs', async (t) => {
  const fake = withHistory();
  t.true(await isReady(fake));
  fake.hasHistory = false;
  t.false(await isReady(fake));
  t.false(await isReady(withHistory({ isRunning: false })));
  t.deepEqual(fake.calls, []);
});

test('a history server that is not published is asked inside its container', async (t) => {
  const fake = withHistory({ publishedPorts: {} });
  t.true(await isReady(fake));
  t.regex(fake.calls[0] ?? '', /^read history: python3 -c .* http:\/\/127\.0\.0\.1:18080\/api\/v1\/version$/s);
  fake.read = async () => ({ status: 1, stdout: '', stderr: 'Connection refused' });
  t.false(await isReady(fake));
  fake.read = () => Promise.reject(new Error('gone'));
  t.false(await isReady(fake));
});

test('the address is that of the server, or of the pages of one application', async (t) => {
  const { context } = withHistory();
  t.is(await readHistoryUrl(context, 'spark'), 'http://127.0.0.1:18080');
  t.is(
    await readHistoryUrl(context, 'spark', 'app-20261121091010-0000'),
    'http://127.0.0.1:18080/history/app-20261121091010-0000/jobs/',
  );
  const other = withHistory({ address: 'fd00::1', publishedPorts: { 18080: 1 } });
  t.is(await readHistoryUrl(other.context, 'spark'), 'http://[fd00::1]:1');
});

test('an application that the history server does not know has no address; one that cannot be asked here is believed', async (t) => {
  const fake = withHistory();
  const error = await t.throwsAsync(readHistoryUrl(fake.context, 'spark', 'app-20261121091010-0009'), {
    instanceOf: NotFoundError,
  });
  t.is(error.message, 'The history server of the cluster "spark" knows no application app-20261121091010-0009');
  t.is(error.hint, 'a new one is there after 10 s; all of them: spark-swarm history url --name spark');
  fake.hasHistory = false;
  t.regex(await readHistoryUrl(fake.context, 'spark', 'app-20261121091010-0009'), /app-20261121091010-0009/);
});

const stopped = withHistory();
stopped.cluster = { ...stopped.cluster!, containers: [container('master'), pending('history', { role: 'history' })] };

const rows: readonly (readonly [
  title: string,
  fake: FakeCluster,
  type: typeof NotFoundError | typeof InvalidStateError,
  message: string,
  hint: string,
])[] = [
  ['no cluster', new FakeCluster(), NotFoundError, 'No cluster named "spark"', 'spark-swarm list shows them all'],
  [
    'no history server',
    new FakeCluster(2),
    NotFoundError,
    'The cluster "spark" has no history server',
    'spark-swarm history start --name spark',
  ],
  [
    'a history server that does not run',
    stopped,
    InvalidStateError,
    'The history server of the cluster "spark" does not run: it is pending',
    'spark-swarm logs history --name spark',
  ],
  [
    'a history server without a port',
    withHistory({ publishedPorts: {} }),
    InvalidStateError,
    'The history server of the cluster "spark" has no published port',
    'spark-swarm history start --name spark --port history=0',
  ],
];

for (const [title, fake, type, message, hint] of rows) {
  test(`${title} has no address: ${message}`, async (t) => {
    const error = await t.throwsAsync(readHistoryUrl(fake.context, 'spark'), { instanceOf: type });
    t.deepEqual([error.message, error.hint], [message, hint]);
  });
}
