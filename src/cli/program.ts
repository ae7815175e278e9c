import { createRequire } from 'node:module';
import path from 'node:path';

import { Command, CommanderError } from 'commander';

import { COMMANDS, type CommandEntry } from './command-table.ts';
import type { CliContext } from './context.ts';
import { applyEnvironment, refuseContradictions, refuseExtraArguments } from './parse-rules.ts';
import { toUsageError } from './usage-messages.ts';

const DESCRIPTION = 'Apache Spark on Docker: a master and N workers, on one machine or on a swarm.';

const EXIT_STATUSES = `
Exit status:
  0    done, or nothing to do
  1    failed, unhealthy, or not found
  2    wrong usage or configuration; nothing was changed
  3    gave up waiting; the work may go on
  4    an engine, a node or a master does not answer
  5    in conflict with what is there
  130  interrupted`;

const ROOT_EXAMPLES = `
Examples:
  spark-swarm quickstart                  a Spark that works, from nothing
  spark-swarm deploy --workers 4          a cluster on the swarm
  spark-swarm submit --example pi 100     run an application on it
  spark-swarm COMMAND --help              what a command does, and its flags

Every flag --some-flag can be given as SPARK_SWARM_SOME_FLAG in the environment; what is typed wins.`;

/**
 * Parses the command line and runs the one command it names. Only that command's module is loaded.
 *
 * @throws UsageError if the line makes no sense; whatever the command throws
 */
export async function runProgram(
  argv: readonly string[],
  cli: CliContext,
  entries: readonly CommandEntry[] = COMMANDS,
): Promise<void> {
  const words = argv[0] === 'help' ? [...argv.slice(1), '--help'] : [...argv];
  const root = createRoot(cli);
  const chosen = findEntry(words, entries);
  for (const entry of entries) {
    const command = addCommand(root, entry);
    if (entry === chosen) (await entry.load()).configure(command, cli);
  }
  for (const command of withDescendants(root)) addRules(command);
  if (words.length === 0) return root.outputHelp();
  try {
    await root.parseAsync(isUnknown(words[0], root) ? words.slice(0, 1) : words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && SHOWN.has(error.code)) return;
    throw error;
  }
}

/** Codes by which commander ends after it has printed what was asked for. `commander.help`: a group without a command. */
const SHOWN = new Set(['commander.helpDisplayed', 'commander.help', 'commander.version']);

function createRoot(cli: CliContext): Command {
  const root = new Command('spark-swarm')
    .usage('COMMAND [flags]')
    .description(DESCRIPTION)
    .version(readVersion(cli.projectRoot), '--version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .configureOutput({
      writeOut: (text) => cli.stdout.write(text),
      // Only the help of a group without a command comes here, and docker prints that on stdout, too.
      writeErr: (text) => cli.stdout.write(text),
      outputError: () => {},
      getOutHelpWidth: () => cli.stdout.columns ?? 100,
      getErrHelpWidth: () => cli.stdout.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .configureHelp({
      styleTitle: (title) => title.replace('Options:', 'Flags:'),
      styleUsage: (usage) => usage.replace('[options]', '[flags]'),
    })
    // Flags belong to the command before them, so that `submit app.py --flag` leaves the flag to the application.
    .enablePositionalOptions()
    // We count them: commander's message does not say which argument is too many.
    .allowExcessArguments()
    .addHelpText('after', ROOT_EXAMPLES);
  return root.hook('preAction', (_, command) => {
    refuseExtraArguments(command);
    applyEnvironment(command, cli.env);
  });
}

function addRules(command: Command): void {
  command.exitOverride((error) => {
    throw SHOWN.has(error.code) ? error : toUsageError(error, command);
  });
  refuseContradictions(command);
  command.addHelpText('after', EXIT_STATUSES);
}

/** Of `nope --help` only `nope` is looked at: commander would show the root's help as if all were well. */
function isUnknown(word: string | undefined, { commands }: Command): boolean {
  return word !== undefined && !word.startsWith('-') && commands.every((command) => command.name() !== word);
}

function findEntry(words: readonly string[], entries: readonly CommandEntry[]): CommandEntry | undefined {
  return entries.find((entry) => entry.words.every((word, index) => words[index] === word));
}

function addCommand(root: Command, { words, summary }: CommandEntry): Command {
  let command = root;
  for (const word of words) {
    command = command.commands.find((candidate) => candidate.name() === word) ?? command.command(word);
  }
  return command.summary(summary).description(summary);
}

function withDescendants(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withDescendants)];
}

function readVersion(projectRoot: string): string {
  const { version } = createRequire(import.meta.url)(path.join(projectRoot, 'package.json')) as { version: string };
  return version;
}
