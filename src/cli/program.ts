import { Command, CommanderError } from 'commander';

import { findProjectFile, readProjectFile } from '../adapters/files/project-file.ts';
import { COMMANDS, type CommandEntry } from './command-table.ts';
import type { CliContext } from './context.ts';
import { applyEnvironment, commandLine, keepTexts, refuseContradictions, refuseExtraArguments } from './parse-rules.ts';
import { EXIT_STATUSES, formatRootHelp, readVersion } from './root-help.ts';
import { toUsageError } from './usage-messages.ts';

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
  const chosen = findEntry(words, entries);
  const root = await createProgram(cli, entries, (entry) => entry === chosen);
  try {
    await root.parseAsync(isUnknown(words[0], root) ? words.slice(0, 1) : words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && SHOWN.has(error.code)) return;
    throw error;
  }
}

/** Every command by its name, and those that `isWanted` with their flags, which takes their modules. */
export async function createProgram(
  cli: CliContext,
  entries: readonly CommandEntry[],
  isWanted: (entry: CommandEntry) => boolean,
): Promise<Command> {
  const root = createRoot(cli);
  root.helpInformation = () => formatRootHelp(entries);
  for (const entry of entries) {
    const command = addCommand(root, entry);
    if (isWanted(entry)) (await entry.load()).configure(command, cli);
  }
  for (const command of withDescendants(root)) addRules(command);
  return root;
}

/** Codes by which commander ends after it has printed what was asked for. `commander.help`: a group without a command. */
const SHOWN = new Set(['commander.helpDisplayed', 'commander.help', 'commander.version']);

function createRoot(cli: CliContext): Command {
  const root = new Command('spark-swarm')
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
    .allowExcessArguments();
  return root.hook('preAction', async (_, command) => {
    refuseExtraArguments(command);
    applyEnvironment(command, cli.env);
    if (usesProjectFile(command)) await readProject(command, cli);
  });
}

/**
 * The project file describes a cluster, and these work on none: `--name` of a lab is another name, and an image is built on
 * the engine of this machine, whatever the cluster's context is.
 */
const WITHOUT_PROJECT_FILE = new Set([
  'cluster list',
  'cluster info',
  'quickstart',
  'lab',
  'swarm',
  'machines',
  'config',
  'completion',
  'list',
  'image build',
  'image list',
  'image prune',
]);

function usesProjectFile(command: Command): boolean {
  const [, ...words] = commandLine(command).split(' ');
  return !WITHOUT_PROJECT_FILE.has(words[0] ?? '') && !WITHOUT_PROJECT_FILE.has(words.join(' '));
}

async function readProject(command: Command, cli: CliContext): Promise<void> {
  const found = findProjectFile(cli.cwd, cli.env);
  if (!found) return;
  const { applyProjectFile } = await import('./apply-project-file.ts');
  applyProjectFile(command, await readProjectFile(found));
}

function addRules(command: Command): void {
  keepTexts(command);
  command.exitOverride((error) => {
    throw SHOWN.has(error.code) ? error : toUsageError(error, command);
  });
  refuseContradictions(command);
  if (command.parent) command.addHelpText('after', EXIT_STATUSES);
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
