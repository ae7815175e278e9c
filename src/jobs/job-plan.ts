import { createHash } from 'node:crypto';

import { parseClusterName } from '../cluster/cluster-name.ts';
import { baseName } from '../spark/submit-argv.ts';
import { splitSubmitOptions } from '../spark/submit-options.ts';
import { checkArchive, isArchiveName } from './check-archive.ts';
import { checkWords, type Word } from './check-words.ts';
import { collect, collectAsync, toError } from './collect-problems.ts';
import { checkConfigKey, checkConfigs } from './job-configs.ts';
import { formatEnvironment, isVariableName } from './job-environment.ts';
import { parseJobId } from './job-id.ts';
import { planShellLine, type JobLine } from './job-line.ts';
import { nameAfter, parseJobName } from './job-name.ts';
import { resolveWish } from './resolve-wish.ts';
import type { JobTools, JobUpload } from './job-tools.ts';
import type { JobProblem, JobWish } from './job-wish.ts';
import type { DriverPlace, JobSpec } from './job.ts';
import { planSparkLine } from './spark-line.ts';
import { formatProperties, PROPERTIES_FILE } from './spark-properties.ts';

/** A job that may be sent. */
export interface JobPlan {
  readonly spec: JobSpec;
  /** As it was asked for; `undefined`: nobody said, and the spec has `master`. */
  readonly driver: DriverPlace | undefined;
  /** spark-submit's own options within the spec's argv. */
  readonly options: readonly string[];
  /** The text of `env.sh`. */
  readonly environment: string;
  readonly uploads: readonly JobUpload[];
  /** sha256 over what is in the files, and in `env.sh`. */
  readonly contentHash: string;
}

/**
 * Checks everything that can be checked on this machine, and says what is to be sent.
 *
 * @throws UsageError for one problem, ConfigError for several, all of them; both end with status 2
 */
export async function planJob(wish: JobWish, tools: JobTools): Promise<JobPlan> {
  const problems: JobProblem[] = [...wish.problems];
  const driver = readDriver(wish, problems);
  const id = wish.id ?? tools.newId();
  const name = wish.name ?? nameAfter(wish.example ?? wish.mains[0] ?? '');
  collect(problems, () => parseJobId(id));
  collect(problems, () => parseJobName(name));
  collect(problems, () => parseClusterName(tools.cluster));
  for (const variable of Object.keys(wish.params))
    if (!isVariableName(variable))
      problems.push({
        message: `params: ${JSON.stringify(variable)} is no name of a variable; expected A-Z, a-z, 0-9 and "_", and no digit first`,
      });
  problems.push(...Object.keys(wish.configs).flatMap((key) => checkConfigKey(key) ?? []));
  problems.push(...checkConfigs(wish.configs, wish.type));
  const resolved = resolveWish(wish, tools.dataSources, id);
  problems.push(...resolved.problems);
  const { args, variables } = resolved;
  const line = wish.type === 'shell' ? planShellLine(wish, tools) : planSparkLine(resolved.wish, id, tools);
  problems.push(...line.problems);
  problems.push(...checkWords(wordsOf(line, args, variables), { dropsReturns: wish.type === 'spark' }));
  if (wish.check) problems.push(...(await checkUploads(line, tools)));
  const uploads = await listUploads(line, tools, problems);
  if (problems.length > 0) throw toError(`The job ${JSON.stringify(name)}`, problems);
  const environment = formatEnvironment(variables);
  const contentHash = joinHashes(await hashUploads(uploads, tools), environment);
  const spec = withHash(
    {
      schemaVersion: 1,
      id,
      name,
      type: wish.type,
      cluster: tools.cluster,
      driver: driver ?? 'master',
      argv: [...line.argv, ...args],
      environment: Object.keys(variables),
      files: uploads.map((upload) => upload.name),
      createdAt: tools.now().toISOString(),
      createdBy: tools.createdBy,
      timeoutMs: wish.timeoutMs,
      graceMs: wish.graceMs,
      ...(wish.maxOutputBytes === null ? {} : { maxOutputBytes: wish.maxOutputBytes }),
      hash: '',
    },
    contentHash,
  );
  return { spec, driver, options: line.options, environment, uploads, contentHash };
}

/** The same job with its driver elsewhere. */
export function withDriver(plan: JobPlan, driver: DriverPlace): JobPlan {
  return { ...plan, driver, spec: withHash({ ...plan.spec, driver }, plan.contentHash) };
}

/** `--deploy-mode cluster` is a driver in a task of its own. */
function readDriver({ driver, options }: JobWish, problems: JobProblem[]): DriverPlace | undefined {
  const mode = collect(
    problems,
    () => splitSubmitOptions(options).options.findLast(({ name }) => name === '--deploy-mode')?.value,
  );
  if (mode === undefined) return driver;
  if (mode !== 'client' && mode !== 'cluster') {
    problems.push({ message: `--deploy-mode: got ${JSON.stringify(mode)}; expected client or cluster` });
    return driver;
  }
  if (driver === undefined) return mode === 'cluster' ? 'task' : 'master';
  if ((mode === 'cluster') !== (driver === 'task'))
    problems.push({ message: `--deploy-mode ${mode} and --driver ${driver} contradict each other; leave one out` });
  return driver;
}

function wordsOf(line: JobLine, args: readonly string[], variables: Readonly<Record<string, string>>): readonly Word[] {
  return [
    ...line.argv.map((text, index) => ({ label: `word ${index} before the application's arguments`, text })),
    ...args.map((text, index) => ({ label: `argument ${index + 1} of the application`, text })),
    ...Object.entries(variables).map(([name, value]) => ({
      label: `params: ${name}`,
      text: `${name}=${value}`,
      isVariable: true,
    })),
  ];
}

async function checkUploads(line: JobLine, tools: JobTools): Promise<readonly JobProblem[]> {
  const found = await Promise.all(
    line.uploads.filter(isArchiveName).map(async (path) => {
      const problems: JobProblem[] = [];
      await collectAsync(problems, async () => problems.push(...checkArchive(path, await tools.readEnds(path))));
      return problems;
    }),
  );
  return found.flat();
}

async function listUploads(line: JobLine, tools: JobTools, problems: JobProblem[]): Promise<readonly JobUpload[]> {
  const uploads: JobUpload[] = line.uploads.map((path) => ({ name: baseName(path), path: tools.resolve(path) }));
  if (line.properties.length === 0) return uploads;
  if (uploads.some(({ name }) => name === PROPERTIES_FILE))
    problems.push({
      message: `${PROPERTIES_FILE} is the name of a file that every job with secrets has; rename yours`,
    });
  let own = '';
  const file = line.propertiesFile;
  if (file !== undefined && tools.look(file) === 'file')
    await collectAsync(problems, async () => (own = `${await tools.readText(file)}\n`));
  return [...uploads, { name: PROPERTIES_FILE, text: `${own}${formatProperties(line.properties)}` }];
}

/** sha256 of each. @throws UsageError naming a file that cannot be read */
export async function hashUploads(uploads: readonly JobUpload[], tools: JobTools): Promise<readonly string[]> {
  return Promise.all(uploads.map(async (upload) => ('text' in upload ? sha256(upload.text) : tools.hash(upload.path))));
}

/** @param environment text of `env.sh` */
export function joinHashes(hashes: readonly string[], environment: string): string {
  return sha256(JSON.stringify([hashes, environment]));
}

export function withHash(spec: JobSpec, contentHash: string): JobSpec {
  const { createdAt: _, createdBy: __, hash: ___, ...asked } = spec;
  return { ...spec, hash: sha256(JSON.stringify([asked, contentHash])) };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
