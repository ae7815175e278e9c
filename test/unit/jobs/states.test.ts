import test from 'ava';

import { judgeJob, type JobObservation } from '../../../src/jobs/states.ts';
import { BEGUN } from '../../helpers/job-observation.ts';

const GONE: Partial<JobObservation> = { wrapper: 'gone', processes: 0 };
const CLAIMED: Partial<JobObservation> = { stage: 'claimed', wrapper: 'none', processes: 0 };
const UPLOAD: Partial<JobObservation> = { stage: 'upload', wrapper: 'none', processes: 0 };
const TASK: Partial<JobObservation> = { wrapper: 'restarted', processes: 0 };

const UNSEEN =
  'not known: its driver is a task of a swarm, which is not seen from here; name its manager with --context';

function task(state: string, message = ''): JobObservation['task'] {
  return { state, message, node: 'node2' };
}

const TABLE: readonly (readonly [what: string, seen: Partial<JobObservation>, expected: string])[] = [
  ['the record 0', { exit: 0 }, 'SUCCEEDED'],
  ['0 although a cancel was asked for', { exit: 0, cancel: 'cancel' }, 'SUCCEEDED'],
  ['130', { exit: 130 }, 'KILLED'],
  ['130 of a job that never began', { exit: 130, cancel: 'cancel', endReason: 'before start' }, 'KILLED before start'],
  ['130 by its timeout', { exit: 130, cancel: 'timeout' }, 'KILLED timeout'],
  ['137 after a cancel', { exit: 137, cancel: 'cancel' }, 'KILLED escalated'],
  ['143 after a cancel', { exit: 143, cancel: 'cancel' }, 'KILLED escalated'],
  ['143 by its timeout', { exit: 143, cancel: 'timeout' }, 'KILLED timeout, escalated'],
  ['137', { exit: 137 }, 'DONEWITHERROR killed (SIGKILL)'],
  ['137 by its wrapper', { exit: 137, endReason: 'no fork' }, 'DONEWITHERROR killed (SIGKILL): no fork'],
  ['137 by the kernel', { exit: 137, oomKills: 2 }, 'DONEWITHERROR killed: out of memory (SIGKILL by the kernel)'],
  ['143', { exit: 143 }, 'DONEWITHERROR terminated (SIGTERM), and not by a cancel'],
  ['129', { exit: 129 }, 'DONEWITHERROR exit 129'],
  ['101', { exit: 101 }, 'DONEWITHERROR exit 101: main class not found'],
  ['126', { exit: 126 }, 'DONEWITHERROR cannot start: exit 126, the command cannot be executed'],
  ['127', { exit: 127 }, 'DONEWITHERROR cannot start: exit 127, no such command'],
  ['3', { exit: 3 }, 'DONEWITHERROR exit 3'],
  [
    '1, and its child was killed',
    { exit: 1, oomKills: 1 },
    'DONEWITHERROR exit 1; the kernel killed 1 process for lack of memory',
  ],
  [
    '1, and its children were killed',
    { exit: 1, oomKills: 2 },
    'DONEWITHERROR exit 1; the kernel killed 2 processes for lack of memory',
  ],
  ['1 after a cancel', { exit: 1, cancel: 'cancel' }, 'DONEWITHERROR exit 1, after a cancel'],
  ['a record of a process that is still there', { exit: 3, wrapper: 'alive' }, 'DONEWITHERROR exit 3'],
  ['a record of another boot', { exit: 0, wrapper: 'restarted' }, 'SUCCEEDED'],
  ['a bad record of a process that is there', { exit: 'bad' }, 'RUNNING'],
  ['a bad record', { ...GONE, exit: 'bad' }, 'DONEWITHERROR lost: bad exit record'],
  ['a failed start', { ...CLAIMED, failed: 'cannot fork' }, 'FAILED cannot fork'],
  ['a failed start on a full disk', { ...CLAIMED, failed: '' }, 'FAILED it could not be started'],
  ['a failed start that was cancelled', { failed: 'no login', cancel: 'cancel' }, 'FAILED no login'],
  ['an upload', UPLOAD, 'PENDING uploading'],
  ['an upload that lies still', { ...UPLOAD, ageMs: 60_001 }, 'FAILED upload interrupted'],
  ['an upload that was cancelled', { ...UPLOAD, cancel: 'cancel' }, 'KILLED before start'],
  ['a claim', { ...CLAIMED, ageMs: 30_000 }, 'PENDING launching'],
  ['a claim that was left', { ...CLAIMED, ageMs: 30_001 }, 'FAILED launch: it was interrupted'],
  [
    'a claim of another boot',
    { ...CLAIMED, wrapper: 'restarted' },
    'FAILED launch: the machine or container was restarted',
  ],
  ['a claim that was cancelled', { ...CLAIMED, cancel: 'cancel' }, 'TOBEKILLED launching'],
  ['a claim that was cancelled and left', { ...CLAIMED, cancel: 'cancel', ageMs: 30_001 }, 'KILLED before start'],
  ['its process', {}, 'RUNNING'],
  ['its process, after days', { ageMs: 1e9 }, 'RUNNING'],
  ['its process, stopped', { isStopped: true }, 'RUNNING stopped'],
  ['its process after a cancel', { cancel: 'cancel' }, 'TOBEKILLED'],
  ['a dead wrapper', { wrapper: 'gone', processes: 3 }, 'RUNNING its wrapper is dead; live processes: 3'],
  [
    'a dead wrapper after a cancel',
    { wrapper: 'gone', processes: 3, cancel: 'cancel' },
    'TOBEKILLED its wrapper is dead; live processes: 3',
  ],
  ['nothing any more', GONE, 'DONEWITHERROR lost: gone without an exit record'],
  ['nothing any more after a cancel', { ...GONE, cancel: 'cancel' }, 'KILLED the wrapper was gone'],
  [
    'nothing any more, and its record a moment later',
    { ...GONE, exit: 130, cancel: 'cancel', endReason: 'the wrapper was gone' },
    'KILLED the wrapper was gone',
  ],
  ['nothing any more after its timeout', { ...GONE, cancel: 'timeout' }, 'KILLED timeout'],
  [
    'a claim that was cancelled in the upload',
    { ...CLAIMED, cancel: 'cancel', isCancelledEarly: true },
    'KILLED before start',
  ],
  ['a wrapper that was cancelled in the upload', { cancel: 'cancel', isCancelledEarly: true }, 'KILLED before start'],
  [
    'what was lost with its task, written down',
    { ...TASK, failed: 'lost: task failed on node2', task: 'no service' },
    'DONEWITHERROR lost: task failed on node2',
  ],
  [
    'nothing any more, on a full disk',
    { ...GONE, isDiskFull: true },
    'DONEWITHERROR lost: no space was left for its exit record',
  ],
  [
    'another boot',
    { wrapper: 'restarted', processes: 0 },
    'DONEWITHERROR lost: the machine or container was restarted',
  ],
  ['a task without a service yet', { ...CLAIMED, task: 'no service' }, 'PENDING its service is being made'],
  ['a task without a service', { ...CLAIMED, task: 'no service', ageMs: 120_001 }, 'FAILED launch: it has no service'],
  [
    'a task that was cancelled without a service',
    { ...CLAIMED, task: 'no service', ageMs: 120_001, cancel: 'cancel' },
    'KILLED before start',
  ],
  [
    'a task that waits',
    { ...CLAIMED, task: task('pending', 'no suitable node') },
    'PENDING task pending on node2: no suitable node',
  ],
  ['a task that waits for days', { ...CLAIMED, task: task('pending'), ageMs: 1e9 }, 'PENDING task pending on node2'],
  [
    'a task that waits, cancelled',
    { ...CLAIMED, task: task('preparing'), cancel: 'cancel' },
    'TOBEKILLED task preparing on node2',
  ],
  ['a task whose wrapper begins', { ...CLAIMED, task: task('running') }, 'PENDING starting'],
  [
    'a task that was rejected',
    { ...CLAIMED, task: task('rejected', 'No such image: x') },
    'FAILED launch: task rejected on node2: No such image: x',
  ],
  [
    'a task that ended before its wrapper',
    { ...CLAIMED, task: task('failed'), cancel: 'cancel' },
    'KILLED before start',
  ],
  ['a task that runs', { ...TASK, task: task('running') }, 'RUNNING'],
  [
    'a task on a node that is away',
    { ...TASK, task: task('running', 'node node2 is down') },
    'RUNNING node node2 is down',
  ],
  ['a task that runs, cancelled', { ...TASK, task: task('running'), cancel: 'timeout' }, 'TOBEKILLED'],
  [
    'a task that ended without a record',
    { ...TASK, task: task('failed', 'task: non-zero exit (137)') },
    'DONEWITHERROR lost: task failed on node2: task: non-zero exit (137)',
  ],
  [
    'a task whose state nobody knows',
    { ...TASK, task: task('evaporated') },
    'DONEWITHERROR lost: task evaporated on node2',
  ],
  [
    'a task whose service was removed',
    { ...TASK, task: 'no service', ageMs: 30_001 },
    'DONEWITHERROR lost: its service was removed',
  ],
  ['a task of a swarm that is not seen', { ...TASK, task: 'not known', ageMs: 1e9 }, `RUNNING ${UNSEEN}`],
  ['a task of a swarm that is not seen, claimed', { ...CLAIMED, task: 'not known', ageMs: 1e9 }, `PENDING ${UNSEEN}`],
  ['a task that has only just been made', { ...TASK, task: 'no service' }, 'RUNNING'],
];

for (const [what, seen, expected] of TABLE)
  test(`${what} is ${expected}`, (t) => {
    const { state, reason } = judgeJob({ ...BEGUN, ...seen });
    t.is(`${state} ${reason}`.trimEnd(), expected);
  });
