import { inspect } from 'node:util';

import { InterruptedError, ToolkitError } from '../errors.ts';
import type { CliContext } from './context.ts';
import type { CommandEntry } from './command-table.ts';
import { withTarget } from './hint-target.ts';

/** Status of a command that ends with something that is not a ToolkitError: a bug. */
const BUG_STATUS = 1;

/**
 * Runs one command line and says what came of it. Never throws, never ends the process.
 *
 * @param argv without `node` and the script
 * @param commands the table to choose from; without it, all commands there are
 * @returns the exit status (design D9)
 */
export async function main(
  argv: readonly string[],
  cli: CliContext,
  commands?: readonly CommandEntry[],
): Promise<number> {
  try {
    if (argv[0] === 'complete') return await completeLine(argv, cli);
    if (await answersAtOnce(argv, cli, commands)) return 0;
    // Loaded here, so that whatever goes wrong while loading is reported like every other error.
    const { runProgram } = await import('./program.ts');
    await runProgram(argv, cli, commands);
    return cli.exitStatus;
  } catch (thrown) {
    return reportError(errorBehind(thrown, cli.signal), argv, cli);
  }
}

/** `--version`, `--help` and nothing at all: what people and scripts type most needs no parser. */
async function answersAtOnce(
  argv: readonly string[],
  cli: CliContext,
  commands: readonly CommandEntry[] | undefined,
): Promise<boolean> {
  const [word = '--help', ...others] = argv;
  if (others.length > 0 || !['--version', '--help', '-h', 'help'].includes(word)) return false;
  const { formatRootHelp, readVersion } = await import('./root-help.ts');
  if (word === '--version') cli.stdout.write(`${readVersion(cli.projectRoot)}\n`);
  else cli.stdout.write(formatRootHelp(commands ?? (await import('./command-table.ts')).COMMANDS));
  return true;
}

/** A TAB of the user's shell. Without an answer the shell does what it does for other programs. */
async function completeLine(argv: readonly string[], cli: CliContext): Promise<number> {
  try {
    const { complete } = await import('./completion/complete.ts');
    await complete(argv, cli);
    return 0;
  } catch {
    return BUG_STATUS;
  }
}

/** What an aborted request throws differs from library to library; what the user did does not. */
function errorBehind(thrown: unknown, signal: AbortSignal): unknown {
  if (signal.aborted && !(thrown instanceof InterruptedError)) return signal.reason;
  return thrown;
}

async function reportError(error: unknown, argv: readonly string[], cli: CliContext): Promise<number> {
  if (error instanceof OutputClosedError) return error.exitCode;
  const hint = error instanceof ToolkitError && error.hint !== undefined ? withTarget(error.hint, argv) : undefined;
  const flags = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  const isVerbose = flags.includes('-v') || flags.includes('--verbose');
  const exitStatus = error instanceof ToolkitError ? error.exitCode : BUG_STATUS;
  if (flags.includes('--events')) {
    cli.stderr.write(`${JSON.stringify({ type: 'error', exitStatus, ...errorRecord(error, hint) })}\n`);
    return exitStatus;
  }
  const { createColors } = await import('./colors.ts');
  const colors = createColors(cli.env, cli.stderr);
  if (error instanceof ToolkitError) {
    cli.stderr.write(`${colors.red('error:')} ${error.message}\n`);
    if (hint !== undefined) cli.stderr.write(`${colors.cyan('hint:')} ${hint}\n`);
    if (isVerbose) cli.stderr.write(`${inspect(error)}\n`);
  } else {
    cli.stderr.write(`${colors.red('bug:')} ${inspect(error)}\n`);
    cli.stderr.write(`${colors.cyan('hint:')} this should not happen; please report it with the lines above\n`);
  }
  return exitStatus;
}

function errorRecord(error: unknown, hint: string | undefined): Readonly<Record<string, unknown>> {
  if (!(error instanceof ToolkitError)) return { code: 'bug', message: inspect(error) };
  const { code, message } = error;
  return { code, message, ...(hint === undefined ? {} : { hint }) };
}

/** Whoever read our standard output has gone (`… | head -1`): nothing is said, because nobody asks any more. */
export class OutputClosedError extends InterruptedError {}
