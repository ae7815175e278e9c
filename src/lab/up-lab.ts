import { EngineError } from '../errors.ts';
import { runSteps, skipped, type FlowStep, type Report } from '../events.ts';
import { refuseOtherMachine, type OuterInfo } from './check-machine.ts';
import {
  checkAskedFolder,
  chooseDataFolder,
  readDataFolder,
  refuseNodesWithoutData,
  seesFolder,
} from './data-folder.ts';
import { formSwarm, type LabNode } from './form-swarm.ts';
import { readContext, refuseForeignContext, writeContext } from './lab-context.ts';
import type { LabRun, LabTools, MachineFacts } from './lab-machine.ts';
import { DEFAULT_LAB, LAB_LABELS, labCommand, labLabels, labObjectName, nodeHostname } from './lab-names.ts';
import { formatSubnet, gatewayAddress, nodeAddress, readSubnet, type Subnet } from './lab-network.ts';
import { findLab, listOuterObjects, refuseForeign, type LabState } from './lab-state.ts';
import type { NodeSpec, NodeWay } from './node-container.ts';
import { inspectImage, nodeImageStep, nodeImageTag } from './node-image.ts';
import { chooseLabSubnet, chooseSize, planNodes, refuseOtherOwner, type NodePlan } from './plan-lab.ts';
import { startNodes } from './start-nodes.ts';

/** A node that says nothing for so long keeps the folder it has. */
const FOLDER_LIMIT_MS = 20_000;
/** How many networks may come into the way of one lab. */
const MOST_SUBNETS = 20;

export interface UpLabOptions {
  /** Default `lab`. */
  readonly name?: string;
  /** 1 to 20. Default: as many as the lab has, else 3. */
  readonly nodes?: number;
  /** Absolute path of the folder for the nodes to share. Default: the one they share, else the project's `nfs/`. */
  readonly data?: string;
  /** Makes the base image of the node image, where that is needed; left out, `docker build` finds it. */
  readonly baseImageStep?: FlowStep;
}

export interface LabUp {
  readonly name: string;
  /** False when there was nothing to do. */
  readonly changed: boolean;
  readonly contextName: string;
  readonly managerSocket: string;
  readonly nodes: number;
  readonly subnet: string;
  /** The folder of this machine that the nodes share. */
  readonly data: string;
}

/**
 * Brings a lab up: nodes in containers on this machine, joined as a swarm, with a docker context. What is there and
 * right stays; a lab that was taken down, half made, killed or rebooted is completed.
 *
 * @throws UsageError where there is no such folder to share; ConflictError where something foreign has a name it needs,
 *   where another user or command has the lab, or where fewer nodes or another folder are asked for than there are;
 *   InvalidStateError on a machine or engine that cannot hold a lab
 */
export async function upLab(options: UpLabOptions, tools: LabTools, { report, signal }: LabRun): Promise<LabUp> {
  const name = options.name ?? DEFAULT_LAB;
  const data = options.data === undefined ? undefined : await checkAskedFolder(options.data, '--data', tools.machine);
  await using _lock = await readyToLock(name, tools, signal);
  const makePlan = async (): Promise<UpPlan> => planUp(name, { nodes: options.nodes, data }, tools, signal);
  const up: UpRun = { plan: await makePlan(), makePlan };
  for (const { node } of up.plan.nodes.filter(({ isOutdated, action }) => isOutdated && action === 'keep')) {
    report({
      type: 'note',
      message: `${nodeHostname(name, node)} was made with an older node image or other settings; ${labCommand('down', name)} and up again renews it`,
    });
  }
  let changed = false;
  const watch: Report = (event) => {
    changed ||= event.type === 'step-done';
    report(event);
  };
  await runSteps(upSteps(up, options, tools), watch, signal);
  const { plan } = up;
  return {
    name,
    changed,
    contextName: labObjectName(name),
    managerSocket: socketPath(tools, name, 1),
    nodes: plan.nodes.length,
    subnet: formatSubnet(plan.subnet),
    data: plan.dataFolder,
  };
}

async function readyToLock(name: string, tools: LabTools, signal: AbortSignal): Promise<AsyncDisposable> {
  // Before the lock is written: on a machine that cannot hold a lab, nothing is.
  const [info, facts] = await Promise.all([
    tools.outer.api.get<OuterInfo>('/info', { signal }),
    tools.machine.readFacts(),
  ]);
  refuseOtherMachine(tools.outer.api.endpoint, info, facts);
  return tools.machine.lock(name);
}

interface UpPlan {
  readonly name: string;
  readonly facts: MachineFacts;
  readonly state: LabState;
  readonly subnet: Subnet;
  readonly mtu: number;
  readonly host: string;
  readonly dataFolder: string;
  readonly image: string;
  readonly hasImage: boolean;
  readonly nodes: readonly NodePlan[];
  readonly context: Awaited<ReturnType<typeof readContext>>;
}

interface UpRun {
  /** Made anew when somebody else has taken its subnet. */
  plan: UpPlan;
  makePlan(): Promise<UpPlan>;
}

/** Reads everything, changes nothing. */
async function planUp(
  name: string,
  asked: { readonly nodes: number | undefined; readonly data: string | undefined },
  tools: LabTools,
  signal: AbortSignal,
): Promise<UpPlan> {
  const { machine, outer, shell, nodeImageFolder, defaultDataFolder } = tools;
  const [info, facts, objects, hash, context, socketFolders] = await Promise.all([
    outer.api.get<OuterInfo>('/info', { signal }),
    machine.readFacts(),
    listOuterObjects(outer.api, signal),
    machine.hashFolder(nodeImageFolder),
    readContext(shell, name, signal),
    machine.listSocketFolders(name),
  ]);
  const state = findLab(name, objects);
  refuseOtherOwner(name, state, { machine, hint: `${labCommand('up', 'NAME')} makes one of your own` });
  const size = chooseSize(name, asked.nodes, { state, socketFolders });
  refuseForeign(name, size, objects);
  refuseForeignContext(name, context);
  const image = nodeImageTag(hash);
  const hasImage = (await inspectImage(tools, image, signal)) !== undefined;
  const dockerSubnets = objects.networks.flatMap(({ IPAM }) =>
    (IPAM.Config ?? []).map(({ Subnet: text }) => readSubnet(text ?? '')),
  );
  const subnet = chooseLabSubnet(state, [
    ...facts.routedSubnets,
    ...dockerSubnets.filter((range) => range !== undefined),
  ]);
  const mtu = state.network?.mtu ?? facts.mtu;
  const sockets = await Promise.all(Array.from({ length: size }, (_, index) => machine.hasSocket(name, index + 1)));
  const wantedFolder = chooseDataFolder(name, { asked: asked.data, byDefault: defaultDataFolder }, state.containers);
  const folder = await readDataFolder(name, wantedFolder, machine);
  const blind = await nodesWithOldFolder(state, folder.id, tools, signal);
  const base = { name, facts, state, subnet, mtu, host: info.ID, dataFolder: folder.path, image, hasImage, context };
  const nodes = planNodes(state, {
    size,
    networkId: state.network?.id,
    subnet,
    spec: (node, way) => nodeSpec(base, tools, node, way),
    hasSocket: (node) => sockets[node - 1] ?? false,
    seesData: (node) => !blind.has(node),
  });
  refuseNodesWithoutData(name, nodes, asked.data);
  return { ...base, nodes };
}

async function nodesWithOldFolder(
  { containers }: LabState,
  folderId: string,
  tools: LabTools,
  signal: AbortSignal,
): Promise<ReadonlySet<number>> {
  const asked = { ...tools, signal, limitMs: FOLDER_LIMIT_MS };
  const sees = await Promise.all(containers.map((container) => seesFolder(container, folderId, asked)));
  return new Set(containers.filter((_, index) => !sees[index]).map(({ node }) => node));
}

function nodeSpec(plan: Omit<UpPlan, 'nodes'>, { machine }: LabTools, node: number, way: NodeWay): NodeSpec {
  return {
    lab: plan.name,
    node,
    image: plan.image,
    way,
    subnet: plan.subnet,
    mtu: plan.mtu,
    socketFolder: machine.socketFolder(plan.name, node),
    dataFolder: plan.dataFolder,
    groupId: plan.facts.groupId,
    modulesFolder: plan.facts.modulesFolder,
  };
}

function socketPath(tools: LabTools, lab: string, node: number): string {
  return `${tools.machine.socketFolder(lab, node)}/docker.sock`;
}

function upSteps(up: UpRun, { baseImageStep }: UpLabOptions, tools: LabTools): readonly FlowStep[] {
  const { name, nodes } = up.plan;
  let networkId = up.plan.state.network?.id;
  const count = nodes.length === 1 ? '1 node' : `${nodes.length} nodes`;
  return [
    ...(baseImageStep && !up.plan.hasImage ? [baseImageStep] : []),
    nodeImageStep(tools, up.plan.image),
    {
      id: 'network',
      title: `Create the network ${formatSubnet(up.plan.subnet)}`,
      async run({ signal }) {
        if (networkId !== undefined) return skipped('it is there');
        const planned = formatSubnet(up.plan.subnet);
        networkId = await createFreeNetwork(up, tools, signal);
        const { subnet, mtu } = up.plan;
        const used = formatSubnet(subnet);
        return `${used === planned ? '' : `${used}: somebody took ${planned} meanwhile; `}MTU ${mtu}`;
      },
    },
    {
      id: 'nodes',
      title: `Start ${count}`,
      run: (context) => {
        const { plan } = up;
        const spec = (node: number, way: NodeWay): NodeSpec => nodeSpec(plan, tools, node, way);
        const run = { lab: name, tools, state: plan.state, plans: plan.nodes, networkId: networkId ?? '', spec };
        return startNodes(run, context);
      },
    },
    {
      id: 'swarm',
      title: 'Form the swarm',
      run: (context) =>
        formSwarm(
          {
            lab: name,
            context: labObjectName(name),
            nodes: nodes.map(({ node }) => labNode(up.plan, tools, node)),
            mtu: up.plan.mtu,
            host: up.plan.host,
            dataFolder: up.plan.dataFolder,
            renewal: labCommand('down', name, '--volumes'),
          },
          context,
        ),
    },
    {
      id: 'context',
      title: `Write the docker context ${labObjectName(name)}`,
      run: ({ signal }) =>
        writeContext({ shell: tools.shell, signal }, name, {
          present: up.plan.context,
          socketPath: socketPath(tools, name, 1),
        }),
    },
  ];
}

function labNode({ name, subnet }: UpPlan, tools: LabTools, node: number): LabNode {
  const hostname = nodeHostname(name, node);
  const path = socketPath(tools, name, node);
  return {
    node,
    hostname,
    address: nodeAddress(subnet, node),
    socketPath: path,
    engine: tools.openNode(path, hostname),
  };
}

/**
 * Two labs that come up at once choose the same free subnet, and one of them has it: the other one plans anew.
 *
 * @returns its id
 */
async function createFreeNetwork(up: UpRun, tools: LabTools, signal: AbortSignal): Promise<string> {
  for (let tries = 1; ; tries++) {
    try {
      return await createNetwork(up.plan, tools, signal);
    } catch (error) {
      const isTaken = error instanceof EngineError && /overlaps with other one/.test(error.message);
      if (!isTaken || tries === MOST_SUBNETS) throw error;
      up.plan = await up.makePlan();
    }
  }
}

async function createNetwork(
  { name, subnet, mtu, nodes }: UpPlan,
  { outer }: LabTools,
  signal: AbortSignal,
): Promise<string> {
  const { Id } = await outer.api.post<{ readonly Id: string }>('/networks/create', {
    body: {
      Name: labObjectName(name),
      CheckDuplicate: true,
      Driver: 'bridge',
      IPAM: { Config: [{ Subnet: formatSubnet(subnet), Gateway: gatewayAddress(subnet) }] },
      Options: { 'com.docker.network.driver.mtu': String(mtu) },
      Labels: { ...labLabels(name), [LAB_LABELS.size]: String(nodes.length) },
    },
    signal,
  });
  return Id;
}
