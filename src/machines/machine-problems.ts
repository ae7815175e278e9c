import type { Finding } from '../doctor/finding.ts';
import { makeFinding, type FindingText } from '../doctor/problems.ts';

/**
 * What can keep a machine out of a swarm: id, title of its section in `docs/problems/machines.md`, and what kind of failure a
 * command ends with (design D9).
 */
export const MACHINE_PROBLEMS = {
  'SS-M01': { title: 'The machine cannot be reached', ends: 'unreachable' },
  'SS-M02': { title: 'Its host key is unknown, or has changed', ends: 'unreachable' },
  'SS-M03': { title: 'It does not let the user in', ends: 'unreachable' },
  'SS-M04': { title: 'The user cannot become root there', ends: 'failed' },
  'SS-M05': { title: 'There is no Docker engine', ends: 'failed' },
  'SS-M06': { title: 'The engine is too old', ends: 'failed' },
  'SS-M07': { title: 'The user may not use the engine', ends: 'failed' },
  'SS-M08': { title: 'The engine is not running', ends: 'failed' },
  'SS-M09': { title: 'The engine does not answer', ends: 'unreachable' },
  'SS-M10': { title: 'The engine is rootless', ends: 'failed' },
  'SS-M11': { title: 'The engine has live-restore', ends: 'failed' },
  'SS-M12': { title: 'The storage driver copies every layer', ends: 'failed' },
  'SS-M13': { title: 'Machines of different kinds', ends: 'failed' },
  'SS-M14': { title: 'Its clock differs from the others', ends: 'failed' },
  'SS-M15': { title: 'Too little room on its disk', ends: 'failed' },
  'SS-M16': { title: 'Too little memory', ends: 'failed' },
  'SS-M17': { title: 'A port of the swarm is taken', ends: 'failed' },
  'SS-M18': { title: 'The machines do not reach each other', ends: 'failed' },
  'SS-M19': { title: 'The machines have different MTUs', ends: 'failed' },
  'SS-M20': { title: 'Its MTU is very small', ends: 'failed' },
  'SS-M21': { title: 'Its kernel has no VXLAN', ends: 'failed' },
  'SS-M22': { title: 'Its kernel has no IPVS', ends: 'failed' },
  'SS-M23': { title: 'Its host name cannot be used', ends: 'usage' },
  'SS-M24': { title: 'Two machines have the same host name', ends: 'usage' },
  'SS-M25': { title: 'The same machine was named twice', ends: 'usage' },
  'SS-M26': { title: 'It has no address for the others', ends: 'usage' },
  'SS-M27': { title: 'It is in another swarm', ends: 'conflict' },
  'SS-M28': { title: 'A node of the swarm has the same name', ends: 'conflict' },
  'SS-M29': { title: 'It could not be looked at', ends: 'failed' },
  'SS-M30': { title: 'That number of managers helps nobody', ends: 'usage' },
  'SS-M31': { title: 'More managers than machines', ends: 'usage' },
  'SS-M32': { title: "The swarm's name is taken", ends: 'conflict' },
} as const satisfies Readonly<Record<string, { readonly title: string; readonly ends: FailureKind }>>;

type FailureKind = 'usage' | 'conflict' | 'unreachable' | 'failed';

export type MachineProblem = keyof typeof MACHINE_PROBLEMS;

/** What stands in the way. */
export function machineError(id: MachineProblem, text: FindingText): Finding {
  return makeFinding('error', id, text);
}

/** What does not, but may come to. */
export function machineWarning(id: MachineProblem, text: FindingText): Finding {
  return makeFinding('warning', id, text);
}

/** How a command ends that finds this. */
export function failureKindOf(id: string): FailureKind {
  return Object.hasOwn(MACHINE_PROBLEMS, id) ? MACHINE_PROBLEMS[id as MachineProblem].ends : 'failed';
}
