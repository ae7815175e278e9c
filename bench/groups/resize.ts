import { BenchCluster } from '../bench-cluster.ts';
import { byTurns, type Bench, type Group } from '../bench.ts';
import type { Figure } from '../figures.ts';
import { time } from '../run.ts';

const FEW = 2;
const MANY = 4;

/** P4, P5: workers come and go, nothing runs on them. */
export const resizeGroup: Group = { marks: ['P4', 'P5'], measure };

async function measure(bench: Bench): Promise<readonly Figure[]> {
  const cluster = new BenchCluster(bench.lab, 'bench');
  await cluster.deploy('--workers', String(FEW));
  const grow = { ours: [] as number[], floor: [] as number[] };
  const shrink = { ours: [] as number[], floor: [] as number[] };
  let left = 0;
  await byTurns(bench, bench.pairs, async () => {
    grow.ours.push((await cluster.resize(MANY)).ms);
    shrink.ours.push((await cluster.resize(FEW)).ms);
    left += (await cluster.containers(/_worker\./)).length - FEW;

    grow.floor.push(
      await time(async () => {
        await bench.lab.docker('service', 'scale', '--detach', `${cluster.name}_worker=${MANY}`);
        await cluster.waitForWorkers(MANY);
      }),
    );
    const victims = await cluster.containers(/_worker\.[34]\./);
    if (victims.length !== MANY - FEW) throw new Error(`${victims.length} containers of worker-3 and worker-4`);
    shrink.floor.push(await time(async () => cluster.stopByHand(victims)));
    await cluster.scaleDownByHand(FEW);
  });
  await cluster.remove();
  return [
    {
      id: 'P4',
      title: `resize ${FEW} → ${MANY}, all ALIVE`,
      floorTitle: "docker service scale --detach + polling the master's JSON",
      unit: 'ms',
      marks: [{ kind: 'ratio', most: 1.1 }],
      samples: grow.ours,
      floors: grow.floor,
    },
    {
      id: 'P5',
      title: `resize ${MANY} → ${FEW} idle, containers gone`,
      floorTitle: 'stop + remove of those two, by API',
      unit: 'ms',
      marks: [{ kind: 'ratio', most: 1.5 }],
      samples: shrink.ours,
      floors: shrink.floor,
      note: `${left} containers too many right after it, in ${shrink.ours.length} shrinks`,
    },
  ];
}
