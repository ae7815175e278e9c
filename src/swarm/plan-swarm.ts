import { ConflictError, type ToolkitError } from '../errors.ts';
import { LABELS } from '../labels.ts';
import type { SwarmMember } from './members.ts';
import { isCurrent, planManagers } from './plan-managers.ts';
import {
  planFirst,
  planMember,
  refuseLostAddress,
  type Membership,
  type MembershipPolicy,
  type NodeReading,
} from './plan-membership.ts';

/** A machine of the wish, as it is now and with the labels its node shall have. */
export interface MachineReading extends NodeReading {
  readonly labels: Readonly<Record<string, string>>;
}

/** All that the plan is made from. */
export interface SwarmSituation {
  readonly name: string;
  readonly machines: readonly MachineReading[];
  /** As a manager lists them; `undefined`: there is no manager of this swarm. */
  readonly members: readonly SwarmMember[] | undefined;
  /** Whether a docker context of this swarm is there: then there was a swarm once. */
  readonly wasThere: boolean;
  /** `undefined`: as many as there are. */
  readonly managers: number | undefined;
  /** `undefined`: as it is. */
  readonly drainManagers: boolean | undefined;
  readonly policy: MembershipPolicy;
}

export interface SwarmPlan {
  readonly nodes: readonly NodePlan[];
  /** Entries of machines that are not there any more, or joined anew. */
  readonly ghosts: readonly SwarmMember[];
  /** Managers there shall be in the end. */
  readonly managers: number;
  /** What stands in the way; nothing may be done while there is any. */
  readonly refusals: readonly ToolkitError[];
}

export interface NodePlan {
  readonly name: string;
  readonly hostname: string;
  readonly membership: Membership;
  readonly role: 'manager' | 'worker';
  readonly changesRole: boolean;
  /** Label names that are missing or wrong; of a node that joins all are. */
  readonly missingLabels: readonly string[];
  /** What it is to become in the end; `undefined`: it stays as it is. */
  readonly availability: 'active' | 'drain' | undefined;
  /** It joins, or an earlier join of it did not come to its end. */
  readonly needsImages: boolean;
  /** Docker's word for a member that is not ready, as its managers see it. */
  readonly awaited: string | undefined;
  /** What goes before it joins anew. */
  readonly entry: SwarmMember | undefined;
}

/** Compares what is there with what is asked for. Changes nothing, asks nobody. */
export function planSwarm(situation: SwarmSituation): SwarmPlan {
  const { machines, members = [] } = situation;
  const refusals: ToolkitError[] = [];
  const memberships = machines.map((machine, index) => {
    try {
      return membershipOf(situation, machine, index);
    } catch (error) {
      refusals.push(error as ToolkitError);
      return 'keep';
    }
  });
  const ghosts = members.filter((member) => isGhost(situation, member));
  const { managers, roles, replaced, drains } = planManagers(situation, ghosts, refusals);
  const nodes = machines.map((machine, index): NodePlan => {
    const membership = memberships[index] ?? 'keep';
    const member = membership === 'keep' ? members.find(({ id }) => id === machine.swarm.nodeId) : undefined;
    const role = roles[index] ?? 'worker';
    return {
      name: machine.name,
      hostname: machine.hostname,
      membership,
      role,
      changesRole: member !== undefined && member.role !== role,
      missingLabels: Object.entries(machine.labels)
        .filter(([label, value]) => member?.labels[label] !== value)
        .map(([label]) => label),
      availability: wantedAvailability(member, role, drains),
      needsImages: member ? isUnfinished(member) : isJoin(membership),
      awaited: member && member.state !== 'ready' ? member.state : undefined,
      entry: membership === 'leave-and-join' ? members.find(({ id }) => id === machine.swarm.nodeId) : undefined,
    };
  });
  return { nodes, ghosts: [...ghosts, ...replaced], managers, refusals };
}

function isJoin(membership: Membership): boolean {
  return membership === 'join' || membership === 'leave-and-join';
}

function membershipOf(situation: SwarmSituation, machine: MachineReading, index: number): Membership {
  const { members, policy, wasThere, name } = situation;
  if (members) {
    refuseLostAddress(machine, members, policy.context);
    return planMember(machine, members, policy);
  }
  if (wasThere && policy.kind === 'protect' && machine.swarm.state !== 'inactive' && machine.swarm.nodeId !== '') {
    throw new ConflictError(
      `Cannot repair the swarm "${name}": none of its managers answers, and ${machine.hostname} (${machine.name}) is in a swarm still (${machine.swarm.state})`,
      {
        hint: `bring a manager back and run the same again; to begin anew, on each machine: docker swarm leave --force`,
      },
    );
  }
  // Whoever is first begins; the others must be free to follow.
  if (index === 0) return planFirst(machine, policy);
  return planMember(machine, [], policy);
}

/**
 * Whether a member is what is left of a machine that joined anew. Of ours only. One that is ready still is one if its label
 * names a machine that has another identity now: the managers need 15 s to see that a node is gone. The entry of another
 * machine, which has the same host name, is none: that one may be starting again.
 */
function isGhost({ name, machines }: SwarmSituation, member: SwarmMember): boolean {
  if (member.labels[LABELS.nodeSwarm] !== name || isCurrent(machines, member.id)) return false;
  const of = member.labels[LABELS.nodeMachine];
  const sameMachine = machines.find(({ labels }) => labels[LABELS.nodeMachine] === of);
  const isSameName = machines.some(({ hostname }) => hostname === member.hostname);
  if (member.state === 'ready') return sameMachine?.hostname === member.hostname;
  return sameMachine !== undefined || (of === undefined && isSameName);
}

/**
 * Whether a join of ours did not come to its end: it was drained by that, and may lack images. Before its first label it is
 * known by having none.
 */
function isUnfinished({ labels, availability }: SwarmMember): boolean {
  return (
    labels[LABELS.nodeJoining] !== undefined || (labels[LABELS.nodeSwarm] === undefined && availability === 'drain')
  );
}

function wantedAvailability(
  member: SwarmMember | undefined,
  role: 'manager' | 'worker',
  drains: boolean | undefined,
): NodePlan['availability'] {
  const wanted = role === 'manager' && drains === true ? 'drain' : 'active';
  if (!member) return wanted;
  if (role === 'manager' && drains !== undefined) return member.availability === wanted ? undefined : wanted;
  // It was drained because it managed.
  if (role === 'worker' && member.role === 'manager' && member.availability === 'drain') return 'active';
  // What its user drained or paused stays so.
  return isUnfinished(member) && member.availability === 'drain' ? wanted : undefined;
}

/** What the plan changes, one line for each machine and entry; none: nothing to do. */
export function describePlan({ nodes, ghosts }: SwarmPlan): readonly string[] {
  return [
    ...nodes.flatMap((node) => {
      const words = describeNode(node);
      return words.length === 0 ? [] : [`${node.name} (${node.hostname}): ${words.join(', ')}`];
    }),
    ...ghosts.map(({ hostname, id, state }) => `stale entry ${hostname} (${id.slice(0, 12)}, ${state}): is removed`),
  ];
}

function describeNode({
  membership,
  role,
  changesRole,
  missingLabels,
  availability,
  awaited,
}: NodePlan): readonly string[] {
  const drained = availability === 'drain' ? ['drained'] : [];
  switch (membership) {
    case 'init':
    case 'leave-and-init':
      return ['starts the swarm', ...drained];
    case 'join':
      return [`joins as ${role}`, ...drained];
    case 'leave-and-join':
      return [`leaves what is left of an earlier join, and joins as ${role}`, ...drained];
    case 'keep':
      return [
        ...(changesRole ? [`becomes ${role}`] : []),
        ...(missingLabels.length > 0 ? ['gets its labels back'] : []),
        ...(availability === undefined ? [] : [availability === 'drain' ? 'drained' : 'made active']),
        ...(awaited === undefined ? [] : [`is ${awaited}, and waited for`]),
      ];
    default:
      return membership satisfies never;
  }
}
