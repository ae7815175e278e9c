import { fetchPage } from '../src/adapters/http/fetch-page.ts';
import { SwarmClient } from '../src/adapters/swarm/swarm-client.ts';
import { STACK_NAMESPACE_LABEL } from '../src/labels.ts';
import type { ClusterStatus } from '../src/operations/status.ts';
import { SwarmReader } from '../src/platforms/swarm/swarm-reader.ts';
import { parseMasterState } from '../src/spark/master-state.ts';
import { hasEnded } from '../src/stack/swarm-state.ts';
import type { EngineApi } from '../src/adapters/engine/engine-api.ts';
import { waitUntil, type BenchLab } from './bench-lab.ts';
import type { Outcome } from './run.ts';

/** An executor of 512m, the least that Spark runs with: four workers fit a small machine. */
const SMALL = ['--worker-memory', '1280m'];
const PAGE_TIMEOUT_MS = 1000;

interface PlacedContainer {
  readonly api: EngineApi;
  readonly id: string;
}

/** One cluster in a bench's lab: what the commands do to it, and the same by hand. */
export class BenchCluster {
  readonly lab: BenchLab;
  readonly name: string;
  readonly #size: readonly string[];
  readonly #swarm: SwarmClient;

  constructor(lab: BenchLab, name: string, size: readonly string[] = SMALL) {
    this.lab = lab;
    this.name = name;
    this.#size = size;
    this.#swarm = new SwarmClient(lab.manager);
  }

  deployArgs(...flags: readonly string[]): readonly string[] {
    return ['deploy', '--name', this.name, '--image', this.lab.image, ...this.#size, ...flags];
  }

  async deploy(...flags: readonly string[]): Promise<Outcome> {
    return this.lab.run('sbin/spark-cluster-service', this.deployArgs(...flags));
  }

  async remove(): Promise<Outcome> {
    return this.lab.run('sbin/spark-cluster-service', ['remove', '--name', this.name, '--yes']);
  }

  async resize(workers: number, ...flags: readonly string[]): Promise<Outcome> {
    return this.lab.run('bin/resize-cluster', ['--name', this.name, '--workers', String(workers), ...flags]);
  }

  async status(): Promise<ClusterStatus> {
    const { stdout } = await this.lab.run('bin/spark-swarm', ['status', '--name', this.name, '-o', 'json'], {
      statuses: [0, 1],
    });
    return JSON.parse(stdout) as ClusterStatus;
  }

  /** The file that `deploy` hands to Docker, for doing by hand exactly what it does. */
  async stackFile(workers: number): Promise<string> {
    const args = this.deployArgs('--workers', String(workers), '--dry-run', '-o', 'json');
    return (await this.lab.run('sbin/spark-cluster-service', args)).stdout;
  }

  /** The secret that the file names: part of a deploy of ours, and made beforehand for one by hand. */
  async createSecret(): Promise<void> {
    const secret = { name: `${this.name}_auth`, labels: { 'io.spark-swarm.cluster': this.name }, data: 'f'.repeat(64) };
    await this.#swarm.createObject('secrets', secret);
  }

  async deployByHand(stackFile: string): Promise<void> {
    await this.lab.run('docker', ['stack', 'deploy', '--resolve-image', 'never', '-c', '-', this.name], {
      input: stackFile,
    });
  }

  /** Polls the master's own JSON, at the address that is known beforehand, until exactly so many workers are ALIVE. */
  async waitForWorkers(count: number): Promise<void> {
    const manager = (await this.#swarm.listNodes()).find((node) => node.role === 'manager');
    const url = `http://${manager?.address}:8080/json/`;
    await waitUntil(`${count} workers ALIVE in ${this.name}`, async () => {
      const { body } = await fetchPage(url, { timeoutMs: PAGE_TIMEOUT_MS });
      const state = body === undefined ? undefined : parseMasterState(body);
      return state?.status === 'ALIVE' && state.workers.filter((worker) => worker.state === 'ALIVE').length === count;
    });
  }

  /** Its containers on all nodes, also those that do not run. */
  async containers(names: RegExp = /./): Promise<readonly PlacedContainer[]> {
    const filters = { label: [`${STACK_NAMESPACE_LABEL}=${this.name}`] };
    const perNode = await Promise.all(
      this.lab.nodes.map(async (api) => {
        const found = await api.get<readonly { readonly Id: string; readonly Names: readonly string[] }[]>(
          '/containers/json',
          { query: { all: true, filters } },
        );
        return found.filter(({ Names: [name = ''] }) => names.test(name)).map(({ Id }) => ({ api, id: Id }));
      }),
    );
    return perNode.flat();
  }

  /** All at the same time, each as soon as its own stop has answered: nothing that ends them can be quicker. */
  async stopByHand(containers: readonly PlacedContainer[]): Promise<void> {
    await Promise.all(
      containers.map(async ({ api, id }) => {
        await api.post(`/containers/${id}/stop`, { query: { t: 10 }, timeoutMs: 0 });
        await api.delete(`/containers/${id}`, { query: { force: true, v: true } });
      }),
    );
  }

  /** Lowers the number after {@link stopByHand}, once the manager has seen their end. Not part of a floor. */
  async scaleDownByHand(workers: number): Promise<void> {
    const service = `${this.name}_worker`;
    const filters = { service: [service] };
    await waitUntil('the tasks to end', async () => {
      const tasks = await this.lab.manager.get<
        readonly { readonly DesiredState: string; readonly Status: { readonly State: string } }[]
      >('/tasks', { query: { filters } });
      return tasks.filter((task) => task.Status.State === 'running').length === workers;
    });
    await this.lab.docker('service', 'scale', '--detach', `${service}=${workers}`);
    await this.waitForWorkers(workers);
  }

  nodeOf(hostname: string): EngineApi {
    const node = this.lab.nodes.find(({ name }) => name === hostname);
    if (!node) throw new Error(`no node named ${JSON.stringify(hostname)}`);
    return node;
  }

  /** What is left of it, by label, on the manager and on every node. Empty: all is gone. */
  async leftovers(): Promise<readonly string[]> {
    const label = `${STACK_NAMESPACE_LABEL}=${this.name}`;
    const { services, tasks } = await new SwarmReader(this.lab.manager).readStack(this.name);
    const networks = await Promise.all(
      this.lab.nodes.map(async (api) =>
        api.get<readonly { readonly Name: string }[]>('/networks', { query: { filters: { label: [label] } } }),
      ),
    );
    const containers = await this.containers();
    return [
      ...services.map((service) => `service ${service.name}`),
      ...tasks.filter((task) => !hasEnded(task)).map((task) => `task ${task.id} ${task.state}`),
      ...containers.map(({ api, id }) => `container ${id.slice(0, 12)} on ${api.name}`),
      ...networks.flat().map((network) => `network ${network.Name}`),
    ];
  }
}
