import type { Command } from 'commander';

import { listMachines } from '../../connections/list-machines.ts';
import type { ListedMachine } from '../../machines/machine-list.ts';
import { removeMachines } from '../../connections/remove-machines.ts';
import { confirm } from '../ask.ts';
import { surroundingsOf } from '../connect.ts';
import type { CliContext } from '../context.ts';
import {
  addExamples,
  addOutputOption,
  addProgressOptions,
  addYesOption,
  type OutputOptions,
  type ProgressOptions,
  type YesOptions,
} from '../options.ts';
import { formatTable, writeResult } from '../output.ts';
import { withReporter } from '../reporter.ts';
import { configureExport } from './machines-export.ts';
import { configureImport } from './machines-import.ts';
import { configureSsh } from './machines-ssh.ts';

/** `machines list|ssh|export|import|remove`. */
export function configure(command: Command, cli: CliContext): void {
  command.description('The machines that swarms are made of: VMs, hosts, nodes of labs.');
  configureList(command.command('list').summary('list the machines that are known here'), cli);
  configureSsh(command.command('ssh').summary('run a command on a machine, or log in'), cli);
  configureExport(command.command('export').summary('write what another operator needs to reach the machines'), cli);
  configureImport(command.command('import').summary('make the machines of a file known here'), cli);
  configureRemove(command.command('remove').summary('take away machines that were made by spark-swarm'), cli);
}

function configureList(command: Command, cli: CliContext): void {
  addProgressOptions(addOutputOption(command)).description(
    'List the machines of docker-machine, of the labs, and those imported; and the nodes of the swarms whose docker contexts are here. Only the managers of these swarms are asked, no machine is entered.',
  );
  addExamples(command, [['spark-swarm machines list -o json | jq -r ".machines[].name"', 'for scripts']]);
  command.action(async (options: OutputOptions & ProgressOptions) => {
    const { machines } = await withReporter(cli, options, async (report) =>
      listMachines(surroundingsOf(cli), { report }),
    );
    const rows = machines.map(({ isKnownHere: _, ...row }) => row);
    await writeResult(cli, options.output, { machines: rows }, async () =>
      formatTable(
        ['name', 'source', 'driver', 'engine', 'swarm', 'node', 'made by us'],
        rows.map(({ name, source, driver, engine, swarm, node, nodeState, madeByUs }) => [
          name,
          source,
          driver ?? '-',
          engine ?? '-',
          swarm ?? '-',
          node === null ? '-' : nodeState === 'ready' ? node : `${node} (${nodeState})`,
          madeByUs ? 'yes' : 'no',
        ]),
      ),
    );
  });
}

function configureRemove(command: Command, cli: CliContext): void {
  addProgressOptions(addYesOption(command))
    .description(
      'Take machines away that spark-swarm made with docker-machine. A host that was only imported stays as it is: its docker context here goes. A machine in a swarm is refused; "swarm leave" takes it out.',
    )
    .argument('<names...>', 'machines, as "machines list" names them');
  addExamples(command, [
    ['spark-swarm machines remove myvm1 myvm2', 'asks before'],
    ['spark-swarm machines remove web1', 'a host that was imported: it is only forgotten'],
  ]);
  command.action(async (names: readonly string[], options: ProgressOptions & YesOptions) => {
    const removed = await withReporter(cli, options, async (report) =>
      removeMachines(surroundingsOf(cli), {
        names,
        report,
        confirm: async (machines) =>
          confirm(cli, questionFor(machines), {
            yes: options.yes,
          }),
      }),
    );
    for (const { machine, removed: what } of removed) {
      cli.stdout.write(
        what === 'machine'
          ? `${machine.name} is removed${machine.driver === 'generic' ? ' from docker-machine; the host itself stays as it is' : ''}\n`
          : `${machine.name} is forgotten; the host itself was not changed\n`,
      );
    }
  });
}

/** Machines of the driver `generic` are hosts that somebody gave: docker-machine only forgets them. */
function questionFor(machines: readonly ListedMachine[]): string {
  const names = (listed: readonly ListedMachine[]): string => listed.map(({ name }) => name).join(', ');
  const given = machines.filter(({ driver }) => driver === 'generic');
  const made = machines.filter(({ driver }) => driver !== 'generic');
  const parts = [
    ...(made.length === 0 ? [] : [`Remove ${names(made)} with all that is on ${made.length === 1 ? 'it' : 'them'}?`]),
    ...(given.length === 0
      ? []
      : [`Let docker-machine forget ${names(given)}? The hosts themselves stay as they are.`]),
  ];
  return parts.join(' ');
}
