import { NotFoundError, ToolkitError } from '../errors.ts';
import { listMembers, readNodeInfo, type NodeInfo, type SwarmMember } from '../swarm/members.ts';
import { presentDataFolder, seesFolder } from './data-folder.ts';
import type { FolderFinding, LabTools } from './lab-machine.ts';
import { DEFAULT_LAB, labCommand, labObjectName, nodeHostname, nodeObjectName } from './lab-names.ts';
import { formatSubnet } from './lab-network.ts';
import { findLab, listOuterObjects, type LabState, type NodeContainer } from './lab-state.ts';
import { presentSize } from './plan-lab.ts';

/** A lab as `lab status -o json` shows it. */
export interface LabStatus {
  readonly schemaVersion: 1;
  readonly name: string;
  /** Every node runs, answers and is ready in the swarm. */
  readonly healthy: boolean;
  readonly context: string;
  readonly subnet: string | null;
  /** The folder of this machine that the nodes share; null for a lab from before there was one. */
  readonly data: string | null;
  readonly nodes: readonly LabNodeStatus[];
  /** One line each, with what is wrong and on what. */
  readonly problems: readonly string[];
}

export interface LabNodeStatus {
  /** Host name, and name in the swarm. */
  readonly name: string;
  readonly container: string;
  /** Docker's word, or `missing`. */
  readonly containerState: string;
  readonly address: string | null;
  /** DOCKER_HOST value of its engine. */
  readonly engine: string;
  readonly engineVersion: string | null;
  readonly storageDriver: string | null;
  readonly role: 'manager' | 'worker' | null;
  /** The manager's word: `unknown down ready disconnected`. */
  readonly swarmState: string | null;
  readonly availability: string | null;
}

/** A frozen node must not hold up the others. */
const ANSWER_LIMIT_MS = 3000;

/** @throws NotFoundError if there is no such lab */
export async function readLab(
  { name = DEFAULT_LAB }: { readonly name?: string },
  tools: LabTools,
  signal: AbortSignal,
): Promise<LabStatus> {
  const state = findLab(name, await listOuterObjects(tools.outer.api, signal));
  if (!state.network && state.containers.length === 0) throw missing(name, state);
  const dataFolder = presentDataFolder(state.containers);
  const folder = dataFolder === undefined ? undefined : await tools.machine.findFolder(dataFolder);
  const nodes = await Promise.all(
    state.containers.map((container) => readNode(name, container, { tools, folder, signal })),
  );
  const [members, socketFolders] = await Promise.all([
    readMembers(name, nodes, tools, signal),
    tools.machine.listSocketFolders(name),
  ]);
  return labStatus(name, { state, size: presentSize(state, socketFolders), nodes, members, folder });
}

function missing(name: string, { volumes }: LabState): NotFoundError {
  const kept = volumes.length > 0 ? `; the volumes of ${volumes.length} nodes are kept` : '';
  return new NotFoundError(`No lab named "${name}" on this machine${kept}`, { hint: labCommand('up', name) });
}

/** A node's container, and its engine's answer or why there is none. */
export interface NodeReading {
  readonly container: NodeContainer;
  readonly socketPath: string;
  readonly info: NodeInfo | undefined;
  readonly failure: string | undefined;
  /** False if the folder it shares was removed and made again since it started. */
  readonly seesData: boolean;
}

async function readNode(
  lab: string,
  container: NodeContainer,
  {
    tools,
    folder,
    signal,
  }: { readonly tools: LabTools; readonly folder: FolderFinding | undefined; readonly signal: AbortSignal },
): Promise<NodeReading> {
  const { node } = container;
  const hostname = nodeHostname(lab, node);
  const socketPath = `${container.socketFolder ?? tools.machine.socketFolder(lab, node)}/docker.sock`;
  const silent = { container, socketPath, info: undefined, failure: undefined, seesData: true };
  if (container.state !== 'running') return silent;
  try {
    const [info, seesData] = await Promise.all([
      readNodeInfo(tools.openNode(socketPath, hostname), { signal, timeoutMs: ANSWER_LIMIT_MS }),
      folder?.kind === 'folder'
        ? seesFolder(container, folder.id, { ...tools, signal, limitMs: ANSWER_LIMIT_MS })
        : true,
    ]);
    return { container, socketPath, info, failure: undefined, seesData };
  } catch (error) {
    if (!(error instanceof ToolkitError)) throw error;
    return { ...silent, failure: error.message };
  }
}

async function readMembers(
  lab: string,
  nodes: readonly NodeReading[],
  tools: LabTools,
  signal: AbortSignal,
): Promise<readonly SwarmMember[]> {
  const manager = nodes.find(({ info }) => info?.swarm.isManager);
  if (!manager) return [];
  try {
    const engine = tools.openNode(manager.socketPath, nodeHostname(lab, manager.container.node));
    return await listMembers(engine, { signal, timeoutMs: ANSWER_LIMIT_MS });
  } catch (error) {
    if (error instanceof ToolkitError) return [];
    throw error;
  }
}

interface LabReading {
  readonly state: LabState;
  /** Nodes it has or was meant to have. */
  readonly size: number;
  readonly nodes: readonly NodeReading[];
  readonly members: readonly SwarmMember[];
  /** What is where the folder was that the nodes share; undefined if they share none. */
  readonly folder: FolderFinding | undefined;
}

/** Puts together what the outer engine, each node and the manager said. */
export function labStatus(name: string, { state, size, nodes, members, folder }: LabReading): LabStatus {
  const rows = nodes.map((reading) => nodeStatus(name, reading, members));
  const data = presentDataFolder(state.containers) ?? null;
  const present = new Set(nodes.map(({ container }) => container.node));
  const absent = Array.from({ length: size }, (_, index) => index + 1).filter((node) => !present.has(node));
  const problems = [
    ...(state.network ? [] : [`the network ${labObjectName(name)} is missing`]),
    ...(folder === undefined || folder.kind === 'folder'
      ? []
      : [`the folder that the nodes share is not there: ${data}`]),
    ...absent.map((node) => `${nodeHostname(name, node)}: its container ${nodeObjectName(name, node)} is missing`),
    ...nodes.flatMap((reading, index) => nodeProblems(reading, rows[index])),
    ...(nodes.some(({ info }) => info?.swarm.isManager) ? [] : ['no node manages a swarm']),
  ];
  return {
    schemaVersion: 1,
    name,
    healthy: problems.length === 0,
    context: labObjectName(name),
    subnet: state.network?.subnet ? formatSubnet(state.network.subnet) : null,
    data,
    nodes: rows,
    problems,
  };
}

function nodeStatus(
  lab: string,
  { container, socketPath, info }: NodeReading,
  members: readonly SwarmMember[],
): LabNodeStatus {
  const hostname = nodeHostname(lab, container.node);
  // By id; a node that is down cannot tell its own, so by name.
  const member =
    members.find(({ id }) => id === info?.swarm.nodeId) ?? members.find((candidate) => candidate.hostname === hostname);
  return {
    name: hostname,
    container: container.name,
    containerState: container.state,
    address: container.address ?? null,
    engine: `unix://${socketPath}`,
    engineVersion: info?.engineVersion ?? null,
    storageDriver: info?.storageDriver ?? null,
    role: member?.role ?? null,
    swarmState: member?.state ?? null,
    availability: member?.availability ?? null,
  };
}

function nodeProblems(
  { container, info, failure, seesData }: NodeReading,
  row: LabNodeStatus | undefined,
): readonly string[] {
  const name = row?.name ?? container.name;
  if (container.state !== 'running') return [`${name}: its container ${container.name} is ${container.state}`];
  if (container.networkId === undefined)
    return [`${name}: its container ${container.name} is not connected to the lab's network`];
  if (!info) return [`${name}: ${failure ?? 'its engine does not answer'}`];
  return [
    ...(info.storageDriver === 'overlay2'
      ? []
      : [`${name}: its engine stores images with "${info.storageDriver}", not overlay2`]),
    ...(container.dataFolder === undefined ? [`${name}: it was made before nodes shared a folder`] : []),
    ...(seesData ? [] : [`${name}: it has not ${container.dataFolder} but a folder that was there before`]),
    ...(info.swarm.state === 'active'
      ? []
      : [`${name}: in the swarm it is ${info.swarm.state}${info.swarm.error ? `: ${info.swarm.error}` : ''}`]),
    ...(info.swarm.state !== 'active' || row?.swarmState === 'ready'
      ? []
      : [`${name}: the manager sees it as ${row?.swarmState ?? 'unknown'}`]),
  ];
}
