import type { Command } from 'commander';

import { openSwarmTools } from '../../connections/swarm-tools.ts';
import { createSwarm, type SwarmCreated } from '../../swarm/create-swarm.ts';
import { formatCreated, formatNext, swarmTable } from '../../swarm/format-swarm.ts';
import { DEFAULT_SWARM, parseSwarmName } from '../../swarm/swarm-name.ts';
import type { SwarmWish } from '../../swarm/swarm-wish.ts';
import { surroundingsOf } from '../connect.ts';
import type { CliContext } from '../context.ts';
import {
  addDryRunOption,
  addExamples,
  addOutputOption,
  addProgressOptions,
  type DryRunOptions,
  type OutputOptions,
  type ProgressOptions,
} from '../options.ts';
import { formatTable, writeResult } from '../output.ts';
import { withReporter } from '../reporter.ts';
import { addMachineOptions, readMachineWish, type MachineOptions } from './swarm-machines.ts';

export type FormOptions = MachineOptions & OutputOptions & ProgressOptions & DryRunOptions;

export function configureCreate(command: Command, cli: CliContext): void {
  addMachineOptions(addFormOptions(command))
    .summary('make a swarm of machines, or repair it')
    .description(
      'Makes a swarm of machines, after looking at all of them. Run again it repairs what is missing or broken, and nothing else.',
    )
    .option(
      '--name <name>',
      'the swarm; its docker context is spark-NAME',
      (text) => parseSwarmName(text, '--name'),
      DEFAULT_SWARM,
    )
    .action(async (driverFlags: readonly string[], options: FormOptions & { readonly name: string }) => {
      const created = await withReporter(cli, options, async (report) => {
        const machines = await readMachineWish(cli, options, driverFlags, report);
        const tools = await openSwarmTools(surroundingsOf(cli), {
          report,
          acceptNewHostKeys: options.acceptNewHostKeys ?? false,
        });
        return createSwarm({ ...wishOf(options), name: options.name, machines }, tools, { report, signal: cli.signal });
      });
      await writeCreated(cli, options, created);
    });
  addExamples(command, [
    ['spark-swarm swarm create --hosts root@10.0.0.4,root@10.0.0.5,root@10.0.0.6', 'three servers'],
    ["spark-swarm swarm create --hosts 'node[01-10]' --managers 3 --dry-run", 'what would be done'],
    ['spark-swarm swarm create --create --driver virtualbox --num 3 --prefix myvm', 'docker-machine makes them'],
    ['spark-swarm swarm create --num 3 --prefix myvm', 'the same machines, taken as they are'],
  ]);
}

/** Flags of `create` and `join` besides those that say which machines. */
export function addFormOptions(command: Command): Command {
  return addDryRunOption(addProgressOptions(addOutputOption(command)));
}

export function wishOf(options: FormOptions): Omit<SwarmWish, 'name' | 'machines'> {
  return {
    managers: options.managers,
    drainManagers: options.drainManagers,
    advertiseAddress: options.advertiseAddr,
    installEngine: options.installEngine ?? false,
    dryRun: options.dryRun ?? false,
  };
}

export async function writeCreated(cli: CliContext, options: FormOptions, created: SwarmCreated): Promise<void> {
  const dryRun = options.dryRun ?? false;
  await writeResult(cli, options.output, { ...created, dryRun }, async () => {
    const head = formatCreated(created, { dryRun });
    if (dryRun) return head;
    const table = swarmTable(created.nodes);
    return `${head}${await formatTable(table.head, table.rows)}\n${formatNext(created)}`;
  });
}
