import { PassThrough, type Writable } from 'node:stream';

import { listWorkers } from '../../cluster/cluster.ts';
import { NotFoundError } from '../../errors.ts';
import type { JobView } from '../../jobs/judge-snapshot.ts';
import type { ContainerAccess, Platform } from '../../platforms/platform.ts';
import type { JobContext } from './job-context.ts';
import { findApplicationIds } from './job-cost.ts';
import type { JobLogOptions } from './logs.ts';

export interface ExecutorLogOptions extends JobLogOptions {
  readonly job: JobView;
  /** As Spark numbers them, from 0. */
  readonly executor: number;
}

/** Where a worker keeps what its executors print. Source: docker/Dockerfile, SPARK_WORKER_DIR. */
const WORK = '/var/lib/spark/work';

/** `$1` application, prints the numbers of its executors here. */
const LIST_SCRIPT = `cd '${WORK}'/"$1" 2>/dev/null && ls`;
/**
 * Output and errors of one executor: `$1` folder, `$2` lines or `+1` for all, `$3` `yes` to go on, `$4` and `$5` which, `$6`
 * where. It goes on as long as the executor's own process is there, also when nobody reads any more.
 */
export const TAIL_SCRIPT = `cd "$6/$1" || exit 1
more='' pid=''
if [ "$3" = yes ]; then
  for file in /proc/[0-9]*/cmdline; do
    words=$(tr '\\000' ' ' 2>/dev/null <"$file")
    case $words in *" --executor-id \${1#*/} "*) ;; *) continue ;; esac
    case $words in *" --app-id \${1%/*} "*) pid=\${file#/proc/} pid=\${pid%/cmdline} ;; esac
  done
  [ -z "$pid" ] || more="-F -s 0.2 --pid=$pid"
fi
if [ "$5" = yes ]; then tail -n "$2" $more stderr >&2 2>/dev/null & fi
if [ "$4" = yes ]; then tail -n "$2" $more stdout 2>/dev/null; fi
wait`;

/**
 * Streams what one executor of a job has printed, from the container of its worker: as long as that is there, and an hour
 * after the application's end.
 *
 * @throws NotFoundError, with the executors that are there
 */
export async function streamExecutorLogs(
  context: JobContext,
  { platform }: { readonly platform: Platform },
  options: ExecutorLogOptions,
): Promise<void> {
  const { job, executor, follow, tail } = options;
  const { signal, events } = context;
  const applications = await findApplicationIds({ ...events, signal }, job.spec.id);
  const cluster = await platform.readCluster(context.cluster);
  const workers = cluster ? listWorkers(cluster).filter(({ isRunning }) => isRunning) : [];
  const found = await Promise.all(
    workers.map(async (worker) => {
      if (!cluster) return [];
      const access = await platform.openContainer(cluster, worker);
      return listExecutors(access, applications, signal);
    }),
  );
  const known = found.flat();
  // The last application of the job is meant.
  const chosen = known.findLast(({ number }) => number === executor);
  if (!chosen) {
    const numbers = [...new Set(known.map(({ number }) => number))].toSorted((a, b) => a - b).join(', ');
    throw new NotFoundError(`The job ${job.spec.id} has no executor ${executor} on the workers that run now`, {
      hint: numbers === '' ? 'their output is kept for an hour after the end' : `there are: ${numbers}`,
    });
  }
  const [stdout, stderr] = [options.stdout ?? none(), options.stderr ?? none()];
  const wanted = [options.stdout, options.stderr].map((output) => (output ? 'yes' : 'no'));
  const lines = tail === undefined ? '+1' : String(tail);
  const words = [chosen.folder, lines, follow ? 'yes' : 'no', ...wanted, WORK];
  await chosen.access.exec(['sh', '-c', TAIL_SCRIPT, 'executor-logs', ...words], { stdout, stderr, signal });
}

interface FoundExecutor {
  readonly number: number;
  /** Below the worker's folder. */
  readonly folder: string;
  readonly access: ContainerAccess;
}

async function listExecutors(
  access: ContainerAccess,
  applications: readonly string[],
  signal: AbortSignal,
): Promise<readonly FoundExecutor[]> {
  const lists = await Promise.all(
    applications.map(async (application) => {
      const { stdout } = await access.read(['sh', '-c', LIST_SCRIPT, 'list', application], { signal });
      const names = stdout.split('\n').filter((name) => /^[0-9]+$/.test(name));
      return names.map((name) => ({ number: Number(name), folder: `${application}/${name}`, access }));
    }),
  );
  return lists.flat();
}

function none(): Writable {
  return new PassThrough().resume();
}
