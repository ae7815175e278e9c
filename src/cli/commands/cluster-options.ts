import type { Command } from 'commander';

import { PLATFORM_KINDS, type PlatformKind } from '../../cluster/cluster.ts';
import { parseClusterName } from '../../cluster/cluster-name.ts';
import { UsageError } from '../../errors.ts';
import { MACHINE_SOURCES, type HostAddress, type MachineSourceKind } from '../../machines/machine.ts';
import { parseHosts } from '../../machines/parse-hosts.ts';
import { addContextOption, parseChoice, parseText } from '../options.ts';

/** What every command of `cluster` that is about one cluster receives. */
export interface NamedOptions {
  readonly name: string;
  readonly context?: string;
  readonly platform?: PlatformKind;
}

/** `-n`, which the older command demanded, `--context` and `-p` for a name that is in several places. */
export function addNamedOptions(command: Command): Command {
  return addContextOption(addNameOption(command)).option(
    '-p, --platform <platform>',
    `where the cluster is, if the name is on both: ${PLATFORM_KINDS.join(', ')} (default: where it is found)`,
    parsePlatform,
  );
}

export function addNameOption(command: Command): Command {
  return command.requiredOption('-n, --name <name>', 'the cluster', (text) => parseClusterName(text, '-n'));
}

/** Platforms that the older command had, and ours does not have yet. */
const NOT_YET: ReadonlySet<string> = new Set(['kubernetes', 'nomad']);

/** @throws UsageError naming those that are there */
export function parsePlatform(text: string): PlatformKind {
  if (!NOT_YET.has(text)) return parseChoice(text, '-p', PLATFORM_KINDS);
  throw new UsageError(`-p: the platform ${text} is not there yet; expected ${PLATFORM_KINDS.join(' or ')}`);
}

export interface HostOptions {
  readonly source: MachineSourceKind;
  readonly installEngine?: true;
  readonly acceptNewHostKeys?: true;
}

/** Where HOSTS come from, and how they are taken. */
export function addHostOptions(command: Command): Command {
  return command
    .option(
      '--source <source>',
      `where HOSTS come from: ${MACHINE_SOURCES.join(', ')}`,
      (text) => parseChoice(text, '--source', MACHINE_SOURCES),
      'ssh' satisfies MachineSourceKind,
    )
    .option('--install-engine', 'install Docker where it is missing, from the packages of the host')
    .option('--accept-new-host-keys', 'take the ssh key of a host that is not known yet as it is');
}

/** `host[1-3] root@host4,host5:2222`: several words, lists and ranges. @throws UsageError */
export function readHosts(words: readonly string[]): readonly HostAddress[] {
  if (words.length === 0) return [];
  return parseHosts(words.map((word) => parseText(word, 'HOST')).join(','), 'HOST');
}
