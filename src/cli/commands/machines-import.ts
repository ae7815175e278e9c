import path from 'node:path';

import type { Command } from 'commander';

import { importMachines, type Imported } from '../../connections/import-machines.ts';
import { UsageError } from '../../errors.ts';
import { formatHost } from '../../machines/parse-hosts.ts';
import { parseSwarmName } from '../../swarm/swarm-name.ts';
import { confirm } from '../ask.ts';
import { surroundingsOf } from '../connect.ts';
import type { CliContext } from '../context.ts';
import {
  addDryRunOption,
  addExamples,
  addProgressOptions,
  addRepeatableOption,
  addYesOption,
  parseText,
  type DryRunOptions,
  type ProgressOptions,
  type YesOptions,
} from '../options.ts';
import { formatTable } from '../output.ts';
import { withReporter } from '../reporter.ts';

interface ImportCommandOptions extends ProgressOptions, YesOptions, DryRunOptions {
  readonly name?: string;
  readonly group: readonly string[];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly acceptNewHostKeys?: true;
}

/** `machines import`. */
export function configureImport(command: Command, cli: CliContext): void {
  command
    .description(
      'Make the machines of a file known here: a file of "machines export", an Ansible inventory (INI or YAML), the output of "terraform output -json", or a list of hosts. Makes docker contexts, adds host keys that you accept, and enters each machine to see that it lets you in.',
    )
    .argument('<file>', 'the file; what it is, is seen in its content')
    .option('--name <name>', 'another name for the swarm in the file', (text) => parseSwarmName(text, '--name'))
    .option('--tls-cert <file>', 'your own client certificate, for engines that ask for one', (text) =>
      path.resolve(cli.cwd, parseText(text, '--tls-cert')),
    )
    .option('--tls-key <file>', 'the key of that certificate', (text) =>
      path.resolve(cli.cwd, parseText(text, '--tls-key')),
    )
    .option(
      '--accept-new-host-keys',
      'trust the keys of hosts that were never met; a changed key is refused all the same',
    );
  addRepeatableOption(command, {
    flags: '--group <name>',
    description: 'only this group of an Ansible inventory, or this output of Terraform',
    parse: (text) => parseText(text, '--group'),
    otherwise: 'all',
  });
  addProgressOptions(addYesOption(addDryRunOption(command)));
  addExamples(command, [
    ['spark-swarm machines import swarm.yaml', 'a file of "machines export"'],
    ['spark-swarm machines import inventory.ini --group spark', 'one group of an Ansible inventory'],
    ['terraform output -json > tf.json && spark-swarm machines import tf.json', ''],
    ['spark-swarm swarm create --hosts web1,web2,web3', 'with the names that were imported'],
  ]);
  command.action(async (file: string, options: ImportCommandOptions) => {
    const certificate = certificateOf(options);
    const imported = await withReporter(cli, options, async (report) =>
      importMachines(surroundingsOf(cli), {
        file,
        groups: options.group,
        name: options.name,
        certificate,
        acceptNewHostKeys: options.acceptNewHostKeys ?? false,
        dryRun: options.dryRun ?? false,
        report,
        confirm: async (keys) => confirmKeys(cli, keys, options),
      }),
    );
    cli.stdout.write(await formatImported(imported, options.dryRun ?? false));
  });
}

function certificateOf({
  tlsCert,
  tlsKey,
}: ImportCommandOptions): { readonly cert: string; readonly key: string } | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert !== undefined && tlsKey !== undefined) return { cert: tlsCert, key: tlsKey };
  throw new UsageError(
    `${tlsCert === undefined ? '--tls-key' : '--tls-cert'}: expected both, --tls-cert and --tls-key`,
  );
}

async function confirmKeys(cli: CliContext, keys: readonly string[], { yes }: YesOptions): Promise<void> {
  for (const key of keys) cli.stderr.write(`host key of ${key}\n`);
  const what = keys.length === 1 ? 'this host key' : `these ${keys.length} host keys`;
  await confirm(cli, `Trust ${what}? Compare with what whoever gave you the file reads on the machines`, { yes });
}

async function formatImported({ machines, contexts, changes }: Imported, isPlan: boolean): Promise<string> {
  const lines = changes.length === 0 ? ['nothing to do'] : changes;
  if (isPlan) return `${lines.join('\n')}\n`;
  const table =
    machines.length === 0
      ? ''
      : `${await formatTable(
          ['name', 'host'],
          machines.map(({ name, address }) => [name, formatHost(address)]),
        )}\n`;
  const where = contexts.length === 1 ? `docker context: ${contexts[0]}` : `docker contexts: ${contexts.join(', ')}`;
  return `${table}${contexts.length === 0 ? '' : `${where}\n`}`;
}
