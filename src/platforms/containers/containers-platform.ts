import { Container } from '../../adapters/engine/container.ts';
import { streamLogs } from '../../adapters/engine/stream-logs.ts';
import { wantedWorkers, type Cluster, type ClusterContainer } from '../../cluster/cluster.ts';
import type { ClusterSpec } from '../../cluster/spec.ts';
import type { ComposeDocument } from '../../compose/compose-document.ts';
import type { EngineContainer } from '../../containers/engine-container.ts';
import { InvalidStateError, NotFoundError } from '../../errors.ts';
import { COMPOSE_SERVICE_LABEL, LABELS } from '../../labels.ts';
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
import { readMemories, writeMemory } from './cluster-memory.ts';
import { assertRoomForWorkers } from './engine-facts.ts';
import { planContainersDeploy, type ContainersContext } from './plan-deploy.ts';
import { removeProject } from './remove-project.ts';

const STOP_GRACE_SECONDS = 10;
const CONFIG_FILES_LABEL = 'com.docker.compose.project.config_files';
const WORKING_DIR_LABEL = 'com.docker.compose.project.working_dir';

/** Clusters as containers of one engine, by Docker Compose. */
export class ContainersPlatform implements Platform {
  readonly kind = 'containers';
  readonly capabilities: PlatformCapabilities = { hasNodes: false, bindsAddresses: true };
  readonly #context: ContainersContext;

  constructor(context: ContainersContext) {
    this.#context = context;
  }

  async listClusters(): Promise<readonly Cluster[]> {
    return this.#context.reader.listClusters();
  }

  async readCluster(name: string): Promise<Cluster | undefined> {
    return this.#context.reader.readCluster(name);
  }

  async planDeploy(spec: ClusterSpec): Promise<DeployPlan> {
    return planContainersDeploy(spec, this.#context);
  }

  /** Another worker is made like the first ones, from the file that is remembered. */
  async setWorkers(cluster: Cluster, count: number): Promise<void> {
    const { name } = cluster;
    const { reader, compose } = this.#context;
    if (count > wantedWorkers(cluster)) await assertRoomForWorkers(cluster, count, reader);
    const project = await reader.readProject(name);
    const workers = project.filter(({ labels }) => labels[LABELS.role] === 'worker');
    const running = workers.filter(({ state }) => state === 'running').length;
    const made = running < count ? await this.#readDocument(name, project) : undefined;
    await writeMemory(reader.api, name, { workers: count });
    if (!made) return;
    const { document, cwd } = made;
    const service = workers[0]?.labels[COMPOSE_SERVICE_LABEL] ?? findWorkerService(document);
    const imageId = workers[0]?.labels[LABELS.imageId];
    // The same name built anew is another image than the one that the other workers run.
    const same = imageId === undefined ? document : withImage(document, service, imageId);
    await compose.up({ project: name, document: same, cwd, scale: { service, count }, progress: () => {} });
  }

  async stopWorkers(
    _cluster: Cluster,
    workers: readonly ClusterContainer[],
    { replace, isDrained }: StopOptions,
  ): Promise<void> {
    await Promise.all(
      workers.map(async (worker) => {
        const container = this.#container(worker);
        if (replace) await container.restart(isDrained ? 0 : STOP_GRACE_SECONDS);
        else if (isDrained) await container.killAndRemove();
        else await container.stopAndRemove(STOP_GRACE_SECONDS);
      }),
    );
  }

  async removeCluster(name: string, options: RemoveOptions): Promise<RemoveResult> {
    return removeProject(name, this.#context.reader, options);
  }

  openContainer(_cluster: Cluster, container: ClusterContainer): Promise<ContainerAccess> {
    // A promise that fails, and no error thrown at once.
    return Promise.resolve().then(() => this.#container(container));
  }

  async streamLogs(_cluster: Cluster, container: ClusterContainer, options: LogOptions): Promise<void> {
    await streamLogs(this.#context.reader.api, `/containers/${container.id}/logs`, options);
  }

  #container({ displayName, containerId, state }: ClusterContainer): Container {
    if (containerId === undefined) {
      throw new InvalidStateError(`${displayName} has no container: it is ${state}`);
    }
    return new Container(this.#context.reader.api, containerId);
  }

  async #readDocument(
    name: string,
    project: readonly EngineContainer[],
  ): Promise<{ readonly document: ComposeDocument; readonly cwd: string }> {
    const memory = (await readMemories(this.#context.reader.api)).find(({ cluster }) => cluster === name);
    if (memory?.document !== undefined) return { document: JSON.parse(memory.document) as ComposeDocument, cwd: '/' };
    const master = project.find(({ labels }) => labels[LABELS.role] === 'master');
    // Started by hand: the file is where whoever did so had it.
    const file = master?.labels[CONFIG_FILES_LABEL];
    const cwd = master?.labels[WORKING_DIR_LABEL] ?? '/';
    if (file === undefined || file === '-' || file.includes(',')) {
      throw new InvalidStateError(
        `Cannot add workers to the cluster "${name}": nobody knows the file it was made from`,
        {
          hint: `spark-swarm start --name ${name} makes it one of ours`,
        },
      );
    }
    return { document: await this.#context.compose.config(file, name), cwd };
  }
}

function withImage(document: ComposeDocument, service: string, image: string): ComposeDocument {
  return { ...document, services: { ...document.services, [service]: { ...document.services[service], image } } };
}

function findWorkerService({ services }: ComposeDocument): string {
  const found = Object.entries(services).find(
    ([, { labels, deploy }]) => (labels?.[LABELS.role] ?? deploy?.labels?.[LABELS.role]) === 'worker',
  );
  if (!found) throw new NotFoundError('The file of this cluster has no worker service');
  return found[0];
}
