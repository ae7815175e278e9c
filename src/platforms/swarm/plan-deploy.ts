import path from 'node:path';

import { readComposeFile } from '../../adapters/files/compose-file.ts';
import { acceptsConnection } from '../../adapters/http/fetch-page.ts';
import type { Shell } from '../../adapters/shell/shell.ts';
import { findPlacementProblem, type PlacementNode } from '../../cluster/placement.ts';
import { parseRememberedSpec, usedPorts, type ClusterSpec } from '../../cluster/spec.ts';
import { HISTORY } from '../../compose/added-services.ts';
import type { ComposeDocument } from '../../compose/compose-document.ts';
import { CommandError, ConflictError, EngineError } from '../../errors.ts';
import { registryOf } from '../../image/registry-name.ts';
import { LABELS, STACK_NAMESPACE_LABEL } from '../../labels.ts';
import {
  assertNameIsFree,
  assertPortsAreFree,
  formatStackChange,
  networkMtu,
  planStack,
  portConflict,
} from '../../stack/plan-stack.ts';
import { nameObjects, resolveStack } from '../../stack/resolve-stack.ts';
import { clusterNameOf, type SwarmSnapshot } from '../../stack/swarm-cluster.ts';
import { roleOfMasterNodes, type SwarmNode } from '../../stack/swarm-state.ts';
import type { CaBundle, LocalFolders } from '../local-folders.ts';
import type { DeployPlan } from '../platform.ts';
import { shortHash } from '../short-hash.ts';
import { chooseMasterNode, findMasterService } from './choose-master-node.ts';
import { giveStackVolumes } from './give-volumes.ts';
import { describeNodes } from './placement-nodes.ts';
import { checkFolderOnNodes, planStackData } from './plan-data.ts';
import { createObject, planObjects } from './stack-objects.ts';
import type { SwarmReader } from './swarm-reader.ts';

export interface SwarmDeployContext {
  readonly reader: SwarmReader;
  readonly shell: Shell;
  readonly dockerEnv: Readonly<Record<string, string>>;
  /** Of the project; a spec may name another one. */
  readonly composeFile: string;
  /** The manager's engine runs on this machine, and is no lab's. */
  readonly isLocal: boolean;
  readonly folders: LocalFolders;
  readonly caBundle: () => Promise<CaBundle | undefined>;
}

/** Reads the swarm, checks that the cluster can be placed, and plans what Docker is given. */
export async function planSwarmDeploy(wanted: ClusterSpec, context: SwarmDeployContext): Promise<DeployPlan> {
  const { reader } = context;
  const file = wanted.file ?? context.composeFile;
  const [document, swarm] = await Promise.all([
    readComposeFile(file, context.shell, context.dockerEnv),
    reader.readSwarm(),
  ]);
  const data = await planStackData(wanted, { ...context, nodes: swarm.nodes });
  const spec = { ...wanted, data: data?.folder };
  assertNameIsFree(spec.name, swarm.services);
  assertPortsAreFree(spec, swarm.services);
  const placementNodes = describeNodes(spec, swarm);
  const problem = findPlacementProblem(spec, placementNodes);
  if (problem) throw problem;
  await assertMasterPortsAnswerNobody(spec, swarm, reader);
  await assertNetworksAreFree(spec.name, document, reader);

  const present = parseRememberedSpec(findMasterService(spec.name, swarm.services)?.labels[LABELS.spec]);
  const resolved = resolveStack(document, spec, {
    objects: nameObjects(spec.name),
    mtu: networkMtu(swarm.nodes),
    masterRole: roleOfMasterNodes(swarm.nodes),
    masterNodeId: await chooseMasterNode(spec.name, swarm, { places: placementNodes, reader }),
    hash: shortHash,
  });
  const serviceChanges = planStack(resolved, spec.name, swarm.services);
  const objectChanges = await planObjects(spec, reader);
  const opened = data?.opensToGroup ? (data.folder.here ?? data.folder.path) : undefined;
  const changes = [...objectChanges, ...serviceChanges];
  const restarted = serviceChanges
    .filter(({ action }) => action === 'updateService' || action === 'removeService')
    .map((change) => change.name);
  return {
    changes: [...(opened === undefined ? [] : [describeOpening(opened)]), ...changes.map(formatStackChange)],
    document: resolved,
    isNew: !swarm.services.some((service) => clusterNameOf(service.labels) === spec.name),
    restartsContainers: restarted.some((service) => service !== `${spec.name}_${HISTORY}`),
    restartsMaster: restarted.includes(`${spec.name}_master`),
    warnings: findWarnings(spec, { nodes: placementNodes, hasSharedData: data !== undefined }),
    apply: async (progress, signal) => {
      if (opened !== undefined) await context.folders.openToGroup(opened);
      if (changes.length === 0) return;
      if (data?.needsCheck) {
        progress(`looking for ${data.folder.path} on every node`);
        await checkFolderOnNodes(spec, data.folder, reader, signal);
      }
      for (const change of objectChanges) {
        progress(formatStackChange(change));
        await createObject(spec.name, change, { reader, caBundle: await context.caBundle() });
      }
      await giveStackVolumes(spec, present, reader);
      signal.throwIfAborted();
      progress(serviceChanges.map(formatStackChange).join(', '));
      await deployStack(spec, resolved, { ...context, composeFile: file });
      for (const change of serviceChanges) {
        if (change.action === 'removeService') await reader.client.removeService(change.id);
      }
    },
  };
}

export function describeOpening(folder: string): string {
  return `let the group of ${folder} write there`;
}

async function deployStack(
  { name, image }: ClusterSpec,
  document: unknown,
  { shell, dockerEnv, composeFile }: SwarmDeployContext,
): Promise<void> {
  // A node that has to pull the image by itself gets this person's credentials for the registry.
  const auth = registryOf(image) === undefined ? [] : ['--with-registry-auth'];
  try {
    // JSON is YAML, and needs no quoting rules; standard input, so that no file holds it.
    await shell.run(['docker', 'stack', 'deploy', '--resolve-image', 'never', ...auth, '-c', '-', name], {
      env: dockerEnv,
      input: JSON.stringify(document),
      // Relative files in a stack that an old command line resolves only now.
      cwd: path.dirname(composeFile),
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new EngineError(`Docker refused the stack "${name}": ${error.stderr.trim()}`, 500, { cause: error });
  }
}

function findWarnings(
  spec: ClusterSpec,
  { nodes, hasSharedData }: { readonly nodes: readonly PlacementNode[]; readonly hasSharedData: boolean },
): readonly string[] {
  const hosts = new Set(nodes.map((node) => node.host));
  const cores = hosts.size === 1 ? Math.max(...nodes.map((node) => node.cores)) : Infinity;
  const asked = spec.workers * spec.worker.limitCores;
  return [
    ...(asked > cores
      ? [
          `${spec.workers} workers × ${spec.worker.limitCores} ${spec.worker.limitCores === 1 ? 'core' : 'cores'} share the ${cores} cores of one machine`,
        ]
      : []),
    ...(hasSharedData || nodes.length < 2
      ? []
      : ['/data is a volume of its own on each node; --data DIR takes a folder that all nodes share']),
  ];
}

/** @throws ConflictError if a network of the stack's name is somebody else's: Docker would use it, or fail half-way */
async function assertNetworksAreFree(name: string, document: ComposeDocument, reader: SwarmReader): Promise<void> {
  const names = new Set(Object.keys(document.networks ?? { default: {} }).map((key) => `${name}_${key}`));
  const networks = await reader.client.api.get<readonly RawNetwork[]>('/networks');
  const foreign = networks.find(
    (network) => names.has(network.Name) && network.Labels?.[STACK_NAMESPACE_LABEL] !== name,
  );
  if (!foreign) return;
  throw new ConflictError(`Cannot deploy the cluster "${name}": the network ${foreign.Name} is there and is not ours`, {
    hint: 'choose another --name',
  });
}

interface RawNetwork {
  readonly Name: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

/** A port may be held by what the swarm does not know: another container of that node, or a program. */
async function assertMasterPortsAnswerNobody(
  spec: ClusterSpec,
  swarm: SwarmSnapshot,
  reader: SwarmReader,
): Promise<void> {
  // Also while our own master is only starting: then its task does not report its ports yet.
  const ours = swarm.services.filter((service) => clusterNameOf(service.labels) === spec.name);
  const mine = new Set(ours.flatMap((service) => service.ports.map((port) => port.publishedPort)));
  const role = roleOfMasterNodes(swarm.nodes);
  const managers = swarm.nodes.filter((node) => node.role === role && node.state === 'ready');
  // With several managers the swarm looks for another one by itself, as far as its own services go.
  const [node] = managers;
  if (!node || managers.length > 1) return;
  for (const [key, port] of Object.entries(usedPorts(spec))) {
    if (typeof port !== 'number' || port === 0 || mine.has(port)) continue;
    // Docker holds a published port also while nobody listens behind it.
    const container = await findPublisher(node, port, reader);
    if (container === undefined && !(await acceptsConnection(node.address, port, 500))) continue;
    const holder = container === undefined ? 'another program' : `the container ${container}`;
    throw portConflict({ key, port, holder: `${holder} on ${node.hostname}` });
  }
}

/** Name of the container that publishes the port on this node, if its engine can be asked. */
async function findPublisher(node: SwarmNode, port: number, reader: SwarmReader): Promise<string | undefined> {
  const api = await reader.engines.find(node);
  const containers = await api
    ?.get<
      readonly { readonly Names: readonly string[]; readonly Ports: readonly { readonly PublicPort?: number }[] }[]
    >('/containers/json')
    .catch(() => undefined);
  const holder = containers?.find((container) => container.Ports.some(({ PublicPort }) => PublicPort === port));
  return holder?.Names[0]?.replace(/^\//, '');
}
