import { InvalidStateError } from '../errors.ts';

/** Spark's own names and ports, so that a driver elsewhere is asked to be reachable by what executors will really dial. */
export interface DriverPorts {
  readonly driver: number;
  readonly blockManager: number;
}

/** What a machine has for a driver; empty texts for what it has not. */
export interface SparkHome {
  readonly home: string;
  readonly version: string;
  /** Folder of `java`. */
  readonly java: string;
  /** `3.13`. */
  readonly python: string;
  readonly path: string;
}

/**
 * Finds Spark on a machine, in the user's login environment. Prints home, version, folder of java, version of Python, PATH.
 *
 * Spark that pip has installed has no SPARK_HOME: Python says where it is.
 */
export const FIND_SPARK = `sh -l -c '
submit=$(command -v spark-submit)
python=$(command -v python3 || command -v python)
module=$([ -z "$python" ] || "$python" -c "import os, pyspark; print(os.path.dirname(pyspark.__file__))" 2>/dev/null)
home=
for each in "$SPARK_HOME" "$module" "\${submit%/bin/spark-submit}" /opt/spark "$HOME/spark"; do
  [ -n "$home" ] || [ -z "$each" ] || [ ! -x "$each/bin/spark-submit" ] || home=$each
done
java=
for each in "$JAVA_HOME/bin" "$(dirname -- "$(command -v java || echo /)")" /opt/java/bin; do
  [ -n "$java" ] || [ ! -x "$each/java" ] || java=$each
done
printf "%s\\n" "$home" "$(ls "$home/jars" 2>/dev/null | sed -n "s/^spark-core_[0-9.]*-\\(.*\\)[.]jar$/\\1/p")" "$java" \\
  "$([ -z "$python" ] || "$python" -c "import sys; print(str(sys.version_info[0]) + chr(46) + str(sys.version_info[1]))")" "$PATH"
'`;

export function readSparkHome(text: string): SparkHome {
  const [home = '', version = '', java = '', python = '', path = ''] = text.split('\n').slice(-6);
  return { home, version, java, python, path };
}

/** In a container of the cluster: its Spark, its Python, and the settings of its drivers. */
export const READ_CLUSTER = `ls /opt/spark/jars | sed -n 's/^spark-core_[0-9.]*-\\(.*\\)[.]jar$/\\1/p'
python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])'
cat "$SPARK_CONF_DIR/spark-defaults.conf"
echo '# --- log4j2.properties'
cat "$SPARK_CONF_DIR/log4j2.properties"`;

export interface ClusterSpark {
  readonly version: string;
  readonly python: string;
  /** Lines of spark-defaults.conf, the cluster's secret among them. */
  readonly conf: readonly string[];
  /** What a driver there says, and what not. */
  readonly log4j2: string;
}

export function readClusterSpark(text: string): ClusterSpark {
  const [settings = '', log4j2 = ''] = text.split('# --- log4j2.properties\n');
  const [version = '', python = '', ...conf] = settings.split('\n');
  return { version, python, conf, log4j2 };
}

/** @throws InvalidStateError where there is no Spark, or one that the cluster's does not talk with */
export function assertSameSpark(place: string, here: SparkHome, there: ClusterSpark, isPython: boolean): void {
  const refuse = (seen: string, hint: string): InvalidStateError =>
    new InvalidStateError(`Cannot run a driver on ${place}: ${seen}`, { hint });
  if (here.home === '') {
    throw refuse(
      'there is no Spark (no spark-submit in its PATH, in SPARK_HOME, or in /opt/spark)',
      `pip install pyspark==${there.version} there, or set SPARK_HOME in ~/.profile`,
    );
  }
  if (here.java === '') throw refuse('there is no java', 'install Java 17 or 21 there, or set JAVA_HOME in ~/.profile');
  if (here.version !== there.version) {
    throw refuse(
      `its Spark in ${here.home} is ${here.version || 'of no version'}, and the cluster's is ${there.version}`,
      `pip install pyspark==${there.version} there`,
    );
  }
  if (isPython && here.python !== there.python) {
    throw refuse(
      `its Python is ${here.python || 'not there'}, and that of the executors is ${there.python}`,
      `install Python ${there.python} there, or run it beside the master: --driver master`,
    );
  }
}

/**
 * Listens on two ports of a machine, those that are asked for or free ones, until it is killed, or for a minute. Prints its
 * process id and the ports. The kernel takes the connections: nothing needs to answer.
 */
export const LISTEN = `if command -v python3 >/dev/null; then exec python3 -I -c '
import os, socket, sys, time
taken = []
for port in sys.argv[1:]:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("", int(port)))
    listener.listen(64)
    taken.append(listener)
print(os.getpid(), *[listener.getsockname()[1] for listener in taken], flush=True)
time.sleep(60)
' "$@"
elif command -v perl >/dev/null; then exec perl -MIO::Socket::INET -e '
my @taken = map { IO::Socket::INET->new(Listen => 64, LocalPort => $_, ReuseAddr => 1) or die "port $_: $!\\n" } @ARGV;
$| = 1;
print join(" ", $$, map { $_->sockport } @taken), "\\n";
sleep 60;
' "$@"
else echo "there is neither python3 nor perl to listen with" >&2; exit 3; fi`;

/** Tries to reach `host:port` words, all at once; prints one line for each: the word, and `ok`, `nameless` or `closed`. */
export const REACH = `try() { timeout "$1" bash -c ': <>"/dev/tcp/$0/$1"' "$host" "$port" 2>/dev/null; }
for word; do
  (
    host=\${word%:*} port=\${word##*:}
    if ! getent ahosts "$host" >/dev/null; then echo "$word nameless"
    elif try 3 || { [ $? = 124 ] && try 6; }; then echo "$word ok"
    else echo "$word closed"; fi
  ) &
done
wait`;

export type Reach = 'ok' | 'nameless' | 'closed';

export function readReach(text: string): ReadonlyMap<string, Reach> {
  const found = new Map<string, Reach>();
  for (const line of text.split('\n')) {
    const [word = '', reach] = line.split(' ');
    if (reach === 'ok' || reach === 'nameless' || reach === 'closed') found.set(word, reach);
  }
  return found;
}

/** What was found about the way between a machine and a cluster. */
export interface DriverWays {
  readonly place: string;
  /** Addresses of the master that were tried from the machine. */
  readonly masters: readonly string[];
  /** Each of them, and each worker as executors call themselves (`worker-1:8081`), as seen from the machine. */
  readonly fromMachine: ReadonlyMap<string, Reach>;
  /** The workers' words in it. */
  readonly workers: readonly string[];
  /** By worker: the machine's addresses with each of the two ports, as seen from its container. */
  readonly fromWorkers: ReadonlyMap<string, ReadonlyMap<string, Reach>>;
  /** Names and addresses of the machine that were tried. */
  readonly addresses: readonly string[];
  readonly ports: DriverPorts;
  /** The cluster is on a swarm, where a driver can be a task. */
  readonly hasTasks: boolean;
}

export interface ProvedWays {
  readonly master: string;
  readonly host: string;
}

/**
 * An address of the master, and one by which all workers reach the driver's two ports; workers must be reachable too.
 *
 * Results above `spark.task.maxDirectResultSize` (1 MiB) are not sent: the driver fetches them from the executor. A driver that
 * cannot do so works until the first large result, and then waits. Source: TaskResultGetter.scala.
 *
 * @throws InvalidStateError with what was tried, and in how many cases it worked
 */
export function judgeWays(ways: DriverWays): ProvedWays {
  const { place, masters, fromMachine, workers, fromWorkers, addresses, ports, hasTasks } = ways;
  const master = masters.find((word) => fromMachine.get(word) === 'ok');
  const reached = workers.filter((word) => fromMachine.get(word) === 'ok');
  const words = (address: string): readonly string[] =>
    [ports.driver, ports.blockManager].map((port) => `${address}:${port}`);
  const backFrom = (address: string): number =>
    [...fromWorkers.values()].filter((seen) => words(address).every((word) => seen.get(word) === 'ok')).length;
  // A master that has been started again still lists workers whose containers are gone.
  const isTried = workers.length > 0 && fromWorkers.size > 0;
  const host = addresses.find((address) => backFrom(address) === fromWorkers.size);
  if (master !== undefined && host !== undefined && reached.length === workers.length && isTried)
    return { master, host };
  const best = Math.max(0, ...addresses.map(backFrom));
  const missed = workers.find((word) => fromMachine.get(word) !== 'ok');
  const seen = [
    ...(isTried ? [] : ['the cluster has no worker to try it with']),
    ...(master === undefined
      ? [`from there the master does not answer (tried ${masters.join(', ') || 'nothing: its port is not published'})`]
      : []),
    ...(missed === undefined
      ? []
      : [
          `from there ${reached.length} of ${workers.length} workers can be reached (${missed} ${fromMachine.get(missed) === 'nameless' ? 'has no address there' : 'does not answer'}), and results above 1 MB are fetched from them`,
        ]),
    ...(host === undefined && isTried
      ? [
          `${best} of ${fromWorkers.size} workers reach its ports ${ports.driver} and ${ports.blockManager} (tried ${addresses.join(', ')})`,
        ]
      : []),
  ];
  throw new InvalidStateError(`Cannot run a driver on ${place}: ${seen.join('; ')}`, {
    hint:
      missed === undefined && master !== undefined && isTried
        ? `let the workers reach two ports there, and say which: --conf spark.driver.port=${ports.driver} --conf spark.driver.blockManager.port=${ports.blockManager}; or --driver master`
        : hasTasks
          ? '--driver task runs it in the network of the cluster, as does ssh:// to a node of the swarm; --driver master beside the master'
          : '--driver master runs it beside the master',
  });
}

/** Settings that hold for the cluster's own containers only. */
const OF_CONTAINERS =
  /^\s*spark\.(?:master|driver\.host|driver\.bindAddress|(?:driver|executor)\.defaultJavaOptions|eventLog\.(?:enabled|dir)|sql\.warehouse\.dir)[\s=]/;

/** The machine's own spark-defaults.conf for one job: the cluster's settings, its secret among them, and the proved way. */
export function formatDriverConf(conf: readonly string[], { master, host }: ProvedWays, ports: DriverPorts): string {
  const own: Readonly<Record<string, string | number>> = {
    'spark.master': `spark://${master}`,
    'spark.driver.host': host,
    'spark.driver.bindAddress': '0.0.0.0',
    'spark.driver.port': ports.driver,
    'spark.driver.blockManager.port': ports.blockManager,
  };
  const kept = conf.filter((line) => line.trim() !== '' && !OF_CONTAINERS.test(line));
  return `${[...kept, ...Object.entries(own).map(([key, value]) => `${key} ${value}`)].join('\n')}\n`;
}

/** A setting among spark-submit's options; the last one counts. */
export function findSetting(options: readonly string[], key: string): string | undefined {
  return options
    .flatMap((word, index) =>
      word === '--conf' || word === '-c'
        ? [options[index + 1] ?? '']
        : word.startsWith('--conf=')
          ? [word.slice(7)]
          : [],
    )
    .findLast((setting) => setting.startsWith(`${key}=`))
    ?.slice(key.length + 1);
}
