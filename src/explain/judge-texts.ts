import type { Finding } from '../doctor/finding.ts';
import { deployWith } from './advice.ts';
import { shorten, type Evidence } from './evidence.ts';
import { describeMemory, largerWorker } from './judge-executors.ts';
import { problemOf, riskOf, type JobProblem } from './problems.ts';
import type { ClusterReading, DaemonReading } from './reading.ts';

interface Rule {
  readonly id: JobProblem;
  readonly pattern: RegExp;
  /** The text has this cause most often, not always. */
  readonly isLikely?: true;
  /** The sentence, after the subject. */
  readonly problem: (match: RegExpExecArray, source: string) => string;
  readonly fix: (match: RegExpExecArray, reading: ClusterReading, source: string) => string;
  /** More than the line itself proves it. */
  readonly facts?: (reading: ClusterReading) => string;
}

const DRIVER_HEAP_FIX = 'spark-swarm submit --driver-memory 2g …, or collect() less to the driver';

/** What programs print, and what it means. Texts met on Spark 4.2.1; the first pattern of an id that is found counts. */
const RULES: readonly Rule[] = [
  {
    id: 'SS-J06',
    pattern: /\[PYTHON_VERSION_MISMATCH\].*|Python in worker has different version.*/,
    problem: () => 'runs another Python in its driver than on the workers',
    fix: () =>
      "leave PYSPARK_PYTHON and spark.pyspark.python away, so that both are the image's own, or run the driver in the cluster's image (spark-swarm submit)",
    facts: ({ daemons }) => `; the image's own on ${daemons.map(({ name, python }) => `${name} ${python}`).join(', ')}`,
  },
  {
    id: 'SS-J07',
    pattern: /InvalidClassException: org\.apache\.spark\..*local class incompatible.*/,
    problem: () => 'runs another version of Spark in its driver than the cluster',
    fix: (_, { daemons }) =>
      `give the driver Spark ${daemons[0]?.spark ?? ''} (pip install pyspark==${daemons[0]?.spark ?? 'VERSION'}), or run it in the cluster: spark-swarm submit …`,
    facts: ({ daemons }) => `; ${daemons.map(({ name, spark }) => `${name} has Spark ${spark}`).join(', ')}`,
  },
  {
    id: 'SS-J08',
    pattern: /Failed to load class ([\w$]+(?:\.[\w$]+)*)/,
    problem: ([, name]) => `names the class ${name}, which is in none of its jars`,
    fix: () =>
      'spark-swarm submit --class NAME APP.jar with the full name as the jar has it: jar tf APP.jar | grep class',
  },
  {
    id: 'SS-J08',
    pattern: /(?:ClassNotFoundException|NoClassDefFoundError): (?!Failed to find)([\w$]+(?:[./][\w$]+)*)/,
    problem: ([, name = '']) => `needs the class ${name.replaceAll('/', '.')}, which is in none of its jars`,
    fix: () => 'spark-swarm submit --jars LIB.jar …, or --packages GROUP:NAME:VERSION …, with the jar that has it',
  },
  {
    id: 'SS-J08',
    pattern: /Failed to find (?:the )?data source: ([\w-]+(?:\.[\w-]+)*)/,
    problem: ([, name]) => `needs the data source ${name}, which is in none of its jars`,
    fix: () => 'spark-swarm submit --packages GROUP:NAME:VERSION … with the package of that data source',
  },
  {
    id: 'SS-J09',
    pattern: /ModuleNotFoundError: No module named '([^']+)'/,
    problem: ([, name], source) => `needs the Python module ${name}, which is missing where ${source} runs`,
    fix: ([, name = ''], { cluster }) =>
      `a module of yours: spark-swarm submit --py-files ${name.split('.')[0]}.py …; one of PyPI: ${deployWith(cluster, '--packages …')} puts it into the image of all`,
  },
  {
    id: 'SS-J09',
    pattern: /can't open file '([^']+)'/,
    problem: ([, file]) => `names the application ${file}, which is not where its driver runs`,
    fix: () => 'give a file of this machine, which is brought there, or a path below /data',
  },
  {
    id: 'SS-J09',
    pattern: /Local jar (\S+) does not exist/,
    problem: ([, file]) => `names the jar ${file}, which is not where its driver runs`,
    fix: () => 'give a file of this machine, which is brought there, or a path below /data',
  },
  {
    id: 'SS-J12',
    pattern: /OutOfMemoryError: (Java heap space|GC overhead limit exceeded).*/,
    problem: (_, source) => `failed, because the Java heap of ${source} was full`,
    fix: (_, __, source) =>
      source.startsWith('executor')
        ? 'spark-swarm submit --conf spark.executor.memory=… larger, or more partitions'
        : DRIVER_HEAP_FIX,
  },
  {
    // Java's own reader: an OutOfMemoryError in the middle of a result comes out of it as this.
    id: 'SS-J12',
    pattern: /Exception while getting task result: .*IllegalStateException: unread block data/,
    isLikely: true,
    problem: () => 'could not read the result of a task, most often because the Java heap of the driver was full',
    fix: () => DRIVER_HEAP_FIX,
  },
  {
    id: 'SS-J16',
    pattern: /No space left on device/,
    problem: (_, source) => `failed, because a disk of ${source} was full`,
    fix: () => 'docker system df on that node shows what takes it; more partitions need less room at once',
    facts: (reading) => {
      const { name, disk } = fullestDisk(reading.daemons) ?? {};
      return disk === undefined
        ? ''
        : `; least is free on ${name} in ${disk.path}: ${mib(disk.freeBytes)} of ${mib(disk.totalBytes)}`;
    },
  },
];

/** The last failure of a task names the executor: `Lost task 0.3 in stage 0.0 (TID 3) (10.0.0.4 executor 0)`. */
const TASK_EXECUTOR = /\(TID \d+\) \((\S+) executor (\d+)\)/g;
/** Where the next message begins: a line of the log, an error that Python was given, the end of a thread. */
const NEXT_MESSAGE = /\n(?:\d\d\/\d\d\/\d\d \d\d:\d\d:\d\d |: |Exception in thread )/;
const CRASHED = /Python worker exited unexpectedly \(crashed\)|exited with code 137|ExecutorLostFailure.*137/;

/** What the texts say by themselves. One finding of an id, with the first text that says so. */
export function judgeTexts(
  reading: ClusterReading,
  subject: string,
  evidence: readonly Evidence[],
): readonly Finding[] {
  const found: Finding[] = [];
  for (const { id, pattern, isLikely, problem, fix, facts } of RULES) {
    if (found.some((finding) => finding.id === id)) continue;
    for (const { source, text } of evidence) {
      const match = pattern.exec(text);
      if (!match) continue;
      const where = findTask(text, match.index, reading) ?? source;
      const line = lineAt(text, match.index);
      const make = isLikely ? riskOf : problemOf;
      found.push(
        make(id, {
          subject,
          problem: problem(match, where),
          proof: `${where}: ${line}${facts?.(reading) ?? ''}`,
          fix: fix(match, reading, where),
        }),
      );
      break;
    }
  }
  return [...found, ...judgeCrash(reading, subject, evidence)];
}

/** A Python worker or an executor that was killed from outside, on a worker whose kernel has killed at the limit. */
function judgeCrash(reading: ClusterReading, subject: string, evidence: readonly Evidence[]): readonly Finding[] {
  const crash = evidence.find(({ text }) => CRASHED.test(text));
  const at = crash ? CRASHED.exec(crash.text) : null;
  const killers = reading.daemons.filter(({ name, memory }) => name.startsWith('worker') && memory.kills > 0);
  const daemon = killers[0];
  if (!crash || !at || !daemon) return [];
  return [
    problemOf('SS-J11', {
      subject,
      problem: `lost processes that the kernel killed at the memory limit of ${killers.map(({ name }) => name).join(', ')}`,
      proof: `${findTask(crash.text, at.index, reading) ?? crash.source}: ${lineAt(crash.text, at.index)}; ${daemon.name}: ${describeMemory(daemon)}`,
      fix: largerWorker(reading.cluster, daemon),
    }),
  ];
}

/** Which executor the failure was on that stands in this text; `undefined` for the driver's own words. */
function findTask(text: string, index: number, { master, cluster }: ClusterReading): string | undefined {
  const before = [...text.slice(0, index + 1).matchAll(TASK_EXECUTOR)].at(-1);
  if (!before || NEXT_MESSAGE.test(text.slice(before.index, index))) return undefined;
  const [, host = '', id] = before;
  const worker = master?.workers.find((one) => one.host === host);
  const container = cluster.containers.find(
    ({ displayName, containerId }) =>
      displayName === (worker?.host ?? host) || (containerId?.startsWith(host) ?? false),
  );
  return `executor ${id} on ${container?.displayName ?? host}`;
}

function lineAt(text: string, index: number): string {
  const start = text.lastIndexOf('\n', index) + 1;
  const end = text.indexOf('\n', index);
  return shorten(text.slice(start, end < 0 ? undefined : end));
}

/** Of all disks of all containers. */
export function fullestDisk(
  daemons: readonly DaemonReading[],
): { readonly name: string; readonly disk: DaemonReading['disks'][number] } | undefined {
  return daemons
    .flatMap(({ name, disks }) => disks.map((disk) => ({ name, disk })))
    .toSorted((a, b) => a.disk.freeBytes - b.disk.freeBytes)[0];
}

export function mib(bytes: number): string {
  return `${Math.floor(bytes / 1024 ** 2)} MiB`;
}
