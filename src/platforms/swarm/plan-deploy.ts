import { createHash, randomBytes } from 'node:crypto';
import path from 'node:path';

import { readComposeFile } from '../../adapters/files/compose-file.ts';
import { acceptsConnection } from '../../adapters/http/fetch-page.ts';
import type { Shell } from '../../adapters/shell/shell.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { findPlacementProblem, type PlacementNode } from '../../cluster/placement.ts';
import { planMasterSize, planWorkerSize } from '../../cluster/sizes.ts';
import type { ClusterSpec } from '../../cluster/spec.ts';
import { CommandError, ConflictError, EngineError } from '../../errors.ts';
import { LABELS, STACK_NAMESPACE_LABEL } from '../../labels.ts';
import {
  assertNameIsFree,
  assertPortsAreFree,
  formatStackChange,
  networkMtu,
  planStack,
  portConflict,
  type StackChange,
} from '../../stack/plan-stack.ts';
import type { ComposeDocument } from '../../stack/compose-document.ts';
import { resolveStack } from '../../stack/resolve-stack.ts';
import { clusterNameOf, type SwarmSnapshot } from '../../stack/swarm-cluster.ts';
import { isWanted, type SwarmNode } from '../../stack/swarm-state.ts';
import { matchesConstraints } from '../../stack/constraints.ts';
import type { DeployPlan } from '../platform.ts';
import type { SwarmReader } from './swarm-reader.ts';

export interface SwarmDeployContext {
  readonly reader: SwarmReader;
  readonly shell: Shell;
  readonly dockerEnv: Readonly<Record<string, string>>;
  readonly composeFile: string;
}

/** Reads the swarm, checks that the cluster can be placed, and plans what Docker is given. */
export async function planSwarmDeploy(spec: ClusterSpec, context: SwarmDeployContext): Promise<DeployPlan> {
  const [document, swarm] = await Promise.all([
    readComposeFile(context.composeFile, context.shell, context.dockerEnv),
    context.reader.readSwarm(),
  ]);
  assertNameIsFree(spec.name, swarm.services);
  assertPortsAreFree(spec, swarm.services);
  const placementNodes = describeNodes(spec, swarm);
  const problem = findPlacementProblem(spec, placementNodes);
  if (problem) throw problem;
  await assertMasterPortsAnswerNobody(spec, swarm, context.reader);
  await assertNetworksAreFree(spec.name, document, context.reader);

  const secretName = `${spec.name}_auth`;
  const resolved = resolveStack(document, spec, { secretName, mtu: networkMtu(swarm.nodes), hash: shortHash });
  const serviceChanges = planStack(resolved, spec.name, swarm.services);
  const secretChanges = await planSecret(spec.name, secretName, context.reader);
  const changes = [...secretChanges, ...serviceChanges];
  return {
    changes: changes.map(formatStackChange),
    document: resolved,
    restartsContainers: serviceChanges.some(
      (change) => change.action === 'updateService' || change.action === 'removeService',
    ),
    warnings: findWarnings(spec, placementNodes),
    apply: async (progress, signal) => {
      if (changes.length === 0) return;
      for (const change of secretChanges) {
        progress(formatStackChange(change));
        await createSecret(spec.name, secretName, context.reader);
      }
      signal.throwIfAborted();
      progress(serviceChanges.map(formatStackChange).join(', '));
      await deployStack(spec.name, resolved, context);
      for (const change of serviceChanges) {
        if (change.action === 'removeService') await context.reader.client.removeService(change.id);
      }
    },
  };
}

async function deployStack(
  name: string,
  document: unknown,
  { shell, dockerEnv, composeFile }: SwarmDeployContext,
): Promise<void> {
  try {
    // JSON is YAML, and needs no quoting rules; standard input, so that no file holds it.
    await shell.run(['docker', 'stack', 'deploy', '--resolve-image', 'never', '-c', '-', name], {
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

async function planSecret(cluster: string, name: string, reader: SwarmReader): Promise<readonly StackChange[]> {
  const ours = await reader.client.listObjects('secrets', [`${LABELS.cluster}=${cluster}`]);
  return ours.some((secret) => secret.name === name) ? [] : [{ action: 'createSecret', name }];
}

async function createSecret(cluster: string, name: string, reader: SwarmReader): Promise<void> {
  const labels = { [LABELS.cluster]: cluster, [STACK_NAMESPACE_LABEL]: cluster };
  const isCreated = await reader.client.createObject('secrets', {
    name,
    labels,
    data: randomBytes(32).toString('hex'),
  });
  if (isCreated) return;
  const isOurs = (await planSecret(cluster, name, reader)).length === 0;
  if (isOurs) return;
  throw new ConflictError(`Cannot create the secret ${name}: one of this name is there and is not ours`, {
    hint: 'choose another --name',
  });
}

/**
 * Checks that a live cluster can have so many workers. One that was deployed by hand has no sizes that are known here.
 *
 * @throws UsageError with the sum
 */
export async function assertRoomForWorkers(
  { name, remembered }: Cluster,
  workers: number,
  reader: SwarmReader,
): Promise<void> {
  if (!remembered) return;
  const { constraints, workerMemoryBytes, workerCores, masterMemoryBytes, masterCores } = remembered;
  const demand = {
    workers,
    worker: planWorkerSize(workerMemoryBytes, workerCores),
    master: planMasterSize(masterMemoryBytes, masterCores),
  };
  const problem = findPlacementProblem(demand, describeNodes({ name, constraints }, await reader.readSwarm()));
  if (problem) throw problem;
}

function describeNodes(
  spec: Pick<ClusterSpec, 'name' | 'constraints'>,
  swarm: SwarmSnapshot,
): readonly PlacementNode[] {
  const others = swarm.services.filter((service) => clusterNameOf(service.labels) !== spec.name);
  return swarm.nodes
    .filter((node) => node.state === 'ready' && node.availability === 'active')
    .map((node) => {
      const tasks = swarm.tasks.filter((task) => task.nodeId === node.id && isWanted(task));
      const reserved = (measure: 'reservedCores' | 'reservedMemoryBytes'): number =>
        tasks.reduce((sum, task) => sum + (others.find(({ id }) => id === task.serviceId)?.[measure] ?? 0), 0);
      return {
        hostname: node.hostname,
        isManager: node.role === 'manager',
        host: node.labels[LABELS.nodeHost] ?? node.id,
        cores: node.cores,
        memoryBytes: node.memoryBytes,
        reservedCores: reserved('reservedCores'),
        reservedMemoryBytes: reserved('reservedMemoryBytes'),
        takesWorkers: matchesConstraints(spec.constraints, node),
      };
    });
}

function findWarnings(spec: ClusterSpec, nodes: readonly PlacementNode[]): readonly string[] {
  const hosts = new Set(nodes.map((node) => node.host));
  const cores = hosts.size === 1 ? Math.max(...nodes.map((node) => node.cores)) : Infinity;
  const asked = spec.workers * spec.worker.limitCores;
  return asked > cores
    ? [
        `${spec.workers} workers × ${spec.worker.limitCores} ${spec.worker.limitCores === 1 ? 'core' : 'cores'} share the ${cores} cores of one machine`,
      ]
    : [];
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
  const managers = swarm.nodes.filter((node) => node.role === 'manager' && node.state === 'ready');
  // With several managers the swarm looks for another one by itself, as far as its own services go.
  const [node] = managers;
  if (!node || managers.length > 1) return;
  for (const [key, port] of Object.entries(spec.ports)) {
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

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
