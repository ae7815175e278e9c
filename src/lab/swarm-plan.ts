import { InvalidStateError } from '../errors.ts';
import { LABELS } from '../labels.ts';
import { DATA_FOLDER_ON_NODE } from './node-container.ts';

/** A node's engine and its own view of the swarm, from `GET /info`. */
export interface NodeInfo {
  readonly node: number;
  readonly hostname: string;
  /** Where the node is in the lab's network. */
  readonly address: string;
  readonly engineVersion: string;
  readonly storageDriver: string;
  readonly swarm: NodeSwarmInfo;
}

export interface NodeSwarmInfo {
  /** Docker's word: `inactive pending active error locked`. */
  readonly state: string;
  readonly nodeId: string;
  /** The address it has told the others. */
  readonly nodeAddress: string;
  readonly isManager: boolean;
  readonly error: string;
}

/** A node as the manager lists it. */
export interface SwarmMember {
  readonly id: string;
  readonly hostname: string;
  readonly role: 'manager' | 'worker';
  readonly availability: string;
  /** Docker's word: `unknown down ready disconnected`. */
  readonly state: string;
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What the first node does: `keep` its swarm, `init` one, or leave a broken one first. */
export type ManagerAction = 'keep' | 'init' | 'leave-and-init';

/**
 * A swarm whose manager moved to another address, or whose certificates ran out, is formed anew: for a lab that is
 * cheaper than a repair, and the images stay.
 *
 * @throws InvalidStateError where the user locked the swarm or demoted the first node: those are decisions, not damage
 */
export function planManager({ hostname, address, swarm }: NodeInfo, context: string): ManagerAction {
  switch (swarm.state) {
    case 'inactive':
      return 'init';
    case 'locked':
      throw new InvalidStateError(`Cannot use the swarm of ${hostname}: it is locked`, {
        hint: `docker --context ${context} swarm unlock`,
      });
    case 'active':
      if (swarm.nodeAddress !== address) return 'leave-and-init';
      if (swarm.isManager) return 'keep';
      throw new InvalidStateError(`Cannot manage the swarm: ${hostname} is not a manager any more`, {
        hint: `on a manager: docker node promote ${hostname}`,
      });
    default:
      return 'leave-and-init';
  }
}

/** What another node does: `keep` its place, `join`, or leave first what it belongs to now. */
export type MemberAction = 'keep' | 'join' | 'leave-and-join';

export function planMember({ address, swarm }: NodeInfo, members: readonly SwarmMember[]): MemberAction {
  if (swarm.state === 'inactive') return 'join';
  const isMember = members.some(({ id }) => id === swarm.nodeId);
  const isUsable = swarm.state === 'active' || swarm.state === 'pending';
  return isMember && isUsable && swarm.nodeAddress === address ? 'keep' : 'leave-and-join';
}

/**
 * Members that no node of the lab is any more: left behind by a node that joined anew, or by one that is not there now.
 * Machines with other names, or without this lab's label, which somebody else may have joined, are left alone: so is a
 * node of ours that was removed before it got its label.
 *
 * @param lab its name, and the outer engine's id
 */
export function findGhosts(
  lab: { readonly lab: string; readonly host: string },
  members: readonly SwarmMember[],
  current: readonly string[],
): readonly SwarmMember[] {
  const isLabName = (hostname: string): boolean =>
    hostname.startsWith(`${lab.lab}-`) && /^[0-9]+$/.test(hostname.slice(lab.lab.length + 1));
  return members.filter(
    ({ id, hostname, labels }) => isLabName(hostname) && labels[LABELS.nodeHost] === lab.host && !current.includes(id),
  );
}

export interface NodeLabelFacts {
  readonly socketPath: string;
  /** What tells two machines apart: the outer engine's id. */
  readonly host: string;
  readonly mtu: number;
  /** Folder on this machine that all nodes share. */
  readonly dataFolder: string;
}

/** The labels by which the rest of the toolkit reaches a node, counts its memory and finds what becomes `/data`. */
export function nodeLabels({ socketPath, host, mtu, dataFolder }: NodeLabelFacts): Readonly<Record<string, string>> {
  return {
    [LABELS.nodeEngine]: `unix://${socketPath}`,
    [LABELS.nodeHost]: host,
    [LABELS.nodeMtu]: String(mtu),
    [LABELS.nodeData]: DATA_FOLDER_ON_NODE,
    [LABELS.nodeDataHere]: dataFolder,
  };
}
