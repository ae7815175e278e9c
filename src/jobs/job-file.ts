import { parseClusterName } from '../cluster/cluster-name.ts';
import type { ParsedFile, Path } from '../config/check-settings.ts';
import { closestKey } from '../config/closest-key.ts';
import type { Problem } from '../config/problem.ts';
import { UsageError } from '../errors.ts';
import { IVY_SETTINGS, isUrl } from '../spark/submit-argv.ts';
import { isFileOption, splitSubmitOptions } from '../spark/submit-options.ts';
import { parseDuration } from '../units.ts';
import { parseDriverPlace } from './driver-place.ts';
import { checkConfigKey } from './job-configs.ts';
import { JOB_FILE_KEYS, type JobFileKey } from './job-file-keys.ts';
import { parseJobName } from './job-name.ts';
import { parseJobType, parseMaxOutput } from './job-words.ts';
import { EMPTY_WISH, type JobWish } from './job-wish.ts';
import type { JobType } from './job.ts';

const KEYS = Object.keys(JOB_FILE_KEYS) as readonly JobFileKey[];

/**
 * What a job file asks for, and all that is wrong with the file itself. Values are taken as they are written: `1.0` stays `1.0`.
 *
 * @param folder that paths in it are relative to, as the user would name it; empty for where the user is
 * @returns without a wish when it is no map: the problem says it all
 */
export function readJobWish(
  file: ParsedFile,
  folder: string,
): { readonly wish: JobWish | undefined; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const { value } = file;
  if (!isMap(value)) {
    const message = `got ${describe(value)}; expected keys and values, like mains: [app.py]`;
    return { wish: undefined, problems: [{ ...file.placeOf([]), message }] };
  }
  for (const key of Object.keys(value).filter((name) => !Object.hasOwn(JOB_FILE_KEYS, name)))
    problems.push({ ...file.placeOfKey([key]), message: unknownKey(key) });
  const refuse = (at: Path, expected: string): undefined => {
    const seen = describe(
      at.reduce<unknown>((inner, part) => (inner as Record<string | number, unknown>)[part], value),
    );
    problems.push({ ...file.placeOf(at), message: `${String(at[0])}: got ${seen}; expected ${expected}` });
    return undefined;
  };
  const one = <T>(key: JobFileKey, parse: (text: string) => T): T | undefined => {
    if (!Object.hasOwn(value, key)) return undefined;
    const text = file.textOf([key]);
    if (text === undefined) return refuse([key], JOB_FILE_KEYS[key].expected);
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      return void problems.push({ ...file.placeOf([key]), message: error.message });
    }
  };
  const entries = (key: JobFileKey): readonly (readonly [string, string])[] => {
    const inner = value[key];
    const isList = JOB_FILE_KEYS[key].kind === 'list';
    if (!Object.hasOwn(value, key)) return [];
    if (isList ? !Array.isArray(inner) : !isMap(inner)) return refuse([key], JOB_FILE_KEYS[key].expected) ?? [];
    const names = Array.isArray(inner) ? [...inner.keys()] : Object.keys(inner as object);
    return names.flatMap((name): readonly (readonly [string, string])[] => {
      const text = file.textOf([key, name]);
      if (text === undefined) return refuse([key, name], 'text, a number, true or false') ?? [];
      return [[String(name), text]];
    });
  };
  const texts = (key: JobFileKey): readonly string[] => entries(key).map(([, text]) => text);
  const rebase = (path: string): string =>
    folder === '' || path === '' || path.startsWith('/') || isUrl(path) ? path : `${folder}/${path}`;
  const configs = entries('configs').filter(([key]) => {
    const wrong = checkConfigKey(key);
    if (wrong) problems.push({ ...file.placeOfKey(['configs', key]), message: wrong.message });
    return !wrong;
  });
  const moved = configs.map(([key, text]) => [key, key === IVY_SETTINGS ? rebase(text) : text] as const);
  const mains = texts('mains').map(rebase);
  const isMistyped = Object.hasOwn(value, 'type');
  const wish: JobWish = {
    ...EMPTY_WISH,
    // Of a type that is none, no more is to be said than that.
    type: one('type', (text) => parseJobType(text, 'type')) ?? (isMistyped ? guessType(mains) : EMPTY_WISH.type),
    name: one('name', (text) => parseJobName(text, 'name')),
    cluster: one('cluster', (text) => parseClusterName(text, 'cluster')),
    driver: one('driver', (text) => parseDriverPlace(text, 'driver')),
    mains,
    libs: texts('libs').map(rebase),
    args: texts('args'),
    params: Object.fromEntries(entries('params')),
    configs: Object.fromEntries(moved),
    options: rebaseOptions(texts('options'), rebase),
    input: one('input', String),
    output: one('output', String),
    example: one('example', String),
    timeoutMs: one('timeout', (text) => parseDuration(text, 'timeout')) ?? EMPTY_WISH.timeoutMs,
    maxOutputBytes: one('max-output', (text) => parseMaxOutput(text, 'max-output')) ?? EMPTY_WISH.maxOutputBytes,
    graceMs: one('grace', (text) => parseDuration(text, 'grace', { hasZero: true })) ?? EMPTY_WISH.graceMs,
  };
  return { wish, problems };
}

function guessType([script = '']: readonly string[]): JobType {
  return /\.(sh|bash)$/i.test(script) ? 'shell' : 'spark';
}

/** What the options of spark-submit bring is relative to the job file, too. */
function rebaseOptions(words: readonly string[], rebase: (path: string) => string): readonly string[] {
  try {
    const { options, rest } = splitSubmitOptions(words);
    const moved = options.flatMap(({ name, value }) => {
      if (value === undefined) return [name];
      return [name, isFileOption(name) ? value.split(',').map(rebase).join(',') : value];
    });
    return [...moved, ...rest];
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    // Planning says what is wrong with them.
    return words;
  }
}

function unknownKey(key: string): string {
  // As the older engine, and others, call them.
  const others: Readonly<Record<string, JobFileKey>> = {
    conf: 'configs',
    arguments: 'args',
    env: 'params',
    environment: 'params',
    jars: 'libs',
    application: 'mains',
    app: 'mains',
  };
  const meant = closestKey(key, KEYS) ?? (Object.hasOwn(others, key) ? others[key] : undefined);
  return `unknown key ${JSON.stringify(key)}${meant === undefined ? '' : `; did you mean "${meant}"?`}`;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : JSON.stringify(value);
}
