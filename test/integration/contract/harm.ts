import type { ExecutionContext } from 'ava';

import type { TestCluster } from '../../helpers/cluster.ts';
import { waitFor } from '../../helpers/wait-for.ts';
import type { Behaviour } from './behaviour.ts';

/** Daemons of the cluster "spark" die. */
export const HARM: readonly Behaviour[] = [
  {
    title: 'a master that crashes comes back and knows its workers, twice',
    run: async (t, stand) => {
      const cluster = stand.cluster('spark');
      for (const _ of [1, 2]) await crash(t, cluster, { daemon: 'master', program: 'deploy.master.Maste[r]' });
    },
  },
  {
    title: 'a worker that crashes comes back',
    run: async (t, stand) => {
      await crash(t, stand.cluster('spark'), { daemon: 'worker-2', program: 'deploy.worker.Worke[r]' });
    },
  },
];

/** Kills a daemon's Java as the kernel does, and waits for another one; all others stay the processes they are. */
async function crash(
  t: ExecutionContext,
  cluster: TestCluster,
  { daemon, program }: { readonly daemon: string; readonly program: string },
): Promise<void> {
  const before = await cluster.processes();
  const line = `for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline 2>/dev/null | grep -q '${program}' && kill -9 "\${p#/proc/}"; done; true`;
  // The container may be gone before docker has said how the line ended.
  await cluster.inside(daemon, line).catch(() => {});
  const isOld = (after: typeof before): boolean =>
    after.some((now) => now.name === daemon && before.some((old) => old.startedAt === now.startedAt));
  await waitFor(`another process of ${daemon}`, {
    read: async () => ({ status: await cluster.status(), processes: await cluster.processes() }),
    until: ({ status, processes }) =>
      status.healthy && status.exitStatus === 0 && processes.length === before.length && !isOld(processes),
    show: ({ status: { problems, master }, processes }) => ({ problems, workers: master?.workers, processes }),
    limitMs: 120_000,
  });
  const others = ({ name }: { readonly name: string }): boolean => name !== daemon;
  t.deepEqual((await cluster.processes()).filter(others), before.filter(others));
}
