import { BenchCluster } from '../bench-cluster.ts';
import { BenchLab } from '../bench-lab.ts';
import { byTurns, type Bench, type Group } from '../bench.ts';
import type { Figure } from '../figures.ts';
import { LabByHand } from '../lab-by-hand.ts';
import { run, time } from '../run.ts';

const WORKERS = 2;
const PI = ['/opt/spark/examples/src/main/python/pi.py', '10'];

/** P14: the whole way, with every image there. Last, because it takes the lab down and up. */
export const quickstartGroup: Group = { marks: ['P14'], measure };

async function measure(bench: Bench): Promise<readonly Figure[]> {
  const { name } = bench.lab;
  // Brings the image to the nodes, whose volumes keep it from then on.
  const stackFile = await prepare(bench.lab);
  const lab = await LabByHand.read(name);
  let current = bench.lab;
  const samples: number[] = [];
  const floors: number[] = [];
  await byTurns(bench, bench.longPairs, async () => {
    await current.down({ volumes: false });
    await lab.makeSocketFolders();
    floors.push(await time(async () => byHand(lab, current, stackFile)));
    await quickstartCluster(current).remove();

    await current.down({ volumes: false });
    samples.push(await time(async () => run('bin/quickstart', ['--lab', name, '--workers', String(WORKERS), '--yes'])));
    current = await BenchLab.up(name, current.image);
    await quickstartCluster(current).remove();
  });
  return [
    {
      id: 'P14',
      title: 'second quickstart: 3 nodes to SparkPi done',
      floorTitle: 'the same steps by hand, each waited for exactly',
      unit: 'ms',
      marks: [
        { kind: 'ratio', most: 1.1 },
        { kind: 'value', most: 40_000 },
      ],
      samples,
      floors,
    },
  ];
}

/** The cluster of a quickstart has this name and the default sizes. */
function quickstartCluster(lab: BenchLab): BenchCluster {
  return new BenchCluster(lab, 'spark', []);
}

async function prepare(lab: BenchLab): Promise<string> {
  // Whatever the image was built from before: a quickstart that has to build it is another figure.
  await run('bin/build-image', []);
  const cluster = quickstartCluster(lab);
  await cluster.deploy('--workers', String(WORKERS));
  const stackFile = await cluster.stackFile(WORKERS);
  await cluster.remove();
  return stackFile;
}

async function byHand(nodes: LabByHand, lab: BenchLab, stackFile: string): Promise<void> {
  await nodes.start();
  await nodes.waitUntilReady(lab.manager);
  const cluster = quickstartCluster(lab);
  await cluster.createSecret();
  await cluster.deployByHand(stackFile);
  await cluster.waitForWorkers(WORKERS);
  const [master] = await cluster.containers(/_master\./);
  if (!master) throw new Error('there is no master');
  const { stdout } = await lab.docker('exec', master.id, 'spark-submit', ...PI);
  if (!stdout.includes('Pi is roughly 3.1')) throw new Error(`SparkPi printed ${stdout}`);
}
