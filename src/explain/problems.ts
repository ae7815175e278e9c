import type { Finding } from '../doctor/finding.ts';
import { makeFinding, type FindingText } from '../doctor/problems.ts';

/** What keeps an application from working, and the title of its section in `docs/problems/jobs.md`. */
export const JOB_PROBLEMS = {
  'SS-J01': 'No cores are free',
  'SS-J02': 'No memory is free for an executor',
  'SS-J03': 'An executor is larger than any worker',
  'SS-J04': 'Executors end again and again',
  'SS-J05': 'Executors do not reach the driver',
  'SS-J06': 'Driver and workers have different Python versions',
  'SS-J07': 'Driver and workers have different Spark versions',
  'SS-J08': 'A class is not found',
  'SS-J09': 'A file or a module is not found',
  'SS-J10': 'A path is missing on some nodes',
  'SS-J11': 'Killed at the memory limit of its container',
  'SS-J12': 'The Java heap is full',
  'SS-J13': 'The master is lost',
  'SS-J14': 'The image is missing on a node',
  'SS-J15': 'No node takes a container',
  'SS-J16': 'A disk is full',
  'SS-J17': 'The secret is missing or wrong',
  'SS-J18': 'No worker is there',
  'SS-J19': 'An application may not use the cores of one executor',
} as const;

export type JobProblem = keyof typeof JOB_PROBLEMS;

/** What stands in the way of an application. */
export function problemOf(id: JobProblem, text: FindingText): Finding {
  return makeFinding('error', id, text);
}

/** What may come to stand in the way of an application. */
export function riskOf(id: JobProblem, text: FindingText): Finding {
  return makeFinding('warning', id, text);
}
