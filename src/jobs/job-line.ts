import { baseName, isUrl, withoutDot } from '../spark/submit-argv.ts';
import type { JobTools } from './job-tools.ts';
import type { JobProblem, JobWish } from './job-wish.ts';

/** What a job runs, and what must be brought there first. */
export interface JobLine {
  /** Up to the application; its arguments follow. */
  readonly argv: readonly string[];
  /** spark-submit's own, within `argv`. */
  readonly options: readonly string[];
  /** Files of this machine. */
  readonly uploads: readonly string[];
  /** Spark properties that travel in a file of their own. */
  readonly properties: readonly (readonly [key: string, value: string])[];
  /** The user's own file of properties, where ours takes its place. */
  readonly propertiesFile: string | undefined;
  readonly problems: readonly JobProblem[];
}

export type LineTools = Pick<JobTools, 'look' | 'examples' | 'ivySettings'>;

/** The files besides the application, in the order given: the other mains, then the libs. */
export function supportingFiles({ mains, libs, example }: JobWish): readonly string[] {
  return [...mains.slice(example === undefined ? 1 : 0), ...libs];
}

/** What is wrong with the mains and libs of any job. */
export function checkFiles(wish: JobWish, { look }: LineTools): readonly JobProblem[] {
  const libs = new Set(wish.libs.map(withoutDot));
  const both = wish.mains.filter((main) => libs.has(withoutDot(main)));
  return [
    ...(both.length === 0 ? [] : [{ message: `'mains' and 'libs' overlap: ${both.join(', ')}` }]),
    ...supportingFiles(wish).flatMap((file) => checkFile(file, look)),
  ];
}

function checkFile(file: string, look: LineTools['look']): readonly JobProblem[] {
  const kind = look(file);
  if (kind === 'folder') return [{ message: `${file} is a folder`, hint: 'name its files' }];
  if (kind === 'file')
    return /[,#]/.test(file)
      ? [{ message: `${file}: Spark does not take "," and "#" for part of a name; rename the file` }]
      : [];
  return isUrl(file) || file.startsWith('/')
    ? []
    : [{ message: `No such file: ${file}`, hint: 'a path inside the cluster starts with "/"' }];
}

/** `/bin/sh script args…`; everything it needs lies beside the script. */
export function planShellLine(wish: JobWish, tools: LineTools): JobLine {
  const [script] = wish.mains;
  const problems: JobProblem[] = [...checkFiles(wish, tools)];
  if (script === undefined)
    problems.push({ message: 'Shell job requires main script', hint: 'spark-swarm job run --type shell -- script.sh' });
  else if (isUrl(script)) problems.push({ message: `${script}: a shell job needs a file, not an address` });
  else if (tools.look(script) === 'folder') problems.push({ message: `${script} is a folder` });
  else if (tools.look(script) === undefined && !script.startsWith('/'))
    problems.push({
      message: `No such script: ${script}`,
      hint: 'a path inside the cluster starts with "/", like /data/run.sh',
    });
  if (script !== undefined && /\.(py|jar|R)$/i.test(script))
    problems.push({
      message: `${script}: a Spark application is no shell script`,
      hint: `spark-swarm job run ${script}`,
    });
  if (wish.example !== undefined) problems.push({ message: '--example is for Spark jobs' });
  if (wish.options.length > 0)
    problems.push({ message: `A shell job takes no options of spark-submit: ${wish.options.join(' ')}` });
  const uploads = wish.mains.concat(wish.libs).filter((file) => tools.look(file) === 'file');
  problems.push(...checkNames(uploads));
  const isBrought = script !== undefined && tools.look(script) === 'file';
  const name = isBrought ? baseName(script) : (script ?? '');
  return {
    argv: ['/bin/sh', name.startsWith('-') ? `./${name}` : name],
    options: [],
    uploads: [...new Set(uploads.map(withoutDot))],
    properties: [],
    propertiesFile: undefined,
    problems,
  };
}

function checkNames(uploads: readonly string[]): readonly JobProblem[] {
  const seen = new Map<string, string>();
  return uploads.flatMap((file) => {
    const other = seen.get(baseName(file));
    seen.set(baseName(file), file);
    return other === undefined || withoutDot(other) === withoutDot(file)
      ? []
      : [{ message: `Two files of the same name: ${other} and ${file}; rename one` }];
  });
}
