import { mkdir } from 'node:fs/promises';

import { EngineApi } from '../src/adapters/engine/engine-api.ts';
import { ToolkitError } from '../src/errors.ts';
import { labObjectName } from '../src/lab/lab-names.ts';
import { waitUntil } from './bench-lab.ts';

interface InspectedNode {
  readonly Name: string;
  readonly Config: {
    readonly Image: string;
    readonly Hostname: string;
    readonly Cmd: readonly string[];
    readonly Labels: object;
  };
  readonly HostConfig: { readonly Mounts: readonly { readonly Type: string; readonly Source: string }[] };
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly IPAMConfig: object }>> };
}

interface InspectedNetwork {
  readonly Driver: string;
  readonly IPAM: object;
  readonly Options: object;
  readonly Labels: object;
}

/** A lab's nodes as plain containers: read off a lab that runs, and made again by the engine's API alone. */
export class LabByHand {
  readonly #engine: EngineApi;
  readonly #nodes: readonly InspectedNode[];
  readonly #network: InspectedNetwork;
  readonly #networkName: string;

  private constructor(
    engine: EngineApi,
    networkName: string,
    read: { network: InspectedNetwork; nodes: readonly InspectedNode[] },
  ) {
    this.#engine = engine;
    this.#networkName = networkName;
    this.#network = read.network;
    this.#nodes = read.nodes;
  }

  static async read(lab: string): Promise<LabByHand> {
    const engine = new EngineApi({ kind: 'unix', socketPath: '/var/run/docker.sock' });
    const networkName = labObjectName(lab);
    const network = await engine.get<InspectedNetwork & { readonly Containers: object }>(`/networks/${networkName}`);
    const nodes = await Promise.all(
      Object.keys(network.Containers).map(async (id) => engine.get<InspectedNode>(`/containers/${id}/json`)),
    );
    return new LabByHand(engine, networkName, { network, nodes: nodes.toSorted((a, b) => (a.Name < b.Name ? -1 : 1)) });
  }

  /** A folder for each node's socket; `lab down` takes them away. Not part of the floor. */
  async makeSocketFolders(): Promise<void> {
    for (const { HostConfig } of this.#nodes) {
      for (const { Type, Source } of HostConfig.Mounts) {
        if (Type === 'bind' && Source.includes('spark-swarm')) await mkdir(Source, { recursive: true });
      }
    }
  }

  async start(): Promise<void> {
    const { Driver, IPAM, Options, Labels } = this.#network;
    await this.#engine.post('/networks/create', { body: { Name: this.#networkName, Driver, IPAM, Options, Labels } });
    await Promise.all(this.#nodes.map(async (node) => this.#startNode(node)));
    this.#engine.close();
  }

  async #startNode({ Name, Config, HostConfig, NetworkSettings }: InspectedNode): Promise<void> {
    const { Image, Hostname, Cmd, Labels } = Config;
    const IPAMConfig = NetworkSettings.Networks[this.#networkName]?.IPAMConfig;
    const { Id } = await this.#engine.post<{ readonly Id: string }>('/containers/create', {
      query: { name: Name.slice(1) },
      body: {
        Image,
        Hostname,
        Cmd,
        Labels,
        HostConfig,
        NetworkingConfig: { EndpointsConfig: { [this.#networkName]: { IPAMConfig } } },
      },
    });
    await this.#engine.post(`/containers/${Id}/start`);
  }

  /** The swarm is in the nodes' volumes, and forms again by itself. */
  async waitUntilReady(manager: EngineApi): Promise<void> {
    await waitUntil('all nodes to be ready', async () => {
      const nodes = await manager
        .get<readonly { readonly Status: { readonly State: string } }[]>('/nodes')
        .catch((error: unknown) => {
          if (error instanceof ToolkitError) return [];
          throw error;
        });
      return nodes.length === this.#nodes.length && nodes.every(({ Status }) => Status.State === 'ready');
    });
  }
}
