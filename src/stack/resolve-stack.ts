import type { ClusterRole } from '../cluster/cluster.ts';
import { CONTAINER_PORTS, rememberSpec, type ClusterSpec, type PortChoice } from '../cluster/spec.ts';
import { ConfigError } from '../errors.ts';
import { LABELS } from '../labels.ts';
import { formatSize } from '../units.ts';
import type { ComposeDocument, ComposeNetwork, ComposePort, ComposeService, Labels } from './compose-document.ts';

/** What the swarm adds to the user's wishes. */
export interface StackSurroundings {
  /** Name of the secret that holds this cluster's `spark.authenticate.secret`. */
  readonly secretName: string;
  /** MTU of the network between the nodes; `undefined` leaves Docker's default. */
  readonly mtu: number | undefined;
  /** Gives a short fingerprint of a text. */
  readonly hash: (text: string) => string;
}

/** uid of `spark` in the image: the only one that may read the secret. */
const SPARK_UID = '185';

/**
 * The file that Docker is given: the user's docker-compose.yml with the sizes, ports, labels, the secret and the network
 * of this cluster written in (design D6). Services that are not Spark's are labelled and otherwise left alone.
 *
 * @throws ConfigError if the file has no service with the role `master`, or none with the role `worker`
 */
export function resolveStack(document: ComposeDocument, spec: ClusterSpec, around: StackSurroundings): ComposeDocument {
  assertRoles(document);
  const services = Object.fromEntries(
    Object.entries(document.services).map(([name, service]) => [name, resolveService(service, spec, around)]),
  );
  const clusterLabels = { [LABELS.cluster]: spec.name };
  return {
    ...document,
    services,
    networks: Object.fromEntries(
      Object.entries(document.networks ?? { default: {} }).map(([name, network]) => [
        name,
        network?.external ? network : clusterNetwork(network, clusterLabels, around.mtu),
      ]),
    ),
    volumes: Object.fromEntries(
      Object.entries(document.volumes ?? {}).map(([name, volume]) => [
        name,
        volume?.external ? volume : { ...volume, labels: { ...volume?.labels, ...clusterLabels } },
      ]),
    ),
    secrets: { ...document.secrets, 'spark-auth': { external: true, name: around.secretName } },
  };
}

/** The role a service of the file names in its labels. */
export function roleOf(service: ComposeService): ClusterRole | undefined {
  const role = service.deploy?.labels?.[LABELS.role] ?? service.labels?.[LABELS.role];
  return role === 'master' || role === 'worker' ? role : undefined;
}

function assertRoles(document: ComposeDocument): void {
  const roles = Object.values(document.services).map(roleOf);
  const problems = (['master', 'worker'] as const)
    .filter((role) => roles.filter((found) => found === role).length !== 1)
    .map((role) => `services: expected exactly one with the label ${LABELS.role}: ${role} under deploy.labels`);
  if (problems.length > 0) throw new ConfigError('The compose file', problems);
}

function resolveService(service: ComposeService, spec: ClusterSpec, around: StackSurroundings): ComposeService {
  const role = roleOf(service);
  const ours: Labels = { [LABELS.cluster]: spec.name, ...(role ? { [LABELS.role]: role } : {}) };
  const base: ComposeService = {
    ...service,
    labels: { ...service.labels, ...ours, ...(role ? { [LABELS.imageId]: spec.imageId } : {}) },
    deploy: { ...service.deploy, labels: { ...service.deploy?.labels, ...ours } },
  };
  if (role === undefined) return withHash(base, around);
  const shared: ComposeService = {
    ...base,
    image: spec.image,
    secrets: [
      ...(service.secrets ?? []),
      { source: 'spark-auth', target: 'spark-auth-secret', uid: SPARK_UID, gid: SPARK_UID, mode: 0o400 },
    ],
  };
  return withHash(role === 'master' ? masterService(shared, spec) : workerService(shared, spec), around);
}

function masterService(service: ComposeService, spec: ClusterSpec): ComposeService {
  const memory = formatSize(spec.master.limitBytes);
  return {
    ...service,
    environment: { ...service.environment, ...executorEnvironment(spec) },
    ports: [
      ...otherPorts(service.ports, [CONTAINER_PORTS.master, CONTAINER_PORTS.ui]),
      ...publish(CONTAINER_PORTS.master, spec.ports.master),
      ...publish(CONTAINER_PORTS.ui, spec.ports.ui),
    ],
    deploy: {
      ...service.deploy,
      replicas: 1,
      labels: { ...service.deploy?.labels, [LABELS.spec]: JSON.stringify(rememberSpec(spec)) },
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
    // A name of its own for each worker, which resolves on every node (design D4).
    hostname: 'worker-{{.Task.Slot}}',
    environment: {
      ...service.environment,
      ...executorEnvironment(spec),
      SPARK_WORKER_CORES: String(worker.sparkCores),
      SPARK_WORKER_MEMORY: formatSize(worker.sparkMemoryBytes),
    },
    deploy: {
      ...service.deploy,
      replicas: spec.workers,
      resources: { limits: amount, reservations: amount },
      placement: {
        ...service.deploy?.placement,
        constraints: [...(service.deploy?.placement?.constraints ?? []), ...spec.constraints],
      },
    },
  };
}

function executorEnvironment({ worker }: ClusterSpec): Readonly<Record<string, string>> {
  return { SPARK_EXECUTOR_CORES: '1', SPARK_EXECUTOR_MEMORY: formatSize(worker.executorMemoryBytes) };
}

function otherPorts(ports: readonly ComposePort[] | undefined, targets: readonly number[]): readonly ComposePort[] {
  return (ports ?? []).filter((port) => !targets.includes(port.target));
}

function publish(target: number, choice: PortChoice): readonly ComposePort[] {
  if (choice === 'none') return [];
  const port = { target, protocol: 'tcp', mode: 'host' };
  return [choice === 0 ? port : { ...port, published: choice }];
}

function clusterNetwork(network: ComposeNetwork | null, labels: Labels, mtu: number | undefined): ComposeNetwork {
  return {
    ...network,
    driver: 'overlay',
    labels: { ...network?.labels, ...labels },
    // The option takes the underlay's MTU; the driver subtracts its own 50 (measured).
    driver_opts: {
      ...(mtu === undefined ? {} : { 'com.docker.network.driver.mtu': String(mtu) }),
      ...network?.driver_opts,
    },
  };
}

/** Docker's command lines write the same file in different orders. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const sorted = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, inner]) => [key, sortKeys(inner)]));
}

/** The fingerprint leaves the number of replicas out: another number is not another service. */
function withHash(service: ComposeService, { hash }: StackSurroundings): ComposeService {
  const { replicas: _, ...deploy } = service.deploy ?? {};
  const fingerprint = hash(JSON.stringify(sortKeys({ ...service, deploy })));
  return {
    ...service,
    deploy: { ...service.deploy, labels: { ...service.deploy?.labels, [LABELS.hash]: fingerprint } },
  };
}
