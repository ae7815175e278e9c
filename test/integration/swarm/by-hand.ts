import path from 'node:path';

import test from 'ava';

import { parseMasterState } from '../../../src/spark/master-state.ts';
import { projectRoot } from '../../helpers/cli.ts';
import { compareObjects, listObjects } from '../../helpers/docker-objects.ts';
import { theCluster, theLab } from '../../helpers/lab-tests.ts';
import { waitFor } from '../../helpers/wait-for.ts';

const FILE = path.join(projectRoot, 'docker-compose.yml');
/** Ports of the lab's own nodes, where nothing else listens. */
const PORTS = { SPARK_SWARM_MASTER_PORT: '17077', SPARK_SWARM_UI_PORT: '18080' };

export function byHandTests(): void {
  test.serial('a stack deployed by hand is seen, resized and removed', async (t) => {
    const lab = theLab();
    const cluster = theCluster('hand');
    const before = await listObjects(lab);
    const { status, stderr } = await lab.run(
      'docker',
      ['stack', 'deploy', '--resolve-image', 'never', '-c', FILE, 'hand'],
      { env: PORTS },
    );
    t.is(status, 0, stderr);
    const { master, endpoints } = await cluster.waitUntilHealthy();
    t.is(master?.aliveWorkers, 2);
    t.true(endpoints.some(({ address }) => address.endsWith(':18080')));

    const resized = await cluster.resize(1);
    t.is(resized.status, 0, resized.stderr);
    t.is((await cluster.statusWithMaster()).master?.aliveWorkers, 1);

    const removal = await cluster.remove('--volumes');
    t.is(removal.status, 0, removal.stderr);
    t.deepEqual(compareObjects(before, await listObjects(lab)), { added: [], gone: [] });
  });

  test.serial('docker compose alone runs the file: two workers ALIVE', async (t) => {
    const lab = theLab();
    const compose = ['compose', '--project-name', 'byhand', '--file', FILE];
    const before = await listObjects(lab);
    const up = await lab.run('docker', [...compose, 'up', '--detach'], { env: PORTS });
    t.is(up.status, 0, up.stderr);
    const address = await nodeAddress();
    const state = await waitFor('two workers ALIVE', {
      read: async () => parseMasterState(await (await fetch(`http://${address}:18080/json/`)).text()),
      until: (seen) => seen?.workers.filter((worker) => worker.state === 'ALIVE').length === 2,
      limitMs: 180_000,
    });
    t.is(state?.status, 'ALIVE');
    const down = await lab.run('docker', [...compose, 'down', '--volumes'], { env: PORTS });
    t.is(down.status, 0, down.stderr);
    t.deepEqual(compareObjects(before, await listObjects(lab)), { added: [], gone: [] });
  });
}

/** Address of the manager's node on this machine. */
async function nodeAddress(): Promise<string> {
  const { manager } = theLab();
  const info = await manager.api.get<{ readonly Swarm: { readonly NodeAddr: string } }>('/info');
  return info.Swarm.NodeAddr;
}
