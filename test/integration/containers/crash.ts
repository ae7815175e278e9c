import type { CrashPoint } from '../contract/crash.ts';

export const CRASH_POINTS: readonly CrashPoint[] = [
  {
    title: 'the container that writes secrets stays',
    command: 'deploy',
    request: 'DELETE /containers/',
    moment: 'before',
  },
  {
    title: 'a worker that was never started',
    command: 'grow',
    request: /^POST \/containers\/create/,
    moment: 'after',
    kills: 'all',
  },
  {
    title: 'a worker is gone, and what is remembered still counts it',
    command: 'shrink',
    request: /^POST \/volumes\/create/,
    moment: 'before',
  },
  { title: 'one container is gone, the other not', command: 'remove', request: 'DELETE /containers/', moment: 'after' },
  { title: 'a network alone', command: 'deploy', request: 'POST /networks/create', moment: 'after', kills: 'all' },
  { title: 'no container is left', command: 'remove', request: 'DELETE /networks/', moment: 'before' },
];
