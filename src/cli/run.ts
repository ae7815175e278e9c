import { InterruptedError } from '../errors.ts';
import type { CommandEntry } from './command-table.ts';
import type { CliContext } from './context.ts';
import { main, OutputClosedError } from './main.ts';

const SHOW_CURSOR = '\u001B[?25h';

/**
 * Runs a command line as this process: signals, streams and exit status are the process's own.
 *
 * The first Ctrl-C or SIGTERM asks the command to stop, the second ends at once. The status is set, not exited with,
 * because `process.exit` cuts output that a pipe has not taken yet.
 *
 * @param projectRoot folder that holds package.json, `docker/` and `docker-compose.yml`
 * @param commands the table to choose from; without it, all commands there are
 */
export async function run(
  argv: readonly string[],
  projectRoot: string,
  commands?: readonly CommandEntry[],
): Promise<void> {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (!controller.signal.aborted) return controller.abort(new InterruptedError('Interrupted'));
    if (process.stderr.isTTY) process.stderr.write(SHOW_CURSOR);
    process.exit(new InterruptedError('').exitCode);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    controller.abort(new OutputClosedError('Nobody reads the output any more'));
  });
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  process.exitCode = await main(argv, processContext(controller.signal, projectRoot), commands);
  for (const signal of signals) process.off(signal, onSignal);
}

/** Verbs of an older script, each a command of today; `usage` and nothing print the list. */
export async function runVerbs(
  argv: readonly string[],
  projectRoot: string,
  { script, verbs }: { readonly script: string; readonly verbs: readonly string[] },
): Promise<void> {
  const { formatLegacyUsage, translateLegacy } = await import('./legacy-scripts.ts');
  const { COMMANDS } = await import('./command-table.ts');
  const [verb] = argv;
  if (verb === undefined || ['usage', 'help', '--help', '-h'].includes(verb)) {
    process.stdout.write(formatLegacyUsage(script, verbs, COMMANDS));
    return;
  }
  if (!verbs.includes(verb)) {
    process.stderr.write(`error: unknown command ${JSON.stringify(verb)}\n`);
    process.stderr.write(formatLegacyUsage(script, verbs, COMMANDS));
    process.exitCode = 2;
    return;
  }
  const translated = attempt(() => translateLegacy(script, argv, process.env));
  // A command that only fails, so that this error is printed like every other.
  if (translated instanceof UsageError) return run([verb], projectRoot, { commands: [failing(verb, translated)] });
  await sayMeanings(translated.said, argv);
  await run(translated.argv, projectRoot, { env: translated.env });
}

function attempt<T>(work: () => T): T | UsageError {
  try {
    return work();
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
}

function failing(verb: string, error: UsageError): CommandEntry {
  return { words: [verb], summary: '', load: async () => Promise.reject(error) };
}

/** Beside the result, in the form that was asked for: with `--events` everything on standard error is JSON. */
async function sayMeanings(said: readonly string[], argv: readonly string[]): Promise<void> {
  if (said.length === 0) return;
  const { createReporter } = await import('./reporter.ts');
  const options = { events: argv.includes('--events') || undefined, quiet: argv.includes('-q') }
}

function processContext(signal: AbortSignal, projectRoot: string): CliContext {
  return {
    env: process.env,
    cwd: process.cwd(),
    // Opened only when a command asks: a terminal's standard input costs time and can keep the process alive.
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    signal,
    projectRoot,
    exitStatus: 0,
  };
}
