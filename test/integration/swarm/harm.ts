import test from 'ava';

import { theCluster, theLab } from '../../helpers/lab-tests.ts';
import { waitUntilDropped, workerIds } from '../../helpers/lost-workers.ts';
import { waitFor } from '../../helpers/wait-for.ts';

export function harmTests(): void {
  test.serial('a node that dies is told as the cause; its worker moves, and it may come back', async (t) => {
    const cluster = theCluster('spark');
    const before = await cluster.waitUntilHealthy();
    const victim = before.containers.find(
      ({ displayName, node }) => displayName.startsWith('worker') && node !== theLab().manager.hostname,
    );
    if (victim === undefined) throw new Error('all workers are on the manager');
    const { hostname, container } = cluster.node(victim.node);
    const lost = workerIds(before, victim.node);
    // Also when this test fails: the others need the node.
    t.teardown(async () => {
      await theLab().outerDocker('start', container);
    });
    await theLab().outerDocker('kill', container);

    const { problems, exitStatus } = await waitFor('the loss of a node to be noticed', {
      read: async () => cluster.status(),
      until: (status) =>
        !status.healthy && status.problems.some(({ message }) => message.includes(`node ${hostname} is down`)),
      show: (status) => ({ healthy: status.healthy, problems: status.problems }),
    });
    t.is(exitStatus, 1);
    t.log(`said: ${problems.map(({ subject, message }) => `${subject} ${message}`).join('; ')}`);

    await theLab().outerDocker('start', container);
    await waitFor('the node to have only what the swarm wants there', {
      read: async () => {
        const nodes = await Promise.all(
          theLab().nodes.map(async ({ api }) =>
            api.get<readonly unknown[]>('/containers/json', {
              query: { filters: { label: ['io.spark-swarm.cluster=spark'] } },
            }),
          ),
        );
        return nodes.flat().length;
      },
      until: (count) => count === 3,
    });
    const { master } = await waitUntilDropped(cluster, lost);
    t.is(master?.aliveWorkers, 2);
  });
}
