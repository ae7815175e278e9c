import { LocalShell } from '../adapters/shell/local-shell.ts';
import { ConflictError, InvalidStateError } from '../errors.ts';
import { runSteps, type FlowStep, type Report } from '../events.ts';
import { listDockerContexts, machineContextDescription } from '../machines/machine-context.ts';
import { findMachine, type ListedMachine } from '../machines/machine-list.ts';
import type { Surroundings } from './connection.ts';
import { listMachines, type MachineOverview } from './list-machines.ts';
import { openMachineSource } from './machine-sources.ts';

export interface RemoveWish {
  readonly names: readonly string[];
  readonly report: Report;
  /** Asks before a machine is gone for good; throws if the answer is no. */
  readonly confirm: (machines: readonly ListedMachine[]) => Promise<void>;
}

export interface RemovedMachine {
  readonly machine: ListedMachine;
  /** `machine`: it is gone. `context`: it is only not known here any more. */
  readonly removed: 'machine' | 'context';
}

/**
 * Takes machines away that we made, and forgets those that were only imported. All are looked at before the first goes.
 *
 * @throws NotFoundError; ConflictError for one that is in a swarm; InvalidStateError for one that is not ours
 */
export async function removeMachines(around: Surroundings, wish: RemoveWish): Promise<readonly RemovedMachine[]> {
  const { names, report } = wish;
  const overview = await listMachines(around, { report });
  const machines = [...new Set(names.map((name) => findMachine(overview.machines, name)))];
  for (const machine of machines) refuse(machine, overview);
  const made = machines.filter(({ source }) => source !== 'ssh');
  if (made.length > 0) await wish.confirm(made);
  const steps: readonly FlowStep[] = machines.map((machine) => ({
    id: `remove-${machine.name}`,
    title: machine.source === 'ssh' ? `Forget the host ${machine.name}` : `Remove the machine ${machine.name}`,
    run: async () => (machine.source === 'ssh' ? forget(machine, around.signal) : destroy(machine, around, report)),
  }));
  await runSteps(steps, report, around.signal);
  return machines.map((machine) => ({ machine, removed: machine.source === 'ssh' ? 'context' : 'machine' }));
}

function refuse(
  { name, source, swarm, node, madeByUs, isKnownHere }: ListedMachine,
  { silent }: MachineOverview,
): void {
  const attempt = `Cannot remove ${name}`;
  if (source === 'lab') {
    throw new InvalidStateError(`${attempt}: it is a node of a lab`, { hint: 'spark-swarm lab down removes the lab' });
  }
  if (swarm !== null) {
    throw new ConflictError(`${attempt}: it is the node ${node} of the swarm "${swarm}"`, {
      hint: `spark-swarm swarm leave ${node} --context spark-${swarm}`,
    });
  }
  if (source === 'ssh') return;
  if (!isKnownHere) {
    throw new InvalidStateError(`${attempt}: it was made from another home folder`, {
      hint: 'whoever made it can remove it',
    });
  }
  if (!madeByUs) {
    throw new InvalidStateError(`${attempt}: spark-swarm did not make it`, { hint: `docker-machine rm ${name}` });
  }
  const [context] = silent;
  if (context === undefined) return;
  throw new ConflictError(
    `${attempt}: whether it is in the swarm of ${context} cannot be known, its manager does not answer`,
    {
      hint: `if that swarm is gone: docker context rm ${context}`,
    },
  );
}

/** The docker context goes, and nothing else: the host is not ours. */
async function forget({ name }: ListedMachine, signal: AbortSignal): Promise<string> {
  const shell = new LocalShell();
  const contexts = await listDockerContexts(shell, signal);
  const ours = contexts.filter(({ description }) => description === machineContextDescription(name));
  for (const context of ours) await shell.run(['docker', 'context', 'rm', '--force', context.name], { signal });
  return `the docker context ${ours.map((context) => context.name).join(', ')} is gone, the host is as it was`;
}

async function destroy(
  { name, source, reference }: ListedMachine,
  around: Surroundings,
  report: Report,
): Promise<void> {
  const { maker } = await openMachineSource(source, around, { report });
  if (!maker) throw new InvalidStateError(`Cannot remove ${name}: machines of ${source} are not made by spark-swarm`);
  await maker.remove(reference, around.signal);
}
