import path from 'node:path';

import type { Command } from 'commander';

import { openLabTools } from '../../adapters/labs/lab-tools.ts';
import { openSetupTools } from '../../adapters/setup/setup-tools.ts';
import { LocalShell } from '../../adapters/shell/local-shell.ts';
import { downLab } from '../../lab/down-lab.ts';
import {
  formatLabData,
  formatLabDown,
  formatLabProblems,
  formatLabUp,
  LAB_TABLE_HEAD,
  labTableRows,
} from '../../lab/format-lab.ts';
import type { LabTools } from '../../lab/lab-machine.ts';
import { DEFAULT_LAB, DEFAULT_NODES, MAX_NODES, parseLabName } from '../../lab/lab-names.ts';
import { readLab } from '../../lab/read-lab.ts';
import { upLab } from '../../lab/up-lab.ts';
import { baseImageStep } from '../../setup/set-up-base-image.ts';
import { parseCount } from '../../units.ts';
import type { CliContext } from '../context.ts';
import {
  addContextOption,
  addExamples,
  addOutputOption,
  addProgressOptions,
  parseText,
  type OutputOptions,
  type ProgressOptions,
} from '../options.ts';
import { formatTable, writeResult } from '../output.ts';
import { withReporter } from '../reporter.ts';

interface LabOptions {
  readonly name: string;
  readonly context?: string;
}

interface UpOptions extends LabOptions, ProgressOptions {
  readonly nodes?: number;
  readonly data?: string;
}

interface DownOptions extends LabOptions, ProgressOptions {
  readonly volumes?: true;
}

export function configure(command: Command, cli: CliContext): void {
  command.description('Nodes in containers on this machine, joined as a swarm, with a docker context.');
  configureUp(command.command('up'), cli);
  configureStatus(command.command('status'), cli);
  configureDown(command.command('down'), cli);
}

function configureUp(command: Command, cli: CliContext): void {
  addLabOptions(command)
    .summary('bring a lab up, or repair it')
    .description('Brings a lab up. What is there and right stays; what is missing or broken is made anew.')
    .option(
      '--nodes <count>',
      `number of nodes, 1 to ${MAX_NODES} (default: as many as there are, else ${DEFAULT_NODES})`,
      (text) => parseCount(text, '--nodes', { min: 1, max: MAX_NODES }),
    )
    .option(
      '--data <folder>',
      "folder of this machine for all nodes to share (default: the one they share, else the project's nfs/)",
      (text) => path.resolve(cli.cwd, parseText(text, '--data')),
    )
    .action(async (options: UpOptions) => {
      const tools = await openTools(options, cli);
      const result = await withReporter(cli, options, (report) => {
        const setup = openSetupTools({ env: cli.env, shell: tools.shell, target: tools.outer, report });
        const { name, nodes, data } = options;
        const wanted = {
          name,
          ...(nodes === undefined ? {} : { nodes }),
          ...(data === undefined ? {} : { data }),
          baseImageStep: baseImageStep(setup),
        };
        return upLab(wanted, tools, { report, signal: cli.signal });
      });
      cli.stdout.write(formatLabUp(result));
    });
  addProgressOptions(command);
  addExamples(command, [
    ['spark-swarm lab up', `${DEFAULT_NODES} nodes, as the docker context spark-${DEFAULT_LAB}`],
    ['spark-swarm lab up --nodes 5', 'more nodes, also later'],
    ['spark-swarm lab up --data ~/data', 'that folder is shared, and becomes /data'],
    [`docker --context spark-${DEFAULT_LAB} node ls`, 'the swarm, as docker shows it'],
  ]);
}

function configureStatus(command: Command, cli: CliContext): void {
  addLabOptions(command)
    .summary("show a lab's nodes")
    .description(
      "Shows a lab's nodes: container, address, place in the swarm, engine. Ends with 1 if anything is wrong.",
    )
    .action(async (options: LabOptions & OutputOptions) => {
      const status = await readLab(options, await openTools(options, cli), cli.signal);
      await writeResult(cli, options.output, status, async () => {
        const table = await formatTable(LAB_TABLE_HEAD, labTableRows(status));
        return `${table}\n${formatLabData(status)}${formatLabProblems(status)}`;
      });
      if (!status.healthy) cli.exitStatus = 1;
    });
  addOutputOption(command);
  addExamples(command, [['spark-swarm lab status -o json | jq .healthy', 'for scripts']]);
}

function configureDown(command: Command, cli: CliContext): void {
  addLabOptions(command)
    .summary('remove a lab')
    .description(
      "Removes a lab's nodes, network and docker context. Its volumes stay, so that the next `lab up` has the images.",
    )
    .option(
      '--volumes',
      'remove the volumes as well: images, swarm state and all data in them; the shared folder stays',
    )
    .action(async (options: DownOptions) => {
      const tools = await openTools(options, cli);
      const result = await withReporter(cli, options, (report) =>
        downLab({ name: options.name, volumes: options.volumes ?? false }, tools, { report, signal: cli.signal }),
      );
      cli.stdout.write(formatLabDown(result));
    });
  addProgressOptions(command);
  addExamples(command, [['spark-swarm lab down --volumes', 'leave nothing']]);
}

function addLabOptions(command: Command): Command {
  return addContextOption(
    command.option('--name <name>', 'the lab', (text) => parseLabName(text, '--name'), DEFAULT_LAB),
  );
}

async function openTools({ context }: LabOptions, { env, projectRoot }: CliContext): Promise<LabTools> {
  return openLabTools({ context, env, shell: new LocalShell(), projectRoot });
}
