import { UsageError } from '../errors.ts';
import { countWorkers } from './cluster.ts';
import { BYTES_PER_MIB, formatSize } from '../units.ts';
import type { MasterSize, WorkerSize } from './sizes.ts';

/** A node that may run tasks, and what is left on it. */
export interface PlacementNode {
  readonly hostname: string;
  /** It may run the master: a manager, or a worker where managers only manage. */
  readonly isManager: boolean;
  /** Nodes of one lab share a machine: its memory counts once. */
  readonly host: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Reserved by services that are not of this cluster. */
  readonly reservedCores: number;
  readonly reservedMemoryBytes: number;
  /** False when the user's constraints keep workers away. */
  readonly takesWorkers: boolean;
}

export interface Demand {
  readonly workers: number;
  readonly worker: WorkerSize;
  readonly master: MasterSize;
  /** Runs on the master's node; `undefined` for none. */
  readonly notebook: { readonly limitBytes: number } | undefined;
  /** The same of the history server. */
  readonly history: { readonly limitBytes: number } | undefined;
}

/**
 * Says why the cluster cannot be placed, or gives `undefined` when it can.
 *
 * Memory and cores of a worker are reserved as they are limited; the master reserves memory only, so that it fits beside
 * the workers of a small machine. Swarm would leave what does not fit pending for ever.
 */
export function findPlacementProblem(demand: Demand, nodes: readonly PlacementNode[]): UsageError | undefined {
  return (
    masterProblem(demand, nodes) ??
    workerProblem(demand, nodes) ??
    countProblem(demand, nodes) ??
    hostProblem(demand, nodes)
  );
}

/** What the master's node must have for it, and for notebook and history server beside it. */
function masterBytes({ master, notebook, history }: Pick<Demand, 'master' | 'notebook' | 'history'>): number {
  return master.limitBytes + (notebook?.limitBytes ?? 0) + (history?.limitBytes ?? 0);
}

function masterName({ notebook, history }: Pick<Demand, 'notebook' | 'history'>): string {
  const beside = [...(notebook ? ['notebook'] : []), ...(history ? ['history server'] : [])];
  return beside.length === 0 ? 'master' : `master and its ${beside.join(' and ')}`;
}

/** `The master needs`, `The master and its notebook need`. */
function verb({ notebook, history }: Pick<Demand, 'notebook' | 'history'>, verbOfOne: string): string {
  return notebook || history ? verbOfOne.replace(/s$/, '') : verbOfOne;
}

function masterProblem(demand: Demand, nodes: readonly PlacementNode[]): UsageError | undefined {
  const managers = nodes.filter((node) => node.isManager);
  const best = largest(managers, freeMemory);
  if (!best) return problem('No node can run the master: no manager is ready and active', 'docker node ls');
  if (freeMemory(best) >= masterBytes(demand)) return undefined;
  return problem(
    `The ${masterName(demand)} ${verb(demand, 'needs')} ${formatSize(masterBytes(demand))}, and no manager has that: ${memoryTerms(best)}`,
    'choose a smaller --master-memory',
  );
}

function workerProblem(demand: Demand, nodes: readonly PlacementNode[]): UsageError | undefined {
  const { workers, worker } = demand;
  if (workers === 0) return undefined;
  const usable = nodes.filter((node) => node.takesWorkers);
  const roomiest = largest(usable, freeMemory);
  if (!roomiest)
    return problem(
      'No node can run a worker: none matches the constraints',
      'docker node inspect NODE shows its labels',
    );
  const quickest = largest(usable, freeCores);
  if (quickest && freeCores(quickest) < worker.limitCores) {
    return problem(
      `A worker needs ${worker.limitCores} ${worker.limitCores === 1 ? 'core' : 'cores'}, and no node has that: ${quickest.hostname} has ${quickest.cores}` +
        `${quickest.reservedCores === 0 ? '' : ` − ${quickest.reservedCores} reserved by other services`}`,
      `choose --worker-cores ${Math.max(0.1, freeCores(quickest))} or less`,
    );
  }
  if (freeMemory(roomiest) < worker.limitBytes) {
    return problem(
      `A worker needs ${formatSize(worker.limitBytes)}, and no node has that: ${memoryTerms(roomiest)}`,
      freeMemory(roomiest) < BYTES_PER_MIB
        ? 'docker service ls shows what else reserves memory'
        : `choose --worker-memory ${formatSize(roomForOne(nodes, roomiest, demand))} or less`,
    );
  }
  return undefined;
}

/** The largest worker that would fit: nodes that share one machine share its memory with the master and each other. */
function roomForOne(nodes: readonly PlacementNode[], roomiest: PlacementNode, demand: Demand): number {
  const isShared = new Set(nodes.map((node) => node.host)).size === 1;
  const room = isShared ? (freeMemory(roomiest) - masterBytes(demand)) / demand.workers : freeMemory(roomiest);
  return Math.max(BYTES_PER_MIB, room);
}

/** Each node takes whole workers; the manager with the most room takes the master too. */
function countProblem(demand: Demand, nodes: readonly PlacementNode[]): UsageError | undefined {
  const { workers, worker } = demand;
  const masterNode = largest(
    nodes.filter((node) => node.isManager),
    freeMemory,
  );
  const perNode = nodes
    .filter((node) => node.takesWorkers)
    .map((node) => {
      const memory = freeMemory(node) - (node === masterNode ? masterBytes(demand) : 0);
      const fits = Math.min(
        Math.floor(memory / worker.limitBytes),
        Math.floor(freeCores(node) / worker.limitCores + 1e-9),
      );
      return { node, fits: Math.max(0, fits) };
    });
  const room = perNode.reduce((sum, { fits }) => sum + fits, 0);
  if (room >= workers) return undefined;
  const terms = perNode.map(({ node, fits }) => `${node.hostname} ${fits}`).join(' + ');
  return problem(
    `${countWorkers(workers)} of ${formatSize(worker.limitBytes)} and ${worker.limitCores} ${worker.limitCores === 1 ? 'core' : 'cores'} do not fit: ` +
      `room for ${terms} = ${room} (the ${masterName(demand)} ${verb(demand, 'takes')} ${formatSize(masterBytes(demand))} of ${masterNode?.hostname ?? 'a manager'})`,
    room === 0
      ? 'choose a smaller --worker-memory or --master-memory'
      : `choose --workers ${room} or less, or smaller ones with --worker-memory and --worker-cores`,
  );
}

/** Several nodes on one machine each report all of its memory. */
function hostProblem(demand: Demand, nodes: readonly PlacementNode[]): UsageError | undefined {
  const { workers, worker } = demand;
  const hosts = new Set(nodes.map((node) => node.host));
  if (hosts.size !== 1 || nodes.length < 2) return undefined;
  const total = Math.max(...nodes.map((node) => node.memoryBytes));
  const reserved = nodes.reduce((sum, node) => sum + node.reservedMemoryBytes, 0);
  const asked = workers * worker.limitBytes + masterBytes(demand);
  if (asked <= total - reserved) return undefined;
  return problem(
    `${countWorkers(workers)} × ${formatSize(worker.limitBytes)} + ${masterName(demand)} ${formatSize(masterBytes(demand))} = ${formatSize(asked)}, ` +
      `and the ${nodes.length} nodes share one machine of ${formatSize(total)}` +
      `${reserved === 0 ? '' : ` − ${formatSize(reserved)} reserved by other services`}`,
    'choose fewer --workers or a smaller --worker-memory',
  );
}

function freeMemory(node: PlacementNode): number {
  return node.memoryBytes - node.reservedMemoryBytes;
}

function freeCores(node: PlacementNode): number {
  return node.cores - node.reservedCores;
}

function memoryTerms(node: PlacementNode): string {
  const reserved =
    node.reservedMemoryBytes === 0 ? '' : ` − ${formatSize(node.reservedMemoryBytes)} reserved by other services`;
  return `the largest is ${node.hostname} with ${formatSize(node.memoryBytes)}${reserved}`;
}

function largest(nodes: readonly PlacementNode[], measure: (node: PlacementNode) => number): PlacementNode | undefined {
  return nodes.reduce<PlacementNode | undefined>(
    (best, node) => (!best || measure(node) > measure(best) ? node : best),
    undefined,
  );
}

/** The values are right in themselves and fit nowhere here: status 2, and nothing has been changed. */
function problem(message: string, hint: string): UsageError {
  return new UsageError(message, { hint });
}
