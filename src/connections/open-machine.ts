import { InvalidStateError, NotFoundError } from '../errors.ts';
import { silent, type Report } from '../events.ts';
import { findMachine, type ListedMachine } from '../machines/machine-list.ts';
import type { Machine, MachineSourceKind } from '../machines/machine.ts';
import type { Surroundings } from './connection.ts';
import { listKnown, listMachines } from './list-machines.ts';
import { openMachineSource } from './machine-sources.ts';

export interface OpenMachineOptions {
  readonly acceptNewHostKeys: boolean;
  readonly report: Report;
}

/**
 * A machine by what a user calls it: `user@host[:port]` as it is; else what a source here knows; else a node of a swarm whose
 * context is here, for which that swarm's manager is asked.
 *
 * @throws NotFoundError, UsageError
 */
export async function openNamedMachine(
  around: Surroundings,
  name: string,
  options: OpenMachineOptions,
): Promise<Machine> {
  if (name.includes('@') && !/^(?:ssh|docker-machine|lab)\//.test(name)) return open(around, 'ssh', name, options);
  const { source, reference, isKnownHere, node } = await find(around, name, options.report);
  if (!isKnownHere && source === 'docker-machine') {
    throw new InvalidStateError(
      `Cannot enter ${name}: it was made by docker-machine from another home folder, and so its key is there`,
      {
        hint: `ask whoever made it to let you in, then: spark-swarm machines ssh USER@${node ?? name}`,
      },
    );
  }
  return open(around, source, reference, options);
}

async function find(around: Surroundings, name: string, report: Report): Promise<ListedMachine> {
  try {
    // What is known without asking anybody; what is wrong with a source is said when it is the one that is needed.
    return findMachine(await listKnown(around, silent), name);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    return findMachine((await listMachines(around, { report })).machines, name);
  }
}

async function open(
  around: Surroundings,
  kind: MachineSourceKind,
  reference: string,
  options: OpenMachineOptions,
): Promise<Machine> {
  return (await openMachineSource(kind, around, options)).open(reference, around.signal);
}
