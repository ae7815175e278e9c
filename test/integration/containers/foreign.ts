import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import test from 'ava';

import { listObjectsNamed } from '../../helpers/docker-objects.ts';
import { theEngine } from '../../helpers/lab-tests.ts';

const SLEEP = ['--entrypoint', 'sleep'];

/** Other people's things, named as ours might be, with what tells whether somebody has touched them. */
let foreign: readonly string[] = [];
let swarmBefore = '';
/** What this run has on the engine before the cluster "spark" is started. */
export let objectsBefore: readonly string[] = [];

export function foreignTests(): void {
  test.serial(
    'a Compose project of somebody else is no cluster: start says so with status 5, and nothing is touched',
    async (t) => {
      swarmBefore = await readSwarm();
      const engine = theEngine();
      const cluster = engine.cluster('theirs');
      const file = path.join(engine.folder('theirs'), 'docker-compose.yml');
      await mkdir(path.dirname(file), { recursive: true });
      const labels = { [engine.label[1]?.split('=')[0] ?? '']: engine.name };
      const service = { image: engine.image, entrypoint: ['sleep', 'infinity'], labels };
      await writeFile(
        file,
        JSON.stringify({ services: { master: service, worker: service }, networks: { default: { labels } } }),
      );
      const compose = ['compose', '-f', file, '-p', cluster.name];
      t.teardown(async () => engine.run('docker', [...compose, 'down', '--timeout', '1']));
      await engine.docker(...compose, 'up', '--detach');
      const before = await listForeign();
      t.is(before.length, 3, 'two containers and a network');

      const start = await cluster.deploy();
      t.is(start.status, 5, start.stderr);
      t.is(start.stdout, '');
      t.regex(
        start.stderr,
        new RegExp(
          `^error: Cannot start the cluster "${cluster.name}": the container ${cluster.name}-(master|worker)-1 of a Compose project of this name is there and is not ours\nhint: choose another --name$`,
          'm',
        ),
      );
      t.is((await cluster.command('status')).status, 1);
      t.is((await cluster.resize(1)).status, 1);
      const removal = await cluster.remove('--volumes');
      t.is(removal.stdout, `No cluster named "${cluster.name}": nothing to remove\n`);
      t.deepEqual(await listForeign(), before);
    },
  );

  test.serial("a network or a volume of somebody else's is not used: status 5, and it stays", async (t) => {
    const engine = theEngine();
    const cluster = engine.cluster('taken');
    const cases = [
      ['network', `${cluster.name}-spark`, `Cannot start the cluster "${cluster.name}": the network`],
      ['volume', `${cluster.name}-secrets`, `Cannot start the cluster "${cluster.name}": the volume`],
      ['volume', `${cluster.name}-lock`, 'The volume'],
    ] as const;
    for (const [kind, name, said] of cases) {
      await engine.docker(kind, 'create', ...engine.label, name);
      // Also when this test fails: the others count what is there.
      t.teardown(async () => engine.run('docker', [kind, 'rm', name]));
      const { status, stderr } = await cluster.deploy('--timeout', '20s');
      t.is(status, 5, stderr);
      t.true(stderr.includes(`error: ${said}`), stderr);
      t.regex(stderr, new RegExp(`${name}:? (it )?is there and is not ours`));
      const removal = await cluster.remove('--volumes');
      t.true([0, 5].includes(removal.status ?? 1), removal.stderr);
      t.deepEqual(await cluster.memberIds(), []);
      t.is(
        await engine.docker(kind, 'inspect', '--format', '{{index .Labels "test.spark-swarm.run"}}', name),
        engine.name,
      );
      await engine.docker(kind, 'rm', name);
    }
  });

  test.serial("somebody's things are made that look like ours", async (t) => {
    const engine = theEngine();
    const { name } = engine.cluster('spark');
    for (const other of [`${name}-foo`, `${name}-worker-9`, `${name}2-master-1`]) {
      await engine.docker('run', '--detach', ...engine.label, '--name', other, ...SLEEP, engine.image, '3600');
    }
    for (const other of [`${name}-net`, `${name}_spark`])
      await engine.docker('network', 'create', ...engine.label, other);
    for (const other of [`${name}_data`, `${name}-data2`])
      await engine.docker('volume', 'create', ...engine.label, other);
    foreign = await listForeign();
    t.is(foreign.length, 7);
    objectsBefore = await listObjectsNamed(engine.manager, engine.name);
  });
}

export function untouchedTests(): void {
  test.serial("somebody's things are as they were, and so is the swarm that the engine is in, or not in", async (t) => {
    t.deepEqual(await listForeign(), foreign);
    t.is(await readSwarm(), swarmBefore);
    t.log(swarmBefore);
  });
}

/** What carries the label of this run, and is therefore no cluster's: with id, and for a container, since when it runs. */
async function listForeign(): Promise<readonly string[]> {
  const engine = theEngine();
  const filter = ['--filter', engine.label[1] === undefined ? '' : `label=${engine.label[1]}`];
  const ids = async (...words: readonly string[]): Promise<readonly string[]> =>
    (await engine.docker(...words, '--quiet', ...filter)).split('\n').filter((line) => line !== '');
  const containers = await ids('ps', '--all', '--no-trunc');
  const inspected = containers.length === 0 ? '' : await engine.docker('inspect', '--format', STATE, ...containers);
  const objects = [
    ...inspected.split('\n'),
    ...(await ids('network', 'ls', '--no-trunc')),
    ...(await ids('volume', 'ls')),
  ];
  return objects.filter((line) => line !== '').toSorted();
}

const STATE = '{{.Name}} {{.Id}} {{.State.StartedAt}} {{.State.Status}}';

async function readSwarm(): Promise<string> {
  return theEngine().docker('info', '--format', 'swarm {{.Swarm.LocalNodeState}} {{.Swarm.NodeID}}');
}
