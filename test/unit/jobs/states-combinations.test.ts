import test from 'ava';

import { FINAL_STATES } from '../../../src/jobs/job.ts';
import { judgeJob, type JobObservation } from '../../../src/jobs/states.ts';
import { BEGUN } from '../../helpers/job-observation.ts';

function task(state: string): JobObservation['task'] {
  return { state, message: '', node: 'node2' };
}

const EXITS = ['absent', 'bad', 0, 1, 3, 101, 126, 127, 130, 137, 143] as const;
const TASKS = [
  'no task',
  'no service',
  'not known',
  ...['new', 'pending', 'running', 'complete', 'failed', 'unheard-of'].map((name) => task(name)),
] as const;
const AGES = [0, 30_000, 30_001, 60_001, 120_001, 1e9] as const;

/** Every combination; those that cannot be seen together have to be judged without harm as well. */
function* combinations(): Generator<JobObservation> {
  for (const stage of ['upload', 'claimed', 'begun'] as const)
    for (const exit of EXITS)
      for (const failed of [undefined, '', 'why'])
        for (const cancel of [undefined, 'cancel', 'timeout'] as const)
          for (const wrapper of ['none', 'alive', 'gone', 'restarted'] as const)
            for (const processes of [0, 2])
              for (const seenTask of TASKS)
                for (const ageMs of AGES)
                  for (const oomKills of [0, 1])
                    for (const isDiskFull of [false, true])
                      yield {
                        ...BEGUN,
                        stage,
                        exit,
                        failed,
                        cancel,
                        wrapper,
                        processes,
                        task: seenTask,
                        ageMs,
                        oomKills,
                        isDiskFull,
                      };
}

interface Rule {
  readonly title: string;
  readonly holds: (seen: JobObservation) => boolean;
}

const state = (seen: JobObservation): string => judgeJob(seen).state;
const isFinal = (seen: JobObservation): boolean => FINAL_STATES.has(judgeJob(seen).state);
const hasRecord = ({ exit }: JobObservation): boolean => typeof exit === 'number';

const RULES: readonly Rule[] = [
  {
    title: 'SUCCEEDED is the record 0 and nothing else (I6)',
    holds: (seen) => (state(seen) === 'SUCCEEDED') === (seen.exit === 0),
  },
  { title: 'what has a record is final (I3)', holds: (seen) => !hasRecord(seen) || isFinal(seen) },
  {
    title: 'what has a record does not change with processes, tasks, time or disk (I2)',
    holds: (seen) =>
      !hasRecord(seen) ||
      state(seen) ===
        state({
          ...seen,
          failed: undefined,
          wrapper: 'gone',
          processes: 0,
          task: 'no task',
          ageMs: 1e9,
          isDiskFull: true,
        }),
  },
  {
    title: 'what runs and has no record is not final (I3)',
    holds: (seen) =>
      hasRecord(seen) ||
      seen.failed !== undefined ||
      seen.stage !== 'begun' ||
      seen.task !== 'no task' ||
      seen.wrapper === 'restarted' ||
      (seen.wrapper !== 'alive' && seen.processes === 0) ||
      !isFinal(seen),
  },
  {
    title: 'what is final stays what it is while time passes and the disk is emptied (I2)',
    holds: (seen) => !isFinal(seen) || state(seen) === state({ ...seen, ageMs: seen.ageMs + 1e6, isDiskFull: false }),
  },
  {
    title: 'what is final because its processes are gone does not change with a marker (I2)',
    holds: (seen) =>
      hasRecord(seen) ||
      seen.stage !== 'begun' ||
      // Of those the record is on its way: who cancels does not mark what is gone already.
      (seen.wrapper === 'gone' && seen.task === 'no task') ||
      !isFinal(seen) ||
      new Set((['cancel', 'timeout', undefined] as const).map((cancel) => state({ ...seen, cancel }))).size === 1,
  },
  {
    title: 'TOBEKILLED only with a marker, PENDING and RUNNING only without',
    holds: (seen) => {
      const is = state(seen);
      return seen.cancel === undefined ? is !== 'TOBEKILLED' : is !== 'PENDING' && is !== 'RUNNING';
    },
  },
  {
    title: 'KILLED only with a record that says so, or before the start with a marker',
    holds: (seen) =>
      state(seen) !== 'KILLED' ||
      seen.exit === 130 ||
      (seen.cancel !== undefined &&
        (seen.exit === 137 || seen.exit === 143 || seen.stage !== 'begun' || seen.wrapper === 'gone')),
  },
  {
    title: 'FAILED only of what never began, or has the reason why not',
    holds: (seen) => state(seen) !== 'FAILED' || seen.failed !== undefined || seen.stage !== 'begun',
  },
  {
    title: 'what ended badly says why',
    holds: (seen) => !['FAILED', 'DONEWITHERROR'].includes(state(seen)) || judgeJob(seen).reason !== '',
  },
];

for (const { title, holds } of RULES)
  test(`of every combination: ${title}`, (t) => {
    let count = 0;
    for (const seen of combinations()) {
      count += 1;
      if (!holds(seen)) t.fail(`${JSON.stringify(seen)} is ${JSON.stringify(judgeJob(seen))}`);
    }
    t.true(count > 100_000);
  });
