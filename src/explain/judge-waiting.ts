import { aliveWorkers, type SparkWorker } from '../spark/master-state.ts';
import type { Finding } from '../doctor/finding.ts';
import { BYTES_PER_MIB, formatSize } from '../units.ts';
import { countOf, deployWith, limitFor, nameOf } from './advice.ts';
import { problemOf } from './problems.ts';
import type { ApplicationReading, ClusterReading } from './reading.ts';

/** Why an application that has no core gets none. Empty while the master only has not decided yet. */
export function judgeWaiting(reading: ClusterReading, app: ApplicationReading): readonly Finding[] {
  const { master, cluster } = reading;
  if (!master || master.status !== 'ALIVE' || app.application.cores > 0) return [];
  const subject = nameOf(app.application);
  const alive = aliveWorkers(master);
  const cores = coresPerExecutor(app);
  const bytes = app.application.memoryPerExecutorBytes;
  const asked = `asked: ${countOf(cores, 'core')} and ${formatSize(bytes)} for an executor`;
  if (alive.length === 0) {
    return [
      problemOf('SS-J18', {
        subject,
        problem: 'waits, and no worker is there that could work for it',
        proof: `the master lists 0 workers ALIVE, ${countOf(cluster.containers.filter(({ role, isRunning }) => role === 'worker' && isRunning).length, 'container')} of workers running`,
        fix: `spark-swarm status --name ${cluster.name} says what became of them`,
      }),
    ];
  }
  const limit = app.page?.coresAsked;
  if (limit !== undefined && limit < cores) {
    return [
      problemOf('SS-J19', {
        subject,
        problem: 'waits for an executor that needs more cores than the application may use',
        proof: `spark.executor.cores is ${cores}, spark.cores.max is ${limit}`,
        fix: `spark-swarm submit --conf spark.cores.max=${cores} …, or --conf spark.executor.cores=${limit}`,
      }),
    ];
  }
  if (!alive.some((worker) => worker.cores >= cores && worker.memoryBytes >= bytes)) {
    const largest = alive.toSorted((a, b) => b.memoryBytes - a.memoryBytes || b.cores - a.cores)[0];
    const offered = `${countOf(largest?.cores ?? 0, 'core')} and ${formatSize(largest?.memoryBytes ?? 0)}`;
    const isMemory = !alive.some((worker) => worker.memoryBytes >= bytes);
    return [
      problemOf('SS-J03', {
        subject,
        problem: 'waits for an executor that is larger than any worker',
        proof: `${asked}; the largest of ${countOf(alive.length, 'worker')} offers ${offered}`,
        fix: isMemory
          ? `spark-swarm submit --conf spark.executor.memory=${formatSize(largest?.memoryBytes ?? 0)} …, or larger workers: ` +
            deployWith(cluster, `--worker-memory ${limitFor(bytes, largest?.cores ?? 1)}`)
          : `spark-swarm submit --conf spark.executor.cores=${largest?.cores ?? 1} …, or larger workers: ` +
            deployWith(cluster, `--worker-cores ${cores}`),
      }),
    ];
  }
  const free = (worker: SparkWorker): { readonly cores: number; readonly bytes: number } => ({
    cores: worker.cores - worker.coresUsed,
    bytes: worker.memoryBytes - worker.memoryUsedBytes,
  });
  const withCores = alive.filter((worker) => free(worker).cores >= cores);
  if (withCores.some((worker) => free(worker).bytes >= bytes)) return [];
  const sum = (measure: (worker: SparkWorker) => number): number => alive.reduce((all, one) => all + measure(one), 0);
  const proof =
    `${asked}; free on ${countOf(alive.length, 'worker')}: ${sum((one) => free(one).cores)} of ${countOf(
      sum((one) => one.cores),
      'core',
    )}, ` +
    `${formatSize(sum((one) => free(one).bytes))} of ${formatSize(sum((one) => one.memoryBytes))}; ${listHolders(reading, app)}`;
  const more = `spark-swarm resize --name ${cluster.name} --workers ${alive.length + 1}`;
  if (withCores.length === 0) {
    return [
      problemOf('SS-J01', {
        subject,
        problem: 'waits, because no worker has a core free',
        proof,
        fix: `${more}, or end what holds them; --conf spark.cores.max=N leaves some to others`,
      }),
    ];
  }
  const largestFree = Math.max(...withCores.map((worker) => free(worker).bytes));
  return [
    problemOf('SS-J02', {
      subject,
      problem: 'waits, because no worker with a free core has the memory for its executor',
      proof: `${proof}; the most that one of them has left: ${formatSize(largestFree)}`,
      fix: `${more}, or end what holds it, or smaller executors: --conf spark.executor.memory=…`,
    }),
  ];
}

/** What one executor asks for; 1 where nobody says, the least there is. */
function coresPerExecutor({ driver }: ApplicationReading): number {
  return Math.max(1, Number(driver?.properties['spark.executor.cores'] ?? 1) || 1);
}

/** `held by app-1 "etl" of ada: 2 cores, 1g`. */
function listHolders({ applications }: ClusterReading, { application: waiting }: ApplicationReading): string {
  const holders = applications
    .filter(({ application: { id, cores } }) => id !== waiting.id && cores > 0)
    .map(({ application, page }) => {
      const mib = (page?.executors ?? [])
        .filter(({ state }) => state === 'RUNNING' || state === 'LAUNCHING')
        .reduce((all, { memoryMib }) => all + memoryMib, 0);
      const memory = mib === 0 ? '' : `, ${formatSize(mib * BYTES_PER_MIB)}`;
      return `${application.id} ${JSON.stringify(application.name)} of ${application.user} (${countOf(application.cores, 'core')}${memory})`;
    });
  return holders.length === 0 ? 'nobody is seen to hold the rest' : `held by ${holders.join(', ')}`;
}
