import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { socketTarget } from '../../../src/adapters/engine/engine-target.ts';
import { LocalMachine } from '../../../src/adapters/labs/local-machine.ts';
import { ConflictError, InvalidStateError, UsageError } from '../../../src/errors.ts';
import {
  checkAskedFolder,
  chooseDataFolder,
  readDataFolder,
  refuseNodesWithoutData,
  seesFolder,
} from '../../../src/lab/data-folder.ts';
import { upLab } from '../../../src/lab/up-lab.ts';
import type { NodeContainer } from '../../../src/lab/lab-state.ts';
import type { NodeAction, NodePlan } from '../../../src/lab/plan-lab.ts';
import { FakeEngine } from '../../helpers/fake-engine.ts';
import { FakeShell } from '../../helpers/fake-shell.ts';

async function withFolder<T>(work: (folder: string, machine: LocalMachine) => Promise<T>): Promise<T> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'spark-swarm-data-')));
  try {
    return await work(folder, new LocalMachine('/nonexistent'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function container(node: number, dataFolder: string | undefined, state = 'running'): NodeContainer {
  return {
    id: `id-${node}`,
    name: `spark-lab-${node}`,
    node,
    state,
    way: 'capabilities',
    config: 'x',
    socketFolder: `/run/spark-swarm/lab/lab-${node}`,
    dataFolder,
    networkId: 'net',
    address: `192.168.77.1${node}`,
  };
}

function plan(node: number, action: NodeAction, present?: NodeContainer): NodePlan {
  return { node, action, container: present, isOutdated: false };
}

const byDefault = '/project/nfs';
const SHARING = [container(1, '/home/ana/data'), container(2, '/home/ana/data')];

test('the folder is the one the nodes share, else the one asked for, else the default', (t) => {
  t.is(chooseDataFolder('lab', { asked: undefined, byDefault }, []), byDefault);
  t.is(chooseDataFolder('lab', { asked: '/home/ana/data', byDefault }, []), '/home/ana/data');
  t.is(chooseDataFolder('lab', { asked: undefined, byDefault }, SHARING), '/home/ana/data');
  t.is(chooseDataFolder('lab', { asked: '/home/ana/data', byDefault }, SHARING), '/home/ana/data');
});

test('another folder than the nodes share is a conflict, with what to type', (t) => {
  const error = t.throws(() => chooseDataFolder('lab', { asked: "/home/ana/bob's", byDefault }, SHARING), {
    instanceOf: ConflictError,
  });
  t.is(error.message, `The nodes of the lab "lab" share /home/ana/data, and --data asks for /home/ana/bob's`);
  t.is(
    error.hint,
    String.raw`spark-swarm lab down, then spark-swarm lab up --data '/home/ana/bob'\''s'; images and swarm stay`,
  );
});

test('running nodes from before there was a folder are a conflict, with what to type', (t) => {
  const plans = [
    plan(1, 'keep', container(1, undefined)),
    plan(2, 'restart', container(2, undefined)),
    plan(3, 'keep', container(3, byDefault)),
    plan(4, 'replace', container(4, undefined, 'exited')),
    plan(5, 'create'),
  ];
  const error = t.throws(() => refuseNodesWithoutData('lab', plans, undefined), { instanceOf: ConflictError });
  t.is(error.message, 'The lab "lab" was made before its nodes shared a folder; without one: lab-1, lab-2');
  t.is(error.hint, 'spark-swarm lab down, then spark-swarm lab up; images and swarm stay');
  const asked = t.throws(() => refuseNodesWithoutData('x1', plans, '/data'), { instanceOf: ConflictError });
  t.is(
    asked.hint,
    'spark-swarm lab down --name x1, then spark-swarm lab up --name x1 --data /data; images and swarm stay',
  );
  t.notThrows(() => refuseNodesWithoutData('lab', plans.slice(2), undefined));
});

test('a folder that was asked for is used by its real path', async (t) => {
  await withFolder(async (folder, machine) => {
    await mkdir(`${folder}/real`);
    await symlink('real', `${folder}/link`);
    t.is(await checkAskedFolder(`${folder}/link`, '--data', machine), `${folder}/real`);
    t.is(await checkAskedFolder(`${folder}/real/`, '--data', machine), `${folder}/real`);
  });
});

test('what is no folder is refused, and one that is missing with how to make it', async (t) => {
  await withFolder(async (folder, machine) => {
    await writeFile(`${folder}/file`, '');
    await symlink('loop', `${folder}/loop`);
    for (const [name, hint] of [
      ['missing', `mkdir -p ${folder}/missing`],
      ['my data', `mkdir -p '${folder}/my data'`],
      ['file', undefined],
      ['file/below', undefined],
      ['loop', undefined],
    ] as const) {
      const asked = `${folder}/${name}`;
      const error = await t.throwsAsync(checkAskedFolder(asked, '--data', machine), { instanceOf: UsageError });
      t.is(error.message, `--data: got "${asked}"; expected an existing directory`);
      t.is(error.hint, hint);
    }
  });
});

test('up refuses a folder that is not there before it asks the engine anything', async (t) => {
  await using engine = await FakeEngine.start();
  const tools = {
    outer: socketTarget(engine.socketPath),
    shell: new FakeShell(),
    machine: new LocalMachine('/nonexistent'),
    openNode: () => engine.api,
    nodeImageFolder: '/nonexistent',
    defaultDataFolder: '/nonexistent',
  };
  const run = { report: () => {}, signal: new AbortController().signal };
  await t.throwsAsync(upLab({ data: '/nonexistent/data' }, tools, run), {
    instanceOf: UsageError,
    message: '--data: got "/nonexistent/data"; expected an existing directory',
  });
  t.deepEqual(engine.lines, []);
});

test('a folder that is gone from under a lab stops it, with what to type', async (t) => {
  await withFolder(async (folder, machine) => {
    const error = await t.throwsAsync(readDataFolder('lab', `${folder}/gone`, machine), {
      instanceOf: InvalidStateError,
    });
    t.is(error.message, `Cannot bring the lab "lab" up: ${folder}/gone, which its nodes share, is not there`);
    t.is(error.hint, `mkdir -p ${folder}/gone, then spark-swarm lab up`);
    await writeFile(`${folder}/file`, '');
    await t.throwsAsync(readDataFolder('lab', `${folder}/file`, machine), {
      instanceOf: InvalidStateError,
      message: `Cannot bring the lab "lab" up: ${folder}/file, which its nodes share, is not a directory`,
    });
  });
});

test('a folder that was removed and made again is another one', async (t) => {
  await withFolder(async (folder, machine) => {
    await mkdir(`${folder}/data`);
    const before = await readDataFolder('lab', `${folder}/data`, machine);
    t.deepEqual(await readDataFolder('lab', `${folder}/data`, machine), before);
    // Kept beside it, so that the file system cannot give its number to the new one.
    await mkdir(`${folder}/other`);
    await rm(`${folder}/data`, { recursive: true });
    await symlink('other', `${folder}/data`);
    t.not((await readDataFolder('lab', `${folder}/data`, machine)).id, before.id);
  });
});

test('a running node is asked which folder it has; one that does not answer is left alone', async (t) => {
  const outer = socketTarget('/nonexistent/docker.sock');
  const { signal } = new AbortController();
  const line = (id: string): string => `docker exec ${id} stat --format=%d:%i /srv/spark-data`;
  const shell = new FakeShell({ [line('id-1')]: '1:2\n', [line('id-2')]: '!container is paused' });
  const sees = async (node: NodeContainer, id: string): Promise<boolean> =>
    seesFolder(node, id, { shell, outer, signal, limitMs: 3000 });
  t.true(await sees(container(1, '/home/ana/data'), '1:2'));
  t.false(await sees(container(1, '/home/ana/data'), '1:3'));
  t.true(await sees(container(2, '/home/ana/data'), '1:3'));
  // Not asked: the fake shell refuses what it does not know.
  t.true(await sees(container(3, '/home/ana/data', 'exited'), '1:3'));
  t.true(await sees(container(3, undefined), '1:3'));
});
