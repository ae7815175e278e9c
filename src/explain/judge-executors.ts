import { SMALLEST_EXECUTOR_BYTES } from '../cluster/sizes.ts';
import type { Finding } from '../doctor/finding.ts';
import { BYTES_PER_MIB, formatSize } from '../units.ts';
import { countOf, deployWith, limitFor, nameOf } from './advice.ts';
import { findErrorLine, listEnds, shorten, type ExecutorEnd } from './evidence.ts';
import { problemOf } from './problems.ts';
import type { ApplicationReading, ClusterReading, DaemonReading, ExecutorReading } from './reading.ts';

/**
 * Spark needs 471859200 bytes, which is 450m: below, every executor ends at once. With exactly this much those of one core do,
 * because Java leaves out a part of the heap there, and those of two cores work (seen).
 */
export const TOO_SMALL_BYTES = 450 * BYTES_PER_MIB;
/** What an executor says that has less. */
const TOO_SMALL = 'must be at least 471859200';
/** As often in a row is no accident. */
const LOOP = 2;
/** An executor that has lived as long has connected and works. */
const SETTLED_SECONDS = 60;
const HEAP_EXIT = 52;
const KILLED_EXIT = 137;

const CONNECTION_ERROR =
  /Failed to connect to|Connection refused|UnknownHostException|Connection timed out|No route to host|Cannot receive any reply|ConnectTimeoutException/;

/** What is wrong with the executors of an active application. */
export function judgeExecutors(reading: ClusterReading, app: ApplicationReading): readonly Finding[] {
  const subject = nameOf(app.application);
  const ends = listEnds(reading, app.application.id);
  const unreachable = judgeConnection(reading, app, ends);
  if (unreachable.length > 0) return unreachable;
  const killed = judgeKills(reading, subject, ends);
  const full = judgeHeaps(app, subject, ends);
  return killed.length + full.length > 0 ? [...killed, ...full] : judgeLoop(reading, app, ends);
}

function judgeLoop(
  reading: ClusterReading,
  { application, page }: ApplicationReading,
  ends: readonly ExecutorEnd[],
): readonly Finding[] {
  const asked = application.memoryPerExecutorBytes;
  const isTooSmall = asked < TOO_SMALL_BYTES || ends.some(({ stderr }) => stderr.includes(TOO_SMALL));
  const looping = reading.daemons.flatMap((daemon) => {
    const ended = ends.filter(({ worker }) => worker === daemon.name);
    const settled = daemon.executors.some(
      (executor) =>
        executor.applicationId === application.id && executor.isRunning && executor.ageSeconds > SETTLED_SECONDS,
    );
    return ended.length >= (isTooSmall ? 1 : LOOP) && !settled ? [{ name: daemon.name, ended }] : [];
  });
  const last = looping.flatMap(({ ended }) => ended).toSorted((a, b) => b.id - a.id)[0];
  if (!last && !(isTooSmall && application.cores > 0)) return [];
  const count = Math.max(
    looping.reduce((all, { ended }) => all + ended.length, 0),
    page?.executors.filter(({ state }) => state === 'EXITED' || state === 'FAILED').length ?? 0,
  );
  const said = last ? findErrorLine(last.stderr) : '';
  const proof = last
    ? `${countOf(count, 'executor')} ended so far; executor ${last.id} on ${last.worker}: ${last.message}` +
      (said === '' ? '' : `; its own words: ${said}`)
    : `asked: ${formatSize(asked)} for an executor, and Spark needs 471859200 bytes (450m) of heap`;
  return [
    problemOf('SS-J04', {
      subject: nameOf(application),
      problem: isTooSmall
        ? 'gets executors that end at once, because their heap is too small, and the master starts others for ever'
        : 'gets executors that end at once, and the master starts others for ever',
      proof,
      fix: isTooSmall
        ? `end it, then: spark-swarm submit --conf spark.executor.memory=${formatSize(SMALLEST_EXECUTOR_BYTES)} …`
        : `end it, and cure what their own words say; all of them: spark-swarm logs ${last?.worker ?? ''} --name ${reading.cluster.name}`,
    }),
  ];
}

/** Executors that do not come through to their driver: by their own words and by connecting from their worker. */
function judgeConnection(
  { daemons }: ClusterReading,
  { application }: ApplicationReading,
  ends: readonly ExecutorEnd[],
): readonly Finding[] {
  const failing = daemons.flatMap((daemon) => {
    const executors = daemon.executors.filter(({ applicationId }) => applicationId === application.id);
    const newest = executors.toSorted((a, b) => b.id - a.id)[0];
    const result = daemon.connections.find(({ address }) => address === newest?.driver)?.result ?? 'ok';
    if (!newest || result === 'ok') return [];
    const words = [newest, ...executors].map(connectionWords).find((line) => line !== '') ?? '';
    // Refused is also how a driver looks that has ended a moment ago.
    if (result === 'refused' && words === '' && !ends.some(({ worker }) => worker === daemon.name)) return [];
    return [{ daemon, newest, result, words }];
  });
  const [first] = failing;
  if (!first) return [];
  const names = failing.map(({ daemon }) => daemon.name).join(', ');
  return [
    problemOf('SS-J05', {
      subject: nameOf(application),
      problem: `has executors that do not reach its driver at ${first.newest.driver}`,
      proof:
        `connecting to ${first.newest.driver} from ${names}: ${first.result}` +
        (first.words === '' ? '' : `; executor ${first.newest.id} on ${first.daemon.name}: ${first.words}`),
      fix: 'run the driver in the cluster: spark-swarm submit …; elsewhere give it an address that workers reach (--conf spark.driver.host=…) and open its ports',
    }),
  ];
}

function connectionWords({ stderr }: ExecutorReading): string {
  return shorten(stderr.split('\n').findLast((line) => CONNECTION_ERROR.test(line)) ?? '');
}

/** Ended by SIGKILL on a worker where the kernel has killed. */
export function judgeKills(
  { daemons, cluster }: ClusterReading,
  subject: string,
  ends: readonly Pick<ExecutorEnd, 'worker' | 'id' | 'message' | 'exitCode'>[],
): readonly Finding[] {
  const found = ends.flatMap((end) => {
    const daemon = daemons.find(({ name, memory }) => name === end.worker && memory.kills > 0);
    return end.exitCode === KILLED_EXIT && daemon ? [{ end, daemon }] : [];
  });
  const last = found.at(-1);
  if (!last) return [];
  const { daemon, end } = last;
  return [
    problemOf('SS-J11', {
      subject,
      problem: `lost ${countOf(found.length, 'executor')}, killed by the kernel at the memory limit of ${daemon.name}`,
      proof: `executor ${end.id} on ${end.worker}: ${end.message}; ${describeMemory(daemon)}`,
      fix: largerWorker(cluster, daemon),
    }),
  ];
}

/** `limit 1280m, at most 1280m in use, 2 processes killed by the kernel since it started`. */
export function describeMemory({ memory: { limitBytes, peakBytes, kills } }: DaemonReading): string {
  const limit = limitBytes === undefined ? 'no limit' : `limit ${formatSize(limitBytes)}`;
  const peak = peakBytes === undefined ? '' : `at most ${formatSize(peakBytes)} in use, `;
  return `${limit}, ${peak}${kills} ${kills === 1 ? 'process' : 'processes'} killed by the kernel since it started`;
}

export function largerWorker(
  cluster: ClusterReading['cluster'],
  { memory: { limitBytes } }: Pick<DaemonReading, 'memory'>,
): string {
  const larger = limitBytes === undefined ? '…' : formatSize(limitBytes * 2);
  return `${deployWith(cluster, `--worker-memory ${larger}`)}, keeping spark.executor.memory: Python and native memory are outside of it`;
}

function judgeHeaps(
  { application }: ApplicationReading,
  subject: string,
  ends: readonly ExecutorEnd[],
): readonly Finding[] {
  const found = ends.filter(
    ({ exitCode, stderr }) =>
      exitCode === HEAP_EXIT || /OutOfMemoryError: (?:Java heap space|GC overhead)/.test(stderr),
  );
  const last = found.at(-1);
  if (!last) return [];
  const line = shorten(last.stderr.split('\n').findLast((text) => text.includes('OutOfMemoryError')) ?? last.message);
  const asked = application.memoryPerExecutorBytes;
  return [
    problemOf('SS-J12', {
      subject,
      problem: `lost ${countOf(found.length, 'executor')}, because their Java heap of ${formatSize(asked)} was full`,
      proof: `executor ${last.id} on ${last.worker}: ${line}`,
      fix: `spark-swarm submit --conf spark.executor.memory=${formatSize(asked * 2)} … (a worker of ${limitFor(asked * 2, 1)}), or more partitions`,
    }),
  ];
}
