import { EngineError, InvalidStateError, NotFoundError, UnreachableError } from '../../errors.ts';
import type { StackService, StackTask, SwarmNode, SwarmObject } from '../../stack/swarm-state.ts';
import { LABELS } from '../../labels.ts';
import type { EngineApi } from '../engine/engine-api.ts';
import {
  parseNode,
  parseObject,
  parseService,
  parseTask,
  type RawNode,
  type RawObject,
  type RawPlatform,
  type RawService,
  type RawTask,
} from './parse-swarm.ts';

export interface EngineInfo {
  readonly name: string;
  readonly engineId: string;
  readonly serverVersion: string;
  readonly operatingSystem: string;
  readonly swarmState: string;
  readonly isManager: boolean;
  /** The engine's clock, so that times of its objects are compared with its own and not with ours. */
  readonly systemTime: string;
}

/** `label=value`, or only `label`, as Docker's filters take it. */
export type LabelFilter = readonly string[];

/** Kinds of named swarm objects that work alike. */
export type ObjectKind = 'secrets' | 'configs';

/** How often an update is tried again when somebody else changed the service in between. */
const UPDATE_TRIES = 5;

const NO_PLATFORM: RawPlatform = { Architecture: 'none', OS: 'none' };

/** A swarm, as one of its managers sees it. */
export class SwarmClient {
  readonly api: EngineApi;

  constructor(api: EngineApi) {
    this.api = api;
  }

  /** @throws UnreachableError within `timeoutMs` when nothing answers */
  async readInfo(timeoutMs: number): Promise<EngineInfo> {
    const info = await this.api.get<{
      readonly ID: string;
      readonly Name: string;
      readonly ServerVersion: string;
      readonly OperatingSystem: string;
      readonly SystemTime: string;
      readonly Swarm?: { readonly LocalNodeState?: string; readonly ControlAvailable?: boolean };
    }>('/info', { timeoutMs });
    return {
      name: info.Name,
      engineId: info.ID,
      serverVersion: info.ServerVersion,
      operatingSystem: info.OperatingSystem,
      swarmState: info.Swarm?.LocalNodeState ?? 'inactive',
      isManager: info.Swarm?.ControlAvailable ?? false,
      systemTime: info.SystemTime,
    };
  }

  /** @throws UnreachableError within `timeoutMs` when nothing answers */
  async isManager(timeoutMs: number): Promise<boolean> {
    try {
      await this.api.get('/swarm', { timeoutMs });
      return true;
    } catch (error) {
      if (error instanceof UnreachableError) throw error;
      return false;
    }
  }

  async listNodes(): Promise<readonly SwarmNode[]> {
    return (await this.api.get<readonly RawNode[]>('/nodes')).map(parseNode);
  }

  async listServices(labels: LabelFilter = []): Promise<readonly StackService[]> {
    const filters = labels.length === 0 ? undefined : { label: labels };
    return (await this.api.get<readonly RawService[]>('/services', { query: { filters } })).map(parseService);
  }

  /** Tasks by service label; still listed, until they have ended, when their service is gone. */
  async listTasks(labels: LabelFilter = []): Promise<readonly StackTask[]> {
    const filters = labels.length === 0 ? undefined : { label: labels };
    return (await this.api.get<readonly RawTask[]>('/tasks', { query: { filters } })).map(parseTask);
  }

  /**
   * Sets how many tasks a service has, and ends what {@link holdPlacement} began; a change made by somebody else in between
   * is kept.
   */
  async setReplicas(serviceId: string, replicas: number): Promise<void> {
    await this.#updateService(serviceId, (spec) => {
      const { [LABELS.held]: held, ...labels } = spec.Labels ?? {};
      if (held === undefined && spec.Mode.Replicated?.Replicas === replicas) return undefined;
      const mode = { Replicated: { Replicas: replicas } };
      if (held === undefined) return { ...spec, Mode: mode };
      return { ...withPlatforms(spec, JSON.parse(held) as readonly RawPlatform[]), Labels: labels, Mode: mode };
    });
  }

  /**
   * Makes the manager compare a service's tasks with its number once more; its containers go on.
   *
   * Seen once on a loaded machine: a task that replaced a stopped one came after the number was lowered, and stayed pending
   * for ever, because nothing made the orchestrator look again.
   */
  async reviseTasks(serviceId: string): Promise<void> {
    await this.#updateService(serviceId, (spec) => ({
      ...spec,
      Labels: { ...spec.Labels, [LABELS.revised]: new Date().toISOString() },
    }));
  }

  /**
   * Lets the service's tasks run on, and gives no new one a node, until {@link setReplicas}.
   *
   * Where the swarm lowers a number it takes tasks without a node first, and otherwise chooses by its own rule: one that
   * replaces a stopped task and has got a node already lets a healthy one go in its place (seen under load, 1 of 4).
   * A platform that no node has keeps new tasks pending and, unlike a constraint, does not evict those that run.
   * Source: swarmkit scheduler/filter.go PlatformFilter, orchestrator/task.go IsTaskDirty, replicated/slot.go.
   */
  async holdPlacement(serviceId: string): Promise<void> {
    await this.#updateService(serviceId, (spec) => {
      if (spec.Labels?.[LABELS.held] !== undefined) return undefined;
      const held = JSON.stringify(spec.TaskTemplate.Placement?.Platforms ?? []);
      return { ...withPlatforms(spec, [NO_PLATFORM]), Labels: { ...spec.Labels, [LABELS.held]: held } };
    });
  }

  /** @param change gives the new specification, or `undefined` when there is nothing to change */
  async #updateService(
    serviceId: string,
    change: (spec: RawService['Spec']) => RawService['Spec'] | undefined,
  ): Promise<void> {
    for (let tries = 1; ; tries++) {
      const service = await this.api.get<RawService>(`/services/${serviceId}`);
      const body = change(service.Spec);
      if (!body) return;
      try {
        await this.api.post(`/services/${serviceId}/update`, {
          query: { version: service.Version.Index, registryAuthFrom: 'spec' },
          body,
        });
        return;
      } catch (error) {
        if (!isOutOfSequence(error) || tries === UPDATE_TRIES) throw error;
      }
    }
  }

  /** Removing what is gone already is no error. */
  async removeService(id: string): Promise<void> {
    await ignoreMissing(this.api.delete(`/services/${id}`));
  }

  async listObjects(kind: ObjectKind, labels: LabelFilter): Promise<readonly SwarmObject[]> {
    return (await this.api.get<readonly RawObject[]>(`/${kind}`, { query: { filters: { label: labels } } })).map(
      parseObject,
    );
  }

  /**
   * Creates a secret or a config.
   * @returns false when one of this name is there already
   */
  async createObject(kind: ObjectKind, object: NewObject): Promise<boolean> {
    try {
      await this.api.post(`/${kind}/create`, {
        body: { Name: object.name, Labels: object.labels, Data: Buffer.from(object.data).toString('base64') },
      });
      return true;
    } catch (error) {
      if (error instanceof EngineError && error.statusCode === 409) return false;
      throw error;
    }
  }

  async removeObject(kind: ObjectKind, id: string): Promise<void> {
    await ignoreMissing(this.api.delete(`/${kind}/${id}`));
  }
}

function withPlatforms(spec: RawService['Spec'], platforms: readonly RawPlatform[]): RawService['Spec'] {
  const { TaskTemplate: template } = spec;
  return { ...spec, TaskTemplate: { ...template, Placement: { ...template.Placement, Platforms: platforms } } };
}

export interface NewObject {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly data: string;
}

/** @throws InvalidStateError if this engine cannot manage a swarm, with what to type */
export function assertManager(info: EngineInfo, engineName: string): void {
  if (info.isManager) return;
  const seen =
    info.swarmState === 'active'
      ? 'it is a worker node; only a manager can deploy'
      : info.swarmState === 'locked'
        ? 'its swarm is locked'
        : 'it is not part of a swarm';
  const hint =
    info.swarmState === 'active'
      ? 'choose a manager with --context'
      : info.swarmState === 'locked'
        ? 'docker swarm unlock'
        : 'sbin/lab up makes a swarm on this machine; docker swarm init makes this engine one of its own';
  throw new InvalidStateError(`Cannot use the engine at ${engineName} for a cluster: ${seen}`, { hint });
}

/** Source: swarmkit store.ErrSequenceConflict; it comes as status 500, so the text is all there is. */
function isOutOfSequence(error: unknown): boolean {
  return error instanceof EngineError && error.message.includes('update out of sequence');
}

async function ignoreMissing(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}
