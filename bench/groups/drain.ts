import { BenchCluster } from '../bench-cluster.ts';
import { waitUntil } from '../bench-lab.ts';
import { byTurns, type Bench, type Group } from '../bench.ts';
import type { Figure } from '../figures.ts';
import { time, type Outcome } from '../run.ts';
import { countExecutors, masterUrl, readWorkers } from '../spark-pages.ts';

const MANY = 3;

/** P9: a worker goes while a job keeps all of them busy. */
export const drainGroup: Group = { marks: ['P9'], measure };

async function measure(bench: Bench): Promise<readonly Figure[]> {
  const cluster = new BenchCluster(bench.lab, 'bench');
  await cluster.deploy('--workers', String(MANY));
  const url = await masterUrl(cluster);
  const samples: number[] = [];
  const floors: number[] = [];
  await byTurns(bench, bench.longPairs, async () => {
    await duringJob(cluster, async () => samples.push((await cluster.resize(MANY - 1)).ms));
    await cluster.resize(MANY);
    await duringJob(cluster, async () => floors.push(await time(async () => decommissionByHand(cluster, url))));
    // Takes the one that is decommissioned.
    await cluster.resize(MANY - 1);
    await cluster.resize(MANY);
  });
  await cluster.remove();
  return [
    {
      id: 'P9',
      title: `resize ${MANY} → ${MANY - 1} under a running job`,
      floorTitle: 'SIGPWR to that worker until its executor is gone',
      unit: 'ms',
      marks: [{ kind: 'excess', mostMs: 500 }],
      samples,
      floors,
      note: 'each job ended with the right result, no stage and no record computed twice, or the bench ends',
    },
  ];
}

/** Does the work once the job has cached and shuffled its data, and waits for the job's own verdict. */
async function duringJob(cluster: BenchCluster, work: () => Promise<unknown>): Promise<Outcome> {
  let isBusy = false;
  const words = ['--name', cluster.name, 'test/jobs/shuffle_cache.py', String(MANY)];
  const job = cluster.lab.run('bin/submit', words, { onOutput: (text) => (isBusy ||= text.includes('busy app-')) });
  const failed = job.then(
    () => 'ended',
    (error: unknown) => error as Error,
  );
  let early: string | Error | undefined;
  void failed.then((how) => (early = how));
  await waitUntil('the job to be busy', async () => isBusy || early !== undefined);
  if (early !== undefined) throw early instanceof Error ? early : new Error('the job ended before it was busy');
  await work();
  return job;
}

async function decommissionByHand(cluster: BenchCluster, url: string): Promise<void> {
  const [container] = await cluster.containers(/_worker\.3\./);
  const worker = (await readWorkers(url)).find(({ host, state }) => host === 'worker-3' && state === 'ALIVE');
  if (!container || !worker) throw new Error('worker-3 is not there');
  await container.api.post(`/containers/${container.id}/kill`, { query: { signal: 'SIGPWR' } });
  await waitUntil('the executor to be gone', async () => (await countExecutors(url, worker.id)) === 0);
}
