import path from 'node:path';

import { readMachine } from '../adapters/files/machine-settings.ts';
import { isIpAddress } from '../adapters/http/ip-address.ts';
import type { PlatformKind } from '../cluster/cluster.ts';
import type { ClusterFlags } from '../cluster/resolve-spec.ts';
import { parseConf, parseEnvironment, type Setting } from '../cluster/settings.ts';
import { PORT_NAMES, type ClusterPorts, type PortChoice, type PortName, type Settings } from '../cluster/spec.ts';
import { withLabel } from '../config/check-settings.ts';
import { createImageSource } from '../connections/image-source.ts';
import { UsageError } from '../errors.ts';
import { parseImageReference } from '../image/image-state.ts';
import { deployCluster } from '../operations/deploy.ts';
import { describeApplications } from '../operations/remove.ts';
import { parseConstraint } from '../stack/constraints.ts';
import { parseCores, parseCount, parseSize } from '../units.ts';
import { CLUSTER_READERS, readConfirm, type ClusterOptions, type Confirm } from './call-options.ts';
import { ask } from './ask.ts';
import { masterUrlOf, toAddresses, type Address } from './addresses.ts';
import {
  list,
  map,
  milliseconds,
  parsed,
  readOptions,
  text,
  trueOrFalse,
  wrongValue,
  type Read,
} from './read-options.ts';
import { runClusterCall } from './run-call.ts';

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
  /** Folder of this machine that is `/data` in every container. Default: `nfs/` of the project folder. */
  readonly data?: string | undefined;
  /** Published ports: a number, 0 for a free one, `none`. Default `{ master: 7077, ui: 8080, jupyter: 8888 }`. */
  readonly ports?: Partial<Readonly<Record<PortName, PortChoice>>> | undefined;
  /** Address that published ports are bound to. Default 127.0.0.1. Only with `platform: 'containers'`. */
  readonly bind?: string | undefined;
  /** Spark properties of the whole cluster: `{ 'spark.sql.shuffle.partitions': 8 }`. */
  readonly conf?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** Environment variables of every container. What this process has is `processEnv`. */
  readonly env?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** File of Python packages, in the form of pip, for driver, executors and notebook. */
  readonly requirements?: string | undefined;
  /** Jars for the class path of driver and executors. */
  readonly jars?: readonly string[] | undefined;
  /** Nodes that may run workers, like `node.labels.disk==ssd`. Only with `platform: 'swarm'`. */
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

const READERS = {
  ...CLUSTER_READERS,
  image: parsed(parseImageReference),
  workers: parsed((typed, field) => parseCount(typed, field, { min: 1, max: 1000 })),
  workerCores: parsed(parseCores),
  workerMemory: parsed(parseSize),
  masterCores: parsed(parseCores),
  masterMemory: parsed(parseSize),
  notebook: trueOrFalse,
  data: text('a folder'),
  ports: map('ports by name, like { ui: 8080 }', readPort),
  bind: readAddress,
  conf: settings('Spark properties, like { "spark.executor.cores": 1 }', parseConf),
  env: settings("variables, like { TZ: 'UTC' }", (typed) => parseEnvironment(typed, {})),
  requirements: text('the path of a requirements.txt'),
  jars: list('a list of paths of jars', text('the path of a jar')),
  constraints: list('a list of constraints', labelled(parsed(parseConstraint))),
  file: text('the path of a compose file'),
  wait: trueOrFalse,
  timeoutMs: milliseconds,
  confirm: readConfirm,
};

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
  const wishes = readOptions(options, READERS);
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
        confirmRestart: async (applications) =>
          ask(confirm, {
            message: `Replace the containers of the cluster "${name}"? ${describeApplications(applications)}`,
            applications,
          }),
      });
      return { name, platform, masterUrl: masterUrlOf(endpoints), endpoints: toAddresses(endpoints), changes };
    },
    { makes: true },
  );
}

type Wishes = Read<typeof READERS>;

function flagsOf(wishes: Wishes, name: string, cwd: string): ClusterFlags {
  const { image, workers, workerCores, masterCores, notebook, bind, constraints } = wishes;
  const { workerMemory, masterMemory, ports, conf, env } = wishes;
  const folder = wishes.data === undefined ? undefined : path.resolve(cwd, wishes.data);
  return {
    name,
    ...withoutUndefined({ image, workers, workerCores, masterCores, notebook, bind, constraints }),
    ...withoutUndefined({ workerMemoryBytes: workerMemory, masterMemoryBytes: masterMemory }),
    ...withoutUndefined({ ports: ports && (Object.fromEntries(ports) as Partial<ClusterPorts>) }),
    ...withoutUndefined({ conf: conf && toSettings(conf), env: env && toSettings(env) }),
    ...withoutUndefined({ data: folder === undefined ? undefined : { path: folder, here: folder, user: undefined } }),
  };
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}

function toSettings(given: readonly Setting[]): Settings {
  return Object.fromEntries(given);
}

function packagesOf(
  { requirements, jars = [] }: Wishes,
  cwd: string,
): { readonly requirements: string | undefined; readonly jars: readonly string[] } | undefined {
  if (requirements === undefined && jars.length === 0) return undefined;
  return {
    requirements: requirements === undefined ? undefined : path.resolve(cwd, requirements),
    jars: jars.map((jar) => path.resolve(cwd, jar)),
  };
}

function refuseWrongPlatform({ bind, constraints = [] }: Wishes, platform: PlatformKind | undefined): void {
  if (bind !== undefined && platform === 'swarm') {
    throw new UsageError("bind: ports of a swarm listen on every address of a node; expected only with 'containers'");
  }
  if (constraints.length > 0 && platform === 'containers') {
    throw new UsageError("constraints: there is one machine; expected only with the platform 'swarm'");
  }
}

function readPort(name: string, value: unknown, field: string): readonly [PortName, PortChoice] {
  const known = PORT_NAMES.find((candidate) => candidate === name);
  if (known === undefined) throw new UsageError(`${field}: there is no such port; expected ${PORT_NAMES.join(', ')}`);
  if (value === 'none') return [known, value];
  const port = typeof value === 'string' && /^[0-9]{1,5}$/.test(value) ? Number(value) : value;
  if (typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= 65_535) return [known, port];
  throw wrongValue(field, value, "a port from 1 to 65535, 0 (a free one) or 'none'");
}

function readAddress(value: unknown, field: string): string {
  if (typeof value === 'string' && isIpAddress(value)) return value;
  throw wrongValue(field, value, 'an address of this machine, like 127.0.0.1 or 0.0.0.0');
}

/** @param parse takes `NAME=VALUE`, as a flag does */
function settings(
  expected: string,
  parse: (typed: string) => Setting,
): (value: unknown, field: string) => readonly Setting[] {
  return map(expected, (name, value, field) =>
    labelled((entry: unknown) => {
      if (!['string', 'number', 'boolean'].includes(typeof entry)) {
        throw wrongValue(field, entry, 'a text, a number, true or false');
      }
      return parse(`${name}=${String(entry)}`);
    })(value, field),
  );
}

/** Parsers that name their own flag name the field. */
function labelled<T>(read: (value: unknown, field: string) => T): (value: unknown, field: string) => T {
  return (value, field) => {
    try {
      return read(value, field);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new UsageError(withLabel(error.message, field), { cause: error });
    }
  };
}
