import type { Command } from 'commander';

import { UsageError } from '../../errors.ts';
import type { Report } from '../../events.ts';
import type { HostAddress, MachineSize } from '../../machines/machine.ts';
import { parseHosts } from '../../machines/parse-hosts.ts';
import { chooseMachines, parsePrefix } from '../../swarm/choose-machines.ts';
import type { MachineWish } from '../../swarm/swarm-wish.ts';
import { parseCores, parseCount, parseSize } from '../../units.ts';
import type { CliContext } from '../context.ts';
import { parseChoice, parseText } from '../options.ts';

/** Flags that say which machines; `swarm create` and `swarm join` have them both. */
export interface MachineOptions {
  readonly hosts?: string;
  readonly inventory?: string;
  readonly source?: 'ssh' | 'lab';
  readonly create?: true;
  readonly driver?: string;
  readonly num?: number;
  readonly prefix?: string;
  readonly machineCores?: number;
  readonly machineMemory?: number;
  readonly machineDisk?: number;
  readonly managers?: number;
  readonly drainManagers?: true;
  readonly advertiseAddr?: string;
  readonly installEngine?: true;
  readonly acceptNewHostKeys?: true;
}

const MOST_MACHINES = 100;

export function addMachineOptions(command: Command): Command {
  return command
    .argument('[driver-flags...]', "after --: flags of docker-machine's driver, passed on as they are")
    .option('--hosts <list>', 'machines: user@host:port, separated by commas; ranges like node[01-10]', (text) =>
      parseText(text, '--hosts'),
    )
    .option(
      '--inventory <file>',
      'machines out of a file: Ansible inventory, terraform output -json, machines export',
      (text) => parseText(text, '--inventory'),
    )
    .option('--source <source>', 'what --hosts are: ssh, or lab for nodes of a lab (default: ssh)', (text) =>
      parseChoice(text, '--source', ['ssh', 'lab']),
    )
    .option('-c, --create', 'let docker-machine make the machines; those that are there stay')
    .option(
      '--driver <driver>',
      "docker-machine's driver, with --create; generic takes its machines from --hosts (default: virtualbox)",
      (text) => parseText(text, '--driver'),
    )
    .option('-n, --num <count>', "docker-machine's machines PREFIX1 to PREFIX<count> (default: 3)", (text) =>
      parseCount(withoutEquals(text), '--num', { min: 1, max: MOST_MACHINES }),
    )
    .option('-p, --prefix <prefix>', 'how their names begin (default: myvm)', (text) =>
      parsePrefix(withoutEquals(text), '--prefix'),
    )
    .option('--machine-cores <cores>', 'cores of a machine that is made', (text) => parseCores(text, '--machine-cores'))
    .option('--machine-memory <size>', 'memory of a machine that is made, like 4g', (text) =>
      parseSize(text, '--machine-memory'),
    )
    .option('--machine-disk <size>', 'disk of a machine that is made, like 40g', (text) =>
      parseSize(text, '--machine-disk'),
    )
    .option(
      '--managers <count>',
      'how many machines manage the swarm: 1, 3 or 5 (default: as it is, else 1)',
      parseManagers,
    )
    .option('--drain-managers', 'managers run no containers of clusters')
    .option(
      '--advertise-addr <address>',
      'where the nodes reach each other: an IP, a network interface, or a subnet',
      (text) => parseText(text, '--advertise-addr'),
    )
    .option('--install-engine', "install docker where it is missing, from the machine's own packages")
    .option('--accept-new-host-keys', 'take the ssh key of a host that was never met; a changed one is refused always');
}

/** The older script's users wrote `-n=3`, too, which leaves the `=` at the value. */
function withoutEquals(text: string): string {
  return text.replace(/^=/, '');
}

/** How many manage the swarm. @throws UsageError */
export function parseManagers(text: string): number {
  if (['1', '3', '5'].includes(text)) return Number(text);
  const why =
    text === '2' || text === '4' ? `; ${text} bear the loss of no more managers than ${Number(text) - 1}` : '';
  throw new UsageError(`--managers: got ${JSON.stringify(text)}; expected 1, 3 or 5${why}`);
}

/** The machines that the flags name. @throws UsageError; ConfigError for an inventory */
export async function readMachineWish(
  cli: CliContext,
  options: MachineOptions,
  driverFlags: readonly string[],
  report: Report,
): Promise<readonly MachineWish[]> {
  const { machineCores, machineMemory, machineDisk } = options;
  const size: MachineSize = { cores: machineCores, memoryBytes: machineMemory, diskBytes: machineDisk };
  const hosts = options.inventory === undefined ? undefined : await readHosts(cli, options.inventory, report);
  return chooseMachines({
    ...options,
    create: options.create ?? false,
    hosts: options.hosts === undefined || options.source === 'lab' ? undefined : parseHosts(options.hosts, '--hosts'),
    labNodes: options.source === 'lab' ? (options.hosts ?? '').split(',').filter((name) => name !== '') : undefined,
    inventory: hosts,
    size,
    driverFlags,
  });
}

async function readHosts(cli: CliContext, file: string, report: Report): Promise<readonly HostAddress[]> {
  const { readInventory } = await import('../../adapters/machines/read-inventory.ts');
  const { hosts, notes } = await readInventory(file, { cwd: cli.cwd });
  for (const message of notes) report({ type: 'note', message });
  return hosts.map(({ address }) => address);
}
