import type { ExecutionContext } from 'ava';

import { JobContainer } from './job-container.ts';
import { JobRecords } from './job-records.ts';

const ALLOCATE = 'b"x" * (200 << 20)';

/** A job whose first process, and one whose child, take more memory than there is; and one that is killed by hand, so often. */
export async function killForMemory(t: ExecutionContext, rounds: number): Promise<void> {
  await using container = await JobContainer.start(['--init', '--memory', '96m', '--memory-swap', '96m']);
  const records = await JobRecords.open({ through: container.through(), base: '/var/lib/spark/jobs/records' });
  for (let round = 0; round < rounds; round++) {
    const hungry = await records.start(['python3', '-c', ALLOCATE]);
    t.is(await records.end(hungry), 'DONEWITHERROR killed: out of memory (SIGKILL by the kernel)');
    const child = await records.start(['sh', '-c', `python3 -c '${ALLOCATE}'; exit 1`]);
    t.is(await records.end(child), 'DONEWITHERROR exit 1; the kernel killed 1 process for lack of memory');
    const killed = await records.startSleeper();
    await records.sh('kill -KILL "$@"', ...(await records.processes(killed)).map(String));
    t.is(await records.end(killed), 'DONEWITHERROR killed (SIGKILL)');
  }
}
