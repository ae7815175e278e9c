import { BenchCluster } from '../bench-cluster.ts';
import { byTurns, type Bench, type Group } from '../bench.ts';
import type { Figure } from '../figures.ts';
import { time } from '../run.ts';

const WORKERS = 2;

/** P3, P6, P7: a cluster comes and goes. */
export const lifecycleGroup: Group = { marks: ['P3', 'P6', 'P7'], measure };

async function measure(bench: Bench): Promise<readonly Figure[]> {
  const cluster = new BenchCluster(bench.lab, 'bench');
  const workers = ['--workers', String(WORKERS)];
  // Brings the image to the nodes.
  await cluster.deploy(...workers);
  const stackFile = await cluster.stackFile(WORKERS);
  await cluster.remove();

  const deploys = { ours: [] as number[], floor: [] as number[] };
  const removes = { ours: [] as number[], floor: [] as number[] };
  const both: number[] = [];
  let left = 0;
  await byTurns(bench, bench.pairs, async () => {
    await cluster.createSecret();
    deploys.floor.push(
      await time(async () => {
        await cluster.deployByHand(stackFile);
        await cluster.waitForWorkers(WORKERS);
      }),
    );
    removes.ours.push((await cluster.remove()).ms);
    left += (await cluster.leftovers()).length;
    deploys.ours.push((await cluster.deploy(...workers)).ms);

    const removed = await cluster.remove();
    const deployed = await cluster.deploy(...workers);
    both.push(removed.ms + deployed.ms);

    const containers = await cluster.containers();
    removes.floor.push(await time(async () => cluster.stopByHand(containers)));
    await cluster.remove();
  });

  const ratio = (most: number): Figure['marks'] => [{ kind: 'ratio', most }];
  return [
    {
      id: 'P3',
      title: `deploy to ${WORKERS} workers ALIVE`,
      floorTitle: "docker stack deploy + polling the master's JSON",
      unit: 'ms',
      marks: ratio(1.1),
      samples: deploys.ours,
      floors: deploys.floor,
    },
    {
      id: 'P6',
      title: 'remove, nothing left',
      floorTitle: 'stop + remove of all containers, by API',
      unit: 'ms',
      marks: ratio(1.5),
      samples: removes.ours,
      floors: removes.floor,
      note: `${left} objects left right after it, on manager and nodes, in ${removes.ours.length} removes`,
    },
    {
      id: 'P7',
      title: 'remove && deploy',
      floorTitle: 'the floors of P3 and P6 added',
      unit: 'ms',
      marks: ratio(1.25),
      samples: both,
      floors: deploys.floor.map((ms, index) => ms + (removes.floor[index] ?? 0)),
      note: 'a deploy that fails ends the bench',
    },
  ];
}
