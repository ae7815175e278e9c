import net from 'node:net';
import path from 'node:path';

import test from 'ava';

import { projectRoot } from '../../helpers/cli.ts';
import { findVolumes, listNamelessVolumes, listObjectsNamed } from '../../helpers/docker-objects.ts';
import { theEngine } from '../../helpers/lab-tests.ts';

const FILE = path.join(projectRoot, 'docker-compose.yml');

export function byHandTests(): void {
  test.serial('what docker compose has started by hand is seen, resized, used and removed', async (t) => {
    const engine = theEngine();
    const cluster = engine.cluster('hand');
    const [master, ui] = await Promise.all([freePort(), freePort()]);
    const env = { SPARK_SWARM_MASTER_PORT: String(master), SPARK_SWARM_UI_PORT: String(ui) };
    const up = await engine.run('docker', ['compose', '-f', FILE, '-p', cluster.name, 'up', '--detach'], { env });
    t.is(up.status, 0, up.stderr);
    const { endpoints, containers } = await cluster.waitUntilHealthy();
    t.deepEqual(
      containers.map(({ displayName }) => displayName),
      ['master', 'worker-1', 'worker-2'],
    );
    t.deepEqual(endpoints.slice(0, 2), [
      { name: 'spark master', address: `spark://127.0.0.1:${master}` },
      { name: 'master web UI', address: `http://127.0.0.1:${ui}` },
    ]);

    const before = await cluster.processes();
    const shrink = await cluster.resize(1);
    t.is(shrink.status, 0, shrink.stderr);
    t.is((await cluster.statusWithMaster()).master?.aliveWorkers, 1);
    const grow = await cluster.resize(2);
    t.is(grow.status, 0, grow.stderr);
    const after = await cluster.processes();
    t.is(after.length, 3);
    t.is(after.filter((now) => before.some((old) => old.pid === now.pid && old.startedAt === now.startedAt)).length, 2);

    const pi = await cluster.submit(['--example', 'pi', '2']);
    t.is(pi.status, 0, pi.stderr);
    t.regex(pi.stdout, /^Pi is roughly 3\./m);

    const nameless = await listNamelessVolumes(cluster);
    const kept = await cluster.remove();
    t.is(kept.status, 0, kept.stderr);
    t.is(
      kept.stdout,
      `Removed the cluster "${cluster.name}"\nKept (--volumes removes them): ${cluster.name}_data, ${cluster.name}_jobs\n`,
    );
    const removal = await cluster.remove('--volumes');
    t.is(removal.status, 0, removal.stderr);
    t.deepEqual(await listObjectsNamed(engine.manager, cluster.name), []);
    t.deepEqual(await findVolumes(engine, nameless), []);
  });
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
