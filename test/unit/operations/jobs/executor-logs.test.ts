import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text as readText } from 'node:stream/consumers';

import test from 'ava';

import { TAIL_SCRIPT } from '../../../../src/operations/jobs/executor-logs.ts';

test("an executor's output is followed until its process is gone, and no longer", async (t) => {
  const work = await mkdtemp(path.join(tmpdir(), 'spark-swarm-work-'));
  const application = path.basename(work);
  const folder = `${application}/7`;
  await mkdir(path.join(work, folder), { recursive: true });
  await writeFile(path.join(work, folder, 'stdout'), 'one\n');
  await writeFile(path.join(work, folder, 'stderr'), 'two\n');
  const words = ['executor', '--executor-id', '7', '--cores', '1', '--app-id', application, '--worker-url', 'x'];
  const executor = spawn('sh', ['-c', 'read _', ...words], { stdio: ['pipe', 'ignore', 'ignore'] });
  await once(executor, 'spawn');
  const follow = spawn('sh', ['-c', TAIL_SCRIPT, 'tail', folder, '+1', 'yes', 'yes', 'yes', work]);
  const ended = once(follow, 'close');
  const errors = readText(follow.stderr);
  let said = '';
  for await (const chunk of follow.stdout.setEncoding('utf8')) {
    said += chunk as string;
    if (said === 'one\n') {
      await writeFile(path.join(work, folder, 'stdout'), 'three\n', { flag: 'a' });
      // It goes on as long as the executor.
      t.is(follow.exitCode, null);
    }
    if (said === 'one\nthree\n') executor.stdin.end();
  }
  await ended;
  t.deepEqual([said, await errors], ['one\nthree\n', 'two\n']);
  await rm(work, { recursive: true });
});
