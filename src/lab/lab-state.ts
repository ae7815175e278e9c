import type { EngineApi } from '../adapters/engine/engine-api.ts';
import { ConflictError } from '../errors.ts';
import { LABELS } from '../labels.ts';
import { LAB_LABELS, labCommand, labObjectName, nodeObjectName } from './lab-names.ts';
import { readSubnet, type Subnet } from './lab-network.ts';
import { DATA_FOLDER_ON_NODE, type NodeWay } from './node-container.ts';

/** What of a lab is in the outer engine. */
export interface LabState {
  readonly network: LabNetwork | undefined;
  /** Sorted by node. */
  readonly containers: readonly NodeContainer[];
  /** Sorted by node. */
  readonly volumes: readonly NodeVolume[];
}

export interface LabNetwork {
  readonly id: string;
  readonly subnet: Subnet | undefined;
  readonly mtu: number;
  /** Nodes asked for when it was made. */
  readonly size: number;
}

export interface NodeContainer {
  readonly id: string;
  readonly name: string;
  readonly node: number;
  /** Docker's word: `created running paused restarting removing exited dead`. */
  readonly state: string;
  readonly way: NodeWay;
  readonly config: string | undefined;
  /** Where its socket folder is on the machine. */
  readonly socketFolder: string | undefined;
  /** Folder of the machine that it shares with the other nodes; undefined for one from before there was such a folder. */
  readonly dataFolder: string | undefined;
  /** Id of the lab's network it is attached to. */
  readonly networkId: string | undefined;
  readonly address: string | undefined;
}

export interface NodeVolume {
  readonly name: string;
  readonly node: number;
  readonly subnet: Subnet | undefined;
  /** Number of its user; undefined for one that was made before this was written down. */
  readonly owner: number | undefined;
}

/** What the lists of the outer engine hold, as far as it is read. */
export interface OuterObjects {
  readonly containers: readonly ContainerSummary[];
  readonly networks: readonly NetworkSummary[];
  readonly volumes: readonly VolumeSummary[];
}

interface ContainerSummary {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly State: string;
  readonly Labels: Labels;
  readonly Mounts: readonly { readonly Destination: string; readonly Source: string }[];
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, Attachment>> };
}

interface Attachment {
  readonly NetworkID: string;
  readonly IPAddress: string;
  readonly IPAMConfig: { readonly IPv4Address?: string } | null;
}

interface NetworkSummary {
  readonly Id: string;
  readonly Name: string;
  readonly Labels: Labels;
  readonly Options: Readonly<Record<string, string>> | null;
  readonly IPAM: { readonly Config: readonly { readonly Subnet?: string }[] | null };
}

interface VolumeSummary {
  readonly Name: string;
  readonly Labels: Labels;
}

type Labels = Readonly<Record<string, string>> | null;

export async function listOuterObjects(engine: EngineApi, signal: AbortSignal): Promise<OuterObjects> {
  const [containers, networks, volumes] = await Promise.all([
    engine.get<readonly ContainerSummary[]>('/containers/json', { query: { all: true }, signal }),
    engine.get<readonly NetworkSummary[]>('/networks', { signal }),
    engine.get<{ readonly Volumes: readonly VolumeSummary[] | null }>('/volumes', { signal }),
  ]);
  return { containers, networks, volumes: volumes.Volumes ?? [] };
}

/** The lab's part of what is in the engine: what carries its label. */
export function findLab(lab: string, { containers, networks, volumes }: OuterObjects): LabState {
  const ours = ({ Labels }: { readonly Labels: Labels }): boolean => Labels?.[LABELS.lab] === lab;
  const byNode = (one: { readonly node: number }, other: { readonly node: number }): number => one.node - other.node;
  return {
    network: networks.filter(ours).map(readNetwork)[0],
    containers: containers
      .filter(ours)
      .map((container) => readContainer(lab, container))
      .sort(byNode),
    volumes: volumes
      .filter(ours)
      .map(({ Name, Labels }) => ({
        name: Name,
        node: nodeNumber(Labels),
        subnet: readSubnet(Labels?.[LAB_LABELS.subnet] ?? ''),
        owner: Labels?.[LAB_LABELS.owner] === undefined ? undefined : Number(Labels[LAB_LABELS.owner]),
      }))
      .sort(byNode),
  };
}

function readNetwork({ Id, Labels, Options, IPAM }: NetworkSummary): LabNetwork {
  return {
    id: Id,
    subnet: readSubnet(IPAM.Config?.[0]?.Subnet ?? ''),
    mtu: Number(Options?.['com.docker.network.driver.mtu'] ?? 1500),
    size: Number(Labels?.[LAB_LABELS.size] ?? 0),
  };
}

function readContainer(
  lab: string,
  { Id, Names, State, Labels, Mounts, NetworkSettings }: ContainerSummary,
): NodeContainer {
  const sourceOf = (folder: string): string | undefined =>
    Mounts.find(({ Destination }) => Destination === folder)?.Source;
  const attachment = NetworkSettings.Networks[labObjectName(lab)];
  return {
    id: Id,
    name: (Names[0] ?? '').replace(/^\//, ''),
    node: nodeNumber(Labels),
    state: State,
    way: Labels?.[LAB_LABELS.way] === 'privileged' ? 'privileged' : 'capabilities',
    config: Labels?.[LAB_LABELS.config],
    socketFolder: sourceOf('/run/node'),
    dataFolder: sourceOf(DATA_FOLDER_ON_NODE),
    networkId: attachment?.NetworkID,
    address: attachment?.IPAMConfig?.IPv4Address ?? (attachment?.IPAddress || undefined),
  };
}

function nodeNumber(labels: Labels): number {
  return Number(labels?.[LAB_LABELS.node] ?? 0);
}

/**
 * Refuses to go on where something that is not ours has a name the lab needs.
 *
 * @throws ConflictError naming the first such object
 */
export function refuseForeign(lab: string, nodes: number, { containers, networks, volumes }: OuterObjects): void {
  const foreign = (labels: Labels): boolean => labels?.[LABELS.lab] !== lab;
  const nodeNames = new Set(Array.from({ length: nodes }, (_, index) => nodeObjectName(lab, index + 1)));
  const network = networks.find(({ Name, Labels }) => Name === labObjectName(lab) && foreign(Labels));
  if (network) throw conflict(lab, 'network', network.Name, 'docker network rm');
  for (const { Names, Labels } of containers) {
    const name = Names.map((text) => text.replace(/^\//, '')).find((text) => nodeNames.has(text));
    if (name !== undefined && foreign(Labels)) throw conflict(lab, 'container', name, 'docker rm -f');
  }
  const volume = volumes.find(({ Name, Labels }) => nodeNames.has(Name) && foreign(Labels));
  if (volume) throw conflict(lab, 'volume', volume.Name, 'docker volume rm');
}

function conflict(lab: string, kind: string, name: string, removal: string): ConflictError {
  return new ConflictError(`Cannot set up the lab "${lab}": the ${kind} "${name}" is there and does not belong to it`, {
    hint: `choose another name (${labCommand('up', 'NAME')}), or remove it (${removal} ${name})`,
  });
}
