import { NotFoundError, UsageError } from '../errors.ts';
import { LABELS } from '../labels.ts';
import { MACHINE_SOURCES, type KnownMachine, type MachineSourceKind } from './machine.ts';

/** A machine as `machines list -o json` shows it. */
export interface ListedMachine {
  readonly name: string;
  readonly source: MachineSourceKind;
  /** What the source finds it by: `root@10.0.0.4:22`, `myvm1`, `lab-2`. */
  readonly reference: string;
  /** docker-machine's driver. */
  readonly driver: string | null;
  /** DOCKER_HOST value of its engine. */
  readonly engine: string | null;
  /** The swarm of ours that it is in. */
  readonly swarm: string | null;
  /** Its name in that swarm. */
  readonly node: string | null;
  /** The manager's word: `unknown down ready disconnected`. */
  readonly nodeState: string | null;
  /** Whether a command of ours made it: only such a machine is ever removed. */
  readonly madeByUs: boolean;
  /** Whether this machine knows it by itself, and not only by the swarm it is in. */
  readonly isKnownHere: boolean;
}

/** A node of a swarm of ours, as a manager lists it. */
export interface ListedNode {
  readonly swarm: string;
  readonly isLab: boolean;
  readonly id: string;
  readonly hostname: string;
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Labels that its engine was started with. */
  readonly engineLabels: Readonly<Record<string, string>>;
}

/** What the sources know, and what the swarms know of the same machines: one row for each machine. */
export function mergeMachines(known: readonly KnownMachine[], nodes: readonly ListedNode[]): readonly ListedMachine[] {
  const rows = new Map<string, ListedMachine>();
  for (const { name, source, reference, driver, engineHost, isOurs } of known) {
    rows.set(`${source}/${reference}`, {
      name,
      source,
      reference,
      driver: driver ?? null,
      engine: engineHost ?? null,
      swarm: null,
      node: null,
      nodeState: null,
      madeByUs: isOurs,
      isKnownHere: true,
    });
  }
  for (const node of nodes) {
    const machine = machineOf(node);
    if (!machine) continue;
    const key = `${machine.source}/${machine.reference}`;
    const present = rows.get(key);
    rows.set(key, {
      ...(present ?? {
        name: nameOf(machine, node),
        ...machine,
        driver: null,
        madeByUs: isMadeByUs(node),
        isKnownHere: false,
      }),
      engine: node.labels[LABELS.nodeEngine] ?? present?.engine ?? null,
      swarm: node.swarm,
      node: node.hostname,
      nodeState: node.state,
    });
  }
  const order = (row: ListedMachine): number => MACHINE_SOURCES.indexOf(row.source);
  return [...rows.values()].toSorted(
    (a, b) => order(a) - order(b) || a.name.localeCompare(b.name, 'en', { numeric: true }),
  );
}

interface MachinePlace {
  readonly source: MachineSourceKind;
  readonly reference: string;
}

/** Where a node's machine comes from; `undefined` for somebody else's. */
function machineOf({ labels, isLab, hostname }: ListedNode): MachinePlace | undefined {
  const [, source, reference] = /^([a-z-]+)\/(.+)$/s.exec(labels[LABELS.nodeMachine] ?? '') ?? [];
  const kind = MACHINE_SOURCES.find((candidate) => candidate === source);
  if (kind && reference !== undefined) return { source: kind, reference };
  return isLab && labels[LABELS.nodeEngine] !== undefined ? { source: 'lab', reference: hostname } : undefined;
}

/** A host that only the swarm knows is called by what ssh calls it. */
function nameOf({ source, reference }: MachinePlace, { hostname }: ListedNode): string {
  return source === 'ssh' ? hostname : reference;
}

function isMadeByUs({ engineLabels, isLab }: ListedNode): boolean {
  return isLab || engineLabels[LABELS.machine] !== undefined;
}

/** One machine by what a user calls it: its name, its node's name, or `source/reference`. @throws NotFoundError, UsageError */
export function findMachine(machines: readonly ListedMachine[], name: string): ListedMachine {
  const exact = machines.filter((row) => `${row.source}/${row.reference}` === name || row.reference === name);
  const named = machines.filter((row) => row.name === name);
  const found = [exact, named, machines.filter((row) => row.node === name)].find((rows) => rows.length > 0) ?? [];
  if (found.length > 1) {
    throw new UsageError(`Several machines are named "${name}"`, {
      hint: `say which: ${found.map(({ source, reference }) => `${source}/${reference}`).join(', ')}`,
    });
  }
  const [machine] = found;
  if (machine) return machine;
  throw new NotFoundError(`No machine named "${name}" is known here`, {
    hint: 'spark-swarm machines list shows those that are',
  });
}
