import { UsageError } from '../errors.ts';

/** Options of spark-submit whose value is a comma-separated list of files. Source: SparkSubmitArguments.scala, 4.2. */
const FILE_LISTS = new Set(['--jars', '--py-files', '--files', '--archives']);
const SINGLE_FILES = new Set(['--properties-file']);

/** Options that take no value. Source: SparkSubmitOptionParser.java, 4.2. */
const SWITCHES = new Set([
  '--verbose',
  '-v',
  '--supervise',
  '--help',
  '-h',
  '--version',
  '--usage-error',
  '--load-spark-defaults',
]);

/** Options that take one, besides the lists and files. Source: SparkSubmitOptionParser.java, 4.2. */
const VALUES = new Set([
  '--class',
  '--conf',
  '-c',
  '--deploy-mode',
  '--driver-class-path',
  '--driver-cores',
  '--driver-java-options',
  '--driver-library-path',
  '--driver-memory',
  '--executor-memory',
  '--master',
  '--remote',
  '--name',
  '--packages',
  '--exclude-packages',
  '--repositories',
  '--proxy-user',
  '--status',
  '--kill',
  '--total-executor-cores',
  '--executor-cores',
  '--keytab',
  '--num-executors',
  '--principal',
  '--queue',
]);

/** All that spark-submit knows. */
export const SUBMIT_OPTIONS: readonly string[] = [...SWITCHES, ...VALUES, ...FILE_LISTS, ...SINGLE_FILES];

/** One option of spark-submit; `undefined` for a switch. */
export interface SubmitOption {
  readonly name: string;
  readonly value: string | undefined;
}

/**
 * The options that a line of spark-submit begins with, up to `--` or the application; and what follows them.
 *
 * @throws UsageError for an option without its value
 */
export function splitSubmitOptions(words: readonly string[]): {
  readonly options: readonly SubmitOption[];
  readonly rest: readonly string[];
} {
  const options: SubmitOption[] = [];
  let index = 0;
  for (; index < words.length; index++) {
    const word = words[index] ?? '';
    if (word === '--') return { options, rest: words.slice(index + 1) };
    if (!word.startsWith('-') || word === '-') break;
    const [name, inline] = splitInline(word);
    if (SWITCHES.has(name)) {
      options.push({ name: word, value: undefined });
      continue;
    }
    const value = inline ?? words[++index];
    if (value === undefined) throw new UsageError(`${name}: expected a value`);
    options.push({ name, value });
  }
  return { options, rest: words.slice(index) };
}

/** Options as the words of a command line. */
export function optionWords(options: readonly SubmitOption[]): readonly string[] {
  return options.flatMap(({ name, value }) => (value === undefined ? [name] : [name, value]));
}

/** Whether spark-submit knows an option. */
export function isSubmitOption(name: string): boolean {
  return SWITCHES.has(name) || VALUES.has(name) || isFileOption(name);
}

/** Whether an option of spark-submit takes no value. */
export function isSubmitSwitch(name: string): boolean {
  return SWITCHES.has(name);
}

/** Whether the value of an option of spark-submit is a file, or a list of files. */
export function isFileOption(name: string): boolean {
  return FILE_LISTS.has(name) || SINGLE_FILES.has(name);
}

export function splitInline(word: string): readonly [string, string | undefined] {
  const at = word.startsWith('--') ? word.indexOf('=') : -1;
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

/** Whether it is a list of files. */
export function isFileListOption(name: string): boolean {
  return FILE_LISTS.has(name);
}
