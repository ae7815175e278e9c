import test from 'ava';

import { InvalidStateError, NotFoundError } from '../../../src/errors.ts';
import { isNotebookReady, readNotebookUrl } from '../../../src/operations/notebook.ts';
import { container, pending } from '../../helpers/builders.ts';
import { FakeCluster } from '../../helpers/fake-cluster.ts';

/** A healthy cluster with such a notebook; the token is in its file. */
function withNotebook(changes: Parameters<typeof container>[1] = {}): FakeCluster {
  const fake = new FakeCluster(2);
  const { cluster } = fake;
  fake.cluster = { ...cluster!, containers: [...cluster!.containers, container('notebook', changes)] };
  fake.read = async () => ({ status: 0, stdout: 'abc123\n', stderr: '' });
  return fake;
}

const isReady = (fake: FakeCluster): Promise<boolean> => isNotebookReady(fake.context, fake.cluster!);

test('a cluster without a notebook is not kept waiting for it', async (t) => {
  t.true(await isReady(new FakeCluster(2)));
});

test('a notebook is ready when JupyterLab answers, and not when its container runs', async (t) => {
  const fake = withNotebook();
  t.true(await isReady(fake));
  fake.hasJupyter = false;
  t.false(await isReady(fake));
  t.false(await isReady(withNotebook({ isRunning: false })));
  t.deepEqual(fake.calls, []);
});

test('a notebook that is not published is asked inside its container', async (t) => {
  const fake = withNotebook({ publishedPorts: {} });
  t.true(await isReady(fake));
  t.regex(fake.calls[0] ?? '', /^read notebook: python3 -c .* http:\/\/127\.0\.0\.1:8888\/api$/s);
  fake.read = async () => ({ status: 1, stdout: '', stderr: 'Connection refused' });
  t.false(await isReady(fake));
  fake.read = () => Promise.reject(new Error('gone'));
  t.false(await isReady(fake));
});

test('the address has the token, which is read in the container and nowhere else', async (t) => {
  const fake = withNotebook();
  t.is(await readNotebookUrl(fake.context, 'spark'), 'http://127.0.0.1:8888/lab?token=abc123');
  t.deepEqual(fake.calls, ['read notebook: cat /run/secrets/notebook-token']);
  t.is(
    await readNotebookUrl(withNotebook({ address: 'fd00::1', publishedPorts: { 8888: 1 } }).context, 'spark'),
    'http://[fd00::1]:1/lab?token=abc123',
  );
});

const without = new FakeCluster(2);
const noToken = withNotebook();
noToken.read = async () => ({ status: 1, stdout: '', stderr: 'cat: no such file\n' });
const emptyToken = withNotebook();
emptyToken.read = async () => ({ status: 0, stdout: '\n', stderr: '' });
const stopped = withNotebook();
stopped.cluster = { ...stopped.cluster!, containers: [container('master'), pending('notebook', { role: 'notebook' })] };

const rows: readonly (readonly [
  title: string,
  fake: FakeCluster,
  type: typeof NotFoundError | typeof InvalidStateError,
  message: string,
  hint: string,
])[] = [
  ['no cluster', new FakeCluster(), NotFoundError, 'No cluster named "spark"', 'spark-swarm list shows them all'],
  [
    'no notebook',
    without,
    NotFoundError,
    'The cluster "spark" has no notebook',
    'spark-swarm notebook start --name spark',
  ],
  [
    'a notebook that does not run',
    stopped,
    InvalidStateError,
    'The notebook of the cluster "spark" does not run: it is pending',
    'spark-swarm logs notebook --name spark',
  ],
  [
    'a notebook without a port',
    withNotebook({ publishedPorts: {} }),
    InvalidStateError,
    'The notebook of the cluster "spark" has no published port',
    'spark-swarm notebook start --name spark --port jupyter=0',
  ],
  [
    'a notebook without a token',
    noToken,
    InvalidStateError,
    'Cannot read the token of the notebook of "spark": cat: no such file',
    'spark-swarm logs notebook --name spark',
  ],
  [
    'an empty token',
    emptyToken,
    InvalidStateError,
    'Cannot read the token of the notebook of "spark": it is empty',
    'spark-swarm logs notebook --name spark',
  ],
];

for (const [title, fake, type, message, hint] of rows) {
  test(`${title} has no address: ${message}`, async (t) => {
    const error = await t.throwsAsync(readNotebookUrl(fake.context, 'spark'), { instanceOf: type });
    t.deepEqual([error.message, error.hint], [message, hint]);
  });
}
