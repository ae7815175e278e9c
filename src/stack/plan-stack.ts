import { usedPorts, type ClusterSpec } from '../cluster/spec.ts';
import { ConflictError } from '../errors.ts';
import { LABELS, STACK_NAMESPACE_LABEL } from '../labels.ts';
import type { ComposeDocument, ComposeService } from '../compose/compose-document.ts';
import { clusterNameOf } from './swarm-cluster.ts';
import type { StackService, SwarmNode } from './swarm-state.ts';

export type StackChange =
  | { readonly action: 'createService'; readonly name: string }
  | { readonly action: 'updateService'; readonly name: string }
  | { readonly action: 'rememberSpec'; readonly name: string }
  | { readonly action: 'scaleService'; readonly name: string; readonly from: number; readonly to: number }
  | { readonly action: 'removeService'; readonly name: string; readonly id: string }
  | { readonly action: 'createSecret'; readonly name: string }
  | { readonly action: 'createConfig'; readonly name: string };

/** Role of the service that looks for the data folder on every node, and is taken away again. */
export const DATA_CHECK_ROLE = 'data-check';

/** What must change so that the services there become those of the document. Empty: nothing to do. */
export function planStack(
  document: ComposeDocument,
  name: string,
  services: readonly StackService[],
): readonly StackChange[] {
  const ours = services.filter((service) => clusterNameOf(service.labels) === name);
  const wanted = Object.entries(document.services).map(([key, service]) => ({ fullName: `${name}_${key}`, service }));
  const changes = wanted.flatMap(({ fullName, service }): StackChange[] => {
    const present = ours.find((candidate) => candidate.name === fullName);
    if (!present) return [{ action: 'createService', name: fullName }];
    const updates: StackChange[] =
      present.labels[LABELS.hash] !== service.deploy?.labels?.[LABELS.hash]
        ? [{ action: 'updateService', name: fullName }]
        : present.labels[LABELS.spec] !== readSpecLabel(service)
          ? [{ action: 'rememberSpec', name: fullName }]
          : [];
    const to = service.deploy?.replicas ?? 1;
    const isHeld = present.labels[LABELS.held] !== undefined;
    if (present.replicas !== undefined && (present.replicas !== to || isHeld)) {
      updates.push({ action: 'scaleService', name: fullName, from: present.replicas, to });
    }
    return updates;
  });
  // Without a label of ours it is somebody else's, even in a stack of this name.
  const surplus = ours
    .filter((service) => service.labels[LABELS.cluster] === name || service.labels[LABELS.role] !== undefined)
    .filter((service) => service.labels[LABELS.role] !== DATA_CHECK_ROLE && service.labels[LABELS.job] === undefined)
    .filter((service) => !wanted.some(({ fullName }) => fullName === service.name))
    .map((service): StackChange => ({ action: 'removeService', name: service.name, id: service.id }));
  return [...changes, ...surplus];
}

/** As it will be when Docker has read the file once more. */
function readSpecLabel({ deploy }: ComposeService): string | undefined {
  return deploy?.labels?.[LABELS.spec]?.replaceAll('$$', '$');
}

export function formatStackChange(change: StackChange): string {
  switch (change.action) {
    case 'createService':
      return `create service ${change.name}`;
    case 'updateService':
      return `update service ${change.name} (its containers are replaced)`;
    case 'rememberSpec':
      return `update labels of service ${change.name}`;
    case 'scaleService':
      return `scale service ${change.name} from ${change.from} to ${change.to}`;
    case 'removeService':
      return `remove service ${change.name}`;
    case 'createSecret':
      return `create secret ${change.name}`;
    case 'createConfig':
      return `create config ${change.name}`;
    default:
      return change satisfies never;
  }
}

/** @throws ConflictError if a stack, or a service, of this name is somebody else's */
export function assertNameIsFree(name: string, services: readonly StackService[]): void {
  const inStack = services.filter((service) => service.labels[STACK_NAMESPACE_LABEL] === name);
  const isOurs = inStack.some((service) => service.labels[LABELS.role] !== undefined);
  const foreign = isOurs ? undefined : (inStack[0] ?? services.find((service) => foreignName(service, name)));
  if (!foreign) return;
  throw new ConflictError(`Cannot deploy the cluster "${name}": the service ${foreign.name} is there and is not ours`, {
    hint: 'choose another --name',
  });
}

function foreignName(service: StackService, name: string): boolean {
  return (
    (service.name === `${name}_master` || service.name === `${name}_worker`) &&
    service.labels[LABELS.role] === undefined
  );
}

/**
 * Who else has one of the ports that the master wants on the nodes where it may run.
 *
 * @throws ConflictError naming the port, the flag and the holder
 */
export function assertPortsAreFree(spec: ClusterSpec, services: readonly StackService[]): void {
  for (const [key, port] of Object.entries(usedPorts(spec))) {
    if (typeof port !== 'number' || port === 0) continue;
    const holder = services.find(
      (service) =>
        clusterNameOf(service.labels) !== spec.name &&
        service.ports.some((candidate) => candidate.publishedPort === port),
    );
    if (holder) throw portConflict({ key, port, holder: `the service ${holder.name}` });
  }
}

export function portConflict(taken: {
  readonly key: string;
  readonly port: number;
  readonly holder: string;
}): ConflictError {
  return new ConflictError(`Port ${taken.port} (--port ${taken.key}=${taken.port}) is taken by ${taken.holder}`, {
    hint: `--port ${taken.key}=0 takes a free one`,
  });
}

/** The smallest MTU that the nodes' labels name. */
export function networkMtu(nodes: readonly SwarmNode[]): number | undefined {
  const mtus = nodes.map((node) => Number(node.labels[LABELS.nodeMtu])).filter((mtu) => mtu > 0);
  return mtus.length === 0 ? undefined : Math.min(...mtus);
}
