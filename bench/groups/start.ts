import { BenchCluster } from '../bench-cluster.ts';
import { byTurns, type Bench, type Group } from '../bench.ts';
import type { Figure } from '../figures.ts';
import { run } from '../run.ts';

/** P1: what every command pays before it does anything. */
export const startGroup: Group = { marks: ['P1'], measure: measureStart };

async function measureStart(bench: Bench): Promise<readonly Figure[]> {
  const floors: number[] = [];
  const samples: Record<string, number[]> = { '--version': [], '--help': [] };
  await byTurns(bench, bench.pairs, async () => {
    floors.push((await run('node', ['-e', '0'])).ms);
    for (const [flag, times] of Object.entries(samples)) times.push((await run('bin/spark-swarm', [flag])).ms);
  });
  const starts = Object.entries(samples).map(([flag, times]): Figure => ({
    id: 'P1',
    title: `spark-swarm ${flag}`,
    floorTitle: 'node -e 0',
    unit: 'ms',
    marks: [{ kind: 'ratio', most: 1.35 }],
    samples: times,
    floors,
  }));
  return [...starts, await measureTab(bench)];
}

/** What a shell asks at each TAB, the names of clusters included. */
async function measureTab(bench: Bench): Promise<Figure> {
  const samples: number[] = [];
  const floors: number[] = [];
  await byTurns(bench, bench.pairs, async () => {
    floors.push((await run('node', ['-e', '0'])).ms);
    samples.push((await run('bin/spark-swarm', ['complete', '--', 'status', '--name', ''])).ms);
  });
  return {
    id: 'P1',
    title: 'one TAB: names of clusters',
    floorTitle: 'node -e 0',
    unit: 'ms',
    marks: [{ kind: 'value', most: 110 }],
    samples,
    floors,
  };
}

/** P2: the command that is typed most. */
export const statusGroup: Group = { marks: ['P2'], measure: measureStatus };

async function measureStatus(bench: Bench): Promise<readonly Figure[]> {
  const { lab } = bench;
  const cluster = new BenchCluster(lab, 'bench');
  await cluster.deploy('--workers', '2');
  const samples: number[] = [];
  const floors: number[] = [];
  const starts: number[] = [];
  await byTurns(bench, bench.pairs, async () => {
    samples.push((await lab.run('bin/spark-swarm', ['status', '--name', cluster.name, '-o', 'json'])).ms);
    const tasks = await lab.docker('stack', 'ps', cluster.name);
    const services = await lab.docker('service', 'ls');
    floors.push(tasks.ms + services.ms);
    starts.push((await run('node', ['-e', '0'])).ms);
  });
  await cluster.remove();
  const figure = {
    id: 'P2',
    title: 'status -o json, 3 nodes',
    floorTitle: 'docker stack ps, then docker service ls',
    unit: 'ms',
    marks: [{ kind: 'ratio', most: 1 }],
    samples,
    floors,
  } as const;
  const nodeMs = Math.round(starts.toSorted((a, b) => a - b)[Math.floor(starts.length / 2)] ?? 0);
  return [{ ...figure, note: `node -e 0 alone took ${nodeMs} ms in the same turns` }];
}
