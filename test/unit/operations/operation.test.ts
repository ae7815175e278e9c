import test from 'ava';

import { EngineError, UnreachableError } from '../../../src/errors.ts';
import { withLock } from '../../../src/operations/operation.ts';
import { FakeCluster } from '../../helpers/fake-cluster.ts';

/** A cluster whose lock cannot be given back. */
function stuck(): FakeCluster {
  const fake = new FakeCluster(1);
  fake.take = async () => () => Promise.reject(new UnreachableError('The manager does not answer'));
  return fake;
}

const REQUEST = { command: 'resize', timeoutMs: 1 };

test('a lock that cannot be given back does not hide why the work failed', async (t) => {
  const failure = new EngineError('no space left', 500);
  t.is(await t.throwsAsync(withLock(stuck().context, 'spark', REQUEST, () => Promise.reject(failure))), failure);
});

test('work that was done is done: a lock that cannot be given back is a warning', async (t) => {
  const fake = stuck();
  t.is(await withLock(fake.context, 'spark', REQUEST, async () => 7), 7);
  t.deepEqual(fake.said, [
    'warning: the lock of the cluster "spark" could not be given back: The manager does not answer',
  ]);
});
