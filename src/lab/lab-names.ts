import { UsageError } from '../errors.ts';
import { LABELS } from '../labels.ts';

/** Labels of a lab's objects in the outer engine, besides {@link LABELS.lab}. */
export const LAB_LABELS = {
  /** Number of the node a container or volume belongs to, from 1. */
  node: 'io.spark-swarm.lab.node',
  /** How the node was given the rights an engine needs: `privileged` or `capabilities`. On containers. */
  way: 'io.spark-swarm.lab.way',
  /** Hash of everything a container was made from: another hash means that it is made anew at the next chance. */
  config: 'io.spark-swarm.lab.config',
  /** Number of nodes asked for. On the network, so that a set-up that was interrupted is completed. */
  size: 'io.spark-swarm.lab.size',
  /** Subnet in which the node had its address. On volumes: the swarm's state in there holds addresses. */
  subnet: 'io.spark-swarm.lab.subnet',
  /** Number of the user whose lab it is. On volumes: a container shows it by where its socket is. */
  owner: 'io.spark-swarm.lab.owner',
} as const;

export const DEFAULT_LAB = 'lab';
export const DEFAULT_NODES = 3;
/** Above this, addresses and one machine's memory both run out of sense. */
export const MAX_NODES = 20;

/**
 * The name of a lab: 2 to 20 characters, so that it fits host names and socket paths.
 *
 * @throws UsageError
 */
export function parseLabName(text: string, field: string): string {
  if (/^[a-z][a-z0-9-]{0,18}[a-z0-9]$/.test(text)) return text;
  throw new UsageError(
    `${field}: got ${JSON.stringify(text)}; expected 2 to 20 lower-case letters, digits and dashes, beginning with a letter`,
  );
}

/** Name of a node's container and of its volume: `spark-lab-1`. */
export function nodeObjectName(lab: string, node: number): string {
  return `spark-${lab}-${node}`;
}

/** Host name of a node, and so its name in the swarm: `lab-1`. */
export function nodeHostname(lab: string, node: number): string {
  return `${lab}-${node}`;
}

/** Name of a lab's network and of its docker context: `spark-lab`. */
export function labObjectName(lab: string): string {
  return `spark-${lab}`;
}

/** The labels of an object of the lab; those of a node's objects carry its number. */
export function labLabels(lab: string, node?: number): Record<string, string> {
  return { [LABELS.lab]: lab, ...(node === undefined ? {} : { [LAB_LABELS.node]: String(node) }) };
}

/** The command that does something to the lab, as a hint says it. */
export function labCommand(verb: string, lab: string, ...flags: readonly string[]): string {
  return ['spark-swarm lab', verb, ...(lab === DEFAULT_LAB ? [] : [`--name ${lab}`]), ...flags].join(' ');
}
