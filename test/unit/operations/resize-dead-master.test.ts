import test from 'ava';

import { cluster, container } from '../../helpers/builders.ts';
import { InvalidStateError } from '../../../src/errors.ts';
import { resizeCluster } from '../../../src/operations/resize.ts';
import type { OperationContext } from '../../../src/operations/operation.ts';

/** A cluster of one engine whose master has ended; whatever would change it throws. */
const context = {
  platform: {
    kind: 'containers',
    capabilities: { hasNodes: false, bindsAddresses: true },
    readCluster: async () =>
      cluster({
        platform: 'containers',
        containers: [
          container('master', { state: 'exited', isRunning: false }),
          container('worker-1'),
          container('worker-2'),
        ],
      }),
  },
  locks: { take: async () => async () => {} },
  report: () => {},
  signal: new AbortController().signal,
} as unknown as OperationContext;

test('without a master on one engine nothing is resized: nobody could drain, and nobody starts it again', async (t) => {
  const options = { name: 'spark', workers: 1, timeoutMs: 1000, wait: true, force: false };
  const error = await t.throwsAsync(resizeCluster(context, options), { instanceOf: InvalidStateError });
  t.is(error.message, 'Cannot resize the cluster "spark": its master does not run');
  t.is(error.hint, 'spark-swarm start --name spark');
});
