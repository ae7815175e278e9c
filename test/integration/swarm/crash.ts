import type { CrashPoint } from '../contract/crash.ts';

export const CRASH_POINTS: readonly CrashPoint[] = [
  { title: 'the lock stays', command: 'deploy', request: 'POST /configs/create', moment: 'after' },
  { title: 'the answer gets lost', command: 'grow', request: /^POST \/services\/.*\/update/, moment: 'reply-lost' },
  {
    title: 'a worker is stopped, the number not lowered',
    command: 'shrink',
    request: /^POST \/services\/.*\/update/,
    moment: 'before',
  },
  { title: 'the master is gone, the worker not', command: 'remove', request: 'DELETE /services/', moment: 'after' },
  { title: 'a network alone', command: 'deploy', request: 'POST /services/create', moment: 'before', kills: 'all' },
  { title: 'no service is left', command: 'remove', request: 'DELETE /networks/', moment: 'before' },
];
