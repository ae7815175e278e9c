import test from 'ava';
import fc from 'fast-check';

import { findPlacementProblem, type PlacementNode } from '../../../src/cluster/placement.ts';
import { planMasterSize, planWorkerSize } from '../../../src/cluster/sizes.ts';
import { UsageError } from '../../../src/errors.ts';
import { GIB, MIB, placementNode as node } from '../../helpers/builders.ts';

interface Row {
  readonly title: string;
  readonly workers?: number;
  readonly worker?: readonly [mebibytes: number, cores: number];
  readonly masterMebibytes?: number;
  readonly notebookMebibytes?: number;
  readonly historyMebibytes?: number;
  readonly nodes: readonly PlacementNode[];
  readonly message: string;
  readonly hint: string;
}

const three = ['n1', 'n2', 'n3'].map((name) => node(name));
const lab = (changes: Partial<PlacementNode> = {}): readonly PlacementNode[] =>
  ['n1', 'n2', 'n3'].map((name) => node(name, { host: 'laptop', ...changes }));

const rows: readonly Row[] = [
  {
    title: 'a swarm without a manager that takes tasks',
    nodes: [node('n2')],
    message: 'No node can run the master: no manager is ready and active',
    hint: 'docker node ls',
  },
  {
    title: 'a swarm without any node',
    nodes: [],
    message: 'No node can run the master: no manager is ready and active',
    hint: 'docker node ls',
  },
  {
    title: 'a master that is larger than every manager',
    masterMebibytes: 9216,
    nodes: three,
    message: 'The master needs 9g, and no manager has that: the largest is n1 with 8g',
    hint: 'choose a smaller --master-memory',
  },
  {
    title: 'a master beside what others have reserved',
    nodes: [node('n1', { reservedMemoryBytes: 6 * GIB }), node('n2')],
    message:
      'The master needs 3200m, and no manager has that: the largest is n1 with 8g − 6g reserved by other services',
    hint: 'choose a smaller --master-memory',
  },
  {
    title: 'constraints that match no node',
    nodes: three.map((each) => ({ ...each, takesWorkers: false })),
    message: 'No node can run a worker: none matches the constraints',
    hint: 'docker node inspect NODE shows its labels',
  },
  {
    title: 'a worker that is larger than every node',
    worker: [9216, 1],
    nodes: [node('n1'), node('n2', { memoryBytes: 6 * GIB })],
    message: 'A worker needs 9g, and no node has that: the largest is n1 with 8g',
    hint: 'choose --worker-memory 8g or less',
  },
  {
    title: 'a size that is beyond every machine',
    worker: [8 * 1024 ** 3, 1],
    nodes: three,
    message: 'A worker needs 8388608g, and no node has that: the largest is n1 with 8g',
    hint: 'choose --worker-memory 8g or less',
  },
  {
    title: 'a worker beside what others have reserved',
    worker: [4096, 1],
    nodes: [node('n1', { reservedMemoryBytes: 4 * GIB + MIB }), node('n2', { reservedMemoryBytes: 5 * GIB })],
    message: 'A worker needs 4g, and no node has that: the largest is n1 with 8g − 4097m reserved by other services',
    hint: 'choose --worker-memory 4095m or less',
  },
  {
    title: 'workers whose nodes others have taken whole',
    nodes: [node('n1', { takesWorkers: false }), node('n2', { reservedMemoryBytes: 8 * GIB })],
    message: 'A worker needs 1792m, and no node has that: the largest is n2 with 8g − 8g reserved by other services',
    hint: 'docker service ls shows what else reserves memory',
  },
  {
    title: 'a worker with more cores than every node',
    worker: [8192, 5],
    nodes: three,
    message: 'A worker needs 5 cores, and no node has that: n1 has 4',
    hint: 'choose --worker-cores 4 or less',
  },
  {
    title: 'cores that others have reserved',
    worker: [6144, 4],
    nodes: [node('n1', { reservedCores: 2 }), node('n2', { cores: 2 })],
    message: 'A worker needs 4 cores, and no node has that: n1 has 4 − 2 reserved by other services',
    hint: 'choose --worker-cores 2 or less',
  },
  {
    title: 'more workers than fit, with what fits on each node',
    workers: 10,
    worker: [4096, 1],
    nodes: three,
    message: '10 workers of 4g and 1 core do not fit: room for n1 1 + n2 2 + n3 2 = 5 (the master takes 3200m of n1)',
    hint: 'choose --workers 5 or less, or smaller ones with --worker-memory and --worker-cores',
  },
  {
    title: 'more workers than there are cores',
    workers: 7,
    worker: [3200, 2],
    nodes: three.map((each) => ({ ...each, memoryBytes: 64 * GIB })),
    message:
      '7 workers of 3200m and 2 cores do not fit: room for n1 2 + n2 2 + n3 2 = 6 (the master takes 3200m of n1)',
    hint: 'choose --workers 6 or less, or smaller ones with --worker-memory and --worker-cores',
  },
  {
    title: 'a worker that fits alone and not beside the master',
    workers: 1,
    worker: [6144, 1],
    nodes: [node('n1')],
    message: '1 worker of 6g and 1 core do not fit: room for n1 0 = 0 (the master takes 3200m of n1)',
    hint: 'choose a smaller --worker-memory or --master-memory',
  },
  {
    title: 'nodes of one machine, whose memory counts once',
    workers: 5,
    worker: [1792, 0.5],
    nodes: lab(),
    message: '5 workers × 1792m + master 3200m = 12160m, and the 3 nodes share one machine of 8g',
    hint: 'choose fewer --workers or a smaller --worker-memory',
  },
  {
    title: 'nodes of one machine, on which others have reserved some',
    workers: 2,
    nodes: lab({ reservedMemoryBytes: GIB }),
    message:
      '2 workers × 1792m + master 3200m = 6784m, and the 3 nodes share one machine of 8g − 3g reserved by other services',
    hint: 'choose fewer --workers or a smaller --worker-memory',
  },
  {
    title: 'a notebook for which the master leaves no room on any manager',
    notebookMebibytes: 6144,
    nodes: three,
    message: 'The master and its notebook need 9344m, and no manager has that: the largest is n1 with 8g',
    hint: 'choose a smaller --master-memory',
  },
  {
    title: 'a notebook that takes the place of a worker',
    workers: 2,
    worker: [4096, 1],
    notebookMebibytes: 1920,
    nodes: [node('n1'), node('n2', { memoryBytes: 4 * GIB })],
    message:
      '2 workers of 4g and 1 core do not fit: room for n1 0 + n2 1 = 1 (the master and its notebook take 5g of n1)',
    hint: 'choose --workers 1 or less, or smaller ones with --worker-memory and --worker-cores',
  },
  {
    title: 'a notebook on nodes of one machine',
    workers: 2,
    notebookMebibytes: 1920,
    nodes: lab(),
    message: '2 workers × 1792m + master and its notebook 5g = 8704m, and the 3 nodes share one machine of 8g',
    hint: 'choose fewer --workers or a smaller --worker-memory',
  },
  {
    title: 'a notebook and a history server that do not fit beside the master',
    notebookMebibytes: 6144,
    historyMebibytes: 448,
    nodes: three,
    message:
      'The master and its notebook and history server need 9792m, and no manager has that: the largest is n1 with 8g',
    hint: 'choose a smaller --master-memory',
  },
];

for (const { title, workers = 2, worker = [1792, 1], masterMebibytes = 3200, ...row } of rows) {
  const { nodes, message, hint, notebookMebibytes, historyMebibytes } = row;
  test(`${title}: refused, with every term`, (t) => {
    const demand = {
      workers,
      worker: planWorkerSize(worker[0] * MIB, worker[1]),
      master: planMasterSize(masterMebibytes * MIB, 1),
      notebook: notebookMebibytes === undefined ? undefined : { limitBytes: notebookMebibytes * MIB },
      history: historyMebibytes === undefined ? undefined : { limitBytes: historyMebibytes * MIB },
    };
    const problem = findPlacementProblem(demand, nodes);
    t.true(problem instanceof UsageError);
    t.is(problem?.message, message);
    t.is(problem?.hint, hint);
  });
}

const demand = {
  workers: 2,
  worker: planWorkerSize(1792 * MIB, 1),
  master: planMasterSize(3200 * MIB, 1),
  notebook: undefined,
  history: undefined,
};

test('two default workers fit on one machine of 8g', (t) => {
  t.is(findPlacementProblem(demand, lab()), undefined);
  t.is(findPlacementProblem(demand, [node('n1')]), undefined);
});

test('exactly as much memory as is needed is enough, and one byte less is not', (t) => {
  const one = { ...demand, workers: 1 };
  const needed = (1792 + 3200) * MIB;
  t.is(findPlacementProblem(one, [node('n1', { memoryBytes: needed })]), undefined);
  t.not(findPlacementProblem(one, [node('n1', { memoryBytes: needed - 1 })]), undefined);
});

test('a notebook and a history server run beside the master, to the last byte', (t) => {
  const withBoth = { ...demand, workers: 1, notebook: { limitBytes: 1920 * MIB }, history: { limitBytes: 448 * MIB } };
  const needed = (1792 + 3200 + 1920 + 448) * MIB;
  t.is(findPlacementProblem(withBoth, [node('n1', { memoryBytes: needed })]), undefined);
  t.not(findPlacementProblem(withBoth, [node('n1', { memoryBytes: needed - 1 })]), undefined);
});

test('nodes of different machines are not added up as one', (t) => {
  const five = { ...demand, workers: 5 };
  t.is(findPlacementProblem(five, three), undefined);
});

test('fractions of cores fill a node to its last tenth', (t) => {
  const tenths = { ...demand, workers: 40, worker: planWorkerSize(1280 * MIB, 0.1) };
  t.is(findPlacementProblem(tenths, [node('n1', { memoryBytes: 64 * GIB })]), undefined);
});

test('a swarm that has room for N workers has room for fewer', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ gibibytes: fc.integer({ min: 1, max: 32 }), cores: fc.integer({ min: 1, max: 8 }) }), {
        minLength: 1,
        maxLength: 5,
      }),
      fc.integer({ min: 1, max: 20 }),
      (sizes, workers) => {
        const nodes = sizes.map(({ gibibytes, cores }, index) =>
          node(`n${index + 1}`, { memoryBytes: gibibytes * GIB, cores }),
        );
        if (findPlacementProblem({ ...demand, workers }, nodes) !== undefined) return;
        t.is(findPlacementProblem({ ...demand, workers: workers - 1 }, nodes), undefined);
        const reserved = workers * demand.worker.limitBytes + demand.master.limitBytes;
        t.true(reserved <= nodes.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0));
      },
    ),
  );
});
