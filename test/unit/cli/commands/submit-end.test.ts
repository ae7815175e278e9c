import test from 'ava';

import { describeEnd } from '../../../../src/cli/commands/submit.ts';
import type { JobState } from '../../../../src/jobs/job.ts';

const ENDS: readonly (readonly [JobState, string, number | undefined, string])[] = [
  ['SUCCEEDED', '', 0, 'the application succeeded after 2 s'],
  ['DONEWITHERROR', 'exit 7', 7, 'the application failed after 2 s; exit status 7 is its own'],
  [
    'DONEWITHERROR',
    'killed: out of memory (SIGKILL by the kernel)',
    137,
    'the application failed after 2 s: killed: out of memory (SIGKILL by the kernel); exit status 137',
  ],
  ['DONEWITHERROR', 'lost: gone', undefined, 'the application ended as DONEWITHERROR after 2 s: lost: gone'],
  ['KILLED', 'timeout', 130, 'the application was interrupted after 2 s: timeout'],
  ['KILLED', '', 130, 'the application was interrupted after 2 s'],
];

for (const [state, reason, exitCode, expected] of ENDS)
  test(`submit says: ${expected}`, (t) => {
    t.is(describeEnd({ state, reason, exitCode }, '2 s'), expected);
  });
