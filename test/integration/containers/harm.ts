import test from 'ava';

import { theEngine } from '../../helpers/lab-tests.ts';
import { waitFor } from '../../helpers/wait-for.ts';

export function harmTests(): void {
  test.serial('a worker that somebody has killed is told with its cause, and start brings it back', async (t) => {
    const engine = theEngine();
    const cluster = engine.cluster('spark');
    const before = await cluster.processes();
    const { containerId } = await cluster.find('worker-2');
    await engine.docker('kill', containerId);
    const { healthy, exitStatus, problems } = await cluster.status();
    t.deepEqual([healthy, exitStatus], [false, 1]);
    t.true(
      problems.some(
        ({ subject, message }) =>
          subject === 'worker-2' && message.startsWith('is exited: was killed (exit status 137)'),
      ),
      JSON.stringify(problems),
    );
    const start = await cluster.make(['--name', cluster.name]);
    t.is(start.status, 0, start.stderr);
    t.true((await cluster.statusWithMaster()).healthy);
    const after = await cluster.processes();
    t.deepEqual(
      after.filter(({ name }) => name !== 'worker-2'),
      before.filter(({ name }) => name !== 'worker-2'),
    );
  });

  test.serial('a worker that somebody has removed is missed, and start makes it again', async (t) => {
    const engine = theEngine();
    const cluster = engine.cluster('spark');
    const before = await cluster.processes();
    const { containerId } = await cluster.find('worker-1');
    await engine.docker('rm', '--force', '--volumes', containerId);
    const { healthy, exitStatus, problems, containers } = await cluster.status();
    t.deepEqual([healthy, exitStatus], [false, 1]);
    t.true(
      problems.some(({ subject, message }) => subject === 'worker-1' && message.startsWith('is missing')),
      JSON.stringify(problems),
    );
    t.is(containers.length, 3);
    const start = await cluster.make(['--name', cluster.name]);
    t.is(start.status, 0, start.stderr);
    await waitFor('all workers under their names', {
      read: async () => cluster.status(),
      until: (status) => status.healthy && status.master?.aliveWorkers === 2,
    });
    // Compose gives the new one the next number, not the free one.
    const after = await cluster.processes();
    t.is(after.length, 3);
    const others = before.filter(({ name }) => name !== 'worker-1');
    t.deepEqual(
      after.filter(({ pid }) => others.some((other) => other.pid === pid)),
      others,
    );
  });

  test.serial('an engine that has stopped all containers: start goes on with them', async (t) => {
    const engine = theEngine();
    const cluster = engine.cluster('spark');
    const ids = await cluster.memberIds();
    await engine.docker('stop', '--time', '5', ...ids);
    const stopped = await cluster.command('status');
    t.is(stopped.status, 1);
    t.regex(stopped.stdout, /The master does not answer\./);
    const ip = await engine.run('bin/get-master-ip', ['--name', cluster.name]);
    t.is(ip.status, 1);
    t.is(ip.stdout, '');
    const start = await cluster.make(['--name', cluster.name]);
    t.is(start.status, 0, start.stderr);
    t.deepEqual(await cluster.memberIds(), ids);
    t.true((await cluster.statusWithMaster()).healthy);
  });
}
