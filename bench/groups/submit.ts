import { BenchCluster } from '../bench-cluster.ts';
import { byTurns, type Bench, type Group } from '../bench.ts';
import type { Figure } from '../figures.ts';

/** Inside the master, and not on this machine: nothing is brought along. */
const APPLICATION = '/tmp/spark-swarm-bench.py';

/** P11: what submitting costs besides Spark itself. */
export const submitGroup: Group = { marks: ['P11'], measure };

async function measure(bench: Bench): Promise<readonly Figure[]> {
  const { lab } = bench;
  const cluster = new BenchCluster(lab, 'bench');
  await cluster.deploy('--workers', '1');
  const [master] = await cluster.containers(/_master\./);
  if (!master) throw new Error('there is no master');
  await lab.run('docker', ['exec', '-i', master.id, 'sh', '-c', `cat >${APPLICATION}`], { input: 'print("done")\n' });

  const samples: number[] = [];
  const floors: number[] = [];
  await byTurns(bench, bench.pairs, async () => {
    samples.push((await lab.run('bin/submit', ['--name', cluster.name, APPLICATION])).ms);
    floors.push((await lab.docker('exec', master.id, 'spark-submit', APPLICATION)).ms);
  });
  await cluster.remove();
  return [
    {
      id: 'P11',
      title: 'submit of an application that only prints',
      floorTitle: 'docker exec MASTER spark-submit of the same',
      unit: 'ms',
      marks: [{ kind: 'excess', mostMs: 240 }],
      samples,
      floors,
    },
  ];
}
