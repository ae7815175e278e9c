import test from 'ava';

import { theCluster, theLab, useLab } from '../helpers/lab-tests.ts';
import { killClients } from './jobs/killed-clients.ts';
import { job, list, run, stateOf } from './jobs/launched.ts';

useLab(2);

const cluster = (): ReturnType<typeof theCluster> => theCluster('jobs');

test.serial('on a swarm jobs run beside the master, and are seen by the same commands', async (t) => {
  const { status, stderr } = await cluster().deploy('--workers', '1', '--master-memory', '12g');
  t.is(status, 0, stderr);
  const id = await run(t, cluster(), '--example', 'pi', '4');
  t.is((await job(cluster(), 'wait', id)).status, 0);
  t.regex((await job(cluster(), 'logs', '--stdout', id)).stdout, /^Pi is roughly 3\.1[0-9]*$/m);
});

test.serial('submit --detach prints the id of a job whose driver is a service of its own', async (t) => {
  const detached = await cluster().submit(['--detach', '--driver-memory', '512m', '--example', 'pi', '4']);
  t.is(detached.status, 0, detached.stderr);
  const id = detached.stdout.trim();
  t.is((await job(cluster(), 'wait', id)).status, 0);
  const listed = (await list(t, cluster())).find((each) => each.id === id);
  t.deepEqual([listed?.state, listed?.driver], ['SUCCEEDED', 'task']);
  const services = await theLab().docker('service', 'ls', '--format', '{{.Name}}');
  t.false(services.includes(id), services);
});

test.serial(
  'the clients of ten Spark jobs killed at ten moments of their launch, then the node restarted: all are listed, none ran twice',
  async (t) => {
    const { node } = await cluster().find('master');
    await killClients(t, cluster(), {
      spark: 10,
      restart: async () => theLab().outerDocker('restart', '--time', '5', node.container),
    });
  },
);

test.serial('records outlive the node: a job that has ended before is as it was', async (t) => {
  const ended = (await list(t, cluster())).filter(({ name }) => name === 'pi');
  t.is(ended.length, 2);
  for (const { id } of ended) t.is(await stateOf(t, cluster(), id), 'SUCCEEDED');
});
