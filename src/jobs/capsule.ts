import { parseClusterName } from '../cluster/cluster-name.ts';
import { InvalidStateError, UsageError } from '../errors.ts';
import { baseName } from '../spark/submit-argv.ts';
import { optionWords, splitSubmitOptions } from '../spark/submit-options.ts';
import { checkWords } from './check-words.ts';
import { collect, toError } from './collect-problems.ts';
import { formatEnvironment, parseEnvironment } from './job-environment.ts';
import { parseJobId } from './job-id.ts';
import { parseJobName } from './job-name.ts';
import { hashUploads, joinHashes, withHash, type JobPlan } from './job-plan.ts';
import type { JobTools, JobUpload } from './job-tools.ts';
import type { JobProblem } from './job-wish.ts';
import { LEAST_OUTPUT_BYTES, parseJobType } from './job-words.ts';
import { FINAL_STATES, type DriverPlace, type JobSpec } from './job.ts';
import type { JobView } from './judge-snapshot.ts';
import { isUpload } from './launch.ts';
import { PROPERTIES_FILE } from './spark-properties.ts';

/** What of a job's record is enough to run it once more. */
export interface Capsule {
  readonly spec: JobSpec;
  /** Text of its `env.sh`. */
  readonly environment: string;
  /** Folder of this machine that holds the job's files, absolute. */
  readonly folder: string;
}

/** What is another in the new job; everything else is as it was. */
export interface CapsuleWish {
  /** `undefined`: a new one is made. */
  readonly id: string | undefined;
  /** `undefined`: where it ran before. */
  readonly driver: DriverPlace | undefined;
}

export interface CapsulePlan {
  readonly plan: JobPlan;
  /** What is in it is not what the job was started with: the job has written to its own files, or somebody to the capsule. */
  readonly isAltered: boolean;
}

/** Words of `docker/job/export.sh` for the whole record. @param about text of `capsule.json` */
export function exportWords(base: string, { folder }: Pick<JobView, 'folder'>, about: string): readonly string[] {
  return [base, folder, about];
}

/** The same for what is enough to run the job once more: not what it has printed and written. */
export function runAgainWords(base: string, { folder, spec }: Pick<JobView, 'folder' | 'spec'>): readonly string[] {
  const parts = ['spec.json', 'env.sh', ...spec.files.map((name) => `files/${name}`)];
  return [base, folder, '{}', ...parts.map((part) => `${folder}/${part}`)];
}

/** @throws InvalidStateError for a job whose record is not complete, or that may still write to it */
export function assertWholeRecord({ spec, state, folder }: JobView): void {
  if (isUpload(folder)) {
    throw new InvalidStateError(`The job ${spec.id} was not sent to its end, so its record is not complete`, {
      hint: 'type the command again that started it',
    });
  }
  if (FINAL_STATES.has(state)) return;
  throw new InvalidStateError(`The job ${spec.id} has not ended: it is ${state}`, {
    hint: `spark-swarm job wait --name ${spec.cluster} ${spec.id}`,
  });
}

/**
 * The job of a capsule, as a new one: same words, same files, same environment. Where the old job's id stands in a word, a
 * variable or a property (`%JOB_EXEC_ID%`, `spark.swarm.jobId`) the new one does.
 *
 * @throws UsageError, ConfigError for a capsule that is damaged, or was made by hand
 */
export async function planCapsule(
  { spec, environment: text, folder }: Capsule,
  { id, driver }: CapsuleWish,
  tools: JobTools,
): Promise<CapsulePlan> {
  const problems: JobProblem[] = [];
  const newId = id ?? tools.newId();
  const renew = (word: string): string => word.replaceAll(spec.id, newId);
  collect(problems, () => parseJobId(spec.id));
  collect(problems, () => parseJobName(spec.name));
  collect(problems, () => parseJobType(spec.type, 'type'));
  if (![spec.graceMs, spec.timeoutMs ?? 0].every((limit) => Number.isSafeInteger(limit) && limit >= 0))
    problems.push({ message: 'the capsule has a limit of time that is no number' });
  const { maxOutputBytes = LEAST_OUTPUT_BYTES } = spec;
  if (!Number.isSafeInteger(maxOutputBytes) || maxOutputBytes < LEAST_OUTPUT_BYTES)
    problems.push({ message: 'the capsule has a limit of output that is less than 1m' });
  collect(problems, () => parseClusterName(tools.cluster));
  const argv = spec.argv.map(renew);
  const had = parseEnvironment(text);
  const before = Object.fromEntries(spec.environment.map((name) => [name, had.get(name) ?? '']));
  const variables = Object.fromEntries(Object.entries(before).map(([name, value]) => [name, renew(value)]));
  for (const name of spec.environment)
    if (!had.has(name)) problems.push({ message: `the capsule has no value of the variable ${name}` });
  const words = [
    ...argv.map((word, index) => ({ label: `word ${index}`, text: word })),
    ...Object.entries(variables).map(([name, value]) => ({
      label: `params: ${name}`,
      text: `${name}=${value}`,
      isVariable: true,
    })),
  ];
  problems.push(...checkWords(words, { dropsReturns: spec.type === 'spark' }));
  const present = spec.files.flatMap((name): readonly Extract<JobUpload, { readonly path: string }>[] => {
    // Or somebody's capsule could name files of this machine.
    if (name !== baseName(name) || name === '..' || tools.look(`${folder}/files/${name}`) !== 'file') {
      problems.push({ message: `the capsule has no file ${JSON.stringify(name)}` });
      return [];
    }
    return [{ name, path: tools.resolve(`${folder}/files/${name}`) }];
  });
  if (problems.length > 0) throw toError(`The job ${JSON.stringify(spec.name)}`, problems);
  const hashes = await hashUploads(present, tools);
  const sent = withHash(spec, joinHashes(hashes, formatEnvironment(before)));
  const uploads = await Promise.all(
    present.map(async (upload): Promise<JobUpload> =>
      upload.name === PROPERTIES_FILE ? { name: upload.name, text: renew(await tools.readText(upload.path)) } : upload,
    ),
  );
  const environment = formatEnvironment(variables);
  // Only a text was changed: files may be large, and are read once.
  const isSame = uploads.every((upload, index) => upload === present[index]);
  const contentHash = joinHashes(isSame ? hashes : await hashUploads(uploads, tools), environment);
  const place = driver ?? ownPlace(spec);
  const asked: JobSpec = {
    ...spec,
    id: newId,
    cluster: tools.cluster,
    driver: place,
    argv,
    createdAt: tools.now().toISOString(),
    createdBy: tools.createdBy,
  };
  const options = spec.type === 'spark' ? optionWords(splitSubmitOptions(argv.slice(1)).options) : [];
  const plan = { spec: withHash(asked, contentHash), driver: place, options, environment, uploads, contentHash };
  return { plan, isAltered: sent.hash !== spec.hash };
}

/** A file, or a record that its own job can write to, chooses no machine that somebody logs in on. */
function ownPlace({ driver, name }: JobSpec): DriverPlace {
  if (driver === 'master' || driver === 'task') return driver;
  throw new UsageError(`The driver of the job ${JSON.stringify(name)} ran on a machine of its own: ${driver}`, {
    hint: '--driver says where it runs now: master, task, or ssh://user@host',
  });
}
