import test from 'ava';

import { planMasterSize, planWorkerSize } from '../../../src/cluster/sizes.ts';
import { findRoomProblem, type EngineRoom } from '../../../src/containers/engine-room.ts';
import { UsageError } from '../../../src/errors.ts';
import { GIB, MIB } from '../../helpers/builders.ts';

const ROOM: EngineRoom = { name: 'laptop', cores: 4, memoryBytes: 8 * GIB, otherMemoryBytes: 0 };
const DEMAND = {
  workers: 2,
  worker: planWorkerSize(1792 * MIB, 1),
  master: planMasterSize(3200 * MIB, 1),
  notebook: undefined,
  history: undefined,
};
const NOTEBOOK = { image: 'n', imageId: 'n', limitBytes: 1920 * MIB };

test('what fits has no problem and no warning', (t) => {
  t.deepEqual(findRoomProblem(DEMAND, ROOM), { problem: undefined, warnings: [] });
});

const rows: readonly (readonly [
  title: string,
  demand: Partial<Parameters<typeof findRoomProblem>[0]>,
  room: Partial<EngineRoom>,
  message: string,
  hint: string,
])[] = [
  [
    'a worker with more cores than there are',
    { worker: planWorkerSize(8 * GIB, 5) },
    {},
    'A worker needs 5 cores, and laptop has 4',
    'choose --worker-cores 4 or less',
  ],
  [
    'more memory than there is',
    { workers: 3 },
    {},
    '3 workers × 1792m + master 3200m = 8576m, and laptop has 8g',
    'choose fewer --workers or a smaller --worker-memory',
  ],
  [
    'a notebook that is too much',
    { notebook: NOTEBOOK },
    {},
    '2 workers × 1792m + master 3200m + notebook 1920m = 8704m, and laptop has 8g',
    'choose fewer --workers or a smaller --worker-memory',
  ],
  [
    'a notebook and a history server that are too much',
    { notebook: NOTEBOOK, history: { limitBytes: 448 * MIB } },
    {},
    '2 workers × 1792m + master 3200m + notebook 1920m + history server 448m = 9152m, and laptop has 8g',
    'choose fewer --workers or a smaller --worker-memory',
  ],
  [
    'memory that other clusters may take',
    { workers: 1 },
    { otherMemoryBytes: 4 * GIB },
    '1 worker × 1792m + master 3200m = 4992m, and laptop has 8g − 4g of other clusters',
    'choose fewer --workers or a smaller --worker-memory',
  ],
];

for (const [title, demand, room, message, hint] of rows) {
  test(`${title}: refused, with every term`, (t) => {
    const { problem } = findRoomProblem({ ...DEMAND, ...demand }, { ...ROOM, ...room });
    t.true(problem instanceof UsageError);
    t.deepEqual([problem?.message, problem?.hint], [message, hint]);
  });
}

test('exactly as much memory as is needed is enough, and one byte less is not', (t) => {
  const needed = (2 * 1792 + 3200) * MIB;
  t.is(findRoomProblem(DEMAND, { ...ROOM, memoryBytes: needed }).problem, undefined);
  t.not(findRoomProblem(DEMAND, { ...ROOM, memoryBytes: needed - 1 }).problem, undefined);
});

test('workers that share the cores are warned about', (t) => {
  t.deepEqual(findRoomProblem(DEMAND, { ...ROOM, cores: 1 }).warnings, [
    '2 workers × 1 core share the 1 cores of this machine',
  ]);
  const halves = { ...DEMAND, workers: 8, worker: planWorkerSize(1280 * MIB, 0.5) };
  t.deepEqual(findRoomProblem(halves, { ...ROOM, memoryBytes: 64 * GIB }).warnings, []);
});
