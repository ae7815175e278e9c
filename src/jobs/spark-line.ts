import { collect } from './collect-problems.ts';
import { closestKey } from '../config/closest-key.ts';
import { isUrl, planSubmit } from '../spark/submit-argv.ts';
import {
  isSubmitOption,
  optionWords,
  splitSubmitOptions,
  SUBMIT_OPTIONS,
  type SubmitOption,
} from '../spark/submit-options.ts';
import { hasPassword } from './data-source.ts';
import { ADAPT_FOR_SWIFT, checkTaken, DRIVER_CLASS_PATH, isOn, MAIN_CLASS } from './job-configs.ts';
import { checkFiles, supportingFiles, type JobLine, type LineTools } from './job-line.ts';
import type { JobProblem, JobWish } from './job-wish.ts';
import { isSecretKey, PROPERTIES_FILE } from './spark-properties.ts';

/** Stands in for an application that is not there, so that all the rest is looked at too. */
const NO_APPLICATION = '/none.py';

/** Own flags of ours among spark-submit's options in a job file: what they are there. */
/** Ours, among spark-submit's options: planSubmit tells them apart, and what to say instead. */
const OWN_FLAGS: ReadonlySet<string> = new Set(['--name', '--context', '--platform', '--example']);
/** What else people type there. */
const JOB_FLAGS = [
  '--timeout',
  '--grace',
  '--max-output',
  '--driver',
  '--type',
  '--main',
  '--lib',
  '--arg',
  '--param',
  '--config',
  '--job-name',
  '--file',
  '--input-url',
  '--output-url',
] as const;
const KEY_OF: Readonly<Record<string, string>> = { name: 'cluster', example: 'example' };

/**
 * `spark-submit [--properties-file …] [--class MAIN] [--driver-class-path X] [--conf …] [options…] [--jars a,b] APP`: the
 * first main file is the application, the other mains and the libs are brought as what their suffixes say.
 */
export function planSparkLine(wish: JobWish, jobId: string, tools: LineTools): JobLine {
  const problems: JobProblem[] = [...checkFiles(wish, tools)];
  const typed = readOptions(wish.options, problems);
  const unknown = typed.flatMap(checkKnown);
  problems.push(...unknown);
  const { properties, plain } = divideProperties(wish, typed, problems);
  const ownFile = plain.findLast(({ name }) => name === '--properties-file')?.value;
  const isReplaced = properties.length > 0;
  if (isReplaced && ownFile !== undefined && tools.look(ownFile) !== 'file')
    problems.push({
      message: `--properties-file ${ownFile} cannot be joined with ${properties.map(([key]) => key).join(', ')}: it is not on this machine`,
      hint: 'write them into one file',
    });
  const options = addSupporting(
    plain.filter(({ name }) => !(isReplaced && name === '--properties-file')),
    usableFiles(wish, tools),
  );
  const words = [
    ...optionWords([...fromConfigs(wish, typed), ...options]),
    '--conf',
    `spark.swarm.jobId=${jobId}`,
    ...(wish.example === undefined
      ? [applicationOf(wish, tools, unknown.length === 0 ? problems : [])]
      : ['--example', wish.example]),
  ];
  const plan = collect(problems, () =>
    planSubmit(words, {
      examples: tools.examples,
      isLocalFile: (path) => tools.look(path) === 'file',
      refuse: ({ message, hint }) => problems.push({ message, hint }),
      ivySettings: tools.ivySettings,
    }),
  );
  for (const flag of Object.keys(plan?.own ?? {}))
    if (flag !== 'example')
      problems.push({
        message: `options: --${flag} is no option of a job; leave it out${KEY_OF[flag] ? `, and say ${KEY_OF[flag]}:` : ''}`,
      });
  const [program = 'spark-submit', ...rest] = plan?.argv ?? [];
  // Without the switch Spark reads the file instead of the cluster's own properties, and runs as local[*] beside the cluster.
  const isAlone = (isReplaced || ownFile !== undefined) && !typed.some(({ name }) => name === '--load-spark-defaults');
  const file = [
    ...(isReplaced ? ['--properties-file', PROPERTIES_FILE] : []),
    ...(isAlone ? ['--load-spark-defaults'] : []),
  ];
  return {
    argv: [program, ...file, ...rest],
    options: [...file, ...(plan?.options ?? [])],
    uploads: plan?.uploads ?? [],
    properties,
    propertiesFile: isReplaced ? ownFile : undefined,
    problems,
  };
}

function readOptions(words: readonly string[], problems: JobProblem[]): readonly SubmitOption[] {
  const read = collect(problems, () => splitSubmitOptions(words));
  const [stray] = read?.rest ?? [];
  if (stray !== undefined)
    problems.push({
      message: `options: ${JSON.stringify(stray)} is no option of spark-submit`,
      hint: 'the application is the first of the mains',
    });
  for (const { name, value = '' } of read?.options ?? []) {
    const [key = ''] = value.split('=');
    // The master is what planSubmit itself refuses.
    const taken = (name === '--conf' || name === '-c') && key !== 'spark.master' ? checkTaken(key) : undefined;
    if (taken) problems.push(taken);
  }
  return (read?.options ?? []).filter(({ name }) => name !== '--deploy-mode');
}

/** Takes out what must not be seen among a process's arguments. */
function divideProperties(
  { configs }: JobWish,
  typed: readonly SubmitOption[],
  problems: JobProblem[],
): { readonly properties: readonly (readonly [string, string])[]; readonly plain: readonly SubmitOption[] } {
  const properties: (readonly [string, string])[] = [];
  for (const [key, value] of Object.entries(configs)) {
    if (key.startsWith('fs.') && isOn(configs, ADAPT_FOR_SWIFT)) properties.push([`spark.hadoop.${key}`, value]);
    if (key.startsWith('spark.') && isHidden(key, value)) properties.push([key, value]);
  }
  const plain = typed.filter(({ name, value = '' }) => {
    const at = value.indexOf('=');
    const key = value.slice(0, Math.max(at, 0));
    if ((name !== '--conf' && name !== '-c') || !key.startsWith('spark.') || !isHidden(key, value.slice(at + 1)))
      return true;
    properties.push([key, value.slice(at + 1)]);
    return false;
  });
  for (const [key, value] of properties)
    if (value.trim() !== value)
      problems.push({ message: `${key}: its value begins or ends with a blank, which Spark takes away` });
  return { properties, plain };
}

function isHidden(key: string, value: string): boolean {
  return isSecretKey(key) || hasPassword(value);
}

/** What is typed comes after this, and wins. */
function fromConfigs({ configs }: JobWish, typed: readonly SubmitOption[]): readonly SubmitOption[] {
  const older = (name: string, key: string): readonly SubmitOption[] =>
    configs[key] && !typed.some((option) => option.name === name) ? [{ name, value: configs[key] }] : [];
  return [
    ...older('--driver-class-path', DRIVER_CLASS_PATH),
    ...older('--class', MAIN_CLASS),
    ...Object.entries(configs)
      .filter(([key, value]) => key.startsWith('spark.') && !isHidden(key, value))
      .map(([key, value]) => ({ name: '--conf', value: `${key}=${value}` })),
  ];
}

/** Spark takes the last of several lists: what is typed and what is brought become one. */
function addSupporting(options: readonly SubmitOption[], files: readonly string[]): readonly SubmitOption[] {
  const names = new Set(files.map(optionFor));
  return [
    ...options.filter(({ name }) => !names.has(name)),
    ...[...names].map((name) => {
      const typed = options.findLast((option) => option.name === name)?.value;
      const brought = files.filter((file) => optionFor(file) === name);
      return { name, value: [...(typed === undefined ? [] : [typed]), ...brought].join(',') };
    }),
  ];
}

function optionFor(file: string): string {
  if (/\.jar$/i.test(file)) return '--jars';
  return /\.(py|zip|egg)$/i.test(file) ? '--py-files' : '--files';
}

/** Those that `checkFiles` had nothing against. */
function usableFiles(wish: JobWish, { look }: LineTools): readonly string[] {
  return supportingFiles(wish).filter((file) =>
    look(file) === undefined ? isUrl(file) || file.startsWith('/') : look(file) === 'file' && !/[,#]/.test(file),
  );
}

function applicationOf({ mains: [application] }: JobWish, { look }: LineTools, problems: JobProblem[]): string {
  const wrong = whatIsWrong(application, look);
  if (wrong) problems.push(wrong);
  if (wrong || application === undefined) return NO_APPLICATION;
  // Or it would be taken for an option.
  return application.startsWith('-') ? `./${application}` : application;
}

function whatIsWrong(application: string | undefined, look: LineTools['look']): JobProblem | undefined {
  if (application === undefined || application === '')
    return {
      message: 'Spark job requires main application jar',
      hint: 'or a .py file: spark-swarm job run app.py; --main, and mains: in a job file, name it too',
    };
  if (/\.(sh|bash)$/i.test(application))
    return {
      message: `${application}: a shell script is no Spark application`,
      hint: `spark-swarm job run --type shell -- ${application}`,
    };
  return look(application) === 'folder' ? { message: `${application} is a folder, and no application` } : undefined;
}

/** Spark's launcher refuses it too, but seconds later and in a log. What follows it was taken for its value. */
function checkKnown({ name }: SubmitOption): readonly JobProblem[] {
  if (isSubmitOption(name) || OWN_FLAGS.has(name)) return [];
  const meant = closestKey(name, [...SUBMIT_OPTIONS, ...JOB_FLAGS]);
  return [
    {
      message: `${name} is no option of spark-submit${meant === undefined ? '' : `; did you mean ${meant}?`}`,
      hint: 'options of the application itself come after it',
    },
  ];
}
