import test from 'ava';

import { runCli, type CliOutcome } from '../../../helpers/cli.ts';

/** An engine is never asked: the address leads nowhere, and would end with status 4. */
const run = async (words: readonly string[]): Promise<CliOutcome> =>
  runCli(words, { env: { DOCKER_HOST: 'unix:///nowhere/docker.sock' } });

for (const verb of [
  ['job', 'status'],
  ['job', 'info'],
  ['job', 'logs'],
  ['job', 'wait'],
  ['job', 'cancel'],
  ['explain'],
]) {
  test(`${verb.join(' ')} refuses what is no id before it asks an engine`, async (t) => {
    const { status, stdout, stderr } = await run([...verb, 'zz-nope']);
    t.deepEqual([status, stdout], [2, '']);
    t.is(
      stderr,
      'error: JOB: got "zz-nope"; expected the id of a job (12 of 0-9 and a-f) or PID@INSTANCE\n' +
        'hint: spark-swarm job list shows the jobs and their ids\n',
    );
  });
}

test('the help of job clean tells each default once, as a person writes it', async (t) => {
  const { stdout } = await run(['job', 'clean', '--help']);
  t.deepEqual(
    [...stdout.matchAll(/\(default: (\d\w*)\)/g)].map(([, text]) => text),
    ['14d', '1d', '4g'],
  );
});
