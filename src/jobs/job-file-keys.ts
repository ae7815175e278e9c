import { OLDER_KEYS } from './job-configs.ts';

interface JobFileRule {
  readonly kind: 'value' | 'list' | 'map';
  /** For messages. */
  readonly expected: string;
  /** For editors. */
  readonly description: string;
  readonly choices?: readonly string[];
  readonly pattern?: string;
}

const DURATION = '^[1-9][0-9]{0,8}(ms|s|m|h|d)$';

/** Every key of a job file. */
export const JOB_FILE_KEYS = {
  type: {
    kind: 'value',
    expected: 'spark or shell',
    description: 'What it is: spark (the default) or shell: --type.',
    choices: ['spark', 'shell', 'Spark', 'Shell'],
  },
  name: {
    kind: 'value',
    expected: 'a name, like wordcount',
    description: 'Name of the job: --job-name. Default: that of the application.',
    pattern: String.raw`^[a-zA-Z0-9][a-zA-Z0-9\-_.]{0,49}$`,
  },
  cluster: {
    kind: 'value',
    expected: 'the name of a cluster, like spark',
    description: 'The cluster: --name.',
    pattern: '^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$',
  },
  driver: {
    kind: 'value',
    expected: 'master, task or ssh://user@host',
    description: 'Where the driver runs: master, task or ssh://user@host: --driver.',
    pattern: '^(master|task|ssh://.+)$',
  },
  mains: {
    kind: 'list',
    expected: 'a list of files, like [app.py]',
    description: 'The application (.py, .jar, .R; of a shell job: the script), then other files: --main.',
  },
  libs: {
    kind: 'list',
    expected: 'a list of files, like [lib.jar, helper.py]',
    description: 'Files that the application needs: jars, .py, .zip and .egg for Python, any other: --lib.',
  },
  args: {
    kind: 'list',
    expected: 'a list, like [--input, /data/in]',
    description: "The application's arguments: --arg.",
  },
  params: {
    kind: 'map',
    expected: 'names and values, like LEVEL: debug',
    description: "Variables in the job's environment: --param.",
  },
  configs: {
    kind: 'map',
    expected: 'keys and values, like spark.executor.memory: 1g',
    description: `Spark's properties (spark.*), those of an object store (fs.*), and ${OLDER_KEYS.join(', ')}: --config.`,
  },
  options: {
    kind: 'list',
    expected: 'a list of words, like [--packages, group:name:1.0]',
    description: 'Options of spark-submit, word for word.',
  },
  input: { kind: 'value', expected: 'a URL', description: 'Where the data is; the job gets it as INPUT: --input-url.' },
  output: {
    kind: 'value',
    expected: 'a URL',
    description: 'Where results go; the job gets it as OUTPUT: --output-url.',
  },
  example: {
    kind: 'value',
    expected: 'the name of an example, like pi',
    description: 'An example that the image holds, instead of mains: --example.',
  },
  timeout: {
    kind: 'value',
    expected: 'a number and a unit, like 30s, 5m or 1h',
    description: 'The job is cancelled after this time, like 30m: --timeout.',
    pattern: DURATION,
  },
  grace: {
    kind: 'value',
    expected: 'a number and a unit, like 30s, 5m or 1h',
    description: 'How long it may take to end after each of INT and TERM: --grace.',
    pattern: DURATION,
  },
  'max-output': {
    kind: 'value',
    expected: 'a number and a unit, like 100m or 2g',
    description: 'How much of its standard output and of its standard error is kept, the last of each: --max-output.',
    pattern: '^[1-9][0-9]{0,15}[kmgtKMGT][bB]?$',
  },
} satisfies Readonly<Record<string, JobFileRule>>;

export type JobFileKey = keyof typeof JOB_FILE_KEYS;

/** The schema of job files as editors read it (draft 7, without an address of its own). */
export function jobFileJsonSchema(): object {
  const scalar = { type: ['string', 'number', 'boolean'] };
  const shapes = {
    value: { type: 'string' },
    list: { type: 'array', items: scalar },
    map: { type: 'object', additionalProperties: scalar },
  } as const;
  const properties = Object.entries<JobFileRule>(JOB_FILE_KEYS).map(
    ([key, { kind, description, choices, pattern }]) => [
      key,
      {
        ...shapes[kind],
        ...(choices === undefined ? {} : { enum: choices }),
        ...(pattern === undefined ? {} : { pattern }),
        description,
      },
    ],
  );
  return {
    title: 'A job of spark-swarm',
    description: 'spark-swarm job run --file FILE. Each key stands for a flag; a flag that is typed wins.',
    type: 'object',
    properties: Object.fromEntries(properties) as object,
    additionalProperties: false,
  };
}
