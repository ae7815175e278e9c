import { Container } from '../adapters/engine/container.ts';
import type { EngineApi } from '../adapters/engine/engine-api.ts';
import type { ClusterSpec } from '../cluster/spec.ts';
import { ownerOf } from '../compose/resolve-services.ts';
import { EngineError } from '../errors.ts';
import { LABELS } from '../labels.ts';
import { SECRETS_ROLE } from '../containers/resolve-project.ts';

/** Volumes whose files belong to the user that the containers run as. Others live no longer than their containers. */
const OWNED_ROLES: ReadonlySet<string | undefined> = new Set(['notebooks', 'recovery', 'jobs']);

interface LabelledVolume {
  readonly Name: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

/** Names of those that another user's containers could not go on with. */
export function ownedVolumes(volumes: readonly LabelledVolume[]): readonly string[] {
  return volumes.filter(({ Labels }) => OWNED_ROLES.has(Labels?.[LABELS.role])).map(({ Name }) => Name);
}

/**
 * Gives the files in volumes to another user, by a container that can do nothing else and is taken away again.
 *
 * @throws EngineError if that did not work
 */
export async function giveVolumes(
  api: EngineApi,
  volumes: readonly string[],
  { cluster, image, owner }: { readonly cluster: string; readonly image: string; readonly owner: string },
): Promise<void> {
  if (volumes.length === 0) return;
  await removeHelpers(cluster, api);
  const mounts = volumes.map((name) => ({ Type: 'volume', Source: name, Target: `/volumes/${name}` }));
  const { Id: id } = await api.post<{ readonly Id: string }>('/containers/create', {
    body: {
      Image: image,
      Entrypoint: changeOwner(
        owner,
        mounts.map(({ Target }) => Target),
      ),
      Cmd: [],
      User: '0:0',
      // Found, like the one that writes secrets, when a command was killed here.
      Labels: { [LABELS.cluster]: cluster, [LABELS.role]: SECRETS_ROLE },
      HostConfig: {
        Mounts: mounts,
        NetworkMode: 'none',
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        CapAdd: ['CHOWN', 'DAC_OVERRIDE'],
      },
    },
  });
  try {
    await api.post(`/containers/${id}/start`);
    const { StatusCode } = await api.post<{ readonly StatusCode: number }>(`/containers/${id}/wait`, { timeoutMs: 0 });
    if (StatusCode !== 0) {
      throw new EngineError(
        `Cannot give the volumes ${volumes.join(', ')} to ${owner}: chown ended with ${StatusCode}`,
        500,
      );
    }
  } finally {
    await api.delete(`/containers/${id}`, { query: { force: true } });
  }
}

/** What has the owner already is left alone: how old the upload of a job is, is told by when its inode was changed last. */
function changeOwner(owner: string, folders: readonly string[]): readonly string[] {
  const [uid = '', gid = ''] = owner.split(':');
  const isAnothers = ['(', '!', '-uid', uid, '-o', '!', '-gid', gid, ')'];
  const find = [...folders, ...isAnothers, '-exec', 'chown', '-h', owner, '{}', '+'];
  // Twice: the containers of before go on, and rename what the first look has found.
  return ['sh', '-c', 'find "$@" || find "$@"', 'chown', ...find];
}

/** `UID:GID` that a cluster's containers run as. */
export function formatOwner(spec: Pick<ClusterSpec, 'data'>): string {
  const { uid, gid } = ownerOf(spec);
  return `${uid}:${gid}`;
}

/** Containers that only work on volumes, left by a command that was killed. */
export async function removeHelpers(cluster: string, api: EngineApi): Promise<void> {
  const label = [`${LABELS.cluster}=${cluster}`, `${LABELS.role}=${SECRETS_ROLE}`];
  const left = await api.get<readonly { readonly Id: string }[]>('/containers/json', {
    query: { all: true, filters: { label } },
  });
  await Promise.all(left.map(async ({ Id }) => new Container(api, Id).killAndRemove()));
}
