import test from 'ava';

import { ClusterSweep, formatPoint, type SweepPoint } from '../../helpers/cluster-sweep.ts';
import { theCluster, theLab } from '../../helpers/lab-tests.ts';

const SERVICE = 'sbin/spark-cluster-service';

/** A sample of crash points; `npm run test:long` does every call. */
export function crashTests(): void {
  test.serial('deploy and remove, killed half-way and run again, end as if nothing had happened', async (t) => {
    const cluster = theCluster('crash');
    await using sweep = await ClusterSweep.open(theLab(), 'crash');
    const deploy = { file: SERVICE, words: cluster.deployArgs('--workers', '1') };
    const remove = { file: SERVICE, words: ['remove', '--name', 'crash', '--yes', '--volumes'] };
    const deployCalls = await sweep.measure(deploy.file, deploy.words);
    const deployed = await sweep.describe();
    const removeCalls = await sweep.measure(remove.file, remove.words);
    t.is(await sweep.describe(), '');

    const callOf = (calls: typeof deployCalls, request: string): number => {
      const found = calls.find((call) => call.request.startsWith(request));
      if (!found) throw new Error(`no ${request} among ${calls.map((call) => call.request).join(', ')}`);
      return found.number;
    };
    const rounds: readonly (readonly [SweepPoint, SweepPoint])[] = [
      [
        // The lock stays, held by nobody.
        { call: callOf(deployCalls, 'POST /configs/create'), moment: 'after', kills: 'command' },
        { call: callOf(removeCalls, 'DELETE /services/'), moment: 'after', kills: 'command' },
      ],
      [
        // A master without workers.
        { call: callOf(deployCalls, 'POST /services/create') + 1, moment: 'before', kills: 'all' },
        { call: callOf(removeCalls, 'DELETE /networks/'), moment: 'reply-lost', kills: 'command' },
      ],
    ];
    for (const [deployPoint, removePoint] of rounds) {
      const first = await sweep.interrupt({ ...deploy, expected: deployed }, deployPoint);
      t.truthy(first.call, `deploy was not ${formatPoint(deployPoint)}`);
      t.is(first.problem, undefined, `deploy ${formatPoint(deployPoint)}, ${first.call?.request}`);
      const second = await sweep.interrupt({ ...remove, expected: '' }, removePoint);
      t.truthy(second.call, `remove was not ${formatPoint(removePoint)}`);
      t.is(second.problem, undefined, `remove ${formatPoint(removePoint)}, ${second.call?.request}`);
    }
  });
}
