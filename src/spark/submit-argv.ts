import { UsageError } from '../errors.ts';
import { parseSparkSize } from '../units.ts';
import { isFileListOption, isFileOption, splitSubmitOptions } from './submit-options.ts';

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

/** A property whose value is a file, and which has no option of its own. */
export const IVY_SETTINGS = 'spark.jars.ivySettings';
/** Sizes that end in a command line of Java, which fails in a log where they are none. */
const MEMORY_FIELDS: ReadonlySet<string> = new Set([
  '--driver-memory',
  '--executor-memory',
  'spark.driver.memory',
  'spark.executor.memory',
]);

export interface SubmitRules {
  readonly examples: Readonly<Record<string, string>>;
  readonly isLocalFile: (path: string) => boolean;
  /** Gets every problem, and the plan goes on. Default: the first one is thrown. */
  readonly refuse?: (problem: UsageError) => unknown;
  /** How this machine resolves maven coordinates: a file, brought along with coordinates that come without settings. */
  readonly ivySettings?: string | undefined;
}

/**
 * Divides spark-submit's own line: options first, then the application, then its arguments, which are passed on byte for
 * byte. Local files are found by `isLocalFile`; what is not there is taken for a path inside the cluster.
 *
 * @throws UsageError for an option without its value, no application, or what a standalone cluster cannot do
 */
export function planSubmit(
  words: readonly string[],
  { examples, isLocalFile, refuse = throwIt, ivySettings }: SubmitRules,
): SubmitPlan {
  const options: string[] = [];
  const uploads = new Map<string, string>();
  const bring = (path: string): string => {
    const [file = path, alias] = path.split('#');
    if (isUrl(path) || !isLocalFile(file)) return path;
    const name = baseName(file);
    const other = uploads.get(name);
    if (other !== undefined && withoutDot(other) !== withoutDot(file))
      refuse(new UsageError(`Two files of the same name: ${other} and ${file}; rename one`));
    uploads.set(name, file);
    // Or spark-submit would take the name for an option.
    const word = name.startsWith('-') ? `./${name}` : name;
    return alias === undefined ? word : `${word}#${alias}`;
  };
  const bringFile = (option: string, path: string): string => {
    const [file = path] = path.split('#');
    if (isLocalFile(file) || isUrl(path) || path.startsWith('/')) return bring(path);
    refuse(new UsageError(`${option}: no such file: ${path}`, { hint: 'a path inside the cluster starts with "/"' }));
    return path;
  };
  const own: Partial<Record<OwnFlag, string>> = {};
  const { options: given, rest } = splitSubmitOptions(words);
  for (const { name, value } of given) {
    const ownFlag = OWN_FLAGS[name];
    if (value === undefined) options.push(name);
    else if (ownFlag) own[ownFlag] = value;
    else if (isFileListOption(name))
      options.push(
        name,
        value
          .split(',')
          .map((path) => bringFile(name, path))
          .join(','),
      );
    else if (isFileOption(name)) options.push(name, bringFile(name, value));
    else if (isIvySettings(name, value))
      options.push(name, `${IVY_SETTINGS}=${bringFile(name, value.slice(IVY_SETTINGS.length + 1))}`);
    else {
      checkValue(name, value, refuse);
      options.push(name, value);
    }
  }
  if (
    ivySettings !== undefined &&
    wantsPackages(options) &&
    !options.some((word) => word.startsWith(`${IVY_SETTINGS}=`))
  )
    options.unshift('--conf', `${IVY_SETTINGS}=${bringFile(IVY_SETTINGS, ivySettings)}`);
  const example = own.example === undefined ? undefined : findExample(own.example, examples);
  const application = example ?? rest[0];
  if (application === undefined) {
    throw new UsageError('Nothing to submit: expected an application (app.py, app.jar) or --example NAME', {
      hint: 'spark-submit options come before the application, its arguments after it',
    });
  }
  if (application.endsWith('.jar') && !options.includes('--class')) {
    refuse(
      new UsageError('Spark job must specify edp.java.main_class', {
        hint: `${application} is a jar: --class NAME names its main class; in a job file: configs: {edp.java.main_class: NAME}`,
      }),
    );
  }
  const brought = example ?? bringApplication(application, { bring, isLocalFile, refuse });
  const args = rest.slice(example === undefined ? 1 : 0);
  refuseCarriageReturns(args);
  return { argv: ['spark-submit', ...options, brought, ...args], options, uploads: [...uploads.values()], own };
}

function isIvySettings(name: string, value: string): boolean {
  return (name === '--conf' || name === '-c') && value.startsWith(`${IVY_SETTINGS}=`);
}

function wantsPackages(options: readonly string[]): boolean {
  return options.some((word) => word === '--packages' || word.startsWith('spark.jars.packages='));
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

function findExample(name: string, examples: Readonly<Record<string, string>>): string {
  const path = Object.hasOwn(examples, name) ? examples[name] : undefined;
  if (path !== undefined) return path;
  throw new UsageError(`--example: got ${JSON.stringify(name)}; expected one of ${Object.keys(examples).join(', ')}`);
}

function checkValue(name: string, value: string, refuse: (problem: UsageError) => unknown): void {
  if (name === '--deploy-mode' && value !== 'client')
    refuse(
      new UsageError(
        `--deploy-mode: got ${JSON.stringify(value)}; expected client: the driver runs in the master's container`,
      ),
    );
  if (name === '--master')
    refuse(new UsageError('--master is set by the cluster: leave it out, and choose the cluster with --name'));
  const key = name === '--conf' || name === '-c' ? value.split('=')[0] : undefined;
  if (key !== undefined && !value.includes('='))
    refuse(new UsageError(`--conf: got ${JSON.stringify(value)}; expected key=value`));
  const [field, size] = key === undefined ? [name, value] : [key, value.slice(key.length + 1)];
  if (MEMORY_FIELDS.has(field) && parseSparkSize(size) === undefined)
    refuse(new UsageError(`${field}: got ${JSON.stringify(size)}; expected a size with a unit, like 1g or 512m`));
  if (key === 'spark.master')
    refuse(
      new UsageError('--conf spark.master is set by the cluster: leave it out, and choose the cluster with --name'),
    );
}

function bringApplication(
  application: string,
  {
    bring,
    isLocalFile,
    refuse,
  }: { readonly bring: (path: string) => string } & Required<Pick<SubmitRules, 'isLocalFile' | 'refuse'>>,
): string {
  if (application.includes('#') && isLocalFile(application))
    refuse(new UsageError(`${application}: Spark takes what follows "#" for another name; rename the file`));
  if (isLocalFile(application) || isUrl(application) || application.startsWith('/')) return bring(application);
  refuse(
    new UsageError(`No such application file: ${application}`, {
      hint: 'a path inside the cluster starts with "/", like /data/app.py; --example pi runs an example',
    }),
  );
  return application;
}

function throwIt(problem: UsageError): never {
  throw problem;
}

export function isUrl(path: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(path);
}

/** `./app.py` and `app.py` are one file. */
export function withoutDot(path: string): string {
  return path.replace(/^(\.\/)+/, '');
}

export function baseName(path: string): string {
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
