import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { socketTarget } from '../../../src/adapters/engine/engine-target.ts';
import { LocalMachine } from '../../../src/adapters/labs/local-machine.ts';
import { ConflictError } from '../../../src/errors.ts';
import { downLab, type LabDown } from '../../../src/lab/down-lab.ts';
import { Answer, FakeEngine } from '../../helpers/fake-engine.ts';
import { FakeShell } from '../../helpers/fake-shell.ts';

const INSPECT = 'docker context inspect spark-lab --format {{json .}}';
const LABELS = { 'io.spark-swarm.lab': 'lab', 'io.spark-swarm.lab.node': '1' };
const ME = process.getuid?.() ?? 0;

interface Present {
  /** Where the socket of the one node is; `undefined`: there is no container. */
  readonly socketFolder?: (own: string) => string;
  /** Label of the node's volume. */
  readonly owner?: string;
  /** What the one node shares; left out, it is from before there was such a folder. */
  readonly dataFolder?: (byDefault: string) => string;
}

async function start({ socketFolder, owner, dataFolder }: Present): Promise<{
  readonly engine: FakeEngine;
  readonly down: (volumes: boolean) => Promise<LabDown>;
  [Symbol.asyncDispose](): Promise<void>;
}> {
  const folder = await mkdtemp(path.join(tmpdir(), 'spark-swarm-down-'));
  const machine = new LocalMachine(folder);
  const container = {
    Id: 'c1',
    Names: ['/spark-lab-1'],
    State: 'running',
    Labels: LABELS,
    Mounts: [
      { Destination: '/run/node', Source: socketFolder?.(machine.socketFolder('lab', 1)) },
      ...(dataFolder ? [{ Destination: '/srv/spark-data', Source: dataFolder(folder) }] : []),
    ],
    NetworkSettings: { Networks: {} },
  };
  const volume = { Name: 'spark-lab-1', Labels: { ...LABELS, ...(owner && { 'io.spark-swarm.lab.owner': owner }) } };
  const engine = await FakeEngine.start({
    'GET /containers/json': () => (socketFolder ? [container] : []),
    'GET /networks': () => [],
    'GET /volumes': () => ({ Volumes: [volume] }),
    'POST /containers/*/stop': () => new Answer(204),
    'DELETE /containers/*': () => new Answer(204),
    'DELETE /volumes/*': () => new Answer(204),
  });
  const tools = {
    outer: socketTarget(engine.socketPath),
    shell: new FakeShell({ [INSPECT]: '!context not found' }),
    machine,
    openNode: () => engine.api,
    nodeImageFolder: '/nonexistent',
    defaultDataFolder: folder,
  };
  const run = { report: () => {}, signal: new AbortController().signal };
  return {
    engine,
    down: (volumes) => downLab({ name: 'lab', volumes }, tools, run),
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

test("another user's lab is not removed: its sockets are in their folder", async (t) => {
  await using lab = await start({ socketFolder: () => '/run/user/7/spark-swarm/lab/lab-1' });
  const error = await t.throwsAsync(lab.down(true), { instanceOf: ConflictError });
  t.is(
    error.message,
    'The lab "lab" belongs to another user of this machine: the socket of lab-1 is in /run/user/7/spark-swarm/lab/lab-1',
  );
  t.is(error.hint, 'run this as that user, in a session like theirs');
  t.deepEqual(lab.engine.changes, []);
});

test("another user's volumes are not removed, also where there is no container any more", async (t) => {
  await using lab = await start({ owner: String(ME + 7) });
  const error = await t.throwsAsync(lab.down(true), { instanceOf: ConflictError });
  t.is(
    error.message,
    `The lab "lab" belongs to another user of this machine: the volume spark-lab-1 is of the user with the number ${ME + 7}`,
  );
  t.deepEqual(lab.engine.changes, []);
});

test("one's own lab goes, with volumes of before they were labelled", async (t) => {
  for (const owner of [undefined, String(ME)]) {
    await using lab = await start({ socketFolder: (own) => own, ...(owner && { owner }) });
    t.true((await lab.down(true)).removed);
    t.deepEqual(lab.engine.changes, ['DELETE /containers/c1', 'DELETE /volumes/spark-lab-1']);
  }
});

test('a folder that the next up does not share by itself is named', async (t) => {
  for (const [dataFolder, expected] of [
    [() => '/home/ana/data', '/home/ana/data'],
    [(byDefault: string) => byDefault, undefined],
  ] as const) {
    await using lab = await start({ socketFolder: (own) => own, dataFolder });
    t.is((await lab.down(false)).data, expected);
  }
});
