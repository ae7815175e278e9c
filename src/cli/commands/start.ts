import type { Command } from 'commander';

import type { CliContext } from '../context.ts';
import { addExamples } from '../options.ts';
import { addDeployOptions, type DeployCommandOptions } from './deploy-options.ts';
import { runDeploy } from './deploy.ts';

export function configure(command: Command, cli: CliContext): void {
  addDeployOptions(command, cli, 'containers').description(
    'Start a cluster in containers of one engine, or change the one that is there, and wait until Spark is ready.',
  );
  addExamples(command, [
    ['spark-swarm start', 'two workers of one core'],
    ['spark-swarm start --notebook --data ~/data', 'JupyterLab, and a folder of yours as /data'],
    ['spark-swarm start --name b --port ui=0 --port master=0', 'another one beside it'],
  ]);
  command.action(async (options: DeployCommandOptions) =>
    runDeploy(cli, { ...options, platform: options.platform ?? 'containers' }),
  );
}
