import { fine, found, passedOver, type Outcome } from './check.ts';
import type { ClustersReading } from './clusters-reading.ts';
import { errorOf, noteOf, warningOf } from './problems.ts';

export function judgeHealth({ clusters }: ClustersReading): Outcome {
  if (clusters.length === 0) return passedOver('no clusters');
  const findings = clusters.flatMap(({ name, platform, isHealthy, problems }) => {
    if (isHealthy !== false) return [];
    const status = `spark-swarm status --name ${name}`;
    const told = problems.map(({ subject, message, hint }) =>
      errorOf('SS-K01', {
        subject: `cluster ${name}`,
        problem: `${subject} ${message}`,
        proof: `${status} (on ${platform})`,
        fix: hint ?? `${status}; spark-swarm logs --name ${name}`,
      }),
    );
    if (told.length > 0) return told;
    const problem = 'it is not as it was asked for';
    return [errorOf('SS-K01', { subject: `cluster ${name}`, problem, proof: status, fix: status })];
  });
  const shown = clusters.map(({ name, workers, isHealthy }) =>
    isHealthy === undefined ? `${name}: not known` : `${name} with ${workers}`,
  );
  return findings.length > 0 ? found(findings) : fine(shown.join(', '));
}

export function judgeImages({ images, clusters }: ClustersReading): Outcome {
  if (clusters.length === 0) return passedOver('no clusters');
  const findings = images.flatMap(({ image, clusters: names, nodes, missingOn }) => {
    if (missingOn.length === 0) return [];
    return [
      warningOf('SS-K02', {
        subject: `cluster ${names.join(', ')}`,
        problem: `the image ${image} is missing on ${missingOn.join(', ')}: containers that go there do not start`,
        proof: `${nodes.length - missingOn.length} of ${nodes.length} nodes have it`,
        fix: `spark-swarm image push ${image}`,
      }),
    ];
  });
  return findings.length > 0 ? found(findings) : fine(images.length === 0 ? 'on this engine' : 'on all nodes');
}

export function judgeVolumes({ volumes }: ClustersReading): Outcome {
  if (volumes.length === 0) return fine('none left of removed clusters');
  const names = [...new Set(volumes.map(({ cluster }) => cluster))];
  return found(
    names.map((name) => {
      const kept = volumes.filter(({ cluster }) => cluster === name);
      return noteOf('SS-K03', {
        subject: `cluster ${name}`,
        problem: 'it was removed, and its data was kept',
        proof: kept.map((volume) => `volume ${volume.name} on ${volume.place}`).join(', '),
        fix: `spark-swarm remove --name ${name} --volumes, if the data is not wanted any more`,
      });
    }),
  );
}

export function judgeLocks({ locks }: ClustersReading): Outcome {
  const dead = locks.filter(({ isDead }) => isDead);
  if (dead.length === 0) {
    return fine(
      locks.length === 0 ? 'none' : locks.map(({ cluster, holder }) => `${cluster}: ${holder} is at work`).join(', '),
    );
  }
  return found(
    dead.map(({ cluster, object, holder, removeCommand }) =>
      warningOf('SS-K04', {
        subject: `cluster ${cluster}`,
        problem: 'its lock was left by a command that is gone',
        proof: `${object}: ${holder}`,
        fix: `nothing: the next command takes it over; by hand: ${removeCommand}`,
      }),
    ),
  );
}

/** While a resize is at work it holds the service itself. */
export function judgeHolds({ held, locks }: ClustersReading): Outcome {
  const isAtWork = (cluster: string): boolean => locks.some((lock) => lock.cluster === cluster && !lock.isDead);
  const left = held.filter(({ cluster }) => !isAtWork(cluster));
  if (left.length === 0) return fine(held.length === 0 ? 'none' : 'a resize is at work');
  return found(
    left.map(({ cluster, service, wanted }) =>
      errorOf('SS-K05', {
        subject: `cluster ${cluster}`,
        problem: 'an interrupted resize holds it back: a worker that ends is not replaced',
        proof: `service ${service} has the label io.spark-swarm.held`,
        fix: `spark-swarm resize --workers ${wanted} --name ${cluster}`,
      }),
    ),
  );
}
