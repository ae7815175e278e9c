import test from 'ava';

import { planClean, readClean, readSizes } from '../../../src/jobs/clean.ts';
import type { JobState } from '../../../src/jobs/job.ts';
import type { JobView } from '../../../src/jobs/judge-snapshot.ts';

const HOUR = 3_600_000;
const WISH = { olderThanMs: 100 * HOUR, keepMs: 10 * HOUR, maxBytes: 1000 };

function job(name: string, hours: number, state: JobState = 'SUCCEEDED'): JobView {
  return { folder: name, state, ageMs: hours * HOUR, endedAgoMs: hours * HOUR } as JobView;
}

function removed(jobs: readonly JobView[], bytes: number): readonly string[] {
  const sizes = new Map(jobs.map(({ folder }) => [folder, bytes]));
  return planClean(jobs, sizes, WISH).remove.map(({ folder }) => folder);
}

test('what ended longer ago than the limit is deleted, oldest first', (t) => {
  t.deepEqual(removed([job('a', 101), job('b', 99), job('c', 300)], 1), ['c', 'a']);
});

test('above the size the oldest go first, until the rest fits', (t) => {
  t.deepEqual(removed([job('a', 20), job('b', 50), job('c', 30), job('d', 40)], 300), ['b']);
  t.deepEqual(removed([job('a', 20), job('b', 50), job('c', 30), job('d', 40)], 500), ['b', 'd']);
});

test('what is young is kept, however large all is, and whatever is too old', (t) => {
  t.deepEqual(removed([job('a', 9), job('b', 11)], 9999), ['b']);
  const { remove } = planClean([job('a', 9), job('b', 11)], new Map(), { ...WISH, olderThanMs: HOUR });
  t.deepEqual(
    remove.map(({ folder }) => folder),
    ['b'],
  );
});

test('a job that is not final is never deleted (E14)', (t) => {
  for (const state of ['PENDING', 'RUNNING', 'TOBEKILLED'] as const)
    t.deepEqual(removed([job('a', 999, state)], 9999), []);
});

test('what will be free is the sum', (t) => {
  const { freed } = planClean(
    [job('a', 101), job('b', 102), job('c', 1)],
    new Map([
      ['a', 5],
      ['b', 7],
    ]),
    WISH,
  );
  t.is(freed, 12);
});

test('answers of the scripts are read line by line', (t) => {
  t.deepEqual(
    [...readSizes('4096 wc-aaaaaaaaaaaa\n12 .new/x-bbbbbbbbbbbb.0f\n')],
    [
      ['wc-aaaaaaaaaaaa', 4096],
      ['.new/x-bbbbbbbbbbbb.0f', 12],
    ],
  );
  t.deepEqual(readClean('removed a-1\nrefused b-2 it has not ended\nremoved c-3\n'), {
    removed: ['a-1', 'c-3'],
    refused: [{ folder: 'b-2', reason: 'it has not ended' }],
  });
});

test('the age of what was lost counts from its last sign, not from its launch', (t) => {
  const lost = (name: string, hours: number, quietHours: number): JobView => ({
    ...job(name, hours, 'DONEWITHERROR'),
    endedAgoMs: undefined,
    quietMs: quietHours * HOUR,
  });
  t.deepEqual(removed([lost('a', 300, 1), lost('b', 300, 101)], 1), ['b']);
});
