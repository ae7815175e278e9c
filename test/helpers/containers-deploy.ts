import path from 'node:path';

import type { ClusterSpec } from '../../src/cluster/spec.ts';
import type { ComposeDocument } from '../../src/compose/compose-document.ts';
import { ContainerReader } from '../../src/platforms/containers/container-reader.ts';
import { planContainersDeploy, type ContainersContext } from '../../src/platforms/containers/plan-deploy.ts';
import type { DeployPlan } from '../../src/platforms/platform.ts';
import { localFolders, spec } from './builders.ts';
import { projectRoot } from './cli.ts';
import { FakeCompose } from './fake-compose.ts';
import { FakeContainers, rawContainer } from './fake-containers.ts';

export const COMPOSE_FILE = path.join(projectRoot, 'docker-compose.yml');
/** No port of this machine is tried, unless a test is about one. */
export const CLOSED = { master: 'none', ui: 'none', jupyter: 'none', history: 'none' } as const;
const signal = new AbortController().signal;

/** An engine in memory that clusters are planned for, and a Compose that only writes down what it is given. */
export class DeployPlace implements AsyncDisposable {
  readonly fake: FakeContainers;
  readonly compose = new FakeCompose();
  readonly around: Partial<ContainersContext>;

  private constructor(fake: FakeContainers, around: Partial<ContainersContext>) {
    this.fake = fake;
    this.around = around;
  }

  static async start(around: Partial<ContainersContext> = {}): Promise<DeployPlace> {
    return new DeployPlace(await FakeContainers.start(), around);
  }

  async plan(changes: Partial<ClusterSpec> = {}): Promise<DeployPlan> {
    return planContainersDeploy(spec({ ports: CLOSED, ...changes }), {
      reader: new ContainerReader(this.fake.engine.api, { host: 'laptop', address: '127.0.0.1', isLocal: true }),
      compose: this.compose,
      composeFile: COMPOSE_FILE,
      isLocal: true,
      folders: localFolders(),
      caBundle: async () => undefined,
      ...this.around,
    });
  }

  /** Applies a plan, and leaves the engine as Compose would. */
  async deploy(changes: Partial<ClusterSpec> = {}): Promise<DeployPlan> {
    const plan = await this.plan(changes);
    await plan.apply(() => {}, signal);
    const { services } = plan.document as ComposeDocument;
    const cluster = changes.name ?? 'spark';
    this.fake.containers = Object.entries(services).flatMap(([key, service]) =>
      Array.from({ length: service.deploy?.replicas ?? 1 }, (_, index) =>
        rawContainer(cluster, `${key}-${index + 1}`, { labels: { ...service.labels } }),
      ),
    );
    return plan;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.fake[Symbol.asyncDispose]();
  }
}
