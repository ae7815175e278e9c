import path from 'node:path';

import type { ComposeClient } from '../../adapters/compose/compose-client.ts';
import { Container } from '../../adapters/engine/container.ts';
import type { EngineApi } from '../../adapters/engine/engine-api.ts';
import type { ListedVolume } from '../../adapters/engine/list-volumes.ts';
import { parseComposeFile } from '../../adapters/files/compose-file.ts';
import { acceptsConnection } from '../../adapters/http/fetch-page.ts';
import { isOwnAddress } from '../../adapters/http/ip-address.ts';
import { parseRole } from '../../cluster/cluster.ts';
import type { DataFolderPlan } from '../../cluster/data-folder.ts';
import { parseRememberedSpec, usedPorts, type ClusterSpec } from '../../cluster/spec.ts';
import { projectOf } from '../../containers/container-cluster.ts';
import {
  assertProjectIsFree,
  formatProjectChange,
  planProject,
  type ProjectChange,
} from '../../containers/plan-project.ts';
import { findRoomProblem } from '../../containers/engine-room.ts';
import { objectName, resolveProject, secretsVolumeName } from '../../containers/resolve-project.ts';
import { HISTORY } from '../../compose/added-services.ts';
import type { ComposeDocument } from '../../compose/compose-document.ts';
import { specLabel } from '../../compose/resolve-services.ts';
import type { ClusterMemory, EngineContainer } from '../../containers/engine-container.ts';
import { ConflictError, UsageError } from '../../errors.ts';
import { LABELS } from '../../labels.ts';
import { portConflict } from '../../stack/plan-stack.ts';
import { planLocalFolder, type CaBundle, type LocalFolders } from '../local-folders.ts';
import type { DeployPlan } from '../platform.ts';
import { formatOwner, giveVolumes, ownedVolumes } from '../volume-owner.ts';
import { shortHash } from '../short-hash.ts';
import { assertVolumesAreFree } from './check-volumes.ts';
import type { ContainerReader } from './container-reader.ts';
import { readMemories, writeMemory } from './cluster-memory.ts';
import { readEngineFacts } from './engine-facts.ts';
import { writeSecretFiles } from './secret-files.ts';

/** What ends by itself does so within a second or two; Jupyter asks its kernels first. */
const STOP_GRACE_SECONDS = 10;

export interface ContainersContext {
  readonly reader: ContainerReader;
  readonly compose: ComposeClient;
  /** Of the project; a spec may name another one. */
  readonly composeFile: string;
  /** The engine runs on this machine: its folders are ours. */
  readonly isLocal: boolean;
  readonly folders: LocalFolders;
  readonly caBundle: () => Promise<CaBundle | undefined>;
}

/** Reads the engine, checks that the cluster fits, and plans what Docker Compose is given. */
export async function planContainersDeploy(wanted: ClusterSpec, context: ContainersContext): Promise<DeployPlan> {
  const { reader } = context;
  if (context.isLocal && wanted.bind !== undefined) assertOwnAddress(wanted.bind);
  // Its own complaint names line and column; Compose's does not.
  const file = wanted.file ?? context.composeFile;
  await parseComposeFile(file);
  const [document, project, facts, volumes, data] = await Promise.all([
    context.compose.config(file, wanted.name),
    reader.readProject(wanted.name),
    readEngineFacts(wanted.name, reader),
    reader.listVolumes(wanted.name),
    planData(wanted, context),
  ]);
  const spec = { ...wanted, data: data?.folder };
  assertProjectIsFree(spec.name, project);
  const room = findRoomProblem(spec, facts);
  if (room.problem) throw room.problem;
  await assertPortsAnswerNobody(spec, context);
  await assertNetworksAreFree(spec.name, document, context);

  const resolved = resolveProject(document, spec, { mtu: facts.mtu, hash: shortHash });
  await assertVolumesAreFree(spec.name, resolved, reader.api);
  const serviceChanges = planProject(resolved, spec.name, project);
  const secret = planSecrets(spec.name, volumes);
  const memory = { workers: spec.workers, spec: specLabel(spec), document: JSON.stringify(resolved) };
  const remembered = (await readMemories(reader.api)).find(({ cluster }) => cluster === spec.name);
  const isForgotten = remembered?.workers !== memory.workers || remembered.spec !== memory.spec;
  const opened = data?.opensToGroup ? data.folder.path : undefined;
  const changes = [
    ...(opened === undefined ? [] : [`let the group of ${opened} write there`]),
    ...secret,
    ...serviceChanges.map(formatProjectChange),
    ...(serviceChanges.length === 0 && isForgotten ? ['remember the new settings'] : []),
  ];
  const restarted = serviceChanges
    .filter(({ action }) => action === 'replaceContainers' || action === 'removeContainers')
    .map(({ name }) => name);
  return {
    changes,
    document: resolved,
    isNew: project.length === 0,
    restartsContainers: restarted.some((service) => service !== objectName(spec.name, HISTORY)),
    restartsMaster: restarted.includes(objectName(spec.name, 'master')),
    warnings: [...room.warnings, ...warnOfOtherData(project, spec)],
    apply: async (progress, signal) => {
      if (opened !== undefined) await context.folders.openToGroup(opened);
      if (changes.length === 0) return;
      progress('writing secrets');
      await writeSecretFiles(spec, { api: reader.api, caBundle: await context.caBundle() });
      if (changesOwner(spec, remembered)) await giveOwnedVolumes(spec, volumes, reader.api);
      await writeMemory(reader.api, spec.name, memory);
      signal.throwIfAborted();
      // Before others come: they may want the ports of these.
      await takeAway(serviceChanges, { project, api: reader.api }, progress);
      await context.compose.up({
        project: spec.name,
        document: resolved,
        cwd: path.dirname(file),
        progress,
      });
    },
  };
}

/** @throws UsageError: Docker would say so only when the containers before are gone */
function assertOwnAddress(bind: string): void {
  if (isOwnAddress(bind)) return;
  throw new UsageError(
    `--bind: got ${JSON.stringify(bind)}; expected an address of this machine, like 127.0.0.1 or 0.0.0.0`,
  );
}

/** A project started by hand keeps its data in a volume; ours is a folder. */
function warnOfOtherData(project: readonly EngineContainer[], { name, data }: ClusterSpec): readonly string[] {
  const byHand = project.some(({ labels }) => labels[LABELS.role] === 'master' && labels[LABELS.cluster] === undefined);
  if (!byHand || !data) return [];
  return [`/data of "${name}" becomes ${data.path}; what was there stays in the volume that Compose made for it`];
}

/** Another user could not go on with what the one before has written. Nobody knows it of a cluster that was removed. */
function changesOwner(spec: ClusterSpec, memory: ClusterMemory | undefined): boolean {
  const before = parseRememberedSpec(memory?.spec);
  return !before || formatOwner(before) !== formatOwner(spec);
}

async function giveOwnedVolumes(spec: ClusterSpec, volumes: readonly ListedVolume[], api: EngineApi): Promise<void> {
  const { name: cluster, imageId: image } = spec;
  await giveVolumes(api, ownedVolumes(volumes), { cluster, image, owner: formatOwner(spec) });
}

async function planData(
  spec: ClusterSpec,
  { isLocal, folders }: ContainersContext,
): Promise<DataFolderPlan | undefined> {
  if (isLocal) return planLocalFolder(spec, folders);
  // A folder of the machine that the engine runs on: nobody can look at it from here.
  return spec.data && { folder: { ...spec.data, here: undefined }, opensToGroup: false };
}

function planSecrets(name: string, volumes: readonly ListedVolume[]): readonly string[] {
  const volume = secretsVolumeName(name);
  return volumes.some(({ Name }) => Name === volume) ? [] : [`create volume ${volume}`];
}

/**
 * Containers that shall be others, or none. By us and not by Compose, which judges by a rule of its own whether a container
 * is still the one of the file, and would replace more than was planned and asked for.
 */
async function takeAway(
  changes: readonly ProjectChange[],
  { project, api }: { readonly project: readonly EngineContainer[]; readonly api: EngineApi },
  progress: (detail: string) => void,
): Promise<void> {
  const ids = changes.flatMap((change) =>
    change.action === 'replaceContainers' || change.action === 'removeContainers' ? change.ids : [],
  );
  if (ids.length === 0) return;
  progress(`stopping ${ids.length} ${ids.length === 1 ? 'container' : 'containers'}`);
  const sparks = new Set(project.filter(({ labels }) => parseRole(labels[LABELS.role])).map(({ id }) => id));
  await Promise.all(
    ids.map(async (id) => {
      const container = new Container(api, id);
      await container.stop(STOP_GRACE_SECONDS);
      // Spark's are scratch space; of others nobody here knows.
      await container.killAndRemove({ volumes: sparks.has(id) });
    }),
  );
}

/** @throws ConflictError naming the port, the flag and the holder */
async function assertPortsAnswerNobody(spec: ClusterSpec, { reader, isLocal }: ContainersContext): Promise<void> {
  const listed = await reader.api.get<readonly RawListed[]>('/containers/json');
  const ports = (container: RawListed): readonly number[] =>
    container.Ports.flatMap(({ PublicPort }) => PublicPort ?? []);
  const isOurs = ({ Labels }: RawListed): boolean => projectOf(Labels) === spec.name;
  const mine = new Set(listed.filter(isOurs).flatMap(ports));
  for (const [key, port] of Object.entries(usedPorts(spec))) {
    if (typeof port !== 'number' || port === 0 || mine.has(port)) continue;
    const holder = listed.find((container) => !isOurs(container) && ports(container).includes(port));
    if (holder) throw portConflict({ key, port, holder: `the container ${holder.Names[0]?.replace(/^\//, '')}` });
    if (isLocal && (await acceptsConnection(spec.bind ?? '127.0.0.1', port, 500))) {
      throw portConflict({ key, port, holder: 'another program' });
    }
  }
}

interface RawListed {
  readonly Names: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly Ports: readonly { readonly PublicPort?: number }[];
}

/** @throws ConflictError if a network that Compose would use is somebody else's */
async function assertNetworksAreFree(
  cluster: string,
  document: ComposeDocument,
  { reader }: ContainersContext,
): Promise<void> {
  const names = new Set(Object.keys(document.networks ?? { default: {} }).map((key) => objectName(cluster, key)));
  const networks =
    await reader.api.get<
      readonly { readonly Name: string; readonly Labels?: Readonly<Record<string, string>> | null }[]
    >('/networks');
  const foreign = networks.find(({ Name, Labels }) => names.has(Name) && Labels?.[LABELS.cluster] !== cluster);
  if (!foreign) return;
  throw new ConflictError(
    `Cannot start the cluster "${cluster}": the network ${foreign.Name} is there and is not ours`,
    { hint: 'choose another --name' },
  );
}
