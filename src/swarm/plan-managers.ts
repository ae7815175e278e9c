import { UsageError, type ToolkitError } from '../errors.ts';
import { LABELS } from '../labels.ts';
import type { NodeSwarmInfo, SwarmMember } from './members.ts';
import { swarmCommand } from './swarm-name.ts';

export type Role = 'manager' | 'worker';

/** A machine, by the identity that a swarm has given it; empty: none. */
interface Candidate {
  readonly swarm: Pick<NodeSwarmInfo, 'nodeId'>;
}

/** What decides who manages. */
export interface ManagerSituation {
  readonly name: string;
  readonly machines: readonly Candidate[];
  readonly members: readonly SwarmMember[] | undefined;
  /** `undefined`: as many as there are. */
  readonly managers: number | undefined;
  /** `undefined`: as it is. */
  readonly drainManagers: boolean | undefined;
}

/** Who manages the swarm in the end. */
export interface ManagerPlan {
  /** How many there shall be. */
  readonly managers: number;
  /** Of each machine, in their order. */
  readonly roles: readonly Role[];
  /** Dead managers whose place others take: as long as they are listed, they count for the majority. */
  readonly replaced: readonly SwarmMember[];
  /** `undefined`: as it is. */
  readonly drains: boolean | undefined;
}

const NUMBERS_OF_MANAGERS = [1, 3, 5] as const;

/**
 * Managers stay; where some are missing, machines become it in their order; where there are too many, the last are workers.
 * One that is down may only be starting again: others take its place where a number of managers was asked for, or where its
 * machine joins anew.
 *
 * @param ghosts entries of machines that join anew
 * @param refusals gets what stands in the way
 */
export function planManagers(
  situation: ManagerSituation,
  ghosts: readonly SwarmMember[],
  refusals: ToolkitError[],
): ManagerPlan {
  const { name, machines, members = [], managers: asked, drainManagers } = situation;
  const present = members.filter(({ role }) => role === 'manager');
  const elsewhere = present.filter((member) => !isCurrent(machines, member.id) && !ghosts.includes(member));
  const staying = elsewhere.filter(({ state }) => asked === undefined || state === 'ready');
  const managers = asked ?? NUMBERS_OF_MANAGERS.find((count) => count >= present.length) ?? present.length;
  const roles = chooseRoles(situation, managers - staying.length);
  const count = staying.length + roles.filter((role) => role === 'manager').length;
  if (asked !== undefined && count !== asked) refusals.push(otherNumber(situation, asked, staying, count));
  if (drainManagers === true) refuseAllDrained(situation, roles, refusals);
  return {
    managers,
    roles,
    replaced: elsewhere.filter((member) => !staying.includes(member) && member.labels[LABELS.nodeSwarm] === name),
    drains: drainsManagers(situation, roles),
  };
}

/** Whether a machine of the wish has this identity now. */
export function isCurrent(machines: readonly Candidate[], id: string): boolean {
  return machines.some(({ swarm }) => swarm.nodeId === id && id !== '');
}

function chooseRoles({ machines, members = [] }: ManagerSituation, places: number): readonly Role[] {
  const managing = machines.filter(({ swarm }) =>
    members.some(({ id, role }) => role === 'manager' && id === swarm.nodeId && id !== ''),
  );
  const others = machines.filter((machine) => !managing.includes(machine));
  const chosen = new Set([...managing, ...others].slice(0, Math.max(0, places)));
  return machines.map((machine) => (chosen.has(machine) ? 'manager' : 'worker'));
}

/** Neither more nor fewer: two managers, which nobody may ask for, must not come about in another way. */
function otherNumber(
  { name, machines, members = [] }: ManagerSituation,
  asked: number,
  staying: readonly SwarmMember[],
  count: number,
): UsageError {
  const readyElsewhere = members.filter(({ id, state }) => state === 'ready' && !isCurrent(machines, id)).length;
  const room = machines.length + readyElsewhere;
  if (asked > room) {
    return new UsageError(`--managers: got ${asked}; there ${room === 1 ? 'is 1 machine' : `are ${room} machines`}`, {
      hint: swarmCommand('create', name, '--managers 1'),
    });
  }
  const names = staying.map(({ hostname }) => hostname).join(', ');
  if (count < asked) {
    const missing = asked - count;
    return new UsageError(
      `--managers: got ${asked}; there would be ${count}, because only machines that are named change`,
      {
        hint: `name ${missing === 1 ? '1 machine' : `${missing} machines`} more that may manage (--hosts …), also one that is a worker now`,
      },
    );
  }
  return new UsageError(
    `--managers: got ${asked}; there would be ${count}, because ${names} manage${staying.length === 1 ? 's' : ''} it too`,
    {
      hint: `name every manager (--hosts …), so that those which are too many become workers`,
    },
  );
}

/** A swarm whose managers are all drained stays one when a manager is replaced, as long as there are workers. */
function drainsManagers(
  { machines, members = [], drainManagers }: ManagerSituation,
  roles: readonly Role[],
): boolean | undefined {
  if (drainManagers !== undefined) return drainManagers;
  const managers = members.filter(({ role, state }) => role === 'manager' && state === 'ready');
  const hasWorkers = roles.includes('worker') || workersElsewhere(machines, members) > 0;
  const isSo = managers.length > 0 && hasWorkers && managers.every(({ availability }) => availability === 'drain');
  return isSo ? true : undefined;
}

function workersElsewhere(machines: readonly Candidate[], members: readonly SwarmMember[]): number {
  return members.filter(({ id, role, state }) => role === 'worker' && state === 'ready' && !isCurrent(machines, id))
    .length;
}

function refuseAllDrained(
  { machines, members = [] }: ManagerSituation,
  roles: readonly Role[],
  refusals: ToolkitError[],
): void {
  if (workersElsewhere(machines, members) > 0 || roles.includes('worker')) return;
  refusals.push(
    new UsageError(
      `--drain-managers: ${roles.length === 1 ? 'the only machine manages' : `all ${roles.length} machines manage`} the swarm, and none would be left for clusters`,
    ),
  );
}
