import { InterruptedError } from '../errors.ts';
import { forMany } from '../signals.ts';
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
  await runProcess(async (cli) => main(argv, cli, commands), projectRoot);
}

async function runProcess(work: (cli: CliContext) => Promise<number>, projectRoot: string): Promise<void> {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (!controller.signal.aborted) return controller.abort(new InterruptedError('Interrupted'));
    if (process.stderr.isTTY) process.stderr.write(SHOW_CURSOR);
    process.exit(new InterruptedError('').exitCode);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      process.stderr.write(`error: Cannot write the output: ${error.message}\n`);
      process.exit(1);
    }
    controller.abort(new OutputClosedError('Nobody reads the output any more'));
  });
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  process.exitCode = await work(processContext(forMany(controller.signal), projectRoot));
  for (const signal of signals) process.off(signal, onSignal);
}

/** Runs a line of an older script whose verbs are commands of today, as {@link run} runs a command line. */
export async function runVerbs(
  argv: readonly string[],
  projectRoot: string,
  { script, verbs }: { readonly script: string; readonly verbs: readonly string[] },
): Promise<void> {
  const { legacyMain } = await import('./legacy-main.ts');
  await runProcess(async (cli) => legacyMain({ script, verbs }, argv, cli), projectRoot);
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
