import type { JobObservation } from '../../src/jobs/states.ts';

/** A job whose driver runs. */
export const BEGUN: JobObservation = {
  stage: 'begun',
  exit: 'absent',
  failed: undefined,
  cancel: undefined,
  isCancelledEarly: false,
  wrapper: 'alive',
  processes: 1,
  isStopped: false,
  task: 'no task',
  ageMs: 5000,
  endReason: '',
  oomKills: 0,
  isDiskFull: false,
};
