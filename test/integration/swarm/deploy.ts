import { rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { CallLog, DockerProxy } from '../../helpers/docker-proxy.ts';
import { listObjects } from '../../helpers/docker-objects.ts';
import { theCluster, theLab } from '../../helpers/lab-tests.ts';
import { FOREIGN_CONTAINER, makeForeignObjects } from './foreign.ts';

/** What the lab held before the cluster "spark" was deployed. */
export let objectsBefore: readonly string[] = [];

const PROXY_SOCKET = `/tmp/spark-swarm-proxy-${process.pid}.sock`;

export function deployTests(): void {
  test.serial('an image that is not there is refused with what to type', async (t) => {
    const { status, stderr, stdout } = await theCluster('spark').service('deploy', '--image', 'no-such-image:1');
    t.is(status, 1, stderr);
    t.is(stdout, '');
    t.regex(stderr, /^error: There is no image "no-such-image:1" on /m);
    t.regex(stderr, /^hint: bin\/build-image builds spark-swarm:latest/m);
  });

  test.serial('an engine that is no manager, and one that does not answer, are said', async (t) => {
    const worker = theLab().nodes[1]?.socket;
    const asWorker = await theLab().run('sbin/spark-cluster-service', ['deploy'], {
      env: { DOCKER_CONTEXT: undefined, DOCKER_HOST: `unix://${worker}` },
    });
    t.is(asWorker.status, 1);
    t.regex(
      asWorker.stderr,
      /^error: Cannot use the engine at .* for a cluster: it is a worker node; only a manager can deploy$/m,
    );
    const silent = await theLab().run('bin/spark-swarm', ['status'], {
      env: { DOCKER_CONTEXT: undefined, DOCKER_HOST: 'unix:///no/such.sock' },
    });
    t.is(silent.status, 4);
    t.regex(
      silent.stderr,
      /^error: The Docker engine at unix:\/\/\/no\/such.sock does not answer: there is no such socket$/m,
    );
  });

  test.serial('a command for a cluster that is not there says so', async (t) => {
    const cluster = theCluster('nobody');
    for (const { status, stderr } of await Promise.all([
      cluster.service('status', '--name', 'nobody'),
      cluster.resize(3),
      cluster.submit(['--example', 'pi']),
    ])) {
      t.is(status, 1);
      t.regex(stderr, /^error: No cluster named "nobody"$/m);
    }
  });

  test.serial('what fits nowhere is refused with the sum, and not one changing call is made', async (t) => {
    const log = new CallLog();
    await using proxy = await new DockerProxy(
      { name: 'manager', socket: theLab().manager.socket },
      PROXY_SOCKET,
      log,
    ).start();
    const env = { DOCKER_CONTEXT: undefined, DOCKER_HOST: `unix://${proxy.socket}` };
    const words = ['deploy', '--name', 'huge', '--image', theLab().image];
    const lab = theLab();
    // The image is not on the nodes yet; what is asked is wrong wherever it is.
    await lab.outerDocker('tag', lab.image, lab.image);
    const wide = await lab.run('sbin/spark-cluster-service', [...words, '--workers', '100'], { env: { ...lab.env } });
    t.is(wide.status, 2, wide.stderr);
    t.regex(wide.stderr, /100 workers .*(do not fit|share one machine)/);
    const tall = await lab.run('sbin/spark-cluster-service', [...words, '--worker-memory', '900g'], {
      env: { ...lab.env },
    });
    t.is(tall.status, 2, tall.stderr);
    t.regex(tall.stderr, /900g/);
    await lab.run('sbin/spark-cluster-service', [...words, '--workers', '100'], { env });
    t.deepEqual(log.calls, []);
  });

  test.serial('deploy ends when Spark is ready, and prints addresses that answer', async (t) => {
    await makeForeignObjects(theLab());
    objectsBefore = await listObjects(theLab());
    const cluster = theCluster('spark');
    const { status, stdout, stderr } = await cluster.deploy();
    t.is(status, 0, stderr);
    const [, host = '', masterPort = ''] = /^spark master {5}spark:\/\/([0-9.]+):([0-9]+)$/m.exec(stdout) ?? [];
    const [, page = ''] = /^master web UI {4}(http:\/\/[0-9.]+:[0-9]+)$/m.exec(stdout) ?? [];
    t.is(stdout.split('\n').length, 4, stdout);
    await t.notThrowsAsync(connect(host, Number(masterPort)));
    const response = await fetch(page);
    t.is(response.status, 200);
    t.regex(await response.text(), /Spark Master at spark:\/\//);

    const { exitStatus, healthy, master, schemaVersion, problems } = await cluster.status();
    t.deepEqual(
      { exitStatus, healthy, schemaVersion, problems },
      { exitStatus: 0, healthy: true, schemaVersion: 1, problems: [] },
    );
    t.is(master?.aliveWorkers, 2);
    t.deepEqual(
      master?.workers.map((worker) => [worker.host, worker.state, worker.cores, worker.memoryBytes]).toSorted(),
      [
        ['worker-1', 'ALIVE', 1, 512 * 1024 ** 2],
        ['worker-2', 'ALIVE', 1, 512 * 1024 ** 2],
      ],
    );
  });

  test.serial('a second deploy does nothing but look', async (t) => {
    const cluster = theCluster('spark');
    const log = new CallLog();
    await using proxy = await new DockerProxy(
      { name: 'manager', socket: theLab().manager.socket },
      PROXY_SOCKET,
      log,
    ).start();
    const before = await cluster.taskIds();
    t.is(before.length, 3);
    const { status, stderr } = await theLab().run('sbin/spark-cluster-service', ['deploy', '--name', 'spark'], {
      env: { DOCKER_CONTEXT: undefined, DOCKER_HOST: `unix://${proxy.socket}` },
    });
    t.is(status, 0, stderr);
    t.deepEqual(await cluster.taskIds(), before);
    t.deepEqual(
      log.calls.map(({ request }) => request.replace(/[a-z0-9]{25}$/, 'ID')),
      ['POST /configs/create', 'DELETE /configs/ID'],
    );
  });

  test.serial('a busy port is refused with its holder and with what to type', async (t) => {
    const { node, port } = await busyPort();
    const ports = ['--port', 'master=0', '--port', `ui=${port}`];
    const words = ['deploy', '--name', 'other', '--image', theLab().image, ...ports];
    const { status, stderr } = await theLab().run('sbin/spark-cluster-service', words);
    t.is(status, 5, stderr);
    t.regex(
      stderr,
      new RegExp(
        `^error: Port ${port} \\(--port ui=${port}\\) is taken by the container ${FOREIGN_CONTAINER} on ${node}$`,
        'm',
      ),
    );
    t.regex(stderr, /^hint: --port ui=0 takes a free one$/m);
  });

  test.serial('a compose file that is broken is refused with line and column', async (t) => {
    const file = path.join(tmpdir(), `spark-swarm-broken-${process.pid}.yml`);
    await writeFile(file, 'services:\n  master: {\n');
    const { status, stderr } = await theCluster('other').deploy('--file', file);
    await rm(file);
    t.is(status, 2, stderr);
    t.regex(stderr, /^error: .*broken-[0-9]+\.yml.*line [0-9]+, column [0-9]+: /ms);
  });
}

/** Where the foreign container `spark-master` listens. */
async function busyPort(): Promise<{ readonly node: string; readonly port: number }> {
  const { manager } = theLab();
  const text = await theLab().docker('port', FOREIGN_CONTAINER, '9000/tcp');
  return { node: manager.hostname, port: Number(/:([0-9]+)$/m.exec(text)?.[1]) };
}

async function connect(host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = net.connect({ host, port, timeout: 3000 });
    socket.once('connect', () => socket.end(resolve)).once('error', reject);
    socket.once('timeout', () => reject(new Error(`${host}:${port} does not answer`)));
  });
}
