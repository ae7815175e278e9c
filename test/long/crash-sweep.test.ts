import test, { type ExecutionContext } from 'ava';

import {
  ClusterSweep,
  formatPoint,
  listPoints,
  type SweepCommand,
  type SweepPoint,
  type SweepResult,
} from '../helpers/cluster-sweep.ts';
import { theCluster, theLab, useLab } from '../helpers/lab-tests.ts';

useLab();

const SERVICE = 'sbin/spark-cluster-service';
const RESIZE = 'bin/resize-cluster';

/**
 * Interrupts two commands in turn, each of which undoes the other, at every changing call of theirs. Each point starts from
 * what a clean run leaves.
 */
async function sweepPair(
  t: ExecutionContext,
  sweep: ClusterSweep,
  pair: readonly (Omit<SweepCommand, 'expected'> & { readonly title: string })[],
): Promise<void> {
  const commands: { readonly title: string; readonly command: SweepCommand; readonly points: readonly SweepPoint[] }[] =
    [];
  for (const { title, file, words } of pair) {
    const calls = await sweep.measure(file, words);
    t.log(
      `${title}: ${calls.map(({ request, engine }) => `${request.replaceAll(/[0-9a-z]{25,}/g, 'ID')} (${engine})`).join(', ')}`,
    );
    commands.push({ title, command: { file, words, expected: await sweep.describe() }, points: listPoints(calls) });
  }
  const results: (SweepResult & { readonly title: string })[] = [];
  const rounds = Math.max(...commands.map(({ points }) => points.length));
  for (let round = 0; round < rounds; round++) {
    for (const { title, command, points } of commands) {
      const point = points[round];
      if (point === undefined) await sweep.measure(command.file, command.words);
      else {
        const result = { title, ...(await sweep.interrupt(command, point)) };
        results.push(result);
        process.stderr.write(
          `    ${title} ${formatPoint(point)} (${result.call?.request ?? 'not reached'}, ended with ${result.firstStatus ?? 'SIGKILL'}): ${result.problem ?? 'converged'}\n`,
        );
        if (result.problem !== undefined) await sweep.measure(command.file, command.words).catch(() => {});
      }
    }
  }
  for (const { title } of commands) {
    const ours = results.filter((result) => result.title === title && result.call !== undefined);
    const converged = ours.filter(({ problem }) => problem === undefined);
    const summary = `${title}: ${ours.length} points, ${converged.length} converged`;
    process.stderr.write(`    ${summary}\n`);
    t.log(summary);
    t.deepEqual(
      ours
        .filter(({ problem }) => problem !== undefined)
        .map(({ point, call, problem }) => `${formatPoint(point)}, ${call?.request}: ${problem}`),
      [],
      title,
    );
  }
}

test.serial('deploy and remove, interrupted at every changing call, converge when run again', async (t) => {
  t.timeout(7_200_000);
  const cluster = theCluster('sweep');
  await using sweep = await ClusterSweep.open(theLab(), 'sweep');
  await sweepPair(t, sweep, [
    { title: 'deploy', file: SERVICE, words: cluster.deployArgs('--workers', '1') },
    { title: 'remove', file: SERVICE, words: ['remove', '--name', 'sweep', '--yes', '--volumes'] },
  ]);
});

test.serial('growing and shrinking, interrupted at every changing call, converge when run again', async (t) => {
  t.timeout(7_200_000);
  const cluster = theCluster('sweep');
  t.is((await cluster.deploy('--workers', '1')).status, 0);
  // With an application there, a shrink also drains.
  const run = cluster.startSubmit(['test/jobs/endless.py'], { limitMs: 7_200_000 });
  await run.waitForOutput(/^working app-/m);
  {
    await using sweep = await ClusterSweep.open(theLab(), 'sweep');
    await sweepPair(t, sweep, [
      { title: 'grow', file: RESIZE, words: ['--name', 'sweep', '--workers', '2'] },
      { title: 'shrink', file: RESIZE, words: ['--name', 'sweep', '--workers', '1'] },
    ]);
  }
  run.kill('SIGINT');
  t.is((await run.ended).status, 130);
});
