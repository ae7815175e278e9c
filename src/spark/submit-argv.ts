import { UsageError } from '../errors.ts';
import { parseSparkSize } from '../units.ts';

/** What `spark-submit` is called with inside the cluster, and what must be brought there first. */
export interface SubmitPlan {
  readonly argv: readonly string[];
  /** spark-submit's own options in it: the application's arguments may look like them. */
  readonly options: readonly string[];
  /** Files of this machine that are copied into the run's own folder; the argv names them by their base names. */
  readonly uploads: readonly string[];
  /** Our own flags that stood among spark-submit's: `--name` is the cluster here, and not the application. */
  readonly own: Readonly<Partial<Record<OwnFlag, string>>>;
}

type OwnFlag = 'name' | 'context' | 'platform' | 'example';

const EXAMPLE_FOLDER = '/opt/spark/examples/src/main/python';

/** Examples that the image holds (pyspark's own; the package has no examples jar). */
export const EXAMPLES: Readonly<Record<string, string>> = Object.fromEntries(
  ['pi', 'wordcount', 'sort', 'pagerank', 'kmeans', 'als', 'transitive_closure'].map((name) => [
    name,
    `${EXAMPLE_FOLDER}/${name}.py`,
  ]),
);

/** Options of spark-submit whose value is a comma-separated list of files. Source: SparkSubmitArguments.scala, 4.2. */
const FILE_LISTS = new Set(['--jars', '--py-files', '--files', '--archives']);
const SINGLE_FILES = new Set(['--properties-file']);
/** Options that take no value. */
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

/**
 * Divides spark-submit's own line: options first, then the application, then its arguments, which are passed on byte for
 * byte. Local files are found by `isLocalFile`; what is not there is taken for a path inside the cluster.
 *
 * @throws UsageError for an option without its value, no application, or what a standalone cluster cannot do
 */
export function planSubmit(
  words: readonly string[],
  {
    examples,
    isLocalFile,
  }: { readonly examples: Readonly<Record<string, string>>; readonly isLocalFile: (path: string) => boolean },
): SubmitPlan {
  const options: string[] = [];
  const uploads = new Map<string, string>();
  const bring = (path: string): string => {
    const [file = path, alias] = path.split('#');
    if (isUrl(path) || !isLocalFile(file)) return path;
    const name = baseName(file);
    const other = uploads.get(name);
    if (other !== undefined && withoutDot(other) !== withoutDot(file))
      throw new UsageError(`Two files of the same name: ${other} and ${file}; rename one`);
    uploads.set(name, file);
    // Or spark-submit would take the name for an option.
    const word = name.startsWith('-') ? `./${name}` : name;
    return alias === undefined ? word : `${word}#${alias}`;
  };
  const bringFile = (option: string, path: string): string => {
    const [file = path] = path.split('#');
    if (isLocalFile(file) || isUrl(path) || path.startsWith('/')) return bring(path);
    throw new UsageError(`${option}: no such file: ${path}`, { hint: 'a path inside the cluster starts with "/"' });
  };
  let index = 0;
  const own: Partial<Record<OwnFlag, string>> = {};
  for (; index < words.length; index++) {
    const word = words[index] ?? '';
    if (!word.startsWith('-') || word === '-') break;
    const [name, inline] = splitInline(word);
    if (SWITCHES.has(name)) {
      options.push(word);
      continue;
    }
    const value = inline ?? words[++index];
    if (value === undefined) throw new UsageError(`${name}: expected a value`);
    const ownFlag = OWN_FLAGS[name];
    if (ownFlag) own[ownFlag] = value;
    else if (FILE_LISTS.has(name))
      options.push(
        name,
        value
          .split(',')
          .map((path) => bringFile(name, path))
          .join(','),
      );
    else if (SINGLE_FILES.has(name)) options.push(name, bringFile(name, value));
    else options.push(name, checkValue(name, value));
  }
  const example = own.example === undefined ? undefined : findExample(own.example, examples);
  const application = example ?? words[index++];
  if (application === undefined) {
    throw new UsageError('Nothing to submit: expected an application (app.py, app.jar) or --example NAME', {
      hint: 'spark-submit options come before the application, its arguments after it',
    });
  }
  if (application.endsWith('.jar') && !options.includes('--class')) {
    throw new UsageError(`${application}: a jar needs --class, the name of its main class`);
  }
  const brought = example ?? bringApplication(application, bring, isLocalFile);
  const args = words.slice(index);
  refuseCarriageReturns(args);
  return { argv: ['spark-submit', ...options, brought, ...args], options, uploads: [...uploads.values()], own };
}

/** Source: bin/spark-class, `ARG=${_ARG//$'\r'}`. */
function refuseCarriageReturns(args: readonly string[]): void {
  const index = args.findIndex((arg) => arg.includes('\r'));
  if (index < 0) return;
  throw new UsageError(
    `argument ${index + 1} of the application has a carriage return, which Spark takes away: ${JSON.stringify(args[index])}`,
    { hint: 'pass it in a file' },
  );
}

/** None of them means anything else to spark-submit but `--name`, which is the application's there. */
const OWN_FLAGS: Readonly<Partial<Record<string, OwnFlag>>> = {
  '--name': 'name',
  '-n': 'name',
  '--context': 'context',
  '--platform': 'platform',
  '-p': 'platform',
  '--example': 'example',
};

function splitInline(word: string): readonly [string, string | undefined] {
  const at = word.startsWith('--') ? word.indexOf('=') : -1;
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

function findExample(name: string, examples: Readonly<Record<string, string>>): string {
  const path = Object.hasOwn(examples, name) ? examples[name] : undefined;
  if (path !== undefined) return path;
  throw new UsageError(`--example: got ${JSON.stringify(name)}; expected one of ${Object.keys(examples).join(', ')}`);
}

function checkValue(name: string, value: string): string {
  if (name === '--deploy-mode' && value !== 'client') {
    throw new UsageError(
      `--deploy-mode: got ${JSON.stringify(value)}; expected client: the driver runs in the master's container`,
    );
  }
  if (name === '--master') {
    throw new UsageError('--master is set by the cluster: leave it out, and choose the cluster with --name');
  }
  const key = name === '--conf' || name === '-c' ? value.split('=')[0] : undefined;
  if (key !== undefined && !value.includes('='))
    throw new UsageError(`--conf: got ${JSON.stringify(value)}; expected key=value`);
  if (key === 'spark.master') {
    throw new UsageError('--conf spark.master is set by the cluster: leave it out, and choose the cluster with --name');
  }
  return value;
}

function bringApplication(
  application: string,
  bring: (path: string) => string,
  isLocalFile: (path: string) => boolean,
): string {
  if (application.includes('#') && isLocalFile(application))
    throw new UsageError(`${application}: Spark takes what follows "#" for another name; rename the file`);
  if (isLocalFile(application) || isUrl(application) || application.startsWith('/')) return bring(application);
  throw new UsageError(`No such application file: ${application}`, {
    hint: 'a path inside the cluster starts with "/", like /data/app.py; --example pi runs an example',
  });
}

function isUrl(path: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(path);
}

/** `./app.py` and `app.py` are one file. */
function withoutDot(path: string): string {
  return path.replace(/^(\.\/)+/, '');
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/**
 * A memory size among spark-submit's options, as an option of its own or as `--conf key=value`; the last one counts.
 *
 * @returns bytes; `undefined` if it is not given, or not in a form that can be read here (Spark decides then)
 */
export function readSparkSize(options: readonly string[], option: string, key: string): number | undefined {
  let bytes: number | undefined;
  for (const [index, word] of options.entries()) {
    const next = options[index + 1] ?? '';
    const isConf = (word === '--conf' || word === '-c') && next.startsWith(`${key}=`);
    const text = word === option ? next : isConf ? next.slice(key.length + 1) : undefined;
    bytes = (text === undefined ? undefined : parseSparkSize(text)) ?? bytes;
  }
  return bytes;
}
