import { ConflictError, NotFoundError } from '../../errors.ts';
import { LABELS } from '../../labels.ts';
import type { LockObject, LockStore } from '../locks/object-locks.ts';
import type { SwarmClient } from './swarm-client.ts';

interface RawConfig {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly UpdatedAt: string;
  readonly Spec: { readonly Name: string; readonly Labels?: Record<string, string> };
}

const INFO_TIMEOUT_MS = 30_000;

/** Locks as swarm configs: creating one of a name that exists fails, and every client of the swarm sees it. */
export class ConfigLockStore implements LockStore {
  readonly #client: SwarmClient;

  constructor(client: SwarmClient) {
    this.#client = client;
  }

  describe(cluster: string): string {
    return `the config ${nameOf(cluster)}`;
  }

  async create(cluster: string, label: string): Promise<boolean> {
    const labels = { [LABELS.cluster]: cluster, [LABELS.lock]: label };
    return this.#client.createObject('configs', { name: nameOf(cluster), labels, data: 'spark-swarm lock' });
  }

  async find(cluster: string): Promise<LockObject | undefined> {
    const config = await this.#read(nameOf(cluster));
    if (!config) return undefined;
    const label = config.Spec.Labels?.[LABELS.lock];
    if (label !== undefined) return { id: config.ID, cluster, label };
    throw new ConflictError(`The config ${nameOf(cluster)} is there and is not ours`, {
      hint: 'choose another --name',
    });
  }

  async remove({ id }: LockObject): Promise<void> {
    await this.#client.removeObject('configs', id);
  }

  /** Any change of the config moves its UpdatedAt, which is the engine's clock and not ours. */
  async renew({ id }: LockObject): Promise<void> {
    const config = await this.#read(id);
    if (!config) return;
    const labels = { ...config.Spec.Labels, [LABELS.beat]: String(config.Version.Index) };
    await this.#client.api.post(`/configs/${config.ID}/update`, {
      query: { version: config.Version.Index },
      body: { ...config.Spec, Labels: labels },
    });
  }

  async ageMs({ id }: LockObject): Promise<number> {
    const [{ systemTime }, config] = await Promise.all([this.#client.readInfo(INFO_TIMEOUT_MS), this.#read(id)]);
    return config ? Date.parse(systemTime) - Date.parse(config.UpdatedAt) : 0;
  }

  async #read(id: string): Promise<RawConfig | undefined> {
    try {
      return await this.#client.api.get<RawConfig>(`/configs/${id}`);
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }
}

function nameOf(cluster: string): string {
  return `${cluster}_lock`;
}
