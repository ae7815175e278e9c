import type { Command } from 'commander';

import type { CliContext } from '../context.ts';
import { addExamples } from '../options.ts';
import { addRemoveOptions, runRemove, type RemoveOptions } from './remove.ts';

export function configure(command: Command, cli: CliContext): void {
  addRemoveOptions(command, 'containers').description(
    'Stop a cluster in containers of one engine and remove them, until nothing of it is left. Images and data volumes stay.',
  );
  addExamples(command, [['spark-swarm stop', 'asks if an application is running']]);
  command.action(async (options: RemoveOptions) =>
    runRemove(cli, { ...options, platform: options.platform ?? 'containers' }),
  );
}
