import { parseRole } from '../cluster/cluster.ts';
import type { ComposeDocument } from '../compose/compose-document.ts';
import { ConflictError } from '../errors.ts';
import { COMPOSE_PROJECT_LABEL, COMPOSE_SERVICE_LABEL, LABELS } from '../labels.ts';
import { projectOf } from './container-cluster.ts';
import type { EngineContainer } from './engine-container.ts';

export type ProjectChange =
  | { readonly action: 'createService'; readonly name: string }
  /** `ids` of Spark's; those of a user's own service are for Compose to replace, which keeps their anonymous volumes. */
  | { readonly action: 'replaceContainers'; readonly name: string; readonly ids: readonly string[] }
  | { readonly action: 'startContainers'; readonly name: string }
  | { readonly action: 'scaleService'; readonly name: string; readonly from: number; readonly to: number }
  /** Of a user's own services, too. */
  | { readonly action: 'removeContainers'; readonly name: string; readonly ids: readonly string[] };

/** What must change so that the containers there become those of the document. Empty: nothing to do. */
export function planProject(
  document: ComposeDocument,
  name: string,
  containers: readonly EngineContainer[],
): readonly ProjectChange[] {
  const ours = containers.filter(({ labels }) => projectOf(labels) === name);
  const changes = Object.entries(document.services).flatMap(([key, service]) => {
    const present = ours.filter(({ labels }) => labels[COMPOSE_SERVICE_LABEL] === key);
    return planService(`${name}-${key}`, present, {
      hash: service.labels?.[LABELS.hash],
      replicas: service.deploy?.replicas ?? 1,
    });
  });
  const surplus = ours.filter(
    ({ labels }) =>
      labels[LABELS.cluster] === name && document.services[labels[COMPOSE_SERVICE_LABEL] ?? ''] === undefined,
  );
  return [
    ...changes,
    ...(surplus.length === 0
      ? []
      : [
          {
            action: 'removeContainers',
            name: [...new Set(surplus.map(({ labels }) => `${name}-${labels[COMPOSE_SERVICE_LABEL]}`))].join(', '),
            ids: surplus.map(({ id }) => id),
          } as const,
        ]),
  ];
}

function isSparks({ labels }: EngineContainer): boolean {
  return parseRole(labels[LABELS.role]) !== undefined;
}

function planService(
  name: string,
  present: readonly EngineContainer[],
  wanted: { readonly hash: string | undefined; readonly replicas: number },
): readonly ProjectChange[] {
  if (present.length === 0) return [{ action: 'createService', name }];
  const replaced = present.filter(({ labels }) => labels[LABELS.hash] !== wanted.hash);
  const stopped = present.some(({ state }) => state === 'exited' || state === 'created' || state === 'paused');
  return [
    ...(replaced.length > 0
      ? [{ action: 'replaceContainers', name, ids: replaced.filter(isSparks).map(({ id }) => id) } as const]
      : []),
    ...(stopped && replaced.length === 0 ? [{ action: 'startContainers', name } as const] : []),
    ...(present.length === wanted.replicas
      ? []
      : [{ action: 'scaleService', name, from: present.length, to: wanted.replicas } as const]),
  ];
}

export function formatProjectChange(change: ProjectChange): string {
  switch (change.action) {
    case 'createService':
      return `create ${change.name}`;
    case 'replaceContainers':
      return `replace ${change.name}`;
    case 'startContainers':
      return `start ${change.name}`;
    case 'scaleService':
      return `scale ${change.name} from ${change.from} to ${change.to}`;
    case 'removeContainers':
      return `remove ${change.name}`;
    default:
      return change satisfies never;
  }
}

/** @throws ConflictError if a project of this name is somebody else's: Compose would take its containers for ours */
export function assertProjectIsFree(name: string, containers: readonly EngineContainer[]): void {
  const inProject = containers.filter(({ labels }) => labels[COMPOSE_PROJECT_LABEL] === name);
  if (inProject.length === 0 || inProject.some(({ labels }) => labels[LABELS.role] !== undefined)) return;
  throw new ConflictError(
    `Cannot start the cluster "${name}": the container ${inProject[0]?.name} of a Compose project of this name is there and is not ours`,
    { hint: 'choose another --name' },
  );
}
