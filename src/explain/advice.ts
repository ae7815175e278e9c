import type { Cluster } from '../cluster/cluster.ts';
import { planWorkerSize } from '../cluster/sizes.ts';
import type { SparkApplication } from '../spark/master-state.ts';
import { formatSize } from '../units.ts';

/** `1 core`, `3 cores`. */
export function countOf(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}

/** `application app-20261121091351-0000 "endless"`. */
export function nameOf({ id, name }: SparkApplication): string {
  return `application ${id} ${JSON.stringify(name)}`;
}

/** The command that makes workers of another size: `spark-swarm start --name spark --worker-memory 2g`. */
export function deployWith(cluster: Cluster, flags: string): string {
  return `spark-swarm ${cluster.platform === 'containers' ? 'start' : 'deploy'} --name ${cluster.name} ${flags}`;
}

/** The smallest limit of a worker's container, in steps of 256m, with which Spark offers that much. */
export function limitFor(sparkBytes: number, cores: number): string {
  const step = 256 * 1024 ** 2;
  const offered = (limit: number): number => {
    try {
      return planWorkerSize(limit, cores).sparkMemoryBytes;
    } catch {
      return 0;
    }
  };
  let limit = Math.ceil(sparkBytes / step) * step;
  while (offered(limit) < sparkBytes && limit < sparkBytes * 4 + 64 * step) limit += step;
  return formatSize(limit);
}
