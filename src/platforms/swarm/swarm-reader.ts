import type { EngineApi } from '../../adapters/engine/engine-api.ts';
import { NodeEngines } from '../../adapters/engine/node-engines.ts';
import { SwarmClient } from '../../adapters/swarm/swarm-client.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { LABELS, STACK_NAMESPACE_LABEL } from '../../labels.ts';
import { findClusters, type SwarmSnapshot } from '../../stack/swarm-cluster.ts';

/** Reads a swarm: the part of the platform that `status` and `list` need, and nothing more. */
export class SwarmReader {
  readonly client: SwarmClient;
  readonly engines: NodeEngines;

  constructor(api: EngineApi) {
    this.client = new SwarmClient(api);
    this.engines = new NodeEngines(api);
  }

  async listClusters(): Promise<readonly Cluster[]> {
    return findClusters(await this.#snapshot([LABELS.role]));
  }

  async readCluster(name: string): Promise<Cluster | undefined> {
    return findClusters(await this.readStack(name)).find((cluster) => cluster.name === name);
  }

  /** The nodes, and the services and tasks of one stack. */
  async readStack(name: string): Promise<SwarmSnapshot> {
    return this.#snapshot([`${STACK_NAMESPACE_LABEL}=${name}`]);
  }

  /** The nodes, and all services and tasks, also those of others. */
  async readSwarm(): Promise<SwarmSnapshot> {
    return this.#snapshot([]);
  }

  async #snapshot(labels: readonly string[]): Promise<SwarmSnapshot> {
    const [nodes, services, tasks] = await Promise.all([
      this.client.listNodes(),
      this.client.listServices(labels),
      this.client.listTasks(labels),
    ]);
    return { nodes, services, tasks };
  }
}
