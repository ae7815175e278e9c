import { LABELS } from '../labels.ts';
import type { SwarmMember } from '../swarm/members.ts';
import { DATA_FOLDER_ON_NODE } from './node-container.ts';

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
