import test from 'ava';

import { createPlainFormatter } from '../../../src/cli/reporter-plain.ts';
import type { ProgressEvent } from '../../../src/events.ts';
import type { NodeDelivery, NodeListener } from '../../../src/image/ship-images.ts';
import { reportNodes, summarizeNodes } from '../../../src/image/ship-report.ts';

const delivery: NodeDelivery = {
  name: 'lab-2',
  images: ['spark-swarm:latest'],
  sentBytes: 3_000_000,
  reusedBytes: 788_000_000,
  durationMs: 900,
};

function tell(listener: NodeListener): void {
  listener('lab-1', { type: 'done', delivery: { ...delivery, name: 'lab-1', images: [], sentBytes: 0 } });
  listener('lab-2', { type: 'sending', sentBytes: 2_000_000, reusedBytes: 0 });
  listener('lab-3', { type: 'loading', sentBytes: 3_000_000, reusedBytes: 5_000_000 });
  listener('lab-2', { type: 'done', delivery });
  listener('lab-3', { type: 'failed', error: new Error('no space left\non its disk') });
}

test('each node is a step of its own, at the same time', (t) => {
  const format = createPlainFormatter({ verbose: true, now: () => 0 });
  const events: ProgressEvent[] = [];
  tell(reportNodes(['spark-swarm:latest'], ['lab-1', 'lab-2', 'lab-3'], (event) => events.push(event)));
  t.deepEqual(
    events.flatMap((event) => format(event)?.replace(/(done in|failed after) [0-9]+ ms/, '$1 1 ms') ?? []),
    [
      '[1/3] Bring spark-swarm:latest to lab-1',
      '[2/3] Bring spark-swarm:latest to lab-2',
      '[3/3] Bring spark-swarm:latest to lab-3',
      '[1/3] Bring spark-swarm:latest to lab-1: nothing to do, it has it',
      '[2/3] Bring spark-swarm:latest to lab-2: 2 MB sent',
      '[3/3] Bring spark-swarm:latest to lab-3: 3 MB sent, 5 MB reused, unpacking',
      '[2/3] Bring spark-swarm:latest to lab-2: done in 1 ms (3 MB sent, 788 MB reused)',
      '[3/3] Bring spark-swarm:latest to lab-3: failed after 1 ms: no space left',
    ],
  );
  t.deepEqual(
    events.flatMap((event) => (event.type === 'step-progress' ? [event.bytes] : [])),
    [
      { sent: 2_000_000, reused: 0 },
      { sent: 3_000_000, reused: 5_000_000 },
    ],
  );
});

test('one line about all nodes leaves out those that have it', (t) => {
  const lines: string[] = [];
  tell(summarizeNodes((detail) => lines.push(detail)));
  t.deepEqual(lines, [
    'lab-2 2 MB sent',
    'lab-2 2 MB sent; lab-3 3 MB sent, 5 MB reused, unpacking',
    'lab-2 done; lab-3 3 MB sent, 5 MB reused, unpacking',
    'lab-2 done; lab-3 failed',
  ]);
});
