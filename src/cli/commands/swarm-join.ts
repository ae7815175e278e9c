import type { Command } from 'commander';

import { openSwarmTarget, openSwarmTools } from '../../connections/swarm-tools.ts';
import { UsageError } from '../../errors.ts';
import { joinSwarm } from '../../swarm/create-swarm.ts';
import { surroundingsOf } from '../connect.ts';
import type { CliContext } from '../context.ts';
import { addContextOption, addExamples } from '../options.ts';
import { withReporter } from '../reporter.ts';
import { addFormOptions, wishOf, writeCreated, type FormOptions } from './swarm-create.ts';
import { addMachineOptions, readMachineWish } from './swarm-machines.ts';

export function configureJoin(command: Command, cli: CliContext): void {
  addMachineOptions(addContextOption(addFormOptions(command)))
    .summary('bring more machines into a swarm')
    .description(
      'Brings more machines into a swarm of ours. A new node gets the images that clusters use before it gets tasks.',
    )
    .action(async (driverFlags: readonly string[], options: FormOptions & { readonly context?: string }) => {
      if (!options.hosts && !options.inventory && !options.prefix) {
        throw new UsageError('the machines are missing; expected --hosts, --inventory, or --prefix');
      }
      const created = await withReporter(cli, options, async (report) => {
        const machines = await readMachineWish(cli, options, driverFlags, report);
        const around = surroundingsOf(cli);
        const tools = await openSwarmTools(around, { report, acceptNewHostKeys: options.acceptNewHostKeys ?? false });
        const target = await openSwarmTarget(around, { context: options.context, report });
        return joinSwarm({ ...wishOf(options), machines }, target, tools, { report, signal: cli.signal });
      });
      await writeCreated(cli, options, created);
    });
  addExamples(command, [
    ['spark-swarm swarm join --hosts root@10.0.0.7', 'one more worker'],
    ["spark-swarm swarm join --hosts 'root@node[4-5]' --managers 3", 'and three managers from now on'],
  ]);
}
