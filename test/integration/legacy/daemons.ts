import test from 'ava';

import { theEngine } from '../../helpers/lab-tests.ts';
import { waitFor } from '../../helpers/wait-for.ts';
import { inspect, old, service, WORKERS, type Inspected } from './old-cluster.ts';

/** As the kernel lists them: TCP sockets that listen, by their ports. */
const LISTENING = `cat /proc/net/tcp /proc/net/tcp6 | awk '$4 == "0A" { sub(".*:", "", $2); print $2 }' | sort -u`;

/** What runs in the containers of the cluster "old", and what becomes of it. */
export function daemonTests(): void {
  test.serial('B16: 6066 and 4040 are not published, and nothing listens on 6066', async (t) => {
    const ports = async (daemon: string): Promise<readonly string[]> => {
      const { NetworkSettings } = await inspect(old(), daemon);
      return Object.entries(NetworkSettings.Ports).flatMap(([port, bound]) => (bound?.length ? [port] : []));
    };
    t.deepEqual((await ports('master')).toSorted(), ['7077/tcp', '8080/tcp']);
    for (const worker of WORKERS) t.deepEqual(await ports(worker), []);
    const listening = (await old().inside('master', LISTENING)).split('\n').map((hex) => Number.parseInt(hex, 16));
    t.true(listening.includes(7077));
    t.deepEqual(
      listening.filter((port) => port === 6066 || port === 4040),
      [],
    );
  });

  test.serial('B26: daemons are started by their classes; start-slave.sh and conf/slaves are not there', async (t) => {
    const commands = "for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline 2>/dev/null; echo; done";
    t.regex(await old().inside('worker-1', commands), /java .* org\.apache\.spark\.deploy\.worker\.Worker /);
    t.regex(await old().inside('master', commands), /java .* org\.apache\.spark\.deploy\.master\.Master /);
    const found = await old().inside('worker-1', "find / -xdev -name '*slave*.sh' -o -name slaves 2>/dev/null || true");
    t.is(found, '');
  });

  test.serial("B10: no shell stands between Docker and a daemon, and its words are the container's log", async (t) => {
    for (const [daemon, role] of [
      ['master', 'master'],
      ['worker-1', 'worker'],
    ] as const) {
      const command = await old().inside(daemon, "tr '\\0' ' ' < /proc/1/cmdline");
      t.is(command, `/usr/bin/tini -- /opt/spark-swarm/entrypoint.sh ${role}`);
      const { containerId } = await old().find(daemon);
      const { stdout, stderr } = await theEngine().run('docker', ['logs', containerId]);
      t.regex(stdout + stderr, daemon === 'master' ? /INFO Master: Starting Spark master/ : /INFO Worker: Starting/);
    }
  });

  test.serial('B11: a daemon that dies is a container that ends, and one that is stopped ends by itself', async (t) => {
    const before = await inspect(old(), 'worker-2');
    const kill =
      "for p in /proc/[0-9]*; do grep -q 'worker.Worke[r]' $p/cmdline 2>/dev/null && kill -9 ${p#/proc/}; done";
    // The container may be gone before docker has said how the line ended.
    await old()
      .inside('worker-2', kill)
      .catch(() => {});
    await waitFor('worker-2 to be started anew', {
      read: async () => inspect(old(), 'worker-2'),
      until: ({ State }) => State.Status === 'running' && State.StartedAt !== before.State.StartedAt,
      limitMs: 60_000,
    });
    const { containerId } = await old().find('worker-3');
    await theEngine().docker('stop', '--time', '20', containerId);
    const { State } = await theEngine().manager.api.get<Inspected>(`/containers/${containerId}/json`);
    t.is(State.ExitCode, 143, 'SIGTERM, not SIGKILL');
  });

  test.serial(
    'B22: a stopped container is shown by status and by start, and is started, not thrown away',
    async (t) => {
      const { Id } = await inspect(old(), 'worker-3');
      await theEngine().docker('stop', Id);
      const seen = await service('status', old());
      t.is(seen.status, 1);
      t.regex(seen.stdout, /^worker-3 +\S+ +exited /m);
      t.regex(seen.stdout, /^ {2}worker-3 is exited/m);
      const again = await service('start', old());
      t.is(again.status, 0, again.stderr);
      t.regex(again.stderr, new RegExp(`start ${old().name}-worker`));
      const { Id: after, State } = await inspect(old(), 'worker-3');
      t.deepEqual([after, State.Status], [Id, 'running']);
    },
  );

  test.serial('the number after resize-cluster.sh counts workers, and it says so', async (t) => {
    const { status, stdout, stderr } = await theEngine().run('bin/resize-cluster.sh', ['1', '--name', old().name]);
    t.is(status, 0, stderr);
    t.regex(stderr, /^1 counts workers, the master comes on top; say --workers 1\n/);
    t.is(stdout, `The cluster "${old().name}" has 1 worker\n`);
  });
}
