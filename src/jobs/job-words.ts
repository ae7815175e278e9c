import { UsageError } from '../errors.ts';
import {
  isSubmitSwitch,
  optionWords,
  splitInline,
  splitSubmitOptions,
  type SubmitOption,
} from '../spark/submit-options.ts';
import { BYTES_PER_MIB, parseDuration, parseSize } from '../units.ts';
import { collect } from './collect-problems.ts';
import { parseDriverPlace } from './driver-place.ts';
import { parseJobId } from './job-id.ts';
import { parseJobName } from './job-name.ts';
import { EMPTY_WISH, type JobProblem, type JobWish } from './job-wish.ts';
import type { JobType } from './job.ts';

/** Flags about a job, each as it was typed. */
export interface JobFlags {
  readonly type?: string;
  readonly main?: readonly string[];
  readonly lib?: readonly string[];
  readonly arg?: readonly string[];
  /** `NAME=VALUE` */
  readonly param?: readonly string[];
  /** `KEY=VALUE` */
  readonly config?: readonly string[];
  readonly input?: string | undefined;
  readonly output?: string | undefined;
  readonly jobName?: string;
  readonly id?: string;
  readonly driver?: string;
  readonly timeout?: string;
  readonly grace?: string;
  readonly maxOutput?: string;
  readonly example?: string;
  readonly check?: boolean;
}

/**
 * The wish in a command line, on top of a job file's: flags win, lists take the file's place, maps are joined.
 *
 * @param words spark-submit's own line: options, the application unless it is named already, its arguments. Of a shell job:
 * the script and its arguments
 * @returns a wish whose `problems` hold all that is wrong with the line
 */
export function wishFromWords(words: readonly string[], flags: JobFlags = {}, base: JobWish = EMPTY_WISH): JobWish {
  const problems: JobProblem[] = [...base.problems];
  const read = <T>(text: string | undefined, parse: (text: string) => T): T | undefined =>
    text === undefined ? undefined : collect(problems, () => parse(text));
  const type = read(flags.type, (text) => parseJobType(text)) ?? base.type;
  const example = flags.example ?? (flags.main?.length ? undefined : base.example);
  const mains = flags.main?.length ? flags.main : flags.example === undefined ? base.mains : [];
  const isNamed = mains.length > 0 || example !== undefined;
  const line = collect(problems, () => divideLine(words, type)) ?? { options: [], rest: [] };
  const typedMains = isNamed ? [] : line.rest.slice(0, 1);
  const args = [...(flags.arg ?? []), ...line.rest.slice(typedMains.length)];
  return {
    type,
    name: read(flags.jobName, (text) => parseJobName(text)) ?? base.name,
    id: read(flags.id, (text) => parseJobId(text)) ?? base.id,
    cluster: base.cluster,
    driver: read(flags.driver, (text) => parseDriverPlace(text)) ?? base.driver,
    mains: [...mains, ...typedMains],
    libs: flags.lib?.length ? flags.lib : base.libs,
    args: args.length > 0 ? args : base.args,
    params: { ...base.params, ...readPairs(flags.param, '--param', problems) },
    configs: { ...base.configs, ...readPairs(flags.config, '--config', problems) },
    options: [...base.options, ...optionWords(line.options)],
    input: flags.input ?? base.input,
    output: flags.output ?? base.output,
    example,
    timeoutMs: read(flags.timeout, (text) => parseDuration(text, '--timeout')) ?? base.timeoutMs,
    graceMs: read(flags.grace, (text) => parseDuration(text, '--grace', { hasZero: true })) ?? base.graceMs,
    maxOutputBytes: read(flags.maxOutput, (text) => parseMaxOutput(text, '--max-output')) ?? base.maxOutputBytes,
    check: flags.check ?? base.check,
    problems,
  };
}

/** Less than this would be gone between two looks at it. */
export const LEAST_OUTPUT_BYTES = BYTES_PER_MIB;

/** @returns bytes @throws UsageError naming the field, the text and what is expected */
export function parseMaxOutput(text: string, field: string): number {
  const bytes = parseSize(text, field);
  if (bytes >= LEAST_OUTPUT_BYTES) return bytes;
  throw new UsageError(`${field}: got ${JSON.stringify(text)}; expected 1m or more`);
}

/** @throws UsageError naming the field, the text and the choices */
export function parseJobType(text: string, field = '--type'): JobType {
  const type = text.toLowerCase();
  if (type === 'spark' || type === 'shell') return type;
  throw new UsageError(`${field}: got ${JSON.stringify(text)}; expected spark or shell`);
}

/**
 * Takes our own flags out of spark-submit's options, up to `--` or the application: once one of spark-submit's options was
 * typed, the parser of the command line takes all the rest for its words.
 *
 * @param flags our own by their spellings (`--driver`, `-q`), and whether a value follows
 * @returns both in the order typed; `own` as the parser of the command line would have got it
 */
export function splitOwnFlags(
  words: readonly string[],
  flags: ReadonlyMap<string, boolean>,
): { readonly own: readonly string[]; readonly rest: readonly string[] } {
  const own: string[] = [];
  const rest: string[] = [];
  let index = 0;
  while (index < words.length) {
    const word = words[index] ?? '';
    if (word === '--' || word === '-' || !word.startsWith('-')) break;
    const [name, inline] = splitInline(word);
    const isOwn = flags.has(name);
    const hasValue = inline === undefined && (isOwn ? flags.get(name) : !isSubmitSwitch(name));
    const end = index + (hasValue ? 2 : 1);
    (isOwn ? own : rest).push(...words.slice(index, end));
    index = end;
  }
  return { own, rest: [...rest, ...words.slice(index)] };
}

function divideLine(
  words: readonly string[],
  type: JobType,
): { readonly options: readonly SubmitOption[]; readonly rest: readonly string[] } {
  if (type === 'spark') return splitSubmitOptions(words);
  return { options: [], rest: words[0] === '--' ? words.slice(1) : words };
}

function readPairs(
  texts: readonly string[] = [],
  field: string,
  problems: JobProblem[],
): Readonly<Record<string, string>> {
  const pairs = texts.flatMap((text): readonly (readonly [string, string])[] => {
    const at = text.indexOf('=');
    if (at > 0) return [[text.slice(0, at), text.slice(at + 1)]];
    // What follows may be a password.
    problems.push({ message: `${field}: got ${JSON.stringify(text.slice(0, 40))}; expected KEY=VALUE` });
    return [];
  });
  return Object.fromEntries(pairs);
}
