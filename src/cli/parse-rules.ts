import type { Command, Option } from 'commander';

import { UsageError } from '../errors.ts';

/** @throws UsageError for the first argument that the command has no place for */
export function refuseExtraArguments(command: Command): void {
  const places = command.registeredArguments;
  if (places.some((argument) => argument.variadic)) return;
  const extra = command.args[places.length];
  if (extra === undefined) return;
  throw new UsageError(`unexpected argument ${JSON.stringify(extra)}`, { hint: `${commandLine(command)} --help` });
}

/**
 * Makes a flag given twice with different values an error; commander lets the last one win silently.
 * Flags that may be repeated are those whose default is a list.
 */
export function refuseContradictions(command: Command): void {
  for (const option of command.options.filter((candidate) => !isRepeatable(candidate))) {
    let first: string | undefined;
    command.on(`option:${option.name()}`, (value: string | null | undefined) => {
      if (typeof value !== 'string') return;
      if (first !== undefined && value !== first) {
        throw new UsageError(`${option.long ?? option.flags} given twice (${first}, ${value})`);
      }
      first = value;
    });
  }
}

/** What was given to a flag that may be repeated, before it was parsed. */
const GIVEN_TEXTS = new WeakMap<Option, readonly string[]>();

/** Keeps the words after flags that may be repeated, for {@link textsOf}. */
export function keepTexts(command: Command): void {
  for (const option of command.options.filter(isRepeatable)) {
    command.on(`option:${option.name()}`, (text: string) => GIVEN_TEXTS.set(option, [...textsOf(option), text]));
  }
}

/** The values of a flag that may be repeated, as they were typed, or as they are in the environment. */
export function textsOf(option: Option): readonly string[] {
  return GIVEN_TEXTS.get(option) ?? [];
}

function isRepeatable(option: Option): boolean {
  return option.variadic || Array.isArray(option.defaultValue);
}

/**
 * Takes what was not typed from `SPARK_SWARM_<FLAG>`. An empty value counts as not set.
 * Not commander's `Option.env`: that one reads the process's environment, and needs the name at each flag.
 *
 * @throws UsageError if the value is not one the flag takes
 */
export function applyEnvironment(command: Command, env: Readonly<Record<string, string | undefined>>): void {
  for (const option of command.options.filter((candidate) => !TYPED_ONLY.has(candidate.name()))) {
    const variable = variableName(command, option);
    const text = env[variable];
    const source = command.getOptionValueSource(option.attributeName());
    if (!text || (source !== undefined && source !== 'default')) continue;
    const value = readVariable(option, variable, text);
    if (isRepeatable(option)) GIVEN_TEXTS.set(option, [text]);
    if (value !== undefined) command.setOptionValueWithSource(option.attributeName(), value, 'env');
  }
}

/** What deletes data or kills work is typed each time, and not left behind in a shell's profile. */
const TYPED_ONLY: ReadonlySet<string> = new Set(['volumes', 'force', 'remove', 'create']);

function variableName(command: Command, option: Option): string {
  // `--name` is the cluster everywhere but here.
  if (option.name() === 'name' && command.parent?.name() === 'lab') return 'SPARK_SWARM_LAB';
  if (option.name() === 'name' && command.parent?.name() === 'swarm') return 'SPARK_SWARM_SWARM';
  // `--file` is a compose file everywhere but here.
  if (option.name() === 'file' && command.parent?.name() === 'config') return 'SPARK_SWARM_CONFIG';
  return `SPARK_SWARM_${option.name().toUpperCase().replaceAll('-', '_')}`;
}

function readVariable(option: Option, variable: string, text: string): unknown {
  if (option.isBoolean() || option.negate) {
    const isOn = parseSwitch(text, variable);
    return isOn ? !option.negate : undefined;
  }
  if (!option.parseArg) return isRepeatable(option) ? [text] : text;
  try {
    return option.parseArg(text, option.defaultValue);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${error.message} (from ${variable})`, { cause: error });
  }
}

function parseSwitch(text: string, variable: string): boolean {
  if (['1', 'true', 'yes', 'on'].includes(text)) return true;
  if (['0', 'false', 'no', 'off'].includes(text)) return false;
  throw new UsageError(`${variable}: got ${JSON.stringify(text)}; expected 1 or 0`);
}

/** The command as it is typed: `spark-swarm lab up`. */
export function commandLine(command: Command): string {
  return command.parent ? `${commandLine(command.parent)} ${command.name()}` : command.name();
}
