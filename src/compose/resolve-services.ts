import { parseRole, type ClusterRole } from '../cluster/cluster.ts';
import { CONTAINER_PORTS, rememberSpec, type ClusterSpec, type PortChoice, type Settings } from '../cluster/spec.ts';
import { ConfigError } from '../errors.ts';
import { LABELS } from '../labels.ts';
import { formatSize } from '../units.ts';
import type { ComposeDocument, ComposePort, ComposeService, ComposeVolumeMount, Labels } from './compose-document.ts';

/** Where the containers find the machine's certificates. */
export interface ServiceSurroundings {
  /** Path inside the containers; read only when the spec says that there are certificates. */
  readonly caBundlePath: string;
}

/** uid of `spark` in the image, for containers that run as nobody else. */
const SPARK_UID = '185';

/** Service, and key of the volume, that a notebook adds. */
const NOTEBOOK = 'notebook';
const NOTEBOOK_VOLUME = 'notebooks';
const NOTEBOOK_FOLDER = '/notebooks';

/**
 * The services of the user's docker-compose.yml with sizes, ports, labels, settings and the data folder of one cluster
 * written in, and the notebook's beside them; the same for every platform (design D6). Services that are not Spark's are
 * labelled and otherwise left alone.
 *
 * @throws ConfigError if the file has no service with the role `master`, or none with the role `worker`
 */
export function resolveServices(
  document: ComposeDocument,
  spec: ClusterSpec,
  around: ServiceSurroundings,
): Readonly<Record<string, ComposeService>> {
  assertRoles(document);
  if (spec.notebook) assertNotebookIsFree(document);
  const services = Object.fromEntries(
    Object.entries(document.services).map(([name, service]) => [name, resolveService(service, spec, around)]),
  );
  const master = Object.values(document.services).find((service) => roleOf(service) === 'master');
  return spec.notebook && master ? { ...services, [NOTEBOOK]: notebookService(master, spec, around) } : services;
}

/** The volumes that the services use: those of the file, and the one in which notebooks are kept. */
export function resolveVolumes(
  document: ComposeDocument,
  services: Readonly<Record<string, ComposeService>>,
  { name }: Pick<ClusterSpec, 'name'>,
): NonNullable<ComposeDocument['volumes']> {
  const used = new Set(Object.values(services).flatMap(({ volumes }) => volumes?.map(({ source }) => source) ?? []));
  const declared: NonNullable<ComposeDocument['volumes']> = {
    ...document.volumes,
    [NOTEBOOK_VOLUME]: { labels: { [LABELS.role]: NOTEBOOK_VOLUME } },
  };
  return Object.fromEntries(
    Object.entries(declared)
      .filter(([key]) => used.has(key))
      .map(([key, volume]) => [
        key,
        volume?.external ? volume : { ...volume, labels: { ...volume?.labels, [LABELS.cluster]: name } },
      ]),
  );
}

/** The role a service of the file names in its labels. */
export function roleOf(service: ComposeService): ClusterRole | undefined {
  return parseRole(service.deploy?.labels?.[LABELS.role] ?? service.labels?.[LABELS.role]);
}

/** uid and gid that own what only a cluster's containers may read. */
export function ownerOf({ data }: Pick<ClusterSpec, 'data'>): { readonly uid: string; readonly gid: string } {
  const [uid = SPARK_UID, gid = SPARK_UID] = data?.user?.split(':') ?? [];
  return { uid, gid };
}

/** What a cluster remembers of its spec, as a label in the file. */
export function specLabel(spec: ClusterSpec): string {
  return JSON.stringify(rememberSpec(spec));
}

/** Docker reads the file once more: what is a `$` now must still be one then. */
export function escapeVariables(text: string): string {
  return text.replaceAll('$', '$$$$');
}

function assertRoles(document: ComposeDocument): void {
  const roles = Object.values(document.services).map(roleOf);
  const problems = (['master', 'worker'] as const)
    .filter((role) => roles.filter((found) => found === role).length !== 1)
    .map((role) => `services: expected exactly one with the label ${LABELS.role}: ${role} under deploy.labels`);
  if (problems.length > 0) throw new ConfigError('The compose file', problems);
}

/** @throws ConfigError if the file has what `--notebook` would put there */
function assertNotebookIsFree({ services, volumes }: ComposeDocument): void {
  const problems = [
    ...(services[NOTEBOOK] ? [`services: ${NOTEBOOK} is the name of the service that --notebook adds; rename it`] : []),
    ...(volumes && Object.hasOwn(volumes, NOTEBOOK_VOLUME)
      ? [`volumes: ${NOTEBOOK_VOLUME} is the name of the volume that --notebook adds; rename it`]
      : []),
  ];
  if (problems.length > 0) throw new ConfigError('The compose file', problems);
}

function resolveService(service: ComposeService, spec: ClusterSpec, around: ServiceSurroundings): ComposeService {
  const role = roleOf(service);
  // A notebook of the user's own is a service like any other.
  if (role === undefined || role === 'notebook') return labelled(service, { [LABELS.cluster]: spec.name });
  const shared = sparkService(service, role, spec, around);
  return role === 'master' ? masterService(shared, spec) : workerService(shared, spec);
}

function labelled(service: ComposeService, labels: Labels): ComposeService {
  return {
    ...service,
    labels: { ...service.labels, ...labels },
    deploy: { ...service.deploy, labels: { ...service.deploy?.labels, ...labels } },
  };
}

/** What master, workers and notebook have in common. */
function sparkService(
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

function masterService(service: ComposeService, spec: ClusterSpec): ComposeService {
  const memory = formatSize(spec.master.limitBytes);
  return {
    ...service,
    ports: [
      ...(service.ports ?? []).filter(
        ({ target }) => target !== CONTAINER_PORTS.master && target !== CONTAINER_PORTS.ui,
      ),
      ...publish(CONTAINER_PORTS.master, spec.ports.master),
      ...publish(CONTAINER_PORTS.ui, spec.ports.ui),
    ],
    deploy: {
      ...service.deploy,
      replicas: 1,
      labels: { ...service.deploy?.labels, [LABELS.spec]: escapeVariables(specLabel(spec)) },
      // Memory only: the master idles, and must fit beside the workers of a machine of two cores.
      resources: { limits: { cpus: String(spec.master.limitCores), memory }, reservations: { memory } },
    },
  };
}

function workerService(service: ComposeService, spec: ClusterSpec): ComposeService {
  const { worker } = spec;
  const amount = { cpus: String(worker.limitCores), memory: formatSize(worker.limitBytes) };
  return {
    ...service,
    environment: {
      ...service.environment,
      SPARK_WORKER_CORES: String(worker.sparkCores),
      SPARK_WORKER_MEMORY: formatSize(worker.sparkMemoryBytes),
    },
    deploy: { ...service.deploy, replicas: spec.workers, resources: { limits: amount, reservations: amount } },
  };
}

/** JupyterLab as the master is run: same network, same hardening, same data; and a folder of its own for notebooks. */
function notebookService(master: ComposeService, spec: ClusterSpec, around: ServiceSurroundings): ComposeService {
  const { extra_hosts: _, ports: __, hostname: ___, ...like } = master;
  const mounts = (master.volumes ?? []).filter(({ target }) => target !== '/var/lib/spark/recovery');
  const service: ComposeService = {
    ...like,
    command: ['notebook'],
    volumes: [...mounts, { type: 'volume', source: NOTEBOOK_VOLUME, target: NOTEBOOK_FOLDER }],
    ports: publish(CONTAINER_PORTS.jupyter, spec.ports.jupyter),
  };
  const shared = sparkService(service, 'notebook', spec, around);
  const memory = formatSize(spec.notebook?.limitBytes ?? 0);
  return {
    ...shared,
    deploy: {
      ...shared.deploy,
      replicas: 1,
      resources: { limits: { cpus: String(spec.master.limitCores), memory }, reservations: { memory } },
    },
  };
}

function publish(target: number, choice: PortChoice): readonly ComposePort[] {
  if (choice === 'none') return [];
  const port = { target, protocol: 'tcp', mode: 'host' };
  return [choice === 0 ? port : { ...port, published: choice }];
}

/** Tells services apart whose containers differ: another number of them, or another wish to remember, is the same service. */
export function fingerprint(service: ComposeService, hash: (text: string) => string): string {
  const { replicas: _, labels, ...deploy } = service.deploy ?? {};
  const { [LABELS.spec]: __, ...others } = labels ?? {};
  return hash(JSON.stringify(sortKeys({ ...service, deploy: { ...deploy, labels: others } })));
}

/** Docker's command lines write the same file in different orders. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const sorted = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, inner]) => [key, sortKeys(inner)]));
}
