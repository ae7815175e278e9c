import { ConflictError, InvalidStateError, type ToolkitError } from '../errors.ts';
import type { NodeSwarmInfo, SwarmMember } from './members.ts';

/** A machine that shall be a node, and what its engine says of itself. */
export interface NodeReading {
  /** How messages name it: `lab-2`, `10.0.0.4`. */
  readonly name: string;
  readonly hostname: string;
  /** Where the other nodes shall reach it. */
  readonly address: string;
  /** Every address it has: a node that has told the others one of these is found. */
  readonly ownAddresses: readonly string[];
  readonly swarm: NodeSwarmInfo;
}

/** What a machine does first: `keep` its place, `init` a swarm, `join` one, or leave before that what it is in now. */
export type Membership = 'keep' | 'init' | 'join' | 'leave-and-init' | 'leave-and-join';

/** How to treat what is there. */
export interface MembershipPolicy {
  /**
   * `reform`: the nodes are ours altogether, so a broken swarm is made anew (a lab: cheaper than a repair, and the images
   * stay). `protect`: they were given to us, so what is in another swarm stays there.
   */
  readonly kind: 'reform' | 'protect';
  /** Docker context by which its user reaches the swarm. */
  readonly context: string;
}

/**
 * What the machine that begins does, where no manager of the swarm was found before.
 *
 * @throws InvalidStateError where the user locked the swarm or demoted the node: those are decisions, not damage;
 *   ConflictError where it is in a swarm that it must not leave
 */
export function planFirst(reading: NodeReading, policy: MembershipPolicy): Membership {
  const { hostname, swarm } = reading;
  switch (swarm.state) {
    case 'inactive':
      return 'init';
    case 'locked':
      throw new InvalidStateError(`Cannot use the swarm of ${hostname}: it is locked`, {
        hint: `docker --context ${policy.context} swarm unlock`,
      });
    case 'active':
      if (policy.kind === 'protect') throw inAnotherSwarm(reading);
      if (!hasItsAddress(reading)) return 'leave-and-init';
      if (swarm.isManager) return 'keep';
      throw new InvalidStateError(`Cannot manage the swarm: ${hostname} is not a manager any more`, {
        hint: `on a manager: docker node promote ${hostname}`,
      });
    default:
      if (policy.kind === 'protect' && !neverGotIn(swarm)) throw inAnotherSwarm(reading);
      return 'leave-and-init';
  }
}

/**
 * What another machine does, once the swarm has a manager.
 *
 * @param members as the manager lists them
 * @throws as {@link planFirst}
 */
export function planMember(
  reading: NodeReading,
  members: readonly SwarmMember[],
  policy: MembershipPolicy,
): Exclude<Membership, 'init' | 'leave-and-init'> {
  const { swarm } = reading;
  if (swarm.state === 'inactive') return 'join';
  const member = members.find(({ id }) => id === swarm.nodeId);
  // Docker 26.1: a node that became a manager while another one was lost calls itself `error` for ever, without an error, and
  // works: the others' word counts.
  const isUsable = swarm.state === 'active' || swarm.state === 'pending' || member?.state === 'ready';
  if (member && isUsable && hasItsAddress(reading)) return 'keep';
  if (policy.kind === 'protect' && !member && !wasOfThisSwarm(swarm, members)) throw refusal(reading);
  return 'leave-and-join';
}

/** Whether it is a manager whose place cannot be given up without the swarm: then an address that is gone is no repair. */
export function refuseLostAddress(reading: NodeReading, members: readonly SwarmMember[], context: string): void {
  const isMember = members.some(({ id, role }) => id === reading.swarm.nodeId && role === 'manager');
  if (!isMember || hasItsAddress(reading) || members.filter(({ role }) => role === 'manager').length > 1) return;
  throw new InvalidStateError(
    `Cannot repair the swarm: its only manager ${reading.hostname} was at ${reading.swarm.nodeAddress}, and has ${reading.ownAddresses.join(', ')} now`,
    {
      hint: `give it ${reading.swarm.nodeAddress} again, or: spark-swarm swarm leave --context ${context}, and create again`,
    },
  );
}

function hasItsAddress({ address, ownAddresses, swarm }: NodeReading): boolean {
  return swarm.nodeAddress === address || ownAddresses.includes(swarm.nodeAddress);
}

/** A join that an interrupted run began, and that never came to its end: no swarm has given it an identity. */
function neverGotIn(swarm: NodeSwarmInfo): boolean {
  return swarm.state !== 'active' && swarm.state !== 'locked' && swarm.nodeId === '';
}

/** A node whose entry was removed, or that waits for a manager of this swarm, knows this swarm's managers. */
function wasOfThisSwarm(swarm: NodeSwarmInfo, members: readonly SwarmMember[]): boolean {
  if (neverGotIn(swarm)) return true;
  return swarm.managerIds.some((managerId) => members.some(({ id }) => id === managerId));
}

function refusal(reading: NodeReading): ToolkitError {
  if (reading.swarm.state !== 'locked') return inAnotherSwarm(reading);
  return new InvalidStateError(`Cannot use ${reading.name}: the swarm it is in is locked`, {
    hint: `on ${reading.name}: docker swarm unlock`,
  });
}

function inAnotherSwarm({ name, hostname, swarm }: NodeReading): ConflictError {
  const role = swarm.isManager ? 'a manager of' : 'part of';
  const state = swarm.state === 'active' ? '' : ` (${swarm.state}${swarm.error ? `: ${swarm.error}` : ''})`;
  return new ConflictError(`Cannot use ${name}: ${hostname} is ${role} another swarm${state}`, {
    hint: `if nobody needs that swarm: docker swarm leave --force, on ${name}`,
  });
}
