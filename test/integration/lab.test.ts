import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import test, { type ExecutionContext } from 'ava';

import { openLabTools } from '../../src/adapters/labs/lab-tools.ts';
import { LocalShell } from '../../src/adapters/shell/local-shell.ts';
import { ConflictError, NotFoundError, type ToolkitError } from '../../src/errors.ts';
import type { ProgressEvent } from '../../src/events.ts';
import { downLab } from '../../src/lab/down-lab.ts';
import type { LabTools } from '../../src/lab/lab-machine.ts';
import { readLab } from '../../src/lab/read-lab.ts';
import { upLab, type LabUp } from '../../src/lab/up-lab.ts';
import { projectRoot } from '../helpers/cli.ts';
import { waitFor } from '../helpers/wait-for.ts';

/** One name per run; leftovers of runs that were killed are found by its beginning. */
const PREFIX = 'labtest';
const name = `${PREFIX}-${randomBytes(3).toString('hex')}`;
const LIMIT_MS = 60_000;

const shell = new LocalShell();
let tools: LabTools;
/** What the nodes share. */
let data: string;

test.before(async () => {
  data = path.join(await realpath(await mkdtemp(path.join(tmpdir(), `${name}-`))), 'data');
  await mkdir(data);
  tools = await openLabTools({ context: undefined, env: process.env, shell, projectRoot });
  await Promise.all((await labsOfTests()).map(async (lab) => downLab({ name: lab, volumes: true }, tools, quiet())));
});

test.after.always(async () => {
  if (process.env['KEEP_LAB'] === '1') return;
  await downLab({ name, volumes: true }, tools, quiet());
  await rm(path.dirname(data), { recursive: true });
});

function quiet(): { report: (event: ProgressEvent) => void; signal: AbortSignal } {
  return { report: () => {}, signal: AbortSignal.timeout(5 * LIMIT_MS) };
}

async function up(nodes?: number, folder = data): Promise<LabUp> {
  return upLab({ name, ...(nodes === undefined ? {} : { nodes }), data: folder }, tools, quiet());
}

async function docker(...args: readonly string[]): Promise<string> {
  const { stdout } = await shell.run(['docker', ...args]);
  return stdout.trim();
}

/** Everything in the engine that carries the label, one line each. */
async function labelled(label: string): Promise<readonly string[]> {
  const filter = ['--filter', `label=${label}`] as const;
  const [containers, networks, volumes] = await Promise.all([
    docker('ps', '-a', ...filter, '--format', 'container {{.Names}}'),
    docker('network', 'ls', ...filter, '--format', 'network {{.Name}}'),
    docker('volume', 'ls', ...filter, '--format', 'volume {{.Name}}'),
  ]);
  return [containers, networks, volumes]
    .flatMap((text) => text.split('\n'))
    .filter((line) => line !== '')
    .toSorted();
}

async function labsOfTests(): Promise<readonly string[]> {
  const format = ['--format', '{{.Label "io.spark-swarm.lab"}}'] as const;
  const texts = await Promise.all([
    docker('ps', '-a', ...format),
    docker('volume', 'ls', ...format),
    docker('network', 'ls', ...format),
  ]);
  return [...new Set(texts.flatMap((text) => text.split('\n')))].filter((lab) => lab.startsWith(`${PREFIX}-`));
}

/** Waits until the lab is as expected, and says what was last seen when it does not become so. */
async function waitForProblem(t: ExecutionContext, expected: RegExp): Promise<void> {
  const startedAt = Date.now();
  for (;;) {
    const { problems } = await readLab({ name }, tools, AbortSignal.timeout(LIMIT_MS));
    if (problems.some((problem) => expected.test(problem))) return;
    if (Date.now() - startedAt > LIMIT_MS)
      return t.fail(`no problem like ${expected}; last seen: ${problems.join('; ') || 'none'}`);
    await sleep(100);
  }
}

async function assertHealthy(t: ExecutionContext, nodes: number): Promise<void> {
  const status = await waitFor('a lab without problems', {
    read: async () => readLab({ name }, tools, AbortSignal.timeout(LIMIT_MS)),
    until: ({ problems, healthy }) => healthy && problems.length === 0,
    limitMs: LIMIT_MS,
  });
  t.is(status.nodes.length, nodes);
  t.true(status.nodes.every(({ swarmState, storageDriver }) => swarmState === 'ready' && storageDriver === 'overlay2'));
}

test.serial('a lab that is not there is not found', async (t) => {
  const error = await t.throwsAsync<ToolkitError>(readLab({ name }, tools, AbortSignal.timeout(LIMIT_MS)), {
    instanceOf: NotFoundError,
  });
  t.is(error?.message, `No lab named "${name}" on this machine`);
  t.is(error?.hint, `spark-swarm lab up --name ${name}`);
});

test.serial('something foreign with a name it needs stops it before anything is made', async (t) => {
  await docker('volume', 'create', `spark-${name}-2`);
  try {
    await t.throwsAsync(up(2), {
      instanceOf: ConflictError,
      message: `Cannot set up the lab "${name}": the volume "spark-${name}-2" is there and does not belong to it`,
    });
    t.deepEqual(await labelled(`io.spark-swarm.lab=${name}`), []);
  } finally {
    await docker('volume', 'rm', `spark-${name}-2`);
  }
});

test.serial('up makes a swarm that docker reaches by its context', async (t) => {
  const result = await up(2);
  t.like(result, { name, changed: true, nodes: 2, contextName: `spark-${name}`, data });
  await assertHealthy(t, 2);
  const nodes = await docker(
    '--context',
    `spark-${name}`,
    'node',
    'ls',
    '--format',
    '{{.Hostname}} {{.Status}} {{.ManagerStatus}}',
  );
  t.deepEqual(
    nodes
      .split('\n')
      .map((line) => line.trim())
      .toSorted(),
    [`${name}-1 Ready Leader`, `${name}-2 Ready`],
  );
});

test.serial('nodes carry the labels by which they are reached', async (t) => {
  const labels = await docker(
    '--context',
    `spark-${name}`,
    'node',
    'inspect',
    `${name}-2`,
    '--format',
    '{{json .Spec.Labels}}',
  );
  const { outer, machine } = tools;
  const { ID } = await outer.api.get<{ readonly ID: string }>('/info');
  t.deepEqual(JSON.parse(labels), {
    'io.spark-swarm.node.engine': `unix://${machine.socketFolder(name, 2)}/docker.sock`,
    'io.spark-swarm.node.host': ID,
    'io.spark-swarm.node.data': '/srv/spark-data',
    'io.spark-swarm.node.data-here': data,
    'io.spark-swarm.node.mtu': String((await machine.readFacts()).mtu),
  });
});

test.serial('a file of this machine is seen in every node, and one of a node here and in the others', async (t) => {
  await writeFile(path.join(data, 'from-here'), 'here');
  const inNode = async (node: number, ...command: readonly string[]): Promise<string> =>
    docker('exec', `spark-${name}-${node}`, ...command);
  t.deepEqual(await Promise.all([1, 2].map(async (node) => inNode(node, 'cat', '/srv/spark-data/from-here'))), [
    'here',
    'here',
  ]);
  await inNode(1, 'install', '--mode=2775', '--owner=4711', '--group=4712', '-d', '/srv/spark-data/made');
  const { uid, gid, mode } = await stat(path.join(data, 'made'));
  t.deepEqual([uid, gid, mode & 0o7777], [4711, 4712, 0o2775]);
  t.is(await inNode(2, 'stat', '--format=%u:%g %a', '/srv/spark-data/made'), '4711:4712 2775');
});

test.serial('another folder than the nodes share is refused', async (t) => {
  const error = await t.throwsAsync<ToolkitError>(up(undefined, tmpdir()), { instanceOf: ConflictError });
  t.is(error?.message, `The nodes of the lab "${name}" share ${data}, and --data asks for ${await realpath(tmpdir())}`);
  t.is((await upLab({ name }, tools, quiet())).data, data);
});

test.serial('a folder that was removed and made again is seen, and given to the nodes', async (t) => {
  await rename(data, `${data}.before`);
  await mkdir(data);
  await writeFile(path.join(data, 'new'), '');
  await waitForProblem(t, new RegExp(`^${name}-2: it has not ${data} but a folder that was there before$`));
  t.true((await up()).changed);
  await assertHealthy(t, 2);
  t.is(await docker('exec', `spark-${name}-2`, 'ls', '/srv/spark-data'), 'new');
});

test.serial('a second up has nothing to do', async (t) => {
  const before = await docker('ps', '--filter', `label=io.spark-swarm.lab=${name}`, '--no-trunc', '-q');
  t.false((await up()).changed);
  t.is(await docker('ps', '--filter', `label=io.spark-swarm.lab=${name}`, '--no-trunc', '-q'), before);
});

test.serial('two ups at once end in one lab', async (t) => {
  const outcomes = await Promise.allSettled([up(3), up(3)]);
  t.is(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  const refused = outcomes.find((outcome) => outcome.status === 'rejected');
  t.true(refused?.reason instanceof ConflictError, String(refused?.reason));
  await assertHealthy(t, 3);
});

test.serial('fewer nodes than there are is refused', async (t) => {
  await t.throwsAsync(up(2), {
    instanceOf: ConflictError,
    message: `The lab "${name}" has 3 nodes, and --nodes asks for 2; nodes are not taken from a lab that is up`,
  });
});

test.serial('a killed node is seen and started again, with its images', async (t) => {
  const socket = `unix://${tools.machine.socketFolder(name, 2)}/docker.sock`;
  await shell.run([
    'bash',
    '-o',
    'pipefail',
    '-c',
    `tar -C / -c etc/hostname | docker -H ${socket} import - ${name}:kept`,
  ]);
  await docker('kill', `spark-${name}-2`);
  await waitForProblem(t, new RegExp(`^${name}-2: its container spark-${name}-2 is exited$`));
  t.true((await up()).changed);
  await assertHealthy(t, 3);
  t.is(await docker('-H', socket, 'images', '--format', '{{.Repository}}:{{.Tag}}'), `${name}:kept`);
});

test.serial('a node cut from the network is connected again', async (t) => {
  await docker('network', 'disconnect', `spark-${name}`, `spark-${name}-3`);
  await waitForProblem(t, /is not connected to the lab's network$/);
  await up();
  await assertHealthy(t, 3);
});

test.serial('after a reboot, when nodes are stopped and sockets gone, up brings it all back', async (t) => {
  await Promise.all([1, 2, 3].map(async (node) => docker('kill', `spark-${name}-${node}`)));
  await tools.machine.removeSocketFolders(name);
  t.true((await up()).changed);
  await assertHealthy(t, 3);
});

test.serial('a removed node is made anew, and its stale entry goes', async (t) => {
  await docker('rm', '-f', '-v', `spark-${name}-3`);
  await docker('volume', 'rm', `spark-${name}-3`);
  await up();
  await assertHealthy(t, 3);
  const nodes = await docker('--context', `spark-${name}`, 'node', 'ls', '--format', '{{.Hostname}}');
  t.deepEqual(
    nodes.split('\n').toSorted(),
    [1, 2, 3].map((node) => `${name}-${node}`),
  );
});

test.serial('down keeps the volumes, and up has swarm and images again', async (t) => {
  const id = await docker('--context', `spark-${name}`, 'info', '--format', '{{.Swarm.Cluster.ID}}');
  const { keptVolumes } = await downLab({ name }, tools, quiet());
  t.deepEqual(
    keptVolumes,
    [1, 2, 3].map((node) => `spark-${name}-${node}`),
  );
  t.deepEqual(
    await labelled(`io.spark-swarm.lab=${name}`),
    [1, 2, 3].map((node) => `volume spark-${name}-${node}`),
  );
  await up();
  await assertHealthy(t, 3);
  t.is(await docker('--context', `spark-${name}`, 'info', '--format', '{{.Swarm.Cluster.ID}}'), id);
});

test.serial('down with the volumes leaves nothing, and touches nothing that only looks alike', async (t) => {
  const image = await docker('inspect', `spark-${name}-1`, '--format', '{{.Config.Image}}');
  await docker('create', '--name', `spark-${name}-9`, '--network', 'none', '--entrypoint', 'true', image);
  try {
    const { removed, keptVolumes } = await downLab({ name, volumes: true }, tools, quiet());
    t.true(removed);
    t.deepEqual(keptVolumes, []);
    t.deepEqual(await labelled(`io.spark-swarm.lab=${name}`), []);
    t.false((await docker('context', 'ls', '--format', '{{.Name}}')).split('\n').includes(`spark-${name}`));
    t.is(await docker('inspect', `spark-${name}-9`, '--format', '{{.State.Status}}'), 'created');
    t.false((await downLab({ name, volumes: true }, tools, quiet())).removed);
  } finally {
    await docker('rm', '-f', '-v', `spark-${name}-9`);
  }
});
