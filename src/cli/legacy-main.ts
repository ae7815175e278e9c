import { UsageError } from '../errors.ts';
import { COMMANDS } from './command-table.ts';
import type { CliContext } from './context.ts';
import { formatLegacyUsage, translateLegacy, type Translation } from './legacy-scripts.ts';
import { main } from './main.ts';
import { withReporter } from './reporter.ts';

/** An older script as its launcher names it: the verbs it had are commands of today. */
export interface LegacyCall {
  readonly script: string;
  readonly verbs: readonly string[];
}

/**
 * Runs a line of an older script: `main` for the words that people knew. `usage` and nothing print the verbs.
 *
 * @returns the exit status (design D9)
 */
export async function legacyMain(
  { script, verbs }: LegacyCall,
  argv: readonly string[],
  cli: CliContext,
): Promise<number> {
  const [verb] = argv;
  if (verb === undefined || ['usage', 'help', '--help', '-h'].includes(verb)) {
    cli.stdout.write(formatLegacyUsage(script, verbs, COMMANDS));
    return 0;
  }
  if (!verbs.includes(verb)) {
    cli.stderr.write(`error: unknown command ${JSON.stringify(verb)}\n${formatLegacyUsage(script, verbs, COMMANDS)}`);
    return 2;
  }
  const translation = translate(script, argv, cli);
  // A command that only fails: its error is printed like that of every other.
  if (translation instanceof UsageError) {
    return main([verb], cli, [{ words: [verb], summary: '', load: async () => Promise.reject(translation) }]);
  }
  await sayMeanings(translation.said, argv, cli);
  // Inherited, not copied: reading `stdin` opens it.
  const derived = Object.create(cli, { env: { value: { ...cli.env, ...translation.env } } }) as CliContext;
  return main(translation.argv, derived);
}

function translate(script: string, argv: readonly string[], { env }: CliContext): Translation | UsageError {
  try {
    return translateLegacy(script, argv, env);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
}

/** In the form that was asked for: with `--events` everything on standard error is JSON. */
async function sayMeanings(said: readonly string[], argv: readonly string[], cli: CliContext): Promise<void> {
  if (said.length === 0) return;
  const isAsked = (...flags: readonly string[]): boolean => flags.some((flag) => argv.includes(flag));
  const options = {
    ...(isAsked('--events') ? { events: true as const } : {}),
    ...(isAsked('-q', '--quiet') ? { quiet: true as const } : {}),
    // Lines, on a terminal too: the list comes after them.
    verbose: true as const,
  };
  await withReporter(cli, options, async (report) => {
    for (const message of said) report({ type: 'note', message });
  });
}
