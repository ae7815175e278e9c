import path from 'node:path';

import { isIpAddress } from '../adapters/http/ip-address.ts';
import type { PlatformKind } from '../cluster/cluster.ts';
import type { ClusterFlags } from '../cluster/resolve-spec.ts';
import { parseConf, parseEnvironment, type Setting } from '../cluster/settings.ts';
import { PORT_NAMES, type ClusterPorts, type PortChoice, type PortName, type Settings } from '../cluster/spec.ts';
import { withLabel } from '../config/check-settings.ts';
import { UsageError } from '../errors.ts';
import { parseImageReference } from '../image/image-state.ts';
import type { PackageFiles } from '../operations/deploy-images.ts';
import { parseConstraint } from '../stack/constraints.ts';
import { parseCores, parseCount, parseSize } from '../units.ts';
import { CLUSTER_READERS, readConfirm } from './call-options.ts';
import { list, map, milliseconds, parsed, text, trueOrFalse, wrongValue, type Read } from './read-options.ts';

/** How each option of `createCluster` is read. */
export const WISH_READERS = {
  ...CLUSTER_READERS,
  image: parsed(parseImageReference),
  workers: parsed((typed, field) => parseCount(typed, field, { min: 1, max: 1000 })),
  workerCores: parsed(parseCores),
  workerMemory: parsed(parseSize),
  masterCores: parsed(parseCores),
  masterMemory: parsed(parseSize),
  notebook: trueOrFalse,
  history: trueOrFalse,
  data: readFolder,
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

/** What a cluster shall be, checked. */
export type Wishes = Read<typeof WISH_READERS>;

/** The same as the command line would give it to the operation. */
export function flagsOf(wishes: Wishes, name: string, cwd: string): ClusterFlags {
  const { image, workers, workerCores, masterCores, notebook, history, bind, constraints } = wishes;
  const { workerMemory, masterMemory, ports, conf, env, data, file } = wishes;
  const folder = data === undefined ? undefined : path.resolve(cwd, data);
  const flags = {
    image,
    workers,
    workerCores,
    masterCores,
    notebook,
    history,
    bind,
    constraints,
    workerMemoryBytes: workerMemory,
    masterMemoryBytes: masterMemory,
    ports: ports && (Object.fromEntries(ports) as Partial<ClusterPorts>),
    conf: conf && (Object.fromEntries(conf) as Settings),
    env: env && (Object.fromEntries(env) as Settings),
    data: folder === undefined ? undefined : { path: folder, here: folder, user: undefined },
    file: file === undefined ? undefined : path.resolve(cwd, file),
  };
  return { name, ...withoutUndefined(flags) };
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}

/** Files whose packages go on top of the image. */
export function packagesOf({ requirements, jars = [] }: Wishes, cwd: string): PackageFiles | undefined {
  if (requirements === undefined && jars.length === 0) return undefined;
  return {
    requirements: requirements === undefined ? undefined : path.resolve(cwd, requirements),
    jars: jars.map((jar) => path.resolve(cwd, jar)),
  };
}

/** @throws UsageError for what the other platform has */
export function refuseWrongPlatform({ bind, constraints = [] }: Wishes, platform: PlatformKind | undefined): void {
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

function readFolder(value: unknown, field: string): string {
  if (typeof value === 'string' && value !== '' && !/^\/+$/.test(value) && !/[\0\n]/.test(value)) return value;
  throw wrongValue(field, value, 'a folder below /');
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
