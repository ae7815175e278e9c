import { ConflictError } from '../errors.ts';
import type { LabMachine } from './lab-machine.ts';
import { LAB_LABELS, DEFAULT_NODES, labCommand, nodeHostname } from './lab-names.ts';
import { chooseSubnet, nodeAddress, type Subnet } from './lab-network.ts';
import type { LabState, NodeContainer } from './lab-state.ts';
import { nodeContainer, type NodeSpec, type NodeWay } from './node-container.ts';

/**
 * What is to be done about one node's container.
 *
 * `create` it; `replace` one that is not running and was made from something else (its volume stays); `start`,
 * `unpause` or `restart` it (its socket is gone, or the folder it shares is another by now); `reconnect` it to the lab's network; `keep` it.
 */
export type NodeAction = 'create' | 'replace' | 'start' | 'unpause' | 'restart' | 'reconnect' | 'keep';

export interface NodePlan {
  readonly node: number;
  readonly action: NodeAction;
  readonly container: NodeContainer | undefined;
  /** It runs, but was made from an older image or other settings. */
  readonly isOutdated: boolean;
}

/**
 * Nodes the lab has or was meant to have; 0 if it is not up.
 *
 * The network knows how many were asked for when it was made; the socket folders know those that came later.
 */
export function presentSize({ network, containers }: LabState, socketFolders: readonly number[]): number {
  const existing = Math.max(0, ...containers.map(({ node }) => node));
  return network ? Math.max(existing, network.size, ...socketFolders) : existing;
}

/**
 * Number of nodes the lab shall have: as asked, else as it is, else as its volumes say it was, else 3.
 *
 * @throws ConflictError if fewer are asked for than there are
 */
export function chooseSize(
  lab: string,
  asked: number | undefined,
  { state, socketFolders }: { readonly state: LabState; readonly socketFolders: readonly number[] },
): number {
  if (asked === undefined) {
    return presentSize(state, socketFolders) || Math.max(0, ...state.volumes.map(({ node }) => node)) || DEFAULT_NODES;
  }
  const existing = Math.max(0, ...state.containers.map(({ node }) => node));
  if (asked >= existing) return asked;
  throw new ConflictError(
    `The lab "${lab}" has ${existing} nodes, and --nodes asks for ${asked}; nodes are not taken from a lab that is up`,
    { hint: `${labCommand('down', lab)}, then ${labCommand('up', lab, `--nodes ${asked}`)}` },
  );
}

/** The subnet of the lab: that of its network, else the one its volumes were in, else a free one. */
export function chooseLabSubnet(state: LabState, taken: readonly Subnet[]): Subnet {
  return state.network?.subnet ?? chooseSubnet(taken, state.volumes.find(({ subnet }) => subnet)?.subnet);
}

/**
 * Refuses a lab of another user: its sockets are in another folder, or its volumes carry another number.
 *
 * @param hint what to do about it
 * @throws ConflictError
 */
export function refuseOtherOwner(
  lab: string,
  { containers, volumes }: LabState,
  { machine, hint }: { readonly machine: Pick<LabMachine, 'socketFolder' | 'userId'>; readonly hint: string },
): void {
  const container = containers.find(
    ({ node, socketFolder }) => socketFolder !== undefined && socketFolder !== machine.socketFolder(lab, node),
  );
  const volume = volumes.find(({ owner }) => owner !== undefined && owner !== machine.userId);
  if (!container && !volume) return;
  const seen = container
    ? `the socket of ${nodeHostname(lab, container.node)} is in ${container.socketFolder}`
    : `the volume ${volume?.name} is of the user with the number ${volume?.owner}`;
  throw new ConflictError(`The lab "${lab}" belongs to another user of this machine: ${seen}`, { hint });
}

export interface NodesWanted {
  readonly size: number;
  /** Id of the lab's network; undefined when it is still to be made. */
  readonly networkId: string | undefined;
  readonly subnet: Subnet;
  spec(node: number, way: NodeWay): NodeSpec;
  hasSocket(node: number): boolean;
  /** False if the folder that the nodes share was removed and made again: a running node still has the old one. */
  seesData(node: number): boolean;
}

export function planNodes(state: LabState, wanted: NodesWanted): readonly NodePlan[] {
  return Array.from({ length: wanted.size }, (_, index) => {
    const node = index + 1;
    const container = state.containers.find((candidate) => candidate.node === node);
    if (!container) return { node, action: 'create', container, isOutdated: false } as const;
    const config = nodeContainer(wanted.spec(node, container.way)).Labels[LAB_LABELS.config];
    const isOutdated = container.config !== config;
    // A container that was never started has the network's name and the address, but no network id yet.
    const isAttached =
      container.address === nodeAddress(wanted.subnet, node) &&
      (container.networkId === wanted.networkId || container.networkId === '');
    const action = chooseAction(container, {
      isOutdated,
      isAttached,
      hasSocket: wanted.hasSocket(node),
      seesData: wanted.seesData(node),
    });
    return { node, action, container, isOutdated };
  });
}

interface NodeFacts {
  readonly isOutdated: boolean;
  readonly isAttached: boolean;
  readonly hasSocket: boolean;
  readonly seesData: boolean;
}

function chooseAction(
  container: NodeContainer,
  { isOutdated, isAttached, hasSocket, seesData }: NodeFacts,
): NodeAction {
  if (container.networkId !== undefined && !isAttached) return 'replace';
  switch (container.state) {
    case 'running':
      if (container.networkId === undefined) return 'reconnect';
      return hasSocket && seesData ? 'keep' : 'restart';
    case 'paused':
      return container.networkId === undefined ? 'replace' : 'unpause';
    case 'created':
      // A privileged one that never ran is a try whose maker was killed.
      if (container.way === 'privileged') return 'replace';
      return isOutdated || !isAttached ? 'replace' : 'start';
    case 'exited':
      return isOutdated || !isAttached ? 'replace' : 'start';
    default:
      return 'replace';
  }
}

/** The way that is known to work here, from the nodes that are there; undefined before the first one has run. */
export function knownWay({ containers }: LabState): NodeWay | undefined {
  return containers.find(({ way, state }) => way === 'capabilities' || state !== 'created')?.way;
}
