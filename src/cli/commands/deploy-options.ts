import path from 'node:path';

import type { Command } from 'commander';

import { isIpAddress } from '../../adapters/http/ip-address.ts';
import { readMachine } from '../../adapters/files/machine-settings.ts';
import type { PlatformKind } from '../../cluster/cluster.ts';
import type { ClusterFlags } from '../../cluster/resolve-spec.ts';
import { parseConf, parseEnvironment, type Setting } from '../../cluster/settings.ts';
import { DEFAULT_PORTS, PORT_NAMES, type PortChoice, type PortName } from '../../cluster/spec.ts';
import { UsageError } from '../../errors.ts';
import { parseImageReference } from '../../image/image-state.ts';
import { parseRegistry } from '../../image/registry-name.ts';
import type { PackageFiles } from '../../operations/deploy-images.ts';
import { parseConstraint } from '../../stack/constraints.ts';
import { parseCores, parseCount, parseSize } from '../../units.ts';
import type { CliContext } from '../context.ts';
import {
  addClusterOptions,
  addDryRunOption,
  addOutputOption,
  addProgressOptions,
  addRepeatableOption,
  addTimeoutOption,
  addYesOption,
  type ClusterOptions,
  type DryRunOptions,
  type OutputOptions,
  type ProgressOptions,
  type TimeoutOptions,
  type YesOptions,
} from '../options.ts';

export type DeployCommandOptions = ClusterOptions &
  OutputOptions &
  ProgressOptions &
  TimeoutOptions &
  YesOptions &
  DryRunOptions & {
    readonly image?: string;
    readonly registry?: string;
    readonly workers?: number;
    readonly workerCores?: number;
    readonly workerMemory?: number;
    readonly masterCores?: number;
    readonly masterMemory?: number;
    readonly notebook?: boolean;
    readonly history?: boolean;
    readonly data?: string;
    readonly bind?: string;
    readonly requirements?: string;
    readonly jar: readonly string[];
    readonly conf: readonly (Setting | typeof NONE)[];
    readonly env: readonly (Setting | typeof NONE)[];
    readonly port: readonly (readonly [PortName, PortChoice])[];
    readonly constraint: readonly string[];
    readonly file?: string;
  };

const DEFAULT_TIMEOUT_MS = 180_000;
/** What takes away all that a flag has ever added: without the flag it is kept. */
const NONE = 'none';

/** The flags of `deploy` and `start`: which cluster, and what it shall be. */
export function addDeployOptions(command: Command, cli: CliContext, platform?: PlatformKind): Command {
  return addSpecOptions(addClusterOptions(command, platform), cli);
}

/** What a cluster shall be, and how a command that makes it runs. */
export function addSpecOptions(command: Command, cli: CliContext): Command {
  command
    .option('--image <image>', 'image to run (default: spark-swarm:latest)', (text) =>
      parseImageReference(text, '--image'),
    )
    .option(
      '--registry <registry>',
      'registry and path that nodes pull the image from, like registry.example:5000/team, on a swarm (default: none)',
      (text) => parseRegistry(text, '--registry'),
    )
    .option('--workers <count>', 'how many workers (default: as many as now, or 2)', (text) =>
      parseCount(text, '--workers', { min: 1, max: 1000 }),
    )
    .option('--worker-cores <cores>', 'cores of one worker (default: 1)', (text) => parseCores(text, '--worker-cores'))
    .option(
      '--worker-memory <size>',
      "one worker's whole limit (default: what leaves each core an executor of 1g; 1792m for one core)",
      (text) => parseSize(text, '--worker-memory'),
    )
    .option('--master-cores <cores>', 'cores of the master and its drivers (default: 1)', (text) =>
      parseCores(text, '--master-cores'),
    )
    .option('--master-memory <size>', "the master's limit: daemon and drivers (default: 3200m)", (text) =>
      parseSize(text, '--master-memory'),
    )
    .option('--notebook', "JupyterLab on the master's machine")
    .option('--no-notebook', 'take the notebook away again; its files stay')
    .option('--history', "Spark's history server on the master's machine")
    .option('--no-history', 'take the history server away again; event logs stay')
    .option('--data <folder>', "folder that is /data in every container (default: the project's nfs/)", parseFolder)
    .option(
      '--bind <address>',
      'address that published ports are bound to, on one engine (default: 127.0.0.1)',
      parseBind,
    )
    .option('--requirements <file>', 'Python packages for driver, executors and notebook, in the form of pip')
    .option('-f, --file <file>', "a compose file of your own (default: as now, else the project's docker-compose.yml)");
  addRepeatableOption(command, {
    flags: '--jar <file>',
    description: 'a jar for the class path of driver and executors',
    parse: (text) => text,
  });
  addRepeatableOption(command, {
    flags: '--conf <key=value>',
    description: 'a Spark property of the whole cluster, added to those it has; none takes them away',
    parse: orNone(parseConf),
    otherwise: 'as now',
  });
  addRepeatableOption(command, {
    flags: '--env <name=value>',
    description: 'an environment variable of every container, added to those they have; none takes them away',
    parse: orNone((text) => parseEnvironment(text, cli.env)),
    otherwise: 'as now',
  });
  addRepeatableOption(command, {
    flags: '--port <name=port>',
    description: `publish a port: ${PORT_NAMES.map((name) => `${name}=${DEFAULT_PORTS[name]}`).join(', ')}; =0 takes a free one, =none publishes none`,
    parse: parsePort,
    otherwise: 'as now, else these',
  });
  addRepeatableOption(command, {
    flags: '--constraint <constraint>',
    description: 'nodes that may run workers, like node.labels.disk==ssd; none for all of them',
    parse: orNone(parseConstraint),
    otherwise: 'any node',
  });
  return addDryRunOption(
    addYesOption(addTimeoutOption(addProgressOptions(addOutputOption(command)), DEFAULT_TIMEOUT_MS)),
  );
}

/** What the user typed, as the library takes it. */
export async function readFlags(options: DeployCommandOptions, cli: CliContext): Promise<ClusterFlags> {
  const folder = options.data === undefined ? undefined : path.resolve(cli.cwd, options.data);
  return {
    name: options.name,
    ...(options.image === undefined ? {} : { image: options.image }),
    ...(options.workers === undefined ? {} : { workers: options.workers }),
    ...(options.workerCores === undefined ? {} : { workerCores: options.workerCores }),
    ...(options.workerMemory === undefined ? {} : { workerMemoryBytes: options.workerMemory }),
    ...(options.masterCores === undefined ? {} : { masterCores: options.masterCores }),
    ...(options.masterMemory === undefined ? {} : { masterMemoryBytes: options.masterMemory }),
    ...(options.port.length === 0 ? {} : { ports: Object.fromEntries(options.port) }),
    ...(options.constraint.length === 0 ? {} : { constraints: withoutNone(options.constraint) }),
    ...(options.notebook === undefined ? {} : { notebook: options.notebook }),
    ...(options.history === undefined ? {} : { history: options.history }),
    conf: Object.fromEntries(withoutNone(options.conf)),
    clearsConf: options.conf.includes(NONE),
    env: Object.fromEntries(withoutNone(options.env)),
    clearsEnv: options.env.includes(NONE),
    ...(folder === undefined ? {} : { data: { path: folder, here: folder, user: undefined } }),
    ...(options.bind === undefined ? {} : { bind: options.bind }),
    ...(options.file === undefined ? {} : { file: path.resolve(cli.cwd, options.file) }),
    machine: (await readMachine(cli.env)).settings,
  };
}

/** `ui=8080`, `ui=0`, `ui=none`. */
function parsePort(text: string): readonly [PortName, PortChoice] {
  const [, key, value] = /^([a-z]+)=([a-z0-9]+)$/.exec(text) ?? [];
  const name = PORT_NAMES.find((candidate) => candidate === key);
  const choice = value === 'none' ? 'none' : /^(0|[1-9][0-9]{0,4})$/.test(value ?? '') ? Number(value) : undefined;
  if (name !== undefined && (choice === 'none' || (choice !== undefined && choice <= 65_535))) return [name, choice];
  throw new UsageError(
    `--port: got ${JSON.stringify(text)}; expected NAME=PORT with NAME one of ${PORT_NAMES.join(', ')} and PORT from 1 to 65535, 0 (a free one) or none`,
  );
}

/** Files whose packages go on top of the image; `undefined` when no flag names one. */
export function readPackages({ requirements, jar }: DeployCommandOptions, cli: CliContext): PackageFiles | undefined {
  if (requirements === undefined && jar.length === 0) return undefined;
  const resolve = (file: string): string => path.resolve(cli.cwd, file);
  return { requirements: requirements && resolve(requirements), jars: jar.map(resolve) };
}

/**
 * What can be told to be wrong without asking an engine.
 *
 * @throws UsageError
 */
export function checkOptions(options: DeployCommandOptions, platform: PlatformKind | undefined): void {
  refuseContradictions('--port', options.port);
  refuseContradictions('--conf', withoutNone(options.conf));
  refuseContradictions('--env', withoutNone(options.env));
  if (options.bind !== undefined && platform === 'swarm') throw new UsageError(NO_BIND);
  if (options.constraint.length > 0 && platform === 'containers') throw new UsageError(NO_CONSTRAINT);
  if (options.registry !== undefined && platform === 'containers') throw new UsageError(NO_REGISTRY);
}

const NO_BIND = '--bind: ports of a swarm listen on every address of a node; expected only with --platform containers';
const NO_REGISTRY = '--registry: containers run the image of their own engine; expected only with --platform swarm';
const NO_CONSTRAINT = '--constraint: there is one machine; expected only with --platform swarm';

function refuseContradictions(flag: string, given: readonly (readonly [string, string | number])[]): void {
  const seen = new Map<string, string | number>();
  for (const [name, value] of given) {
    const other = seen.get(name);
    if (other !== undefined && other !== value)
      throw new UsageError(`${flag} ${name} given twice (${other}, ${value})`);
    seen.set(name, value);
  }
}

function parseFolder(text: string): string {
  if (text !== '' && !/^\/+$/.test(text) && !/[\0\n]/.test(text)) return text;
  throw new UsageError(`--data: got ${JSON.stringify(text)}; expected a folder below /`);
}

function parseBind(text: string): string {
  if (isIpAddress(text)) return text;
  throw new UsageError(
    `--bind: got ${JSON.stringify(text)}; expected an address of this machine, like 127.0.0.1 or 0.0.0.0`,
  );
}

function orNone<T>(parse: (text: string) => T): (text: string) => T | typeof NONE {
  return (text) => (text === NONE ? NONE : parse(text));
}

function withoutNone<T>(given: readonly (T | typeof NONE)[]): readonly T[] {
  return given.filter((value): value is T => value !== NONE);
}
