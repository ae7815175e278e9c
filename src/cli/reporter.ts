import type { Report } from '../events.ts';
import type { CliContext } from './context.ts';
import type { ProgressOptions } from './options.ts';
import { createPlainFormatter } from './reporter-plain.ts';

export interface Reporter {
  readonly report: Report;
  /** Draws to the end and gives the terminal back. To be called before the result or an error is written. */
  close(): Promise<void>;
}

/**
 * Progress on standard error: a live list on a terminal, else one line per event; with `--events` one JSON object per
 * line, with its time; with `--quiet` warnings alone; with `--verbose` lines with every detail, on a terminal too.
 */
export async function createReporter(cli: CliContext, options: ProgressOptions): Promise<Reporter> {
  if (options.events) {
    return lineReporter(cli, (event) => JSON.stringify({ time: new Date().toISOString(), ...event }));
  }
  if (options.quiet)
    return lineReporter(cli, (event) => (event.type === 'warning' ? `warning: ${event.message}` : undefined));
  if (canDraw(cli) && !options.verbose) {
    const { LiveReporter } = await import('./reporter-live.ts');
    return new LiveReporter(cli);
  }
  return lineReporter(cli, createPlainFormatter({ verbose: options.verbose ?? false, now: () => performance.now() }));
}

/** A terminal that moves its cursor and knows its width: some that programs open say 0, and everything would wrap. */
function canDraw({ stderr, env }: CliContext): boolean {
  return Boolean(stderr.isTTY) && Boolean(stderr.columns) && env['TERM'] !== 'dumb';
}

function lineReporter(cli: CliContext, format: (event: Parameters<Report>[0]) => string | undefined): Reporter {
  const report: Report = (event) => {
    const line = format(event);
    if (line !== undefined) cli.stderr.write(`${line}\n`);
  };
  return { report, close: () => Promise.resolve() };
}

/** Does the work with a reporter that is closed whatever comes of it, so that an error is printed below the list. */
export async function withReporter<T>(
  cli: CliContext,
  options: ProgressOptions,
  work: (report: Report) => Promise<T>,
): Promise<T> {
  const reporter = await createReporter(cli, options);
  try {
    return await work(reporter.report);
  } finally {
    await reporter.close();
  }
}
