import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { Container } from '../../adapters/engine/container.ts';
import type { EngineApi } from '../../adapters/engine/engine-api.ts';
import { findMaster, type Cluster } from '../../cluster/cluster.ts';
import { EngineError, InvalidStateError, NotFoundError } from '../../errors.ts';
import { skipped, type Skipped, type StepContext } from '../../events.ts';
import { LABELS } from '../../labels.ts';
import { formatBytes } from '../../units.ts';

/** Where the cluster's data are, for every container. */
const DATA = '/data';
/** Role of the container through which data reach a node; it is never started. */
export const DATA_COPY_ROLE = 'data-copy';

/** How a container has its `/data`, as the engine says it. */
interface RawMount {
  readonly Type: string;
  readonly Name?: string;
  readonly Source: string;
  readonly Destination: string;
}

interface RawVolume {
  readonly Driver: string;
  readonly Options?: Readonly<Record<string, string>> | null;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

export interface DataRequest {
  readonly cluster: Cluster;
  /** Engine of the master's node. */
  readonly source: EngineApi;
  /** Engine of the node that gets the data. */
  readonly target: EngineApi;
  /** How messages name that node. */
  readonly node: string;
}

/**
 * Gives a node what the master's node has as `/data`: a folder that is missing is made with the same owner, a volume with
 * the same labels, and what is in it is streamed from engine to engine. What is there already stays as it is, unless an
 * interrupted run has begun it.
 *
 * @throws InvalidStateError if no master runs to copy from; EngineError in the engine's words
 */
export async function bringData(request: DataRequest, step: StepContext): Promise<string | Skipped> {
  const { cluster, source, target, node } = request;
  const master = findMaster(cluster);
  if (!master?.isRunning || master.containerId === undefined) {
    throw new InvalidStateError(
      `Cannot bring data to ${node}: the master of the cluster "${cluster.name}" does not run`,
      {
        hint: `spark-swarm status --name ${cluster.name}`,
      },
    );
  }
  const { Mounts, Image } = await readContainer(source, master.containerId);
  const mount = Mounts.find(({ Destination }) => Destination === DATA);
  if (!mount) return skipped('the cluster has no /data');
  const helper = { cluster, image: Image, target };
  const begun = await findHelper(helper, 'copy');
  const isVolume = mount.Type === 'volume';
  const place = isVolume ? (mount.Name ?? '') : mount.Source;
  const volume = isVolume ? await source.get<RawVolume>(`/volumes/${place}`) : undefined;
  if (volume && isShared(volume)) return skipped(`the volume ${place} is the same on every node`);
  if (!begun && (await isThere(helper, mount))) return skipped(`${place} is there`);
  await begun?.killAndRemove({ volumes: false });
  const container = await createHelper(helper, 'copy', hostConfig(place, volume));
  const bytes = await copy({ from: new Container(source, master.containerId), to: container }, step);
  // Only now: as long as the helper is there, the copy is not whole.
  await container.killAndRemove({ volumes: false });
  return `${place}: ${formatBytes(bytes)} copied from ${master.node}`;
}

/** What an interrupted run has left on a node of a cluster that goes. */
export async function removeDataHelpers(cluster: string, api: EngineApi): Promise<void> {
  const label = [`${LABELS.cluster}=${cluster}`, `${LABELS.role}=${DATA_COPY_ROLE}`];
  const left = await api.get<readonly { readonly Id: string }[]>('/containers/json', {
    query: { all: true, filters: { label } },
  });
  await Promise.all(left.map(async ({ Id }) => new Container(api, Id).killAndRemove({ volumes: false })));
}

async function copy(
  { from, to }: { readonly from: Container; readonly to: Container },
  { progress, signal }: StepContext,
): Promise<number> {
  let bytes = 0;
  let said = '';
  const archive = await from.api.open('GET', `/containers/${from.id}/archive`, { query: { path: DATA }, signal });
  const counted = new PassThrough();
  archive.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    const now = formatBytes(bytes);
    if (now !== said) progress(`${now} copied`);
    said = now;
  });
  // The archive holds the folder itself, with its owner and its rights.
  await Promise.all([pipeline(archive, counted, { signal }), to.copyIn(counted, '/')]);
  return bytes;
}

/** A volume that its driver or its options make something else than a folder of the node. */
function isShared({ Driver, Options }: RawVolume): boolean {
  return Driver !== 'local' || Object.keys(Options ?? {}).length > 0;
}

/** The mount makes what is missing: the engine makes a folder for `Binds`, and a volume with these labels. */
function hostConfig(place: string, volume: RawVolume | undefined): object {
  if (!volume) return { Binds: [`${place}:${DATA}`] };
  const options = { NoCopy: true, Labels: volume.Labels ?? {} };
  return { Mounts: [{ Type: 'volume', Source: place, Target: DATA, VolumeOptions: options }] };
}

interface Helper {
  readonly cluster: Cluster;
  readonly image: string;
  readonly target: EngineApi;
}

/** `copy` is there as long as the data are not whole; `look` only finds out whether there is a folder. */
type HelperKind = 'copy' | 'look';

async function createHelper({ cluster, image, target }: Helper, kind: HelperKind, host: object): Promise<Container> {
  const { Id } = await target.post<{ readonly Id: string }>('/containers/create', {
    query: { name: `${cluster.name}-data-${kind}` },
    body: {
      Image: image,
      Entrypoint: ['true'],
      Cmd: [],
      Labels: { [LABELS.cluster]: cluster.name, [LABELS.role]: DATA_COPY_ROLE },
      HostConfig: { ...host, NetworkMode: 'none' },
    },
  });
  return new Container(target, Id);
}

/** One that an interrupted run has left. */
async function findHelper({ cluster, target }: Helper, kind: HelperKind): Promise<Container | undefined> {
  try {
    const { Id, Config } = await readContainer(target, `${cluster.name}-data-${kind}`);
    return Config.Labels?.[LABELS.role] === DATA_COPY_ROLE ? new Container(target, Id) : undefined;
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

async function isThere(helper: Helper, mount: RawMount): Promise<boolean> {
  if (mount.Type !== 'volume') return isFolderThere(helper, mount.Source);
  try {
    await helper.target.get(`/volumes/${mount.Name}`);
    return true;
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
}

/** The engine refuses a mount of a folder that it does not have, and makes none. */
async function isFolderThere(helper: Helper, folder: string): Promise<boolean> {
  await (await findHelper(helper, 'look'))?.killAndRemove();
  try {
    const mounts = { Mounts: [{ Type: 'bind', Source: folder, Target: DATA, ReadOnly: true }] };
    await (await createHelper(helper, 'look', mounts)).killAndRemove();
    return true;
  } catch (error) {
    if (error instanceof EngineError && /does not exist/.test(error.message)) return false;
    throw error;
  }
}

async function readContainer(
  api: EngineApi,
  id: string,
): Promise<{
  readonly Id: string;
  readonly Image: string;
  readonly Mounts: readonly RawMount[];
  readonly Config: { readonly Labels?: Readonly<Record<string, string>> | null };
}> {
  return api.get(`/containers/${id}/json`);
}
