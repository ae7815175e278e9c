import { PassThrough } from 'node:stream';
import { createInterface } from 'node:readline';

import { findMaster, listWorkers, type Cluster } from '../cluster/cluster.ts';
import { formatHost } from '../cluster/endpoints.ts';
import { CONTAINER_PORTS } from '../cluster/spec.ts';
import { InvalidStateError } from '../errors.ts';
import {
  assertSameSpark,
  findSetting,
  FIND_SPARK,
  formatDriverConf,
  judgeWays,
  LISTEN,
  READ_CLUSTER,
  REACH,
  readClusterSpark,
  readReach,
  readSparkHome,
  type DriverPorts,
  type ProvedWays,
  type Reach,
} from '../jobs/driver-network.ts';
import type { JobShell } from '../jobs/job-shell.ts';
import type { ContainerAccess } from '../platforms/platform.ts';
import type { OperationContext } from './operation.ts';
import { readMasterPatiently } from './spark-pages.ts';
import type { DriverExtras } from './jobs/job-context.ts';

/** It ends by itself after a minute, and then its number can be anybody's: its program has our words in it. */
const END_LISTENER = `! grep -qaE 'listener\\.listen|IO::Socket::INET' "/proc/$1/cmdline" || kill "$1"`;

export interface DriverMachine {
  readonly shell: JobShell;
  /** By which the cluster's containers may know it, most likely first. */
  readonly addresses: readonly string[];
}

/** The job whose driver shall run there. */
export interface DriverJob {
  /** Folder of the record. */
  readonly directory: string;
  readonly isPython: boolean;
  /** spark-submit's options: `--conf spark.driver.port=…` chooses the ports. */
  readonly options: readonly string[];
}

/**
 * Checks that a machine's Spark is the cluster's, proves the way between the two in both directions, and gives the settings that
 * a driver there needs. The secret travels in a file of mode 0600 in the job's own folder.
 *
 * @throws InvalidStateError with the numbers and the cure
 */
export async function prepareSshDriver(
  context: OperationContext,
  cluster: Cluster,
  machine: DriverMachine,
  job: DriverJob,
): Promise<DriverExtras> {
  const { signal } = context;
  const master = findMaster(cluster);
  if (!master?.isRunning) {
    throw new InvalidStateError(`Cannot run a driver for the cluster "${cluster.name}": its master does not run`, {
      hint: `spark-swarm status --name ${cluster.name}`,
    });
  }
  const access = await context.platform.openContainer(cluster, master);
  const [spark, found] = await Promise.all([
    access.read(['sh', '-c', READ_CLUSTER], { signal }),
    machine.shell.run(FIND_SPARK, [], { signal }),
  ]);
  const here = readSparkHome(found.stdout);
  const there = readClusterSpark(spark.stdout);
  assertSameSpark(machine.shell.place, here, there, job.isPython);
  const { ways, ports } = await proveBothDirections(context, cluster, machine, job.options);
  return {
    environment: {
      SPARK_HOME: here.home,
      SPARK_CONF_DIR: `${job.directory}/conf`,
      JAVA_HOME: here.java.replace(/\/bin$/, ''),
      PATH: `${here.home}/bin:${here.java}:${here.path}`,
      PYSPARK_PYTHON: 'python3',
    },
    files: [
      { path: 'conf/spark-defaults.conf', text: formatDriverConf(there.conf, ways, ports) },
      { path: 'conf/log4j2.properties', text: there.log4j2 },
    ],
  };
}

/**
 * Connects for real: from the machine to the master and to every worker by the name that executors use, and from every worker's
 * container to the two ports that the driver will have.
 *
 * @throws InvalidStateError
 */
export async function proveBothDirections(
  context: OperationContext,
  cluster: Cluster,
  { shell, addresses }: DriverMachine,
  options: readonly string[],
): Promise<{ readonly ways: ProvedWays; readonly ports: DriverPorts }> {
  const { signal } = context;
  const state = await readMasterPatiently(context, cluster);
  const workers = (state?.workers ?? [])
    .filter((worker) => worker.state === 'ALIVE')
    .map((worker) => `${worker.host}:${CONTAINER_PORTS.workerUi}`);
  const masters = listMasters(cluster);
  const wished = ['spark.driver.port', 'spark.driver.blockManager.port'].map((key) => findSetting(options, key) ?? '0');
  const host = findSetting(options, 'spark.driver.host');
  const hosts = host === undefined ? addresses : [host];
  return listening(shell, wished, signal, async (ports) => {
    const words = hosts.flatMap((address) => [
      `${formatHost(address)}:${ports.driver}`,
      `${formatHost(address)}:${ports.blockManager}`,
    ]);
    const [out, ...back] = await Promise.all([
      shell.run(REACH, [...masters, ...workers], { signal }),
      ...listWorkers(cluster)
        .filter((worker) => worker.isRunning)
        .map(async (worker): Promise<readonly [string, ReadonlyMap<string, Reach>]> => {
          const access = await context.platform.openContainer(cluster, worker);
          return [worker.displayName, await reachFrom(access, words, signal)];
        }),
    ]);
    const ways = judgeWays({
      place: shell.place,
      masters,
      workers,
      fromMachine: readReach(out.stdout),
      fromWorkers: new Map(back),
      addresses: hosts,
      ports,
      hasTasks: cluster.platform === 'swarm',
    });
    return { ways, ports };
  });
}

async function reachFrom(
  access: ContainerAccess,
  words: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Reach>> {
  return readReach((await access.read(['sh', '-c', REACH, 'reach', ...words], { signal })).stdout);
}

/** Its published port first: what is called `master` on another machine may be anything. */
function listMasters(cluster: Cluster): readonly string[] {
  const master = findMaster(cluster);
  const port = master?.publishedPorts[CONTAINER_PORTS.master];
  const isOutside = master?.address !== undefined && !/^(127\.|localhost$|::1$|0\.0\.0\.0$)/.test(master.address);
  return [
    ...(port !== undefined && isOutside ? [`${formatHost(master.address ?? '')}:${port}`] : []),
    `master:${CONTAINER_PORTS.master}`,
  ];
}

/** Holds two ports of the machine open while the work goes on, and gives them back before it returns. */
async function listening<T>(
  shell: JobShell,
  wished: readonly string[],
  signal: AbortSignal,
  work: (ports: DriverPorts) => Promise<T>,
): Promise<T> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  let said = '';
  stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = shell.stream(LISTEN, wished, { stdout, stderr, signal }).finally(() => stdout.end());
  // What it fails with is thrown below, where it is waited for.
  ended.catch(() => {});
  const lines = createInterface({ input: stdout });
  const first = await new Promise<string | undefined>((resolve) => {
    lines.once('line', resolve);
    lines.once('close', () => resolve(undefined));
  });
  if (first === undefined) {
    await ended;
    throw new InvalidStateError(
      `Cannot run a driver on ${shell.place}: nothing can listen on its ports: ${said.trim().split('\n').at(-1) ?? ''}`,
      {
        hint: 'choose free ones with --conf spark.driver.port=… and --conf spark.driver.blockManager.port=…',
      },
    );
  }
  const [pid = '', driver = '', blockManager = ''] = first.split(' ');
  try {
    return await work({ driver: Number(driver), blockManager: Number(blockManager) });
  } finally {
    await shell.run(END_LISTENER, [pid], { signal }).catch(() => {});
    await ended.catch(() => {});
  }
}
