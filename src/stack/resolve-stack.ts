import type { ClusterSpec } from '../cluster/spec.ts';
import type { ComposeDocument, ComposeNetwork, ComposeService, Labels } from '../compose/compose-document.ts';
import { resolveVolumes } from '../compose/added-services.ts';
import { fingerprint, ownerOf, resolveServices, roleOf } from '../compose/resolve-services.ts';
import { LABELS } from '../labels.ts';

/** What the swarm adds to the user's wishes. */
export interface StackSurroundings {
  /** MTU of the network between the nodes; `undefined` leaves Docker's default. */
  readonly mtu: number | undefined;
  /** Node that master and notebook stay on; `undefined` where there is only one that they may run on. */
  readonly masterNodeId: string | undefined;
  /** Default `manager`, as the file says. */
  readonly masterRole?: 'manager' | 'worker';
  /** Names of Docker's objects for this cluster. */
  readonly objects: StackObjects;
  /** Gives a short fingerprint of a text. */
  readonly hash: (text: string) => string;
}

/** Secrets and configs that are made beside the stack, because their content must not pass through a file or a log. */
export interface StackObjects {
  /** Secret that holds `spark.authenticate.secret`. */
  readonly auth: string;
  /** Secret that holds the notebook's token. */
  readonly token: string;
  /** Config that holds the machine's certificates. */
  readonly caBundle: string;
}

export function nameObjects(cluster: string): StackObjects {
  return { auth: `${cluster}_auth`, token: `${cluster}_notebook_token`, caBundle: `${cluster}_ca_bundle` };
}

const CA_BUNDLE_PATH = '/run/configs/ca-bundle.crt';

/**
 * The file that Docker is given as a stack: the services of {@link resolveServices} with what only a swarm has: overlay
 * network, secrets, a name for each worker, placement.
 *
 * @throws ConfigError if the file has no service with the role `master`, or none with the role `worker`
 */
export function resolveStack(document: ComposeDocument, spec: ClusterSpec, around: StackSurroundings): ComposeDocument {
  const services = Object.fromEntries(
    Object.entries(resolveServices(document, spec, { caBundlePath: CA_BUNDLE_PATH })).map(
      ([name, service]) => [name, withHash(stackService(service, spec, around), around)] as const,
    ),
  );
  const clusterLabels = { [LABELS.cluster]: spec.name };
  const { objects } = around;
  return {
    ...document,
    services,
    networks: Object.fromEntries(
      Object.entries(document.networks ?? { default: {} }).map(([name, network]) => [
        name,
        network?.external ? network : clusterNetwork(network, clusterLabels, around.mtu),
      ]),
    ),
    volumes: resolveVolumes(document, services, spec),
    secrets: {
      ...document.secrets,
      'spark-auth': { external: true, name: objects.auth },
      ...(spec.notebook ? { 'notebook-token': { external: true, name: objects.token } } : {}),
    },
    ...(spec.machine.hasCaBundle
      ? { configs: { ...document.configs, 'ca-bundle': { external: true, name: objects.caBundle } } }
      : {}),
  };
}

function stackService(service: ComposeService, spec: ClusterSpec, around: StackSurroundings): ComposeService {
  const role = roleOf(service);
  if (role === undefined) return service;
  const owner = { ...ownerOf(spec), mode: 0o400 };
  const placement = service.deploy?.placement;
  const pin = around.masterNodeId === undefined ? [] : [`node.id==${around.masterNodeId}`];
  const own = role === 'worker' ? spec.constraints : pin;
  return {
    ...service,
    // A name of its own for each worker, which resolves on every node (design D4).
    ...(role === 'worker' ? { hostname: 'worker-{{.Task.Slot}}' } : {}),
    secrets: [
      ...(service.secrets ?? []),
      // The history server talks with no part of the cluster, and turns authentication off. Source: HistoryServer.scala.
      ...(role === 'history' ? [] : [{ source: 'spark-auth', target: 'spark-auth-secret', ...owner }]),
      ...(role === 'notebook' ? [{ source: 'notebook-token', target: 'notebook-token', ...owner }] : []),
    ],
    ...(spec.machine.hasCaBundle
      ? { configs: [...(service.configs ?? []), { source: 'ca-bundle', target: CA_BUNDLE_PATH, mode: 0o444 }] }
      : {}),
    deploy: {
      ...service.deploy,
      placement: { ...placement, constraints: [...constraintsOf(placement?.constraints ?? [], around), ...own] },
    },
  };
}

/** Where managers only manage, what shall run on them runs on workers. */
function constraintsOf(
  constraints: readonly string[],
  { masterRole = 'manager' }: StackSurroundings,
): readonly string[] {
  if (masterRole === 'manager') return constraints;
  return constraints.map((constraint) => constraint.replace(/^(node\.role\s*==\s*)manager$/, '$1worker'));
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

function withHash(service: ComposeService, { hash }: StackSurroundings): ComposeService {
  const labels = { ...service.deploy?.labels, [LABELS.hash]: fingerprint(service, hash) };
  return { ...service, deploy: { ...service.deploy, labels } };
}
