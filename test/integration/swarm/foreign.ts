import test from 'ava';

import { listObjects } from '../../helpers/docker-objects.ts';
import { theCluster, theLab } from '../../helpers/lab-tests.ts';
import type { TestLab } from '../../helpers/lab.ts';

/** On the manager; it publishes a port. */
const FOREIGN_CONTAINER = 'spark-master';

/** What the lab held before the cluster "spark" was deployed, other people's objects included. */
export let objectsBefore: readonly string[] = [];

export function foreignTests(): void {
  test.serial("a port that somebody's container holds is refused with its name and node", async (t) => {
    await makeForeignObjects(theLab());
    objectsBefore = await listObjects(theLab());
    const { manager } = theLab();
    const text = await theLab().docker('port', FOREIGN_CONTAINER, '9000/tcp');
    const port = /:([0-9]+)$/m.exec(text)?.[1] ?? '';
    const { status, stderr } = await theCluster('other').deploy('--port', `ui=${port}`);
    t.is(status, 5, stderr);
    t.regex(
      stderr,
      new RegExp(
        `^error: Port ${port} \\(--port ui=${port}\\) is taken by the container ${FOREIGN_CONTAINER} on ${manager.hostname}$`,
        'm',
      ),
    );
    t.regex(stderr, /^hint: --port ui=0 takes a free one$/m);
  });

  test.serial('another data folder than the one that the nodes share is refused', async (t) => {
    const { status, stderr } = await theCluster('other').deploy('--data', '/no/such/folder');
    t.is(status, 5, stderr);
    t.regex(
      stderr,
      new RegExp(
        `^error: Cannot use /no/such/folder as /data: the nodes of this lab share ${theLab().data}, which was fixed when they were made$`,
        'm',
      ),
    );
  });
}

/** Objects of somebody else, named as ours might be: nothing that we do may change them. */
async function makeForeignObjects(lab: TestLab): Promise<void> {
  const stack = JSON.stringify({
    version: '3.8',
    services: { master: { image: 'foreign:1', deploy: { replicas: 0, endpoint_mode: 'dnsrr' } } },
  });
  const fromInput = async (input: string, ...args: readonly string[]): Promise<void> => {
    const { status, stderr } = await lab.run('docker', args, { input });
    if (status !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`);
  };
  await fromInput(stack, 'stack', 'deploy', '--resolve-image', 'never', '-c', '-', 'spark-2');
  await fromInput('secret', 'secret', 'create', 'spark_auth2', '-');
  await fromInput('config', 'config', 'create', 'spark_lock2', '-');
  await lab.docker(
    'service',
    'create',
    '--detach',
    '--name',
    'spark_x',
    '--replicas',
    '0',
    '--no-resolve-image',
    'foreign:1',
  );
  await lab.docker('network', 'create', '--driver', 'overlay', 'spark_x');
  await lab.docker('network', 'create', 'spark-net');
  await lab.docker('volume', 'create', 'spark_x');
  await lab.docker('volume', 'create', 'spark_data2');
  const listener = ['python3', '-m', 'http.server', '9000'];
  await lab.docker(
    'run',
    '--detach',
    '--name',
    FOREIGN_CONTAINER,
    '--entrypoint',
    '',
    '--publish',
    '9000',
    lab.image,
    ...listener,
  );
}
