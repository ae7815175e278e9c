import test from 'ava';

import type { RawTask } from '../../../../src/adapters/swarm/parse-swarm.ts';
import type { DataFolder } from '../../../../src/cluster/spec.ts';
import { ConflictError, InterruptedError, InvalidStateError, UsageError } from '../../../../src/errors.ts';
import { LABELS } from '../../../../src/labels.ts';
import {
  checkFolderOnNodes,
  planStackData,
  type DataSurroundings,
  type StackDataPlan,
} from '../../../../src/platforms/swarm/plan-data.ts';
import { SwarmReader } from '../../../../src/platforms/swarm/swarm-reader.ts';
import type { SwarmNode } from '../../../../src/stack/swarm-state.ts';
import { localFolders, swarmNode } from '../../../helpers/builders.ts';
import { Answer } from '../../../helpers/fake-engine.ts';
import { FakeSwarm } from '../../../helpers/fake-swarm.ts';

const wanted = (path: string, user?: string): DataFolder => ({ path, here: path, user });
const shared = { [LABELS.nodeData]: '/srv/spark-data', [LABELS.nodeDataHere]: '/srv/lab/data' };
const lab = (changes: Partial<SwarmNode> = {}): readonly SwarmNode[] =>
  ['n1', 'n2'].map((name) => swarmNode(name, { labels: shared, ...changes }));

const plan = (data: DataFolder | undefined, around: Partial<DataSurroundings> = {}): Promise<StackDataPlan> =>
  planStackData({ data }, { nodes: lab(), isLocal: false, folders: localFolders(), ...around });

test("a lab's nodes share a folder, which is the person's here", async (t) => {
  const expected = {
    folder: { path: '/srv/spark-data', here: '/srv/lab/data', user: '1000:1000' },
    opensToGroup: false,
    needsCheck: false,
  };
  for (const data of [undefined, wanted('/srv/spark-data'), wanted('/srv/lab/data')]) {
    t.deepEqual(await plan(data), expected);
  }
});

test('another folder than the one that a lab shares is a conflict', async (t) => {
  await t.throwsAsync(plan(wanted('/srv/mine')), {
    instanceOf: ConflictError,
    message:
      'Cannot use /srv/mine as /data: the nodes of this lab share /srv/lab/data, which was fixed when they were made',
  });
});

test("a lab's folder of root's own is opened to its group, if it is the project's", async (t) => {
  const folders = localFolders({
    person: { uid: 0, gid: 0, groups: [] },
    read: async () => ({ uid: 0, gid: 0, mode: 0o40755 }),
  });
  t.like(await plan(undefined, { folders: { ...folders, defaultFolder: '/srv/lab/data' } }), {
    folder: { path: '/srv/spark-data', here: '/srv/lab/data', user: '185:0' },
    opensToGroup: true,
  });
  await t.throwsAsync(plan(undefined, { folders }), {
    instanceOf: UsageError,
    message: '--data: got "/srv/lab/data", which belongs to 0:0; expected a folder that its group may write to',
  });
});

test('who the containers run as is kept, and the folder is then not looked at', async (t) => {
  const folders = localFolders({ read: () => Promise.reject(new Error('looked')) });
  t.like(await plan(wanted('/srv/spark-data', '7:7'), { folders }), { folder: { user: '7:7' } });
});

test("the folder of a lab on another machine is used as the person, and root's as the image's user", async (t) => {
  const read = async (): Promise<undefined> => undefined;
  t.like(await plan(undefined, { folders: localFolders({ read }) }), { folder: { user: '1000:1000' } });
  const root = await plan(undefined, { folders: localFolders({ read, person: { uid: 0, gid: 0, groups: [] } }) });
  t.is(root?.folder.user, undefined);
  t.deepEqual(root?.folder.path, '/srv/spark-data');
});

test('a node that is down does not keep the others from sharing, one without the folder does', async (t) => {
  const down = swarmNode('n3', { state: 'down' });
  t.is((await plan(undefined, { nodes: [...lab(), down] }))?.folder.path, '/srv/spark-data');
  t.is(await plan(undefined, { nodes: [...lab(), swarmNode('n3')] }), undefined);
});

test("one engine of this machine has the project's folder, or the one that is named", async (t) => {
  const around = { nodes: [swarmNode('n1')], isLocal: true };
  t.deepEqual(await plan(undefined, around), {
    folder: { path: '/srv/project/nfs', here: '/srv/project/nfs', user: '1000:1000' },
    opensToGroup: false,
    needsCheck: false,
  });
  t.is((await plan(wanted('/srv/mine'), around))?.folder.path, '/srv/mine');
  const folders = localFolders({ read: async () => undefined });
  await t.throwsAsync(plan(wanted('/srv/mine'), { ...around, folders }), {
    instanceOf: UsageError,
    message: '--data: got "/srv/mine"; expected a folder that is there',
  });
});

test('any other swarm shares nothing by itself, and a folder that is named is looked for on every node', async (t) => {
  for (const around of [
    { nodes: ['n1', 'n2'].map((name) => swarmNode(name)), isLocal: true },
    { nodes: [swarmNode('n1')], isLocal: false },
  ]) {
    t.is(await plan(undefined, around), undefined);
    t.deepEqual(await plan(wanted('/srv/mine'), around), {
      folder: { path: '/srv/mine', here: undefined, user: '1000:1000' },
      opensToGroup: false,
      needsCheck: true,
    });
  }
});

/** How each node's task of the check ends, by the node's name. */
type Ends = Readonly<Record<string, readonly (readonly [state: string, error?: string])[]>>;

/** A swarm in which the check's tasks end like that. */
async function startChecked(ends: Ends): Promise<FakeSwarm> {
  const swarm = await FakeSwarm.start();
  swarm.engine.on({
    'POST /services/create': () => {
      const tasks = swarm.nodes.flatMap((node) =>
        (ends[node.Description.Hostname ?? ''] ?? [['complete']]).map(([State, Err = ''], index): RawTask => {
          const [like] = swarm.tasks;
          return {
            ...like!,
            ID: `check-${node.ID}-${index}`,
            ServiceID: 'check',
            NodeID: node.ID,
            Status: { ...like!.Status, State, Err },
          };
        }),
      );
      swarm.tasks = [...swarm.tasks, ...tasks];
      return new Answer(201, JSON.stringify({ ID: 'check' }));
    },
  });
  return swarm;
}

const check = (swarm: FakeSwarm, user?: string, signal = new AbortController().signal): Promise<void> =>
  checkFolderOnNodes(
    { name: 'spark', image: 'spark-swarm:latest' },
    { path: '/srv/mine', here: undefined, user },
    new SwarmReader(swarm.engine.api),
    signal,
  );

test('every node looks for the folder once, as the user of the containers, and the service is taken away', async (t) => {
  await using swarm = await startChecked({});
  await check(swarm, '1000:100');
  const created = swarm.engine.requests.find(({ path }) => path === '/services/create');
  t.deepEqual(JSON.parse(created?.body ?? ''), {
    Name: 'spark_data_check',
    Labels: { [LABELS.cluster]: 'spark', [LABELS.role]: 'data-check' },
    Mode: { GlobalJob: {} },
    TaskTemplate: {
      ContainerSpec: {
        Image: 'spark-swarm:latest',
        Command: ['test', '-w', '/data'],
        User: '1000:100',
        Mounts: [{ Type: 'bind', Source: '/srv/mine', Target: '/data' }],
      },
      RestartPolicy: { Condition: 'none' },
    },
  });
  t.deepEqual(swarm.engine.changes, ['POST /services/create', 'DELETE /services/check']);
});

const MISSING = 'invalid mount config for type "bind": bind source path does not exist: /srv/mine';
const FAILED = 'task: non-zero exit (1)';
const HINT = 'make it the same folder on each of these nodes, or leave --data out: /data is then a volume of each node';
const rows: readonly (readonly [title: string, ends: Ends, problem: string])[] = [
  [
    'is not there',
    { 'lab-2': [['rejected', MISSING]], 'lab-3': [['rejected', MISSING]] },
    'it is not there on lab-2, lab-3',
  ],
  ['was refused and tried again', { 'lab-2': [['rejected', MISSING], ['shutdown']] }, 'it is not there on lab-2'],
  ['cannot be written to', { 'lab-1': [['failed', FAILED]] }, 'it cannot be written to by uid 185 on lab-1'],
  [
    'has several reasons',
    { 'lab-3': [['rejected', MISSING]], 'lab-1': [['failed', FAILED]], 'lab-2': [['rejected', 'No such image: x']] },
    'it cannot be written to by uid 185 on lab-1; it could not be looked at (No such image: x) on lab-2; it is not there on lab-3',
  ],
  ['has no reason', { 'lab-2': [['orphaned']] }, 'it could not be looked at (orphaned) on lab-2'],
];

for (const [title, ends, problem] of rows) {
  test(`a folder that ${title} is refused, naming the nodes, and the service is taken away`, async (t) => {
    await using swarm = await startChecked(ends);
    const error = await t.throwsAsync(check(swarm), { instanceOf: InvalidStateError });
    t.is(error.message, `Cannot use /srv/mine as /data: ${problem}`);
    t.is(error.hint, HINT);
    t.is(swarm.engine.changes.at(-1), 'DELETE /services/check');
  });
}

test('who cannot write is named', async (t) => {
  await using swarm = await startChecked({ 'lab-1': [['failed', FAILED]] });
  await t.throwsAsync(check(swarm, '1000:100'), {
    message: 'Cannot use /srv/mine as /data: it cannot be written to by uid 1000 on lab-1',
  });
});

test('a node that takes no tasks is not waited for', async (t) => {
  await using swarm = await startChecked({ 'lab-3': [] });
  swarm.nodes = swarm.nodes.map((node) =>
    node.Description.Hostname === 'lab-3' ? { ...node, Spec: { ...node.Spec, Availability: 'drain' as const } } : node,
  );
  await t.notThrowsAsync(check(swarm));
});

test('what an interrupted check has left goes first, and nothing else of the cluster', async (t) => {
  await using swarm = await startChecked({});
  const [worker] = swarm.services;
  const left = { ...worker!, ID: 'left', Spec: { ...worker!.Spec, Name: 'spark_data_check' } };
  swarm.services = [...swarm.services, left];
  await check(swarm);
  t.deepEqual(swarm.engine.changes, ['DELETE /services/left', 'POST /services/create', 'DELETE /services/check']);
});

test('Ctrl-C ends the waiting, and takes the service away', async (t) => {
  await using swarm = await startChecked({ 'lab-2': [['preparing']] });
  const controller = new AbortController();
  swarm.engine.on({
    'GET /tasks': () => {
      controller.abort(new InterruptedError('Interrupted'));
      return swarm.tasks;
    },
  });
  await t.throwsAsync(check(swarm, undefined, controller.signal));
  t.is(swarm.engine.changes.at(-1), 'DELETE /services/check');
});
