import { BenchCluster } from '../bench-cluster.ts';
import type { Bench, Group } from '../bench.ts';
import type { Figure } from '../figures.ts';
import { masterUrl, readWorkers } from '../spark-pages.ts';
import { waitUntil } from '../bench-lab.ts';

const MOST = 4;
const SHRINKS = 30;

/** P8: a shrink takes the worker that was chosen, which is any of them, and leaves the others as they are. */
export const victimsGroup: Group = { marks: ['P8'], measure };

async function measure(bench: Bench): Promise<readonly Figure[]> {
  const cluster = new BenchCluster(bench.lab, 'bench');
  await cluster.deploy('--workers', String(MOST));
  const random = createRandom(20_260_101);
  let wrong = 0;
  let workers = MOST;
  for (let shrink = 1; shrink <= SHRINKS; shrink++) {
    bench.signal.throwIfAborted();
    bench.say(`shrink ${shrink} of ${SHRINKS}, ${wrong} wrong so far`);
    if (workers === 1) await cluster.resize((workers = MOST));
    wrong += Number(!(await takesTheChosenOne(cluster, workers, random)));
    workers -= 1;
  }
  await cluster.remove();
  return [
    {
      id: 'P8',
      title: `wrong victims in ${SHRINKS} shrinks`,
      floorTitle: '',
      unit: 'count',
      marks: [{ kind: 'value', most: 0 }],
      samples: [wrong],
      floors: [],
      note: 'a worker taken at random is told to decommission before each shrink, so that it has to be the one that goes',
    },
  ];
}

async function takesTheChosenOne(cluster: BenchCluster, workers: number, random: () => number): Promise<boolean> {
  const before = (await cluster.status()).containers.filter(({ role }) => role === 'worker');
  const chosen = before[Math.floor(random() * before.length)];
  if (chosen?.containerId === undefined) throw new Error(`${before.length} workers of ${workers}`);
  await cluster.nodeOf(chosen.node).post(`/containers/${chosen.containerId}/kill`, { query: { signal: 'SIGPWR' } });
  const url = await masterUrl(cluster);
  await waitUntil(`${chosen.displayName} to be decommissioned`, async () =>
    (await readWorkers(url)).some(({ host, state }) => host === chosen.displayName && state === 'DECOMMISSIONED'),
  );
  await cluster.resize(workers - 1);
  const after = (await cluster.status()).containers.filter(({ role }) => role === 'worker');
  const expected = before.filter((container) => container !== chosen).map(({ containerId }) => containerId);
  return after.length === expected.length && after.every(({ containerId }) => expected.includes(containerId));
}

/** The same sequence each time (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
