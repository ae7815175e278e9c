import type { Finding } from '../doctor/finding.ts';
import { FINAL_STATES, type JobStatus } from '../jobs/job.ts';
import { deployWith } from './advice.ts';
import { listEnds, shorten, type Evidence } from './evidence.ts';
import { judgePlacement, judgeRefusals, placementFix, secretFix } from './judge-cluster.ts';
import { describeMemory, judgeKills } from './judge-executors.ts';
import { judgePaths } from './judge-paths.ts';
import { judgeTexts } from './judge-texts.ts';
import { problemOf, riskOf } from './problems.ts';
import type { ClusterReading } from './reading.ts';

/** Everything known of one job. Tails: the last 64 KiB or less of what it printed; empty where there is nothing. */
export interface JobEvidence {
  /** Running or ended. */
  readonly jobStatus: JobStatus;
  readonly stdoutTail: string;
  readonly stderrTail: string;
  /** `undefined` when nobody knows it yet. */
  readonly applicationId: string | undefined;
}

/** What a job's own output, state and executors say; what an active application waits for is judged elsewhere. */
export function judgeJob(reading: ClusterReading, job: JobEvidence): readonly Finding[] {
  const { jobStatus, stderrTail, stdoutTail, applicationId } = job;
  const subject = jobSubject(jobStatus);
  const placed = judgePlacement(jobStatus.reason).map((id) =>
    problemOf(id, {
      subject,
      problem: `is ${jobStatus.state}, because its container does not start`,
      proof: jobStatus.reason,
      fix:
        placementFix(reading.cluster, id, jobStatus.reason) ??
        `smaller --driver-memory, or spark-swarm status --name ${reading.cluster.name}`,
    }),
  );
  const early = [...placed, ...judgeSecret(reading, subject, stderrTail)];
  if (!FINAL_STATES.has(jobStatus.state) || !hasFailed(jobStatus)) return early;
  const ends = applicationId === undefined ? [] : listEnds(reading, applicationId);
  const evidence = failureTexts(job, reading);
  const killed = judgeKills(reading, subject, ends);
  return distinct([
    ...early,
    ...judgeDriverKilled(reading, job, subject),
    ...killed,
    ...judgePaths(reading, subject, evidence),
    ...judgeTexts(reading, subject, evidence),
    ...judgeMasterLost(reading, jobStatus, subject, stderrTail + stdoutTail),
  ]);
}

/** What a failed job has printed, and its executors. */
export function failureTexts(
  { jobStatus, stderrTail, stdoutTail, applicationId }: JobEvidence,
  reading: ClusterReading,
): readonly Evidence[] {
  if (!FINAL_STATES.has(jobStatus.state) || !hasFailed(jobStatus)) return [];
  const ends = applicationId === undefined ? [] : listEnds(reading, applicationId);
  return [
    { source: 'the driver', text: stderrTail },
    { source: 'the driver', text: stdoutTail },
    ...ends.map(({ worker, id, stderr }) => ({ source: `executor ${id} on ${worker}`, text: stderr })),
  ];
}

/** `job etl (0123456789ab)`. */
export function jobSubject({ spec: { name, id } }: JobStatus): string {
  return `job ${name} (${id})`;
}

function hasFailed({ state }: JobStatus): boolean {
  return state === 'DONEWITHERROR' || state === 'FAILED';
}

const BOOTSTRAP =
  /.*(?:Exception while bootstrapping client|Expected SaslMessage|Unable to authenticate|SaslException).*/;

function judgeSecret(reading: ClusterReading, subject: string, stderr: string): readonly Finding[] {
  const said = BOOTSTRAP.exec(stderr)?.[0];
  // By itself it may be a connection that was cut; the master never took this driver, which it says, too.
  if (said === undefined || !/Failed to connect to master|masters are unresponsive|Expected SaslMessage/.test(stderr))
    return [];
  const refused = judgeRefusals(reading)[0]?.proof;
  return [
    problemOf('SS-J17', {
      subject,
      problem: "is refused by the master, because the driver's secret is missing or another one",
      proof: `the driver: ${shorten(said)}${refused === undefined ? '' : `; ${refused}`}`,
      fix: secretFix(reading.cluster.name),
    }),
  ];
}

function judgeDriverKilled(
  { daemons, cluster }: ClusterReading,
  { jobStatus, stderrTail }: JobEvidence,
  subject: string,
): readonly Finding[] {
  // One that runs elsewhere has another container's limit, or none.
  const isInMaster = jobStatus.spec.driver === 'master';
  const master = isInMaster ? daemons.find(({ name }) => name === 'master') : undefined;
  const isKilled = jobStatus.exitCode === 137 || /\bKilled\b\s*$/.test(stderrTail.trimEnd());
  const saysSo = /out of memory|memory limit|\boom\b/i.test(jobStatus.reason);
  if (!saysSo && !(isKilled && (master?.memory.kills ?? 0) > 0)) return [];
  return [
    problemOf('SS-J11', {
      subject,
      problem: isInMaster
        ? "ended, because its driver was killed at the memory limit of the master's container"
        : 'ended, because the memory where its driver ran was full',
      proof:
        `exit status ${jobStatus.exitCode ?? 'unknown'}${jobStatus.reason === '' ? '' : ` (${jobStatus.reason})`}` +
        (isInMaster ? `; master: ${master ? describeMemory(master) : 'does not run'}` : ''),
      fix: isInMaster
        ? deployWith(cluster, '--master-memory …') + ' with room for Python beside the heap, or less data in the driver'
        : jobStatus.spec.driver === 'task'
          ? 'a larger --driver-memory, which makes its container larger, or less data in the driver'
          : 'a smaller --driver-memory, or less data in the driver',
    }),
  ];
}

const NO_MASTER = /.*(?:Master removed our application|waiting for master to reconnect).*/;
const NO_ANSWER = /.*masters are unresponsive.*/;

function judgeMasterLost(
  { master, cluster }: ClusterReading,
  { reason, spec }: JobStatus,
  subject: string,
  text: string,
): readonly Finding[] {
  if (BOOTSTRAP.test(text)) return [];
  const silence = NO_ANSWER.exec(text)?.[0];
  const said = NO_MASTER.exec(text)?.[0] ?? (master?.status === 'ALIVE' ? undefined : silence);
  const isLost =
    spec.driver === 'master' &&
    /container was (?:restarted|replaced|removed)|master .*(?:restarted|lost|gone)/i.test(reason);
  if (said !== undefined || isLost) {
    return [
      problemOf('SS-J13', {
        subject,
        problem: 'ended with the master, or because it lost it',
        proof: isLost ? reason : `the driver: ${shorten(said ?? '')}`,
        fix:
          cluster.platform === 'swarm' && spec.driver === 'master'
            ? 'run it again; a driver in a container of its own goes on without that of the master: spark-swarm job run --driver task …'
            : 'run it again',
      }),
    ];
  }
  if (silence === undefined) return [];
  return [
    riskOf('SS-J07', {
      subject,
      problem:
        'gave up on a master that is ALIVE: most often its version of Spark is another one, or its address is wrong',
      proof: `the driver: ${shorten(silence)}`,
      fix: 'run it with the image of the cluster, and leave --master away',
    }),
  ];
}

/** The same id about the same thing once. */
export function distinct(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(
    (one, index) => findings.findIndex(({ id, subject }) => id === one.id && subject === one.subject) === index,
  );
}
