import { LABELS } from '../labels.ts';
import type { Machine } from '../machines/machine.ts';
import type { FoundSwarm } from './find-swarm.ts';
import type { FormNode } from './form-swarm.ts';
import type { NodeInfo } from './members.ts';
import type { MachineReading } from './plan-swarm.ts';

/** A machine that was looked at: what is known of it before anything is changed. */
export interface CheckedMachine {
  readonly machine: Machine;
  readonly info: NodeInfo;
  /** Where the other nodes shall reach it. */
  readonly address: string;
  /** MTU of the interface that has this address, bytes. */
  readonly mtu: number;
  /** Its addresses with their prefixes: `10.0.0.4/24`. */
  readonly networks: readonly string[];
}

export function readingOf(swarm: string, checked: CheckedMachine): MachineReading {
  return {
    name: checked.machine.name,
    hostname: checked.info.hostname,
    address: checked.address,
    ownAddresses: ownAddresses(checked),
    swarm: checked.info.swarm,
    labels: machineLabels(swarm, checked),
  };
}

export function formNodeOf(swarm: string, checked: CheckedMachine): FormNode {
  return {
    name: checked.machine.name,
    engine: checked.machine.engine,
    address: checked.address,
    ownAddresses: ownAddresses(checked),
    mtu: checked.mtu,
    bridgeLabels: { [LABELS.swarm]: swarm },
    labels: machineLabels(swarm, checked),
  };
}

function ownAddresses({ networks }: CheckedMachine): readonly string[] {
  return networks.map((network) => network.replace(/\/[0-9]+$/, ''));
}

/** What a node says of its machine: by this every operator's machine finds its engine. */
export function machineLabels(
  swarm: string,
  { machine, mtu }: Pick<CheckedMachine, 'machine' | 'mtu'>,
): Readonly<Record<string, string>> {
  return {
    [LABELS.nodeSwarm]: swarm,
    [LABELS.nodeMachine]: `${machine.source}/${machine.reference}`,
    [LABELS.nodeEngine]: machine.access.host,
    [LABELS.nodeMtu]: String(mtu),
  };
}

/** A swarm that `lab up` formed: all its nodes carry the lab's labels. */
export function isLabSwarm({ name, members }: FoundSwarm): boolean {
  return (
    name === undefined &&
    members.length > 0 &&
    members.every(({ labels }) => labels[LABELS.nodeHost] !== undefined && labels[LABELS.nodeEngine] !== undefined)
  );
}
