import { UsageError } from '../errors.ts';
import { runSteps, skipped } from '../events.ts';
import type { CreateRequest, Machine, MachineMaker } from '../machines/machine.ts';
import { formatHost } from '../machines/parse-hosts.ts';
import type { MachineWish, MakeMachines, SwarmRun, SwarmTools, SwarmWish } from './swarm-wish.ts';

/** The machines of one command, open until it ends. */
export class OpenMachines implements AsyncDisposable {
  readonly #open = new Map<string, Machine>();

  get all(): readonly Machine[] {
    return [...this.#open.values()];
  }

  /** Keeps a machine; one of the same name that was opened before is closed. */
  async keep(machine: Machine): Promise<void> {
    await this.#open.get(machine.name)?.[Symbol.asyncDispose]();
    this.#open.set(machine.name, machine);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.all.map(async (machine) => machine[Symbol.asyncDispose]()));
  }
}

/** What a source finds each machine of a wish by. */
export function referencesOf(wish: MachineWish): readonly string[] {
  switch (wish.source) {
    case 'ssh':
      return wish.hosts.map(formatHost);
    case 'lab':
      return wish.nodes;
    case 'docker-machine':
      return wish.names;
    default:
      return wish satisfies never;
  }
}

/**
 * Every machine of the wish, in the order of the wish. Dials nobody.
 *
 * @throws UsageError if a machine is named twice; NotFoundError for one that its source does not know
 */
export async function openMachines(
  wish: Pick<SwarmWish, 'machines'>,
  tools: SwarmTools,
  signal: AbortSignal,
): Promise<OpenMachines> {
  const open = new OpenMachines();
  try {
    for (const part of wish.machines) {
      const source = await tools.openSource(part.source);
      const machines = await Promise.all(referencesOf(part).map(async (reference) => source.open(reference, signal)));
      for (const machine of machines) {
        refuseTwice(machine, open.all);
        await open.keep(machine);
      }
    }
    return open;
  } catch (error) {
    await open[Symbol.asyncDispose]();
    throw error;
  }
}

function refuseTwice({ name, source, reference }: Machine, others: readonly Machine[]): void {
  const twin = others.find(
    (other) => other.name === name || (other.source === source && other.reference === reference),
  );
  if (!twin) return;
  throw new UsageError(
    `The machine ${reference} is named twice${twin.name === name ? '' : `, as ${twin.name} and as ${name}`}`,
  );
}

/** Makes the machines that are to be made: docker-machine's. What is there stays. */
export async function makeMachines(wish: SwarmWish, tools: SwarmTools, { report, signal }: SwarmRun): Promise<boolean> {
  const parts = wish.machines.flatMap((part) =>
    part.source === 'docker-machine' && part.create ? [{ names: part.names, make: part.create }] : [],
  );
  let isChanged = false;
  for (const { names, make } of parts) {
    const maker = await openMaker(tools);
    const title = `Make ${names.length === 1 ? '1 machine' : `${names.length} machines`} (${make.driver})`;
    await runSteps(
      [
        {
          id: 'machines',
          title,
          async run({ progress, signal: stepSignal }) {
            const made = await maker.create(requestsOf(names, make), {
              ...make,
              swarm: wish.name,
              progress: (machine, detail) => progress(`${machine}: ${detail}`),
              signal: stepSignal,
            });
            const fresh = made.filter(({ isNew }) => isNew).map(({ name }) => name);
            isChanged ||= fresh.length > 0;
            return fresh.length === 0 ? skipped('they are there') : fresh.join(', ');
          },
        },
      ],
      report,
      signal,
    );
  }
  return isChanged;
}

async function openMaker(tools: SwarmTools): Promise<MachineMaker> {
  const { maker } = await tools.openSource('docker-machine');
  if (maker) return maker;
  throw new UsageError('--create: docker-machine makes machines, and it is not there');
}

function requestsOf(names: readonly string[], { hosts }: MakeMachines): readonly CreateRequest[] {
  return names.map((name, index) => ({ name, host: hosts[index] }));
}
