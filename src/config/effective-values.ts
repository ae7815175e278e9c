import type { Setting } from './check-settings.ts';
import { KEY_NAMES, KEY_RULES, variableOf, type KeyName } from './keys.ts';

/** One value that holds, and who says so. */
export interface EffectiveValue {
  readonly key: KeyName;
  /** Of an entry of a map: `ui` of `ports`. */
  readonly name: string | undefined;
  /** `undefined`: nothing is said, and each command has its own default. */
  readonly value: string | readonly string[] | undefined;
  /** `default`, `spark-swarm.yaml:4` or `SPARK_SWARM_WORKERS`. */
  readonly origin: string;
}

/** What the file says, and where it is. */
export interface SettingsInFile {
  readonly shown: string;
  readonly settings: readonly Setting[];
}

/** The values that hold when no flag is typed: environment, else file, else default. */
export function listEffectiveValues(
  env: Readonly<Record<string, string | undefined>>,
  file: SettingsInFile | undefined,
): readonly EffectiveValue[] {
  return KEY_NAMES.flatMap((key) => {
    const rule = KEY_RULES[key];
    const own = file?.settings.filter((setting) => setting.key === key) ?? [];
    const placeOf = ({ line }: Setting): string => `${file?.shown}:${line}`;
    const variable = variableOf(key);
    const text = env[variable];
    if (rule.kind === 'map') {
      const values = new Map<string, EffectiveValue>();
      const set = (name: string, value: string, origin: string): unknown =>
        values.set(name, { key, name, value, origin });
      for (const [name, value] of Object.entries(rule.otherwise ?? {})) set(name, value, 'default');
      for (const setting of own) set(setting.name ?? '', setting.text, placeOf(setting));
      if (text) set(text.split('=')[0] ?? '', text.slice(text.indexOf('=') + 1), variable);
      return values.size === 0 ? [{ key, name: undefined, value: undefined, origin: 'default' }] : [...values.values()];
    }
    const [first] = own;
    const isList = rule.kind === 'list';
    if (text) return [{ key, name: undefined, value: isList ? [text] : text, origin: variable }];
    if (!first) return [{ key, name: undefined, value: rule.otherwise as string | undefined, origin: 'default' }];
    const value = isList ? own.map((setting) => setting.text) : first.text;
    return [{ key, name: undefined, value, origin: placeOf(first) }];
  });
}

/** The values as the file would hold them: numbers as numbers, entries of a map below their key. */
export function nestValues(values: readonly EffectiveValue[]): Readonly<Record<string, unknown>> {
  return nest(values, ({ key, value }) => typedValue(key, value));
}

/** The same shape, with where each value comes from. */
export function nestOrigins(values: readonly EffectiveValue[]): Readonly<Record<string, unknown>> {
  return nest(values, ({ origin }) => origin);
}

function nest(
  values: readonly EffectiveValue[],
  pick: (value: EffectiveValue) => unknown,
): Readonly<Record<string, unknown>> {
  const result: Record<string, unknown> = {};
  for (const value of values) {
    if (value.name === undefined) result[value.key] = pick(value);
    else result[value.key] = { ...(result[value.key] as object | undefined), [value.name]: pick(value) };
  }
  return result;
}

function typedValue(key: KeyName, value: EffectiveValue['value']): unknown {
  const { isNumber, kind } = KEY_RULES[key];
  if (value === undefined) return null;
  if (typeof value !== 'string') return value;
  if (kind === 'switch') return ['1', 'true', 'yes', 'on'].includes(value);
  return isNumber && /^[0-9.]+$/.test(value) ? Number(value) : value;
}
