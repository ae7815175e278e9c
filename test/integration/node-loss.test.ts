import test, { type ExecutionContext } from 'ava';

import type { ClusterStatus } from '../../src/operations/status.ts';
import type { DaemonProcess, TestCluster } from '../helpers/cluster.ts';
import { theCluster, theLab, useLab } from '../helpers/lab-tests.ts';
import { waitUntilDropped, workerIds } from '../helpers/lost-workers.ts';
import { endsRight, keepBusy } from '../helpers/shuffle-cache.ts';
import { waitFor } from '../helpers/wait-for.ts';

useLab();

const NAME = 'loss';

/** `worker-1 on lab-2`, of those that run. */
function places({ containers }: ClusterStatus): readonly string[] {
  return containers
    .filter(({ role, isRunning }) => role === 'worker' && isRunning)
    .map(({ displayName, node }) => `${displayName} on ${node}`);
}

const nodesOf = (status: ClusterStatus): readonly string[] =>
  places(status).map((place) => place.split(' on ')[1] ?? '');
const isEven = (status: ClusterStatus): boolean => new Set(nodesOf(status)).size === nodesOf(status).length;

/** The node of a worker that is not the manager. */
async function victimOf(cluster: TestCluster): Promise<string> {
  const node = nodesOf(await cluster.status()).find((name) => name !== theLab().manager.hostname);
  if (node === undefined) throw new Error('all workers are on the manager');
  return node;
}

async function waitUntilLost(cluster: TestCluster, node: string): Promise<ClusterStatus> {
  return waitFor(`the status to say that ${node} is lost`, {
    read: async () => cluster.status(),
    until: ({ warnings }) => warnings.some(({ subject }) => subject === `node ${node}`),
    show: ({ problems, warnings }) => ({ problems, warnings }),
  });
}

/** Three workers again, on the nodes that are left: the lost one is told, and does not count against the cluster. */
async function waitUntilReplaced(t: ExecutionContext, cluster: TestCluster, node: string): Promise<void> {
  const status = await cluster.waitUntilHealthy(120_000);
  t.false(nodesOf(status).includes(node));
  t.deepEqual(
    status.warnings.filter(({ subject }) => subject === `node ${node}`),
    [
      {
        subject: `node ${node}`,
        message: 'is down: nothing runs there',
        hint: `spark-swarm lab up --name ${theLab().name}`,
      },
    ],
  );
}

/** The workers on other nodes. */
function workersElsewhere({ containers }: ClusterStatus, node: string): readonly string[] {
  return containers
    .filter((container) => container.role === 'worker' && container.isRunning && container.node !== node)
    .map(({ displayName }) => displayName);
}

/** What the master that runs now has printed. */
async function masterLog(cluster: TestCluster): Promise<string> {
  const { node, containerId } = await cluster.find('master');
  const env = { DOCKER_CONTEXT: undefined, DOCKER_HOST: `unix://${node.socket}` };
  const { stdout, stderr } = await theLab().run('docker', ['logs', containerId], { env });
  return stdout + stderr;
}

/** Takes a node's network away; what is returned gives it back. */
async function cutOff(t: ExecutionContext, container: string): Promise<() => Promise<void>> {
  const network = `spark-${theLab().name}`;
  const address = await theLab().outerDocker(
    'inspect',
    '--format',
    `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`,
    container,
  );
  const connect = async (): Promise<void> =>
    void (await theLab().outerDocker('network', 'connect', '--ip', address.trim(), network, container));
  t.teardown(async () => connect().catch(() => undefined));
  await theLab().outerDocker('network', 'disconnect', network, container);
  return connect;
}

async function waitUntilBack(cluster: TestCluster, node: string): Promise<ClusterStatus> {
  return waitFor(`${node} to be back`, {
    read: async () => cluster.status(),
    until: ({ healthy, warnings }) => healthy && !warnings.some(({ subject }) => subject === `node ${node}`),
    show: ({ problems, warnings }) => ({ problems, warnings }),
    limitMs: 180_000,
  });
}

test.serial('a node that is killed is told with what to do; its worker runs elsewhere', async (t) => {
  const cluster = theCluster(NAME);
  const { status, stderr } = await cluster.deploy('--workers', '3');
  t.is(status, 0, stderr);
  t.true(isEven(await cluster.status()));
  const node = await victimOf(cluster);
  const lost = workerIds(await cluster.waitUntilHealthy(), node);
  t.is(lost.length, 1);
  const { container } = cluster.node(node);
  t.teardown(async () => void (await theLab().outerDocker('start', container)));
  await theLab().outerDocker('kill', container);
  await waitUntilLost(cluster, node);
  await waitUntilReplaced(t, cluster, node);
  await theLab().outerDocker('start', container);
  const back = await waitUntilBack(cluster, node);
  t.deepEqual(
    back.warnings.map(({ subject, hint }) => [subject, hint]),
    [['workers', `spark-swarm rebalance --name ${NAME}`]],
  );
  await waitUntilDropped(cluster, lost);
});

test.serial(
  'rebalance under a job moves one worker to the node that came back: right result, nothing computed twice',
  async (t) => {
    const cluster = theCluster(NAME);
    const run = await keepBusy(t, cluster, 3);
    const before = await cluster.processes();
    const dry = await cluster.command('rebalance', '--dry-run');
    t.is(dry.status, 0, dry.stderr);
    t.regex(dry.stdout, /^drain worker-\d on \S+ \(.+\) and start it anew, on \S+\n$/);
    t.deepEqual(await cluster.processes(), before);

    const moved = await cluster.command('rebalance');
    t.is(moved.status, 0, moved.stderr);
    t.regex(moved.stdout, /^worker-\d is on \S+\n$/);
    const status = await cluster.status();
    t.true(isEven(status), places(status).join(', '));
    t.deepEqual(status.warnings, []);
    const after = await cluster.processes();
    t.is(before.filter(({ containerId }) => after.some((other) => other.containerId === containerId)).length, 3);

    await endsRight(t, run);
    const again = await cluster.command('rebalance');
    t.is(again.stdout, `nothing to do: the workers of the cluster "${NAME}" are spread evenly\n`);
  },
);

test.serial(
  'a node that freezes, and one that is cut off: replaced while they are away, and exactly the asked workers afterwards',
  async (t) => {
    const cluster = theCluster(NAME);
    const frozen = await victimOf(cluster);
    const { container } = cluster.node(frozen);
    t.teardown(
      async () =>
        void (await theLab()
          .outerDocker('unpause', container)
          .catch(() => undefined)),
    );
    await theLab().outerDocker('pause', container);
    await waitUntilLost(cluster, frozen);
    await waitUntilReplaced(t, cluster, frozen);
    await theLab().outerDocker('unpause', container);
    await waitUntilBack(cluster, frozen);

    const cut = await victimOf(cluster);
    const { container: other } = cluster.node(cut);
    const connect = await cutOff(t, other);
    await waitUntilLost(cluster, cut);
    await waitUntilReplaced(t, cluster, cut);
    await connect();
    await waitUntilBack(cluster, cut);
    // The containers that ran on while their node was cut off are ended.
    await waitFor('the nodes to have only what the swarm wants there', {
      read: async () => {
        const filters = { label: [`io.spark-swarm.cluster=${NAME}`] };
        const lists = await Promise.all(
          theLab().nodes.map(async ({ api }) =>
            api.get<readonly unknown[]>('/containers/json', { query: { filters } }),
          ),
        );
        return lists.flat().length;
      },
      until: (count) => count === 4,
    });
    // Their workers may have registered anew before: Spark drops those within a minute.
    await cluster.waitUntilHealthy(120_000);
  },
);

test.serial(
  'the machine of the only manager goes without a farewell: said at once, and all is as before when it is back',
  async (t) => {
    const cluster = theCluster(NAME);
    const { container, hostname } = theLab().manager;
    t.teardown(async () => void (await theLab().outerDocker('start', container)));
    const elsewhere = workersElsewhere(await cluster.status(), hostname);
    t.not(elsewhere.length, 0);
    const before = await cluster.processes();
    // What its connections would say at their end does not get out: the others send into the void.
    const connect = await cutOff(t, container);
    await theLab().outerDocker('kill', container);
    const { status, stderr } = await cluster.command('status');
    t.is(status, 4, stderr);
    t.regex(stderr, /^error: The Docker engine at unix:\S+docker\.sock \(context spark-\S+\) does not answer: /m);
    await connect();
    await theLab().outerDocker('start', container);
    const back = await waitUntilBack(cluster, hostname);
    t.is(back.master?.aliveWorkers, 3);
    const isElsewhere = ({ name }: DaemonProcess): boolean => elsewhere.includes(name);
    t.deepEqual((await cluster.processes()).filter(isElsewhere), before.filter(isElsewhere));
    // The master that came back has taken them over, with what runs there.
    const log = await masterLog(cluster);
    t.regex(log, /Trying to recover worker/);
    for (const name of elsewhere) t.notRegex(log, new RegExp(`Removing worker worker-\\d+-${name}-`), log);
  },
);
