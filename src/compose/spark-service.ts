import type { ClusterRole } from '../cluster/cluster.ts';
import type { ClusterSpec, PortChoice, Settings } from '../cluster/spec.ts';
import { LABELS } from '../labels.ts';
import { formatSize } from '../units.ts';
import type { ComposePort, ComposeService, ComposeVolumeMount, Labels } from './compose-document.ts';

/** Where the containers find the machine's certificates. */
export interface ServiceSurroundings {
  /** Path inside the containers; read only when the spec says that there are certificates. */
  readonly caBundlePath: string;
}

/** The same labels on the service and on its containers. */
export function labelled(service: ComposeService, labels: Labels): ComposeService {
  return {
    ...service,
    labels: { ...service.labels, ...labels },
    deploy: { ...service.deploy, labels: { ...service.deploy?.labels, ...labels } },
  };
}

/** What master, workers, notebook and history server have in common. */
export function sparkService(
  service: ComposeService,
  role: ClusterRole,
  spec: ClusterSpec,
  around: ServiceSurroundings,
): ComposeService {
  const base = labelled(service, { [LABELS.cluster]: spec.name, [LABELS.role]: role });
  const { image, imageId } = role === 'notebook' && spec.notebook ? spec.notebook : spec;
  return {
    ...base,
    image,
    labels: { ...base.labels, [LABELS.imageId]: imageId },
    environment: {
      ...service.environment,
      SPARK_EXECUTOR_CORES: '1',
      SPARK_EXECUTOR_MEMORY: formatSize(spec.worker.executorMemoryBytes),
      ...machineEnvironment(spec, around),
      ...escapeValues(withTwins(spec.env)),
      ...(Object.keys(spec.conf).length === 0 ? {} : { SPARK_SWARM_CONF: escapeVariables(formatConf(spec.conf)) }),
    },
    ...(spec.data ? { volumes: withDataFolder(service.volumes, spec.data.path) } : {}),
    ...(spec.data?.user === undefined ? {} : { user: spec.data.user }),
  };
}

/** What the machine needs to reach the world: proxies for everybody, certificates by the variables that tools know. */
function machineEnvironment({ machine }: ClusterSpec, { caBundlePath }: ServiceSurroundings): Settings {
  const names = ['SPARK_SWARM_CA_BUNDLE', 'SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'PIP_CERT'];
  return {
    ...escapeValues(machine.proxies),
    ...(machine.hasCaBundle ? Object.fromEntries(names.map((name) => [name, caBundlePath])) : {}),
  };
}

const PROXY = /^(https?|ftp|all|no)_proxy$/i;

/** A proxy in both spellings: programs that read the other one would take the machine's. */
function withTwins(env: Settings): Settings {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      PROXY.test(name) ? [name.toLowerCase(), name.toUpperCase()].map((twin) => [twin, value]) : [[name, value]],
    ),
  );
}

function escapeValues(settings: Settings): Settings {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, escapeVariables(value)]));
}

/**
 * One `key value` per line, as spark-defaults.conf has it.
 *
 * Source: java.util.Properties.load, which Spark reads the file with: a backslash begins an escape, and `=` or `:` after the
 * key is no part of the value.
 */
function formatConf(conf: Settings): string {
  return Object.entries(conf)
    .map(([key, value]) => `${key} ${value.replaceAll('\\', '\\\\').replace(/^[=:]/, '\\$&')}`)
    .join('\n');
}

/** The mount of `/data`, whatever it was in the file, becomes a bind of the folder. */
function withDataFolder(
  mounts: readonly ComposeVolumeMount[] | undefined,
  source: string,
): readonly ComposeVolumeMount[] {
  const others = (mounts ?? []).filter(({ target }) => target !== '/data');
  return [...others, { type: 'bind', source: escapeVariables(source), target: '/data' }];
}

/** How a port is written into the file: `0` has Docker choose one. */
export function publish(target: number, choice: PortChoice): readonly ComposePort[] {
  if (choice === 'none') return [];
  const port = { target, protocol: 'tcp', mode: 'host' };
  return [choice === 0 ? port : { ...port, published: choice }];
}

/** Docker reads the file once more: what is a `$` now must still be one then. */
export function escapeVariables(text: string): string {
  return text.replaceAll('$', '$$$$');
}
