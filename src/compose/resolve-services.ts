import { parseRole, type ClusterRole } from '../cluster/cluster.ts';
import { CONTAINER_PORTS, rememberSpec, type ClusterSpec } from '../cluster/spec.ts';
import { ConfigError } from '../errors.ts';
import { LABELS } from '../labels.ts';
import { formatSize } from '../units.ts';
import { addedServices, assertAddedIsFree, withJobsVolume } from './added-services.ts';
import type { ComposeDocument, ComposeService } from './compose-document.ts';
import { escapeVariables, labelled, publish, sparkService, type ServiceSurroundings } from './spark-service.ts';

/** uid of `spark` in the image, for containers that run as nobody else. */
const SPARK_UID = '185';

/**
 * The services of the user's docker-compose.yml with sizes, ports, labels, settings and the data folder of one cluster
 * written in, and notebook and history server beside them; the same for every platform (design D6). Services that are not
 * Spark's are labelled and otherwise left alone.
 *
 * @throws ConfigError if the file has no service with the role `master`, or none with the role `worker`
 */
export function resolveServices(
  document: ComposeDocument,
  spec: ClusterSpec,
  around: ServiceSurroundings,
): Readonly<Record<string, ComposeService>> {
  assertRoles(document);
  const own = Object.values(document.services).find((service) => roleOf(service) === 'master');
  assertAddedIsFree(document, own, spec);
  const services = Object.entries(document.services).map(
    ([name, service]) =>
      [
        name,
        roleOf(service) === 'master' ? { ...service, volumes: withJobsVolume(service.volumes) } : service,
      ] as const,
  );
  const master = services.find(([, service]) => roleOf(service) === 'master')?.[1];
  return {
    ...Object.fromEntries(services.map(([name, service]) => [name, resolveService(service, spec, around)])),
    ...(master ? addedServices(master, spec, around) : {}),
  };
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

function assertRoles(document: ComposeDocument): void {
  const roles = Object.values(document.services).map(roleOf);
  const problems = (['master', 'worker'] as const)
    .filter((role) => roles.filter((found) => found === role).length !== 1)
    .map((role) => `services: expected exactly one with the label ${LABELS.role}: ${role} under deploy.labels`);
  if (problems.length > 0) throw new ConfigError('The compose file', problems);
}

function resolveService(service: ComposeService, spec: ClusterSpec, around: ServiceSurroundings): ComposeService {
  const role = roleOf(service);
  // A notebook, or a history server, of the user's own is a service like any other.
  if (role !== 'master' && role !== 'worker') return labelled(service, { [LABELS.cluster]: spec.name });
  const shared = sparkService(service, role, spec, around);
  return role === 'master' ? masterService(shared, spec) : workerService(shared, spec);
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
