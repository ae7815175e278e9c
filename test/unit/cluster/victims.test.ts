import test from 'ava';
import fc from 'fast-check';

import { chooseVictims, pairWorkers, type WorkerPair } from '../../../src/cluster/victims.ts';
import type { SparkWorker } from '../../../src/spark/master-state.ts';
import { container, pending, sparkWorker } from '../../helpers/builders.ts';

const pair = (number: number, spark: Partial<SparkWorker> = {}): WorkerPair => ({
  container: container(`worker-${number}`),
  spark: sparkWorker(`worker-${number}`, { cores: 4, ...spark }),
});
const unregistered = (number: number): WorkerPair => ({ ...pair(number), spark: undefined });
const absent = (number: number): WorkerPair => ({ container: pending(`worker-${number}`), spark: undefined });
const names = (pairs: readonly WorkerPair[]): readonly string[] =>
  pairs.map(({ container: { displayName } }) => displayName);

test('a worker is found by its display name', (t) => {
  const [first, second] = pairWorkers(
    [container('worker-1'), container('worker-2')],
    [sparkWorker('worker-2'), sparkWorker('worker-1')],
  );
  t.is(first?.spark?.host, 'worker-1');
  t.is(second?.spark?.host, 'worker-2');
});

test('worker-1 is not worker-10', (t) => {
  const [first] = pairWorkers([container('worker-1')], [sparkWorker('worker-10')]);
  t.is(first?.spark, undefined);
});

test('a worker deployed by hand is found by the first 12 characters of its container', (t) => {
  const containerId = 'daec338eb6c599327e082990bf2c67d0d30ce7093512e60c1be5a8f2d89012d7';
  const [found] = pairWorkers([container('worker-1', { containerId })], [sparkWorker('daec338eb6c5')]);
  t.is(found?.spark?.host, 'daec338eb6c5');
});

test('a short host name is not taken for the beginning of a container id', (t) => {
  const [found] = pairWorkers(
    [container('worker-1', { containerId: 'abcdef' })],
    [sparkWorker('abc'), sparkWorker('')],
  );
  t.is(found?.spark, undefined);
});

test('of two entries of a restarted worker the newest counts, and a dead one never', (t) => {
  const old = sparkWorker('worker-1', { id: 'worker-20261120233609-worker-1-42501', state: 'DECOMMISSIONED' });
  const young = sparkWorker('worker-1', { id: 'worker-20261120234500-worker-1-41001' });
  const dead = sparkWorker('worker-1', { id: 'worker-20261120235900-worker-1-41002', state: 'DEAD' });
  for (const listed of [
    [old, young, dead],
    [dead, young, old],
  ]) {
    t.is(pairWorkers([container('worker-1')], listed)[0]?.spark, young);
  }
});

test('a worker that the master does not list has no pair', (t) => {
  t.deepEqual(pairWorkers([pending('worker-3')], []), [{ container: pending('worker-3'), spark: undefined }]);
});

test('idle workers go before busy ones, whatever their number', (t) => {
  const workers = [pair(1), pair(2, { coresUsed: 3 }), pair(3, { coresUsed: 1 }), pair(4, { coresUsed: 3 })];
  t.deepEqual(names(chooseVictims(workers, 1)), ['worker-1']);
  t.deepEqual(names(chooseVictims(workers, 2)), ['worker-1', 'worker-3']);
  t.deepEqual(names(chooseVictims(workers, 3)), ['worker-1', 'worker-3', 'worker-4']);
});

test('of equals the highest number goes, as a number and not as a text', (t) => {
  t.deepEqual(names(chooseVictims([pair(2), pair(10), pair(9)], 2)), ['worker-10', 'worker-9']);
});

test('those that an unfinished run has decommissioned go first, then those that do not run', (t) => {
  const workers = [pair(1), absent(2), pair(3, { state: 'DECOMMISSIONED', coresUsed: 4 }), unregistered(4)];
  t.deepEqual(names(chooseVictims(workers, 1)), ['worker-3']);
  t.deepEqual(names(chooseVictims(workers, 3)), ['worker-3', 'worker-4', 'worker-2']);
});

test('growing chooses nobody', (t) => {
  t.deepEqual(chooseVictims([pair(1)], -2), []);
  t.deepEqual(chooseVictims([pair(1)], 0), []);
});

const anyWorkers = fc
  .array(
    fc.record({
      state: fc.constantFrom<(SparkWorker['state'] | 'absent')[]>(
        'ALIVE',
        'ALIVE',
        'ALIVE',
        'DECOMMISSIONED',
        'absent',
      ),
      coresUsed: fc.integer({ min: 0, max: 4 }),
    }),
    { maxLength: 12 },
  )
  .map((rows) =>
    rows.map(({ state, coresUsed }, index) =>
      state === 'absent' ? absent(index + 1) : pair(index + 1, { state, coresUsed }),
    ),
  );
const isBusy = ({ spark }: WorkerPair): boolean => spark?.state === 'ALIVE' && spark.coresUsed > 0;

test('no busy worker goes while another is idle, whatever the order they are listed in', (t) => {
  fc.assert(
    fc.property(anyWorkers, fc.nat(12), (workers, count) => {
      const victims = chooseVictims(workers, count);
      const kept = workers.filter((worker) => !victims.includes(worker));
      t.is(victims.length, Math.min(count, workers.length));
      if (victims.some(isBusy)) t.true(kept.every(isBusy));
      t.deepEqual(names(chooseVictims(workers.toReversed(), count)), names(victims));
    }),
  );
});

test('a run that goes on takes all decommissioned workers before any other', (t) => {
  fc.assert(
    fc.property(anyWorkers, fc.nat(12), (workers, count) => {
      const victims = chooseVictims(workers, count);
      const isChosen = ({ spark }: WorkerPair): boolean => spark?.state === 'DECOMMISSIONED';
      if (victims.some((victim) => !isChosen(victim))) {
        t.true(workers.filter(isChosen).every((worker) => victims.includes(worker)));
      }
      t.deepEqual(names(chooseVictims(workers, count + 1)).slice(0, victims.length), names(victims));
    }),
  );
});
