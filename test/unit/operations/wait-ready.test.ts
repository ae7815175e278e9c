import test from 'ava';

import { WaitTimeoutError } from '../../../src/errors.ts';
import { waitForSpark } from '../../../src/operations/wait-ready.ts';
import { pending } from '../../helpers/builders.ts';
import { FakeCluster } from '../../helpers/fake-cluster.ts';

/** Two workers, and a third that replaces one that was stopped, and came after the number was lowered. */
function withLateWorker(): FakeCluster {
  const fake = new FakeCluster(2);
  const { cluster } = fake;
  fake.cluster = { ...cluster!, containers: [...cluster!.containers, pending('worker-3', { role: 'worker' })] };
  return fake;
}

const options = { progress: (): void => {}, before: undefined };

test('a worker too many that does not start is ended, not waited for', async (t) => {
  const fake = withLateWorker();
  const { cluster } = await waitForSpark(fake.context, 'spark', { ...options, timeoutMs: 5000, surplusMs: 0 });
  t.deepEqual(fake.calls, ['set 2 workers']);
  t.deepEqual(
    cluster.containers.map(({ displayName }) => displayName),
    ['master', 'worker-1', 'worker-2'],
  );
});

test('it may be there for a moment', async (t) => {
  const fake = withLateWorker();
  await t.throwsAsync(waitForSpark(fake.context, 'spark', { ...options, timeoutMs: 300, surplusMs: 60_000 }), {
    instanceOf: WaitTimeoutError,
  });
  t.deepEqual(fake.calls, []);
});
