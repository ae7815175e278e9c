import { UsageError } from '../errors.ts';
import { closestKey } from './closest-key.ts';
import { KEY_NAMES, KEY_RULES, type KeyName, type KeyRule } from './keys.ts';
import type { Place, Problem } from './problem.ts';
import { projectFileSchema } from './schema.ts';

/** One value of a project file. A list or a map is one of these for each of its entries. */
export interface Setting extends Place {
  readonly key: KeyName;
  /** Of an entry of a map: `ui` of `ports`. */
  readonly name: string | undefined;
  /** As it is written: `1.0` stays `1.0`. */
  readonly text: string;
}

/** The file, as far as it is needed here. */
export interface ParsedFile {
  /** Maps, lists and values of JavaScript. */
  readonly value: unknown;
  /** Where the value at this path begins. */
  readonly placeOf: (path: Path) => Place;
  /** Where the last key of this path begins. */
  readonly placeOfKey: (path: Path) => Place;
  /** A plain value as it is written; `undefined` for lists, maps and nothing. */
  readonly textOf: (path: Path) => string | undefined;
}

export type Path = readonly (string | number)[];

/** The settings of a file, and all that is wrong with it. */
export function checkSettings(file: ParsedFile): {
  readonly settings: readonly Setting[];
  readonly problems: readonly Problem[];
} {
  if (file.value === null || file.value === undefined) return { settings: [], problems: [] };
  const issues = projectFileSchema.safeParse(file.value).error?.issues ?? [];
  const structural = issues.flatMap((issue) => {
    const path = issue.path as Path;
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(file, [...path, key]));
    return isForParser(file, path) ? [] : [wrongValue(file, path)];
  });
  const settings = listSettings(file);
  return { settings, problems: [...structural, ...settings.flatMap((setting) => checkValue(setting))] };
}

/** Plain values are judged by the parser of their flag, so that file and command line take the same and say the same. */
function isForParser(file: ParsedFile, path: Path): boolean {
  const rule = ruleOf(path);
  return rule?.parse !== undefined && path.length === depthOf(rule) && file.textOf(path) !== undefined;
}

function checkValue({ key, name, text, line, column }: Setting): readonly Problem[] {
  const { parse } = KEY_RULES[key];
  if (!parse) return [];
  const label = labelOf(name === undefined ? [key] : [key, name]);
  try {
    parse(text, label);
    return [];
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return [{ line, column, message: withLabel(error.message, label) }];
  }
}

/** Some parsers name their flag themselves. */
export function withLabel(message: string, label: string): string {
  return /^--[a-z-]+: /.test(message) ? message.replace(/^--[a-z-]+/, label) : message;
}

function listSettings(file: ParsedFile): readonly Setting[] {
  if (typeof file.value !== 'object' || Array.isArray(file.value)) return [];
  const value = file.value as Readonly<Record<string, unknown>>;
  return KEY_NAMES.filter((key) => Object.hasOwn(value, key)).flatMap((key) => {
    const { kind } = KEY_RULES[key];
    const inner = value[key];
    if (kind === 'value' || kind === 'switch') return settingAt(file, [key]);
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner) !== (kind === 'list')) return [];
    const entries = Array.isArray(inner) ? inner.keys() : Object.keys(inner);
    return [...entries].flatMap((entry) => settingAt(file, [key, entry]));
  });
}

function settingAt(file: ParsedFile, path: readonly [KeyName, ...Path]): readonly Setting[] {
  const text = file.textOf(path);
  if (text === undefined) return [];
  const name = typeof path[1] === 'string' ? path[1] : undefined;
  return [{ key: path[0], name, text, ...file.placeOf(path) }];
}

function unknownKey(file: ParsedFile, path: Path): Problem {
  const key = String(path.at(-1));
  const candidates = path.length === 1 ? KEY_NAMES : Object.keys(projectFileSchema.shape.ports.unwrap().shape);
  const meant = closestKey(key, candidates);
  const advice = meant === undefined ? '' : `; did you mean "${meant}"?`;
  const where = path.length === 1 ? '' : `${labelOf(path.slice(0, -1))}: `;
  return { ...file.placeOfKey(path), message: `${where}unknown key ${JSON.stringify(key)}${advice}` };
}

function wrongValue(file: ParsedFile, path: Path): Problem {
  const rule = ruleOf(path);
  const seen = describe(
    path.reduce<unknown>((value, part) => (value as Readonly<Record<string | number, unknown>>)[part], file.value),
  );
  if (!rule) return { ...file.placeOf(path), message: `got ${seen}; expected keys and values, like workers: 2` };
  const expected = path.length < depthOf(rule) ? (rule.expectedWhole ?? rule.expected) : rule.expected;
  return { ...file.placeOf(path), message: `${labelOf(path)}: got ${seen}; expected ${expected}` };
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : JSON.stringify(value);
}

function ruleOf([key]: Path): KeyRule | undefined {
  return KEY_RULES[key as KeyName];
}

function depthOf({ kind }: KeyRule): number {
  return kind === 'list' || kind === 'map' ? 2 : 1;
}

/** `ports.ui`; the number of a list's entry is not said, because its place is. */
export function labelOf(path: Path): string {
  return path.filter((part) => typeof part === 'string').join('.');
}
