import { setTimeout as sleep } from 'node:timers/promises';

import { Container } from '../../adapters/engine/container.ts';
import { streamLogs } from '../../adapters/engine/stream-logs.ts';
import type { Cluster, ClusterContainer, ClusterService } from '../../cluster/cluster.ts';
import type { ClusterSpec } from '../../cluster/spec.ts';
import { InvalidStateError, NotFoundError, WaitTimeoutError } from '../../errors.ts';
import { STACK_NAMESPACE_LABEL } from '../../labels.ts';
import { hasEnded, isWanted } from '../../stack/swarm-state.ts';
import type {
  ContainerAccess,
  DeployPlan,
  LogOptions,
  Platform,
  PlatformCapabilities,
  RemoveOptions,
  RemoveResult,
  StopOptions,
} from '../platform.ts';
import { assertRoomForWorkers } from './placement-nodes.ts';
import { planSwarmDeploy, type SwarmDeployContext } from './plan-deploy.ts';
import { removeStack } from './remove-stack.ts';
import type { SwarmReader } from './swarm-reader.ts';

const STOP_GRACE_SECONDS = 10;
const POLL_MS = 25;
const TERMINAL_TIMEOUT_MS = 30_000;

/** Clusters as stacks on a Docker swarm. */
export class SwarmPlatform implements Platform {
  readonly kind = 'swarm';
  readonly capabilities: PlatformCapabilities = { hasNodes: true, bindsAddresses: false };
  readonly #reader: SwarmReader;
  readonly #context: SwarmDeployContext;

  constructor(context: SwarmDeployContext) {
    this.#context = context;
    this.#reader = context.reader;
  }

  async listClusters(): Promise<readonly Cluster[]> {
    return this.#reader.listClusters();
  }

  async readCluster(name: string): Promise<Cluster | undefined> {
    return this.#reader.readCluster(name);
  }

  async planDeploy(spec: ClusterSpec): Promise<DeployPlan> {
    return planSwarmDeploy(spec, this.#context);
  }

  async setWorkers(cluster: Cluster, count: number): Promise<void> {
    const service = workerService(cluster);
    if (count > service.wanted) await assertRoomForWorkers(cluster, count, this.#reader);
    await this.#reader.client.setReplicas(service.id, count);
    if (count === service.wanted) await this.#endSurplus(cluster, service);
  }

  async stopWorkers(
    cluster: Cluster,
    workers: readonly ClusterContainer[],
    { replace, isDrained }: StopOptions,
  ): Promise<void> {
    const containers = await Promise.all(workers.map(async (worker) => this.#container(worker)));
    if (!replace) await this.#reader.client.holdPlacement(workerService(cluster).id);
    await Promise.all(
      containers.map(async (container) =>
        isDrained ? container.killAndRemove() : container.stopAndRemove(STOP_GRACE_SECONDS),
      ),
    );
    // Lowering the replicas before the manager has seen these tasks end made it stop healthy ones 6 of 8 times.
    const ids = new Set(workers.map((worker) => worker.id));
    const deadline = Date.now() + TERMINAL_TIMEOUT_MS;
    for (;;) {
      const tasks = await this.#reader.client.listTasks([`${STACK_NAMESPACE_LABEL}=${cluster.name}`]);
      if (tasks.every((task) => !ids.has(task.id) || hasEnded(task))) return;
      if (Date.now() > deadline) {
        throw new WaitTimeoutError(
          `The manager has not seen the end of ${workers.map((worker) => worker.displayName).join(', ')} within ${TERMINAL_TIMEOUT_MS / 1000} s`,
          {
            hint: 'run the same command again',
          },
        );
      }
      await sleep(POLL_MS);
    }
  }

  /** Tasks that came after the number was lowered: where nothing changes, the manager does not look again by itself. */
  async #endSurplus({ name }: Cluster, { id, wanted }: ClusterService): Promise<void> {
    const tasks = await this.#reader.client.listTasks([`${STACK_NAMESPACE_LABEL}=${name}`]);
    const slots = tasks.filter((task) => task.serviceId === id && isWanted(task)).map(({ slot }) => slot);
    if (new Set(slots).size > wanted) await this.#reader.client.reviseTasks(id);
  }

  async removeCluster(name: string, options: RemoveOptions): Promise<RemoveResult> {
    return removeStack(name, this.#reader, options);
  }

  async openContainer(_cluster: Cluster, container: ClusterContainer): Promise<ContainerAccess> {
    return this.#container(container);
  }

  async streamLogs(_cluster: Cluster, container: ClusterContainer, options: LogOptions): Promise<void> {
    await streamLogs(this.#reader.client.api, `/tasks/${container.id}/logs`, options);
  }

  async #container(container: ClusterContainer): Promise<Container> {
    if (container.containerId === undefined || container.node === '') {
      throw new InvalidStateError(
        `${container.displayName} has no container: it is ${container.state}${container.error === '' ? '' : ` (${container.error})`}`,
      );
    }
    const node = (await this.#reader.client.listNodes()).find(({ id }) => id === container.nodeId);
    if (!node) throw new NotFoundError(`No node named "${container.node}"`);
    return new Container(await this.#reader.engines.open(node), container.containerId);
  }
}

function workerService({ name, services }: Cluster): ClusterService {
  const service = services.find(({ role }) => role === 'worker');
  if (!service) throw new NotFoundError(`The cluster "${name}" has no worker service`);
  return service;
}
