import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';

import { JobRecords } from '../helpers/job-records.ts';
import { killForMemory } from '../helpers/memory-rounds.ts';

test('cancel at seven moments of the launch, twenty times each, ends with KILLED and without a process (J15)', async (t) => {
  await using records = await JobRecords.open();
  for (let round = 0; round < 20; round++) {
    for (const pauseMs of [0, 1, 5, 20, 50, 100, 300]) {
      const job = await records.stage(['sleep', '3600']);
      const launching = records.launch(job);
      await sleep(pauseMs);
      const seen = await records.cancel(job);
      const answer = await launching;
      t.true(['ended', 'marked'].includes(seen.kind), `${pauseMs} ms: ${JSON.stringify(seen)}`);
      t.true(['started', 'already'].includes(answer.kind), `${pauseMs} ms: ${JSON.stringify(answer)}`);
      t.regex(await records.end(job), /^KILLED/);
      t.deepEqual(await records.processes(job), []);
    }
  }
});

test('of ten thousand readings during the end none is lost in between (J61)', async (t) => {
  await using records = await JobRecords.open();
  let readings = 0;
  while (readings < 10_000) {
    const job = await records.start(['sleep', '0.5']);
    const look = async (): Promise<void> => {
      for (let state = ''; state !== 'SUCCEEDED'; readings++) {
        state = await records.state(job);
        if (state !== 'RUNNING' && state !== 'SUCCEEDED') t.fail(state);
      }
    };
    await Promise.all([look(), look(), look()]);
    t.is(await records.state(job), 'SUCCEEDED');
  }
});

test('killed by the kernel for lack of memory is named twenty times of twenty, and a plain kill -9 never is (J37)', async (t) => {
  await killForMemory(t, 20);
});
