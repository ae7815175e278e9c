import net from 'node:net';

import { CallLog, DockerProxy } from '../../helpers/docker-proxy.ts';
import { waitFor } from '../../helpers/wait-for.ts';
import { listKeys, STATUS_KEYS } from './status-keys.ts';
import type { Behaviour } from './behaviour.ts';
import { proxySocket } from './refusals.ts';

/** The lines that every cluster without a notebook has, in their order. */
const ADDRESSES = [
  /^spark master {5}spark:\/\/([0-9.]+):([0-9]+)$/,
  /^master web UI {4}http:\/\/([0-9.]+):([0-9]+)$/,
  /^data \(here\) {6}(\/.*)$/,
  /^data \(cluster\) {3}\/data$/,
];

const SMALL_BYTES = 512 * 1024 ** 2;

/** The cluster "spark" comes into being: two workers. */
export const DEPLOY: readonly Behaviour[] = [
  {
    title: 'deploy ends when Spark is ready, and prints addresses that answer, line for line',
    run: async (t, stand) => {
      const cluster = stand.cluster('spark');
      const { status, stdout, stderr } = await cluster.deploy();
      t.is(status, 0, stderr);
      const lines = stdout.split('\n');
      t.is(lines.pop(), '');
      t.is(lines.length, ADDRESSES.length, stdout);
      const [master, page, here] = ADDRESSES.map((pattern, index) => {
        t.regex(lines[index] ?? '', pattern);
        return pattern.exec(lines[index] ?? '');
      });
      await t.notThrowsAsync(connect(master?.[1] ?? '', Number(master?.[2])));
      const answer = await fetch(`http://${page?.[1]}:${page?.[2]}`);
      t.is(answer.status, 200);
      t.regex(await answer.text(), /Spark Master at spark:\/\//);
      t.is(here?.[1], cluster.place.data);
    },
  },
  {
    title: 'no daemon sends for longer than a minute to a machine that has gone without a farewell',
    run: async (t, stand) => {
      const cluster = stand.cluster('spark');
      for (const { name } of await cluster.processes())
        t.is(await cluster.inside(name, 'cat /proc/sys/net/ipv4/tcp_retries2'), '7', name);
    },
  },
  {
    title: 'status has the same fields on every platform, and says that all is well',
    run: async (t, stand) => {
      const cluster = stand.cluster('spark');
      const seen = await cluster.statusWithMaster();
      const { exitStatus, healthy, master, schemaVersion, problems, platform, name, containers, services } = seen;
      t.deepEqual(
        { exitStatus, healthy, schemaVersion, problems, platform, name },
        {
          exitStatus: 0,
          healthy: true,
          schemaVersion: 1,
          problems: [],
          platform: cluster.platform,
          name: cluster.name,
        },
      );
      const { exitStatus: _, ...document } = seen;
      t.deepEqual(listKeys(document), STATUS_KEYS);
      t.deepEqual(
        services.map(({ role, wanted, running }) => [role, wanted, running]),
        [
          ['master', 1, 1],
          ['worker', 2, 2],
        ],
      );
      t.deepEqual(
        containers.map(({ displayName, role, state, error }) => [displayName, role, state, error]),
        [
          ['master', 'master', 'running', ''],
          ['worker-1', 'worker', 'running', ''],
          ['worker-2', 'worker', 'running', ''],
        ],
      );
      t.is(master?.aliveWorkers, 2);
      t.deepEqual(
        master?.workers.map((worker) => [worker.name, worker.state, worker.cores, worker.memoryBytes]).toSorted(),
        [
          ['worker-1', 'ALIVE', 1, SMALL_BYTES],
          ['worker-2', 'ALIVE', 1, SMALL_BYTES],
        ],
      );
      const table = await waitFor('status to end with 0', {
        read: async () => cluster.command('status'),
        until: (ended) => ended.status === 0,
      });
      t.is(table.status, 0);
      t.regex(table.stdout, new RegExp(`^Cluster "${cluster.name}" on ${cluster.platform}: healthy$`, 'm'));
      for (const line of ['master', 'worker-1', 'worker-2'])
        t.regex(table.stdout, new RegExp(`^${line} .* running `, 'm'));
    },
  },
  {
    title: 'a second deploy does nothing but look',
    run: async (t, stand) => {
      const cluster = stand.cluster('spark');
      const log = new CallLog();
      const { hostname: name, socket } = cluster.place.manager;
      await using proxy = await new DockerProxy({ name, socket }, proxySocket(), log).start();
      const [before, daemons] = [await cluster.memberIds(), await cluster.processes()];
      t.is(before.length, 3);
      const env = { DOCKER_CONTEXT: undefined, DOCKER_HOST: `unix://${proxy.socket}` };
      const again = await cluster.make(['--name', cluster.name], { env });
      t.is(again.status, 0, again.stderr);
      t.is(again.stdout.split('\n').length, ADDRESSES.length + 1, again.stdout);
      t.deepEqual(await cluster.memberIds(), before);
      t.deepEqual(await cluster.processes(), daemons);
      const requests = log.calls.map(({ request }) => request);
      t.is(requests.length, 2, requests.join(', '));
      t.regex(requests[0] ?? '', /^POST \/(configs|volumes)\/create$/, 'the lock');
      t.regex(requests[1] ?? '', /^DELETE \/(configs|volumes)\/[a-z0-9-]+$/, 'the lock');
    },
  },
  {
    title: 'the address alone is on standard output of master-ip',
    run: async (t, stand) => {
      const { place, name } = stand.cluster('spark');
      const { status, stdout, stderr } = await place.run('bin/get-master-ip', ['--name', name]);
      t.is(status, 0, stderr);
      t.regex(stdout, /^[0-9]+(\.[0-9]+){3}\n$/);
      const { endpoints } = await stand.cluster('spark').status();
      t.true(endpoints[0]?.address.startsWith(`spark://${stdout.trim()}:`));
    },
  },
  {
    title: 'a taken port is refused with its holder and with what to type',
    run: async (t, stand) => {
      const cluster = stand.cluster('other');
      const holder = stand.cluster('spark');
      const { endpoints } = await holder.status();
      const port = /:([0-9]+)$/.exec(endpoints[1]?.address ?? '')?.[1] ?? '';
      const taken = await cluster.deploy('--port', `ui=${port}`);
      t.is(taken.status, 5, taken.stderr);
      t.is(taken.stdout, '');
      t.regex(
        taken.stderr,
        new RegExp(
          `^error: Port ${port} \\(--port ui=${port}\\) is taken by the (service|container) ${holder.name}[_-]master`,
          'm',
        ),
      );
      t.regex(taken.stderr, /^hint: --port ui=0 takes a free one$/m);
      t.deepEqual(await cluster.memberIds(), []);
    },
  },
];

async function connect(host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = net.connect({ host, port, timeout: 3000 });
    socket.once('connect', () => socket.end(resolve)).once('error', reject);
    socket.once('timeout', () => reject(new Error(`${host}:${port} does not answer`)));
  });
}
