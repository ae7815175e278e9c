import { PLATFORM_KINDS } from '../cluster/cluster.ts';
import { DEFAULT_CLUSTER_NAME, parseClusterName } from '../cluster/cluster-name.ts';
import { DEFAULT_IMAGE, DEFAULT_WORKERS } from '../cluster/resolve-spec.ts';
import { DEFAULT_MASTER_CORES, DEFAULT_MASTER_MEMORY_BYTES, DEFAULT_WORKER_CORES } from '../cluster/sizes.ts';
import { DEFAULT_PORTS } from '../cluster/spec.ts';
import { UsageError } from '../errors.ts';
import { parseImageReference } from '../image/image-state.ts';
import { parseRegistry } from '../image/registry-name.ts';
import { parseConstraint } from '../stack/constraints.ts';
import { formatSize, parseCores, parseCount, parseDuration, parseSize } from '../units.ts';

/** One key of the project file, and the flag it stands for. */
export interface KeyRule {
  /** Name of the flag without its dashes: `worker-cores`. */
  readonly flag: string;
  /** `value`: one text or number; `switch`: true or false; `list`: the flag once for each; `map`: as `NAME=VALUE` once for each. */
  readonly kind: 'value' | 'switch' | 'list' | 'map';
  /** What one value shall be, for the message about one that is not. */
  readonly expected: string;
  /** What the whole list or map shall be. */
  readonly expectedWhole?: string;
  /** Checks one value as its flag would. Throws UsageError. */
  readonly parse?: (text: string, field: string) => unknown;
  /** Relative to the file's folder. */
  readonly isPath?: true;
  readonly isNumber?: true;
  /** What holds without the key, where that is a value. */
  readonly otherwise?: string | Readonly<Record<string, string>>;
}

const SIZE = 'a whole number and a unit, like 512m or 2g';
const CORES = 'a number of cores from 0.1 to 1024, like 2 or 0.5';
const TEXT_OR_NUMBER = 'text, a number, true or false';

/** Every key, in the order in which `config show` lists them. The names are those of the flags, in camelCase. */
const KEYS = {
  name: {
    flag: 'name',
    kind: 'value',
    expected: 'the name of a cluster, like spark',
    parse: parseClusterName,
    otherwise: DEFAULT_CLUSTER_NAME,
  },
  context: { flag: 'context', kind: 'value', expected: 'the name of a docker context' },
  platform: { flag: 'platform', kind: 'value', expected: PLATFORM_KINDS.join(' or ') },
  image: {
    flag: 'image',
    kind: 'value',
    expected: 'an image name, like spark-swarm:latest',
    parse: parseImageReference,
    otherwise: DEFAULT_IMAGE,
  },
  registry: {
    flag: 'registry',
    kind: 'value',
    expected: 'a registry and a path in it, like registry.example:5000/team',
    parse: parseRegistry,
  },
  workers: {
    flag: 'workers',
    kind: 'value',
    expected: 'a whole number from 1 to 1000',
    parse: (text, field) => parseCount(text, field, { min: 1, max: 1000 }),
    isNumber: true,
    otherwise: String(DEFAULT_WORKERS),
  },
  workerCores: {
    flag: 'worker-cores',
    kind: 'value',
    expected: CORES,
    parse: parseCores,
    isNumber: true,
    otherwise: String(DEFAULT_WORKER_CORES),
  },
  workerMemory: { flag: 'worker-memory', kind: 'value', expected: SIZE, parse: parseSize },
  masterCores: {
    flag: 'master-cores',
    kind: 'value',
    expected: CORES,
    parse: parseCores,
    isNumber: true,
    otherwise: String(DEFAULT_MASTER_CORES),
  },
  masterMemory: {
    flag: 'master-memory',
    kind: 'value',
    expected: SIZE,
    parse: parseSize,
    otherwise: formatSize(DEFAULT_MASTER_MEMORY_BYTES),
  },
  ports: {
    flag: 'port',
    kind: 'map',
    expected: 'a port from 1 to 65535, 0 (a free one) or none',
    expectedWhole: 'ports by name, like ui: 8080',
    parse: parsePort,
    isNumber: true,
    otherwise: Object.fromEntries(Object.entries(DEFAULT_PORTS).map(([name, port]) => [name, String(port)])),
  },
  bind: { flag: 'bind', kind: 'value', expected: 'an address of this machine, like 127.0.0.1' },
  constraints: {
    flag: 'constraint',
    kind: 'list',
    expected: 'a constraint, like node.labels.disk==ssd',
    expectedWhole: 'a list of constraints',
    parse: parseConstraint,
  },
  file: { flag: 'file', kind: 'value', expected: 'the path of a compose file', isPath: true },
  conf: {
    flag: 'conf',
    kind: 'map',
    expected: TEXT_OR_NUMBER,
    expectedWhole: 'Spark properties, like spark.sql.shuffle.partitions: 8',
  },
  env: { flag: 'env', kind: 'map', expected: TEXT_OR_NUMBER, expectedWhole: 'variables, like TZ: UTC' },
  requirements: { flag: 'requirements', kind: 'value', expected: 'the path of a requirements.txt', isPath: true },
  jars: {
    flag: 'jar',
    kind: 'list',
    expected: 'the path of a jar',
    expectedWhole: 'a list of paths of jars',
    isPath: true,
  },
  data: { flag: 'data', kind: 'value', expected: 'the path of a folder', isPath: true },
  notebook: { flag: 'notebook', kind: 'switch', expected: 'true or false', otherwise: 'false' },
  history: { flag: 'history', kind: 'switch', expected: 'true or false', otherwise: 'false' },
  timeout: {
    flag: 'timeout',
    kind: 'value',
    expected: 'a number and a unit, like 30s, 5m or 1h',
    parse: parseDuration,
  },
} as const satisfies Readonly<Record<string, KeyRule>>;

export type KeyName = keyof typeof KEYS;

export const KEY_NAMES = Object.keys(KEYS) as readonly KeyName[];

/** The same table, with what only some keys have for all of them. */
export const KEY_RULES: Readonly<Record<KeyName, KeyRule>> = KEYS;

/** The variable that stands for the same flag. */
export function variableOf(key: KeyName): string {
  return `SPARK_SWARM_${KEY_RULES[key].flag.toUpperCase().replaceAll('-', '_')}`;
}

function parsePort(text: string, field: string): string {
  if (text === 'none' || (/^(0|[1-9][0-9]{0,4})$/.test(text) && Number(text) <= 65_535)) return text;
  throw new UsageError(
    `${field}: got ${JSON.stringify(text)}; expected a port from 1 to 65535, 0 (a free one) or none`,
  );
}
