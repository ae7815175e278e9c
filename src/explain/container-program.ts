import type { ConnectionReading, DaemonReading, DiskReading, ExecutorReading, MemoryReading } from './reading.ts';

/** Of each application; a loop leaves hundreds. */
const EXECUTORS_SHOWN = 4;

export interface ContainerQuestion {
  /** Connect back to the drivers of these applications' executors. */
  readonly connect: readonly string[];
  /** Look whether these are there. */
  readonly paths: readonly string[];
}

/**
 * Runs inside a container of any image of ours, which has Python: prints one JSON object, the fields of
 * {@link ContainerAnswer}. Works with both versions of cgroups. Nothing is changed.
 */
const PROGRAM = String.raw`
import glob, json, os, re, socket, sys, time
ask = json.loads(sys.argv[1])

def text(path):
    try:
        with open(path, 'rb') as file:
            return file.read().decode('utf-8', 'replace')
    except OSError:
        return ''

def tail(path, limit=12288):
    try:
        with open(path, 'rb') as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - limit))
            return file.read().decode('utf-8', 'replace')
    except OSError:
        return ''

def number(*paths):
    for path in paths:
        found = re.match(r'[0-9]+', text(path))
        if found and int(found.group()) < 1 << 60:
            return int(found.group())

def after(words, name):
    return words[words.index(name) + 1] if name in words[:-1] else ''

def version(folder):
    for path in glob.glob(folder + '/spark-core_*.jar'):
        found = re.search(r'-([0-9][^-]*)\.jar$', path)
        if found:
            return found.group(1)
    return ''

running, versions = {}, set()
uptime = float(text('/proc/uptime').split()[0])
for path in glob.glob('/proc/[0-9]*/cmdline'):
    words = text(path).split('\0')
    if 'org.apache.spark.executor.CoarseGrainedExecutorBackend' in words and '--app-id' in words:
        stat = text(os.path.dirname(path) + '/stat').rpartition(')')[2].split()
        if len(stat) > 19:
            age = uptime - int(stat[19]) / os.sysconf('SC_CLK_TCK')
            running[after(words, '--app-id'), after(words, '--executor-id')] = age
    elif 'org.apache.spark.deploy.SparkSubmit' in words:
        versions.update(version(one[:-2]) for one in after(words, '-cp').split(':') if one.endswith('/jars/*'))

home = os.environ.get('SPARK_HOME', '/opt/spark')
work = os.environ.get('SPARK_WORKER_DIR', home + '/work')
executors = []
for folder in glob.glob(work + '/app-*'):
    app = os.path.basename(folder)
    ids = sorted(int(name) for name in os.listdir(folder) if name.isdigit())
    for id in ids[-${EXECUTORS_SHOWN}:]:
        file = '%s/%d/stderr' % (folder, id)
        try:
            quiet = time.time() - os.stat(file).st_mtime
        except OSError:
            continue
        with open(file, 'rb') as opened:
            command = opened.read(8192).decode('utf-8', 'replace').split('\n')[0]
        heap = re.search(r'"-Xmx([^"]+)"', command)
        driver = re.search(r'"spark://CoarseGrainedScheduler@([^"]+)"', command)
        cores = re.search(r'"--cores" "([0-9]+)"', command)
        age = running.get((app, str(id)))
        executors.append({
            'applicationId': app, 'id': id, 'isRunning': age is not None,
            'ageSeconds': quiet if age is None else age,
            'heap': heap.group(1).lower() if heap else '', 'cores': int(cores.group(1)) if cores else 0,
            'driver': driver.group(1) if driver else '', 'stderr': tail(file),
        })

def connect(address):
    host, _, port = address.rpartition(':')
    try:
        socket.create_connection((host.strip('[]'), int(port)), timeout=3).close()
        return 'ok'
    except ConnectionRefusedError:
        return 'refused'
    except socket.gaierror:
        return 'unknown host'
    except TimeoutError:
        return 'timeout'
    except (OSError, ValueError) as error:
        return str(error)

disks, devices = [], set()
folders = os.environ.get('SPARK_LOCAL_DIRS', '/tmp').split(',')
for path in folders + [work, '/tmp', '/data', '/var/lib/spark/jobs']:
    try:
        device, free = os.stat(path).st_dev, os.statvfs(path)
    except OSError:
        continue
    if device not in devices:
        devices.add(device)
        disks.append({'path': path, 'freeBytes': free.f_bavail * free.f_frsize,
                      'totalBytes': free.f_blocks * free.f_frsize,
                      'freeInodes': free.f_favail if free.f_files else 1 << 40})

group = '/sys/fs/cgroup/'
kills = re.search(r'^oom_kill ([0-9]+)', text(group + 'memory.events') or text(group + 'memory/memory.oom_control'), re.M)
drivers = sorted({e['driver'] for e in executors if e['applicationId'] in ask['connect'] and e['driver']})
print(json.dumps({
    'python': '%d.%d' % sys.version_info[:2],
    'spark': version(home + '/jars'),
    'host': socket.gethostname(),
    'clock': time.strftime('%y/%m/%d %H:%M:%S'),
    'driverVersions': sorted(versions - {''}),
    'memory': {
        'limitBytes': number(group + 'memory.max', group + 'memory/memory.limit_in_bytes'),
        'peakBytes': number(group + 'memory.peak', group + 'memory/memory.max_usage_in_bytes'),
        'kills': int(kills.group(1)) if kills else 0,
    },
    'disks': disks, 'executors': executors,
    'connections': [{'address': one, 'result': connect(one)} for one in drivers],
    'paths': {path: os.path.exists(path) for path in ask['paths']},
}))
`;

/** What {@link PROGRAM} prints. */
export type ContainerAnswer = Omit<DaemonReading, 'name' | 'log'>;

/** The words that ask a container. */
export function askContainer(question: ContainerQuestion): readonly string[] {
  return ['python3', '-c', PROGRAM, JSON.stringify(question)];
}

interface RawAnswer {
  readonly python: string;
  readonly spark: string;
  readonly host: string;
  readonly clock: string;
  readonly driverVersions: readonly string[];
  readonly memory: { readonly limitBytes: number | null; readonly peakBytes: number | null; readonly kills: number };
  readonly disks: readonly DiskReading[];
  readonly executors: readonly ExecutorReading[];
  readonly connections: readonly ConnectionReading[];
  readonly paths: Readonly<Record<string, boolean>>;
}

/** @returns `undefined` for what is no answer: an image without Python, a container that is ending */
export function parseAnswer(text: string): ContainerAnswer | undefined {
  try {
    const raw = JSON.parse(text) as RawAnswer;
    const { limitBytes, peakBytes, kills } = raw.memory;
    const memory: MemoryReading = { limitBytes: limitBytes ?? undefined, peakBytes: peakBytes ?? undefined, kills };
    return Array.isArray(raw.executors) ? { ...raw, memory } : undefined;
  } catch {
    return undefined;
  }
}
