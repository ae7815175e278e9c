import type { ExecutionContext } from 'ava';

import type { TestCluster } from './cluster.ts';
import type { RunningCommand } from './lab-command.ts';

/** What its own limits (test/jobs/shuffle_cache.py) and its start take together. */
const LIMIT_MS = 660_000;

/**
 * Starts an application that keeps all of so many workers busy until executors have come or gone, and waits until it does.
 * It ends with its test, however that ends.
 */
export async function keepBusy(t: ExecutionContext, cluster: TestCluster, workers: number): Promise<RunningCommand> {
  const run = cluster.startSubmit(['test/jobs/shuffle_cache.py', String(workers)], { limitMs: LIMIT_MS });
  t.teardown(async () => {
    run.kill('SIGINT');
    await run.ended;
  });
  await run.waitForOutput(/^busy app-/m, LIMIT_MS);
  return run;
}

/** The right result, by data that was moved and not made again. */
export async function endsRight(t: ExecutionContext, run: RunningCommand): Promise<void> {
  const { status, stdout, stderr } = await run.ended;
  t.is(status, 0, `${stdout}${stderr}`);
  t.regex(stdout, /^stages recomputed 0$/m);
  t.regex(stdout, /^records computed twice 0$/m);
}
