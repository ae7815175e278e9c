import { readMachine } from '../adapters/files/machine-settings.ts';
import type { PlatformKind } from '../cluster/cluster.ts';
import type { PortChoice, PortName } from '../cluster/spec.ts';
import { createImageSource } from '../connections/image-source.ts';
import { deployCluster } from '../operations/deploy.ts';
import { describeWork } from '../operations/running-work.ts';
import { masterUrlOf, toAddresses, type Address } from './addresses.ts';
import { ask } from './ask.ts';
import type { ClusterOptions, Confirm } from './call-options.ts';
import { readOptions } from './read-options.ts';
import { runClusterCall } from './run-call.ts';
import { flagsOf, packagesOf, refuseWrongPlatform, WISH_READERS } from './wishes.ts';

/** What a cluster shall be. What is left out stays as it is; a new cluster gets the default. */
export interface CreateClusterOptions extends ClusterOptions {
  /** Default `spark-swarm:latest`, which `bin/build-image` makes. */
  readonly image?: string | undefined;
  /** How many workers, 1 to 1000. Default 2. */
  readonly workers?: number | undefined;
  /** Cores of one worker, 0.1 to 1024. Default 1. */
  readonly workerCores?: number | undefined;
  /** One worker's whole limit, like `1792m` or `6g`. Default: what leaves each core an executor of 1g. */
  readonly workerMemory?: string | undefined;
  /** Cores of the master and its drivers, 0.1 to 1024. Default 1. */
  readonly masterCores?: number | undefined;
  /** The master's limit: daemon and drivers. Default `3200m`. */
  readonly masterMemory?: string | undefined;
  /** JupyterLab on the master's machine. Default false. */
  readonly notebook?: boolean | undefined;
  /** Spark's history server on the master's machine: pages of applications that have ended. Default false. */
  readonly history?: boolean | undefined;
  /** Folder of this machine that is `/data` in every container. Default: `nfs/` of the project folder. */
  readonly data?: string | undefined;
  /** Published ports: a number, 0 for a free one, `none`. Default `{ master: 7077, ui: 8080, jupyter: 8888, history: 18080 }`. */
  readonly ports?: Partial<Readonly<Record<PortName, PortChoice>>> | undefined;
  /** Address that published ports are bound to. Default 127.0.0.1. Only with `platform: 'containers'`. */
  readonly bind?: string | undefined;
  /** Spark properties of the whole cluster: `{ 'spark.sql.shuffle.partitions': 8 }`; `{}` takes all away. */
  readonly conf?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** Environment variables of every container; `{}` takes all away. What this process has is `processEnv`. */
  readonly env?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** File of Python packages, in the form of pip, for driver, executors and notebook. */
  readonly requirements?: string | undefined;
  /** Jars for the class path of driver and executors. */
  readonly jars?: readonly string[] | undefined;
  /** Nodes that may run workers, like `node.labels.disk==ssd`; `[]` for all of them. Only with `platform: 'swarm'`. */
  readonly constraints?: readonly string[] | undefined;
  /** A compose file of your own. Default: `docker-compose.yml` of the project folder. */
  readonly file?: string | undefined;
  /** Wait until Spark is ready. Default true; without it no address is known. */
  readonly wait?: boolean | undefined;
  /** How long to wait. Default 180 000. */
  readonly timeoutMs?: number | undefined;
  /** Asked before running applications lose their executors. Default: nobody says yes. */
  readonly confirm?: Confirm | undefined;
}

export interface CreatedCluster {
  readonly name: string;
  readonly platform: PlatformKind;
  /** `spark://HOST:PORT` as this machine reaches it; `undefined` if it is not published, does not answer, or was not waited for. */
  readonly masterUrl: string | undefined;
  /** Addresses that answer. The notebook's hides its token: see `readNotebookUrl`. */
  readonly endpoints: readonly Address[];
  /** What was done, one sentence each; empty if there was nothing to do. */
  readonly changes: readonly string[];
}

const DEFAULT_TIMEOUT_MS = 180_000;

/**
 * Makes a cluster, or makes the one that is there be as asked, and returns when Spark is ready. Calling it again with the
 * same wishes does nothing, and one with a single wish changes that alone.
 *
 * A new one is made on the swarm of the engine; with `platform: 'containers'` in containers of the engine, as by
 * `spark-swarm start`.
 *
 * @throws UsageError, ConfigError: nothing was changed; ConflictError: a port or name is taken, or applications would lose
 * their executors and `confirm` did not say yes; NotFoundError: no such image; WaitTimeoutError; UnreachableError;
 * InvalidStateError; InterruptedError: what was made stays, and the same call goes on from there
 */
export async function createCluster(options: CreateClusterOptions = {}): Promise<CreatedCluster> {
  const wishes = readOptions(options, WISH_READERS);
  refuseWrongPlatform(wishes, wishes.platform);
  const { timeoutMs = DEFAULT_TIMEOUT_MS, wait = true, confirm } = wishes;
  return runClusterCall(
    wishes,
    async (connection, name, { around }) => {
      const platform = connection.platform.kind;
      refuseWrongPlatform(wishes, platform);
      const { changes, endpoints } = await deployCluster(connection, {
        flags: { ...flagsOf(wishes, name, around.cwd), machine: (await readMachine(around.env)).settings },
        timeoutMs,
        wait,
        images: createImageSource(connection, around),
        packages: packagesOf(wishes, around.cwd),
        confirmRestart: async (work) =>
          ask(confirm, {
            message: `Replace the containers of the cluster "${name}"? ${describeWork(work)}`,
            applications: work.applications,
            jobs: work.jobs.map(({ record }) => record),
          }),
      });
      return { name, platform, masterUrl: masterUrlOf(endpoints), endpoints: toAddresses(endpoints), changes };
    },
    { makes: true },
  );
}
