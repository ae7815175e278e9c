import { Option, type Command } from 'commander';

import { PLATFORM_KINDS, type PlatformKind } from '../cluster/cluster.ts';
import { DEFAULT_CLUSTER_NAME, parseClusterName } from '../cluster/cluster-name.ts';
import { UsageError } from '../errors.ts';
import { formatDuration, parseDuration } from '../units.ts';

/** Flags that mean the same in every command (design §2). Each `add…` has its twin of what the action receives. */
export interface ClusterOptions {
  readonly name: string;
  /** Docker context; `undefined` leaves the choice to the environment (design D14). */
  readonly context?: string;
  /** `undefined`: where the cluster is found. */
  readonly platform?: PlatformKind;
}

/** `--name`, `--context`, `--platform`. */
export function addClusterOptions(command: Command, platform = 'where the cluster is found'): Command {
  return addPlatformOption(
    addContextOption(
      command.option('--name <name>', 'the cluster', (text) => parseClusterName(text), DEFAULT_CLUSTER_NAME),
    ),
    platform,
  );
}

/** `--platform`. */
export function addPlatformOption(command: Command, otherwise: string): Command {
  return command.option(
    '--platform <platform>',
    `where the cluster lives: ${PLATFORM_KINDS.join(', ')} (default: ${otherwise})`,
    (text) => parseChoice(text, '--platform', PLATFORM_KINDS),
  );
}

/** `--context`. */
export function addContextOption(command: Command): Command {
  return command.option(
    '--context <context>',
    'docker context to use (default: what docker itself would use)',
    (text) => parseText(text, '--context'),
  );
}

export const OUTPUT_FORMATS = ['table', 'json', 'yaml'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

export interface OutputOptions {
  readonly output: OutputFormat;
}

/** `-o`, `--output`. */
export function addOutputOption(command: Command): Command {
  return command.option(
    '-o, --output <format>',
    `form of the result: ${OUTPUT_FORMATS.join(', ')}`,
    (text) => parseChoice(text, '--output', OUTPUT_FORMATS),
    'table' satisfies OutputFormat,
  );
}

export interface ProgressOptions {
  readonly quiet?: true;
  readonly verbose?: true;
  readonly events?: true;
}

/** `-q`, `-v`, `--events`. */
export function addProgressOptions(command: Command): Command {
  return command
    .option('-q, --quiet', 'warnings and errors only')
    .option('-v, --verbose', 'every detail, one line each, and the causes of errors')
    .option('--events', 'progress as JSON, one event per line, on standard error');
}

export interface TimeoutOptions {
  readonly timeout: number;
  readonly wait: boolean;
}

/** `--timeout` (the action gets milliseconds) and `--no-wait`. */
export function addTimeoutOption(command: Command, defaultMs: number): Command {
  return addLimitOption(command, defaultMs).option('--no-wait', 'do not wait until it is ready');
}

/** `--timeout` alone, for what is not done before its end (the action gets milliseconds). */
export function addLimitOption(command: Command, defaultMs: number): Command {
  const timeout = new Option('--timeout <duration>', 'how long to wait, like 90s or 5m')
    .argParser((text) => parseDuration(text, '--timeout'))
    .default(defaultMs, formatDuration(defaultMs));
  return command.addOption(timeout);
}

export interface YesOptions {
  readonly yes?: true;
}

/** `--yes`. */
export function addYesOption(command: Command): Command {
  return command.option('-y, --yes', 'answer every question with yes');
}

export interface DryRunOptions {
  readonly dryRun?: true;
}

/** `--dry-run`. */
export function addDryRunOption(command: Command): Command {
  return command.option('--dry-run', 'show what would be done, and do nothing');
}

/**
 * A flag that may be given several times; the action gets a list.
 *
 * @param parse gets one value; it throws UsageError
 */
export function addRepeatableOption(
  command: Command,
  {
    flags,
    description,
    parse,
    otherwise = 'none',
  }: {
    readonly flags: string;
    readonly description: string;
    readonly parse: (text: string) => unknown;
    /** What the help says happens without the flag. */
    readonly otherwise?: string;
  },
): Command {
  const option = new Option(flags, `${description} (may be repeated)`)
    .default([], otherwise)
    .argParser((text: string, previous: readonly unknown[]) => [...previous, parse(text)]);
  return command.addOption(option);
}

/** Examples in the help: what it does, and what to type. */
export function addExamples(command: Command, examples: readonly (readonly [line: string, effect: string])[]): Command {
  const width = Math.max(...examples.map(([line]) => line.length)) + 3;
  const lines = examples.map(([line, effect]) => `  ${line.padEnd(width)}${effect}`.trimEnd());
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

/** @throws UsageError naming the field, the text and the choices */
export function parseChoice<T extends string>(text: string, field: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  const list = choices.join(', ').replace(/, ([^,]*)$/, ' or $1');
  throw new UsageError(`${field}: got ${JSON.stringify(text)}; expected ${list}`);
}

/** Any text that is not empty and does not look like a flag whose value was forgotten. @throws UsageError */
export function parseText(text: string, field: string): string {
  if (text.trim() !== '' && !text.startsWith('-')) return text;
  throw new UsageError(`${field}: got ${JSON.stringify(text)}; expected a value`);
}
