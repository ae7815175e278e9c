import { createRequire } from 'node:module';
import path from 'node:path';

import type { CommandEntry } from './command-table.ts';

const DESCRIPTION = 'Apache Spark on Docker: a master and N workers, on one machine or on a swarm.';

export const EXIT_STATUSES = `
Exit status:
  0    done, or nothing to do
  1    failed, unhealthy, or not found
  2    wrong usage or configuration; nothing was changed
  3    gave up waiting; the work may go on
  4    an engine, a node or a master does not answer
  5    in conflict with what is there
  130  interrupted`;

const EXAMPLES = `
Examples:
  spark-swarm quickstart                  a Spark that works, from nothing
  spark-swarm deploy --workers 4          a cluster on the swarm
  spark-swarm submit --example pi 100     run an application on it
  spark-swarm COMMAND --help              what a command does, and its flags

Every flag --some-flag can be given as SPARK_SWARM_SOME_FLAG in the environment, and what describes the cluster in the file
spark-swarm.yaml (spark-swarm config init); what is typed wins.`;

/** What `spark-swarm --help` prints. By hand, because loading commander costs a quarter of the whole answer. */
export function formatRootHelp(entries: readonly CommandEntry[]): string {
  const groups = new Map(entries.map(({ words, summary }) => [words.join(' '), summary]));
  const rows = [...groups, ['--version', 'show the version'], ['-h, --help', 'show this help']] as const;
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  const lines = rows.map(([name, summary]) => `  ${name.padEnd(width)}${summary}`);
  const commands = lines.slice(0, groups.size);
  const flags = lines.slice(groups.size);
  return [
    'Usage: spark-swarm COMMAND [flags]',
    `\n${DESCRIPTION}`,
    '\nCommands:',
    ...commands,
    '\nFlags:',
    ...flags,
    EXAMPLES,
    EXIT_STATUSES,
    '',
  ].join('\n');
}

/** The version of the package, as package.json has it. */
export function readVersion(projectRoot: string): string {
  const { version } = createRequire(import.meta.url)(path.join(projectRoot, 'package.json')) as { version: string };
  return version;
}
