import path from 'node:path';

import type { Command, Option } from 'commander';

import type { ProjectFile } from '../adapters/files/project-file.ts';
import { labelOf, withLabel, type Setting } from '../config/check-settings.ts';
import { KEY_NAMES, KEY_RULES, type KeyRule } from '../config/keys.ts';
import { toConfigError, type Problem } from '../config/problem.ts';
import { UsageError } from '../errors.ts';
import { textsOf } from './parse-rules.ts';

/**
 * Gives the command's flags what the project file says and neither command line nor environment do. A key for which the
 * command has no flag is for other commands.
 *
 * Of `ports`, `conf` and `env` single entries are overruled, so that `--port ui=0` leaves the file's other ports.
 *
 * @throws ConfigError naming line and column of each value that a flag does not take
 */
export function applyProjectFile(command: Command, { file, shown, settings }: ProjectFile): void {
  const problems = KEY_NAMES.flatMap((key) => {
    const own = settings.filter((setting) => setting.key === key);
    const rule = KEY_RULES[key];
    const options = command.options.filter((option) => option.name().replace(/^no-/, '') === rule.flag);
    return own.length === 0 ? [] : applyKey(command, { rule, options, settings: own, folder: path.dirname(file) });
  });
  if (problems.length > 0) throw toConfigError(shown, problems);
}

interface KeyInFile {
  readonly rule: KeyRule;
  /** `--notebook` and, where there is one, `--no-notebook`. */
  readonly options: readonly Option[];
  readonly settings: readonly Setting[];
  readonly folder: string;
}

function applyKey(command: Command, { rule, options, settings, folder }: KeyInFile): readonly Problem[] {
  const option = options.find(({ negate }) => !negate);
  if (!option) return [];
  const name = option.attributeName();
  const source = command.getOptionValueSource(name);
  const isGiven = source !== undefined && source !== 'default';
  if (isGiven && rule.kind !== 'map') return [];
  if (rule.kind === 'switch') {
    const isOn = settings[0]?.text === 'true';
    if (isOn || options.some(({ negate }) => negate)) command.setOptionValueWithSource(name, isOn, 'config');
    return [];
  }
  const given = isGiven ? textsOf(option) : [];
  const overruled = new Set(given.map((text) => text.split('=')[0]));
  const problems: Problem[] = [];
  let value: unknown = option.defaultValue;
  for (const setting of settings.filter((candidate) => !overruled.has(candidate.name))) {
    try {
      value = readText(option, flagText(setting, rule, folder), value);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      const label = labelOf(setting.name === undefined ? [setting.key] : [setting.key, setting.name]);
      problems.push({ line: setting.line, column: setting.column, message: withLabel(error.message, label) });
    }
  }
  for (const text of given) value = readText(option, text, value);
  command.setOptionValueWithSource(name, value, isGiven ? source : 'config');
  return problems;
}

/** What would be typed after the flag. */
function flagText({ name, text }: Setting, { isPath }: KeyRule, folder: string): string {
  if (name !== undefined) return `${name}=${text}`;
  return isPath ? path.resolve(folder, text) : text;
}

function readText(option: Option, text: string, previous: unknown): unknown {
  if (option.parseArg) return option.parseArg(text, previous);
  return Array.isArray(previous) ? [...(previous as readonly unknown[]), text] : text;
}
