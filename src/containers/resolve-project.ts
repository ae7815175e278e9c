import type { ClusterSpec } from '../cluster/spec.ts';
import type { ComposeDocument, ComposePort, ComposeService } from '../compose/compose-document.ts';
import { resolveVolumes } from '../compose/added-services.ts';
import { fingerprint, resolveServices, roleOf } from '../compose/resolve-services.ts';
import { LABELS } from '../labels.ts';

/** What one engine adds to the user's wishes. */
export interface ProjectSurroundings {
  /** MTU of the engine's own bridge network, where it was set; containers of a new network would not know it. */
  readonly mtu: string | undefined;
  /** Gives a short fingerprint of a text. */
  readonly hash: (text: string) => string;
}

/** Key of the volume that holds secrets: files that only the containers' user may read. */
const SECRETS = 'secrets';
const SECRETS_FOLDER = '/run/secrets';
const LOOPBACK = '127.0.0.1';

/** Role of the volume that holds secrets, and of containers that only work on volumes. */
export const SECRETS_ROLE = 'secrets';

export const SECRET_FILES = {
  auth: 'spark-auth-secret',
  token: 'notebook-token',
  caBundle: 'ca-bundle.crt',
} as const;

/** Docker's name of a network or volume of a cluster. A stack's have `_`: one name can live on both (design §5). */
export function objectName(cluster: string, key: string): string {
  return `${cluster}-${key}`;
}

export function secretsVolumeName(cluster: string): string {
  return objectName(cluster, SECRETS);
}

/**
 * The file that Docker Compose is given: the services of {@link resolveServices} with what only one engine has: addresses
 * that ports are bound to, names of its own for networks and volumes, and labels on containers, because there is no service
 * that could carry them.
 *
 * @throws ConfigError if the file has no service with the role `master`, or none with the role `worker`
 */
export function resolveProject(
  document: ComposeDocument,
  spec: ClusterSpec,
  around: ProjectSurroundings,
): ComposeDocument {
  const services = Object.fromEntries(
    Object.entries(resolveServices(document, spec, { caBundlePath: `${SECRETS_FOLDER}/${SECRET_FILES.caBundle}` })).map(
      ([key, service]) => [key, withHash(projectService(service, spec), around)],
    ),
  );
  const labels = { [LABELS.cluster]: spec.name };
  return {
    services,
    networks: Object.fromEntries(
      Object.entries(document.networks ?? { default: {} }).map(([key, network]) => [
        key,
        network?.external || hasOwnName(network, spec.name, key)
          ? network
          : {
              ...network,
              name: objectName(spec.name, key),
              labels: { ...network?.labels, ...labels },
              ...(around.mtu === undefined
                ? {}
                : { driver_opts: { 'com.docker.network.driver.mtu': around.mtu, ...network?.driver_opts } }),
            },
      ]),
    ),
    volumes: {
      ...Object.fromEntries(
        Object.entries(resolveVolumes(document, services, spec)).map(([key, volume]) => [
          key,
          volume?.external || hasOwnName(volume, spec.name, key)
            ? volume
            : { ...volume, name: objectName(spec.name, key) },
        ]),
      ),
      // Made by us beforehand, so that nothing of its content passes through this file.
      [SECRETS]: { external: true, name: secretsVolumeName(spec.name) },
    },
    ...(document.secrets ? { secrets: document.secrets } : {}),
    ...(document.configs ? { configs: document.configs } : {}),
  };
}

/** Compose gives every network and volume a name; one that differs from its rule was in the file. */
function hasOwnName(object: { readonly name?: string } | null | undefined, project: string, key: string): boolean {
  return object?.name !== undefined && object.name !== `${project}_${key}`;
}

function projectService(service: ComposeService, spec: ClusterSpec): ComposeService {
  const {
    labels: serviceLabels,
    placement: _,
    endpoint_mode: __,
    update_config: ___,
    ...deploy
  } = service.deploy ?? {};
  // What is remembered has a place of its own: a container's labels cannot be changed.
  const { [LABELS.spec]: _____, ...labels } = serviceLabels ?? {};
  const base = { ...service, labels: { ...service.labels, ...labels } };
  if (roleOf(service) === undefined) return base;
  const { cpus: ____, ...reservations } = deploy.resources?.reservations ?? {};
  // The history server needs none (HistoryServer.scala turns authentication off), but certificates are in the same volume.
  const needsSecrets = roleOf(service) !== 'history' || spec.machine.hasCaBundle;
  const secrets = { type: 'volume', source: SECRETS, target: SECRETS_FOLDER, read_only: true };
  return {
    ...base,
    // What is not there is not to be looked for under the same name elsewhere.
    pull_policy: 'never',
    ports: (service.ports ?? []).map((port) => bindPort(port, spec)),
    volumes: [...(service.volumes ?? []), ...(needsSecrets ? [secrets] : [])],
    deploy: { ...deploy, resources: { ...deploy.resources, reservations } },
  };
}

/** To this machine alone, unless asked otherwise (design D13). */
function bindPort({ published, ...port }: ComposePort, { bind }: ClusterSpec): ComposePort {
  const bound = { host_ip: bind ?? LOOPBACK, ...port };
  return published === undefined ? bound : { ...bound, published: String(published) };
}

function withHash(service: ComposeService, { hash }: ProjectSurroundings): ComposeService {
  return { ...service, labels: { ...service.labels, [LABELS.hash]: fingerprint(service, hash) } };
}
