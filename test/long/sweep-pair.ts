import type { ExecutionContext } from 'ava';

import {
  formatPoint,
  listPoints,
  type ClusterSweep,
  type SweepCommand,
  type SweepPoint,
  type SweepResult,
} from '../helpers/cluster-sweep.ts';

export const RESIZE = 'bin/resize-cluster';

/**
 * Interrupts two commands in turn, each of which undoes the other, at every changing call of theirs. Each point starts from
 * what a clean run leaves.
 */
export async function sweepPair(
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
