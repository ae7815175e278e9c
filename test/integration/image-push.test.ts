import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { LABELS } from '../../src/labels.ts';
import type { NodeDelivery } from '../../src/image/ship-images.ts';
import type { EnginePrune } from '../../src/image/prune-plan.ts';
import type { PrunedEngine } from '../../src/image/prune-images.ts';
import type { CommandOptions, Outcome } from '../helpers/lab-command.ts';
import { theCluster, theLab, useLab } from '../helpers/lab-tests.ts';
import { PASSWORD, TestRegistry, USER } from '../helpers/registry.ts';

const CHANGE_BYTES = 2_000_000;

useLab();

let folder: string;
let registry: TestRegistry | undefined;
/** Names on the engine of this machine that this file has made. */
const madeHere: string[] = [];

test.before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-push-'));
});
test.after.always(async () => {
  await registry?.[Symbol.asyncDispose]();
  for (const name of madeHere) await theLab().outerDocker('rmi', name);
  await rm(folder, { recursive: true, force: true });
});

interface Pushed {
  readonly nodes: readonly NodeDelivery[];
}

async function image(words: readonly string[], options?: CommandOptions): Promise<Outcome> {
  return theLab().run('bin/spark-swarm', ['image', ...words], options);
}

async function push(...words: readonly string[]): Promise<readonly NodeDelivery[]> {
  const { status, stdout, stderr } = await image(['push', '-o', 'json', '-q', ...words]);
  if (status !== 0) throw new Error(stderr);
  return (JSON.parse(stdout) as Pushed).nodes;
}

/** Builds the image anew, under its name, with another last layer. @returns its id */
async function change(name: string): Promise<string> {
  await writeFile(path.join(folder, 'change'), randomBytes(CHANGE_BYTES));
  await writeFile(path.join(folder, 'Dockerfile'), `FROM ${theLab().image}\nCOPY change /opt/change\n`);
  await theLab().outerDocker('build', '--quiet', '--tag', name, folder);
  return theLab().outerDocker('image', 'inspect', '--format', '{{.Id}}', name);
}

/** Ids of what a cluster's containers run, each once. */
async function runningIds(name: string): Promise<readonly string[]> {
  const lists = await Promise.all(
    theLab().nodes.map(async ({ api }) =>
      api.get<readonly { readonly ImageID: string }[]>('/containers/json', {
        query: { filters: { label: [`${LABELS.cluster}=${name}`] } },
      }),
    ),
  );
  return [...new Set(lists.flat().map(({ ImageID }) => ImageID))];
}

test.serial('a second push sends what has changed, to the nodes that are named', async (t) => {
  const name = `${theLab().image}-changed`;
  madeHere.push(name);
  await change(name);
  const [, second, third] = theLab().nodes.map(({ hostname }) => hostname);
  const nodes = await push(name, '--nodes', `${second},${third}`);
  t.deepEqual(
    nodes.map((node) => [node.name, node.images]),
    [
      [second, [name]],
      [third, [name]],
    ],
  );
  for (const { sentBytes, reusedBytes = 0 } of nodes) {
    // The mark of performance.md P10: at most 5 % more than what has changed.
    t.true(sentBytes <= 1.05 * CHANGE_BYTES, `${sentBytes}`);
    t.true(reusedBytes > 100 * CHANGE_BYTES, `${reusedBytes}`);
  }
  const all = await push(theLab().image, name);
  t.deepEqual(
    all.map((node) => node.images),
    [[name], [], []],
  );
});

test.serial('a node that the swarm does not have is named, with those it has', async (t) => {
  const names = theLab().nodes.map(({ hostname }) => hostname);
  const { status, stderr } = await image(['push', '--nodes', `${names[0]},nope`]);
  t.is(status, 2);
  t.true(
    stderr.startsWith(`error: --nodes: the swarm has no node nope; expected some of ${names.join(', ')}\n`),
    stderr,
  );
});

test.serial('the same name with new content rolls the services, and what they ran before can go', async (t) => {
  const cluster = theCluster('rolled');
  const name = `${theLab().image}-rolled`;
  madeHere.push(name);
  const first = await change(name);
  const made = await cluster.deploy('--image', name, '--workers', '2');
  t.is(made.status, 0, made.stderr);
  t.deepEqual(await runningIds('rolled'), [first]);

  const second = await change(name);
  await push(name);
  t.deepEqual(await runningIds('rolled'), [first]);
  const again = await cluster.deploy('--image', name);
  t.is(again.status, 0, again.stderr);
  t.regex(again.stderr, /Bring the image .*: nothing to do, all nodes have it/);
  t.deepEqual(await runningIds('rolled'), [second]);
  const members = await cluster.memberIds();
  t.is((await cluster.deploy('--image', name)).status, 0);
  t.deepEqual(await cluster.memberIds(), members);

  // What a service would go back to is in use still.
  const removals = async (): Promise<readonly string[]> => {
    const { status, stdout, stderr } = await image(['prune', '--dry-run', '-o', 'json']);
    t.is(status, 0, stderr);
    const { engines } = JSON.parse(stdout) as { readonly engines: readonly EnginePrune[] };
    return engines.flatMap((engine) => engine.removals.map(({ id, reason }) => `${engine.name} ${id} ${reason}`));
  };
  t.deepEqual(await removals(), []);
  t.is((await cluster.remove()).status, 0);
  t.deepEqual(
    await removals(),
    theLab().nodes.map(({ hostname }) => `${hostname} ${first} no name`),
  );
});

test.serial('prune asks, takes the old images of every node, and leaves those of others', async (t) => {
  const { api } = theLab().manager;
  // Without a name, like the old one, and without a label of ours.
  const imported = await theLab().run('sh', ['-c', 'tar -cf - -C / etc/hostname | docker import -'], {});
  const foreign = imported.stdout.trim();
  const refused = await image(['prune']);
  t.is(refused.status, 5);
  t.regex(refused.stderr, /There is no terminal to ask on: .*Remove these 3 images\? It frees at least [0-9]+ MB/s);
  const { status, stdout, stderr } = await image(['prune', '--yes', '-o', 'json']);
  t.is(status, 0, stderr);
  const { engines } = JSON.parse(stdout) as { readonly engines: readonly PrunedEngine[] };
  for (const { removed, kept, freedBytes } of engines) {
    t.is(removed.length, 1);
    t.deepEqual(kept, []);
    t.true(freedBytes >= CHANGE_BYTES && freedBytes <= 1.05 * CHANGE_BYTES, `${freedBytes}`);
  }
  await t.notThrowsAsync(api.get(`/images/${foreign}/json`));
  await api.delete(`/images/${foreign}`);
  const again = await image(['prune', '--yes']);
  t.is(again.stdout, 'There are no old images\n');
});

test.serial(
  'a registry that asks for a password: pushed with it, pulled with it, and nowhere to be seen',
  async (t) => {
    registry = await TestRegistry.start(theLab());
    const place = `${registry.host}/team`;
    const name = `${place}/${theLab().image}`;
    const env = {
      DOCKER_CONFIG: path.join(folder, 'docker'),
      DOCKER_CONTEXT: undefined,
      DOCKER_HOST: `unix://${theLab().manager.socket}`,
    };
    const cluster = theCluster('pulled');
    const deploy = async (): Promise<Outcome> =>
      cluster.make(cluster.deployArgs('--registry', place, '--workers', '2'), { env });
    madeHere.push(name);
    const without = await deploy();
    t.is(without.status, 1);
    t.regex(
      without.stderr,
      new RegExp(`error: Cannot push "${name}": no basic auth credentials\nhint: docker login ${registry.host}\n`),
    );

    const login = ['login', '--username', USER, '--password-stdin', registry.host];
    t.is((await theLab().run('docker', login, { env, input: PASSWORD })).status, 0);
    const { status, stdout, stderr } = await deploy();
    t.is(status, 0, stderr);
    const spec = await theLab().docker('service', 'inspect', 'pulled_worker', '--format', '{{json .Spec}}');
    t.is((JSON.parse(spec) as RawSpec).TaskTemplate.ContainerSpec.Image, name);
    const secret = Buffer.from(`${USER}:${PASSWORD}`).toString('base64');
    const seen = stdout + stderr + without.stderr + spec;
    t.false(seen.includes(PASSWORD) || seen.includes(secret));

    const again = await image(['push', '--registry', place, '-o', 'json', '-q', theLab().image], { env });
    t.is(again.status, 0, again.stderr);
    t.deepEqual(
      (JSON.parse(again.stdout) as Pushed).nodes.map((node) => node.images),
      [[], [], []],
    );
    t.is((await cluster.remove()).status, 0);
  },
);

interface RawSpec {
  readonly TaskTemplate: { readonly ContainerSpec: { readonly Image: string } };
}
