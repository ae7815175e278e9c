import { UsageError } from '../errors.ts';
import type { HostAddress, MachineSize } from '../machines/machine.ts';
import type { MachineWish } from './swarm-wish.ts';

/** What the flags of `swarm create` say about machines, each parsed by itself. */
export interface MachineFlags {
  readonly hosts: readonly HostAddress[] | undefined;
  readonly labNodes: readonly string[] | undefined;
  /** Hosts of `--inventory`. */
  readonly inventory: readonly HostAddress[] | undefined;
  readonly create: boolean;
  readonly driver?: string | undefined;
  readonly num?: number | undefined;
  readonly prefix?: string | undefined;
  readonly size: MachineSize;
  readonly driverFlags: readonly string[];
}

export const DEFAULT_NUMBER = 3;
export const DEFAULT_PREFIX = 'myvm';
const DEFAULT_DRIVER = 'virtualbox';

/**
 * How the names of docker-machine's machines begin: they become host names, which have no `_`.
 *
 * @throws UsageError
 */
export function parsePrefix(text: string, field: string): string {
  if (/^[a-zA-Z0-9][a-zA-Z0-9.-]{0,49}$/.test(text)) return text;
  const why = text.includes('_') ? ': host names have no _' : '';
  throw new UsageError(
    `${field}: got ${JSON.stringify(text)}; expected letters, digits, dashes and dots, beginning with a letter or digit${why}`,
  );
}

/**
 * Which machines are meant. `--hosts` and `--inventory` are reached by ssh; else they are docker-machine's, made with
 * `--create` and taken as they are without.
 *
 * @throws UsageError for flags that do not go together
 */
export function chooseMachines(flags: MachineFlags): readonly MachineWish[] {
  const { hosts, labNodes, inventory, create, driverFlags } = flags;
  if (driverFlags.length > 0 && !(create && driverFlags[0]?.startsWith('-'))) {
    throw new UsageError(`unexpected argument ${JSON.stringify(driverFlags[0])}`, {
      hint: 'machines are named by --hosts; flags of a driver follow --create and --',
    });
  }
  if (create) return [toBeMade(flags)];
  refuseMakersFlags(flags);
  if (labNodes) {
    if (labNodes.length === 0)
      throw new UsageError('--source lab: expected --hosts with the names of its nodes, like lab-1,lab-2');
    return [{ source: 'lab', nodes: labNodes }];
  }
  if (hosts || inventory) {
    const [first, second] = [
      flags.num === undefined ? undefined : '--num',
      flags.prefix === undefined ? undefined : '--prefix',
    ];
    const extra = first ?? second;
    if (extra !== undefined) {
      throw new UsageError(
        `${extra} names machines of docker-machine, and ${hosts ? '--hosts' : '--inventory'} names others; expected one of them`,
      );
    }
    return [{ source: 'ssh', hosts: [...(hosts ?? []), ...(inventory ?? [])] }];
  }
  if (flags.num === undefined && flags.prefix === undefined) {
    throw new UsageError('No machines are named: expected --hosts A,B,C, --inventory FILE, or --create', {
      hint: `machines that docker-machine has already: --num ${DEFAULT_NUMBER} --prefix ${DEFAULT_PREFIX}`,
    });
  }
  return [{ source: 'docker-machine', names: machineNames(flags, DEFAULT_NUMBER), create: undefined }];
}

function toBeMade(flags: MachineFlags): MachineWish {
  const { driver = DEFAULT_DRIVER, hosts, inventory, labNodes, size, driverFlags } = flags;
  if (labNodes) throw new UsageError("--create: a lab's nodes are made by lab up");
  const given = [...(hosts ?? []), ...(inventory ?? [])];
  if (driver === 'generic') {
    if (given.length === 0) throw new UsageError('--driver generic: expected --hosts, one for each machine');
    if (flags.num !== undefined && flags.num !== given.length) {
      throw new UsageError(`--num and --hosts contradict each other (${flags.num}, ${given.length} hosts)`);
    }
  } else if (given.length > 0) {
    throw new UsageError(
      `--driver ${driver} makes machines of its own; --hosts and --inventory go with --driver generic, or without --create`,
    );
  }
  const names = machineNames(flags, given.length === 0 ? DEFAULT_NUMBER : given.length);
  return { source: 'docker-machine', names, create: { driver, size, driverFlags, hosts: given } };
}

function machineNames({ num, prefix = DEFAULT_PREFIX }: MachineFlags, otherwise: number): readonly string[] {
  return Array.from({ length: num ?? otherwise }, (_, index) => `${prefix}${index + 1}`);
}

function refuseMakersFlags({ driver, size }: MachineFlags): void {
  const given = [
    ...(driver === undefined ? [] : ['--driver']),
    ...(size.cores === undefined ? [] : ['--machine-cores']),
    ...(size.memoryBytes === undefined ? [] : ['--machine-memory']),
    ...(size.diskBytes === undefined ? [] : ['--machine-disk']),
  ];
  const [first] = given;
  if (first !== undefined) throw new UsageError(`${first} is about machines that are made; expected --create with it`);
}
