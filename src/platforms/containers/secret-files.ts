import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

import { packTar, unpackTar } from 'modern-tar';

import type { EngineApi } from '../../adapters/engine/engine-api.ts';
import type { ClusterSpec } from '../../cluster/spec.ts';
import { ownerOf } from '../../compose/resolve-services.ts';
import { SECRET_FILES, SECRETS_ROLE, secretsVolumeName } from '../../containers/resolve-project.ts';
import { ConflictError, InvalidStateError, NotFoundError } from '../../errors.ts';
import { COMPOSE_PROJECT_LABEL, LABELS } from '../../labels.ts';
import type { CaBundle } from '../local-folders.ts';
import { removeHelpers } from '../volume-owner.ts';

const FOLDER = '/run/secrets';

/**
 * Writes a cluster's secrets into a volume of its own, through a container that is never started: so they are in no
 * argument, no environment, no label and no file of the host that others could read. What is there already is kept.
 * A bind mount would have the host's owner and mode, which the containers' user cannot read.
 */
export async function writeSecretFiles(
  spec: ClusterSpec,
  { api, caBundle }: { readonly api: EngineApi; readonly caBundle: CaBundle | undefined },
): Promise<void> {
  const volume = secretsVolumeName(spec.name);
  const labels = { [LABELS.cluster]: spec.name, [COMPOSE_PROJECT_LABEL]: spec.name, [LABELS.role]: SECRETS_ROLE };
  await removeHelpers(spec.name, api);
  await createVolume(api, volume, labels);
  const { Id: id } = await api.post<{ readonly Id: string }>('/containers/create', {
    body: {
      Image: spec.imageId,
      Cmd: ['true'],
      // No project label: Compose would take it for one of its own.
      Labels: { [LABELS.cluster]: spec.name, [LABELS.role]: SECRETS_ROLE },
      HostConfig: { Mounts: [{ Type: 'volume', Source: volume, Target: FOLDER }], NetworkMode: 'none' },
    },
  });
  try {
    const wanted = [SECRET_FILES.auth, ...(spec.notebook ? [SECRET_FILES.token] : [])];
    const kept = await Promise.all(wanted.map(async (name) => ({ name, text: await readFile(api, id, name) })));
    const files = kept.map(({ name, text }) => ({
      name,
      text: text?.trim() || randomBytes(32).toString('hex'),
      mode: 0o400,
    }));
    const certificates = spec.machine.hasCaBundle
      ? [
          {
            name: SECRET_FILES.caBundle,
            text: caBundle?.text ?? (await readFile(api, id, SECRET_FILES.caBundle)) ?? missing(spec.name),
            mode: 0o444,
          },
        ]
      : [];
    await writeFiles(api, id, [...files, ...certificates], ownerOf(spec));
  } finally {
    await api.delete(`/containers/${id}`, { query: { force: true } });
  }
}

/** @throws ConflictError if a volume of this name is somebody else's: creating one that is there gives that one */
async function createVolume(api: EngineApi, name: string, labels: Readonly<Record<string, string>>): Promise<void> {
  const { Labels } = await api.post<{ readonly Labels: Readonly<Record<string, string>> | null }>('/volumes/create', {
    body: { Name: name, Labels: labels },
  });
  if (Labels?.[LABELS.cluster] === labels[LABELS.cluster]) return;
  throw new ConflictError(`Cannot keep secrets in the volume ${name}: it is there and is not ours`, {
    hint: 'choose another --name',
  });
}

/** @returns `undefined` when there is no such file yet */
async function readFile(api: EngineApi, id: string, name: string): Promise<string | undefined> {
  try {
    const archive = await api.open('GET', `/containers/${id}/archive`, { query: { path: `${FOLDER}/${name}` } });
    const [entry] = await unpackTar(await buffer(archive));
    return entry?.data ? Buffer.from(entry.data).toString() : undefined;
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

interface SecretFile {
  readonly name: string;
  readonly text: string;
  readonly mode: number;
}

async function writeFiles(
  api: EngineApi,
  id: string,
  files: readonly SecretFile[],
  owner: { readonly uid: string; readonly gid: string },
): Promise<void> {
  const ids = { uid: Number(owner.uid), gid: Number(owner.gid) };
  const archive = await packTar(
    files.map(({ name, text, mode }) => ({
      header: { name, size: Buffer.byteLength(text), mode, ...ids, type: 'file' as const },
      body: text,
    })),
  );
  const response = await api.open('PUT', `/containers/${id}/archive`, {
    query: { path: FOLDER },
    stream: Readable.from([Buffer.from(archive)]),
    contentType: 'application/x-tar',
  });
  response.resume();
}

function missing(cluster: string): never {
  throw new InvalidStateError(
    `The cluster "${cluster}" was made with certificates of a machine, and this one has none to put in their place`,
    { hint: 'let SSL_CERT_FILE name a bundle of certificates' },
  );
}
