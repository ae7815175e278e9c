import { randomBytes } from 'node:crypto';

import { ConflictError, NotFoundError } from '../../errors.ts';
import { COMPOSE_PROJECT_LABEL, LABELS } from '../../labels.ts';
import type { LockObject, LockStore } from '../locks/object-locks.ts';
import type { EngineApi } from './engine-api.ts';
import { listVolumes, type ListedVolume } from './list-volumes.ts';

/**
 * Locks as volumes: creating one of a name that exists gives that one, with its own labels, so one look says who was first.
 * Labels of a volume cannot be changed: whoever holds the lock shows that it is alive by ever new volumes beside it.
 */
export class VolumeLockStore implements LockStore {
  readonly #api: EngineApi;

  constructor(api: EngineApi) {
    this.#api = api;
  }

  describe(cluster: string): string {
    return `the volume ${nameOf(cluster)}`;
  }

  async create(cluster: string, label: string): Promise<boolean> {
    const volume = await this.#create(nameOf(cluster), cluster, { [LABELS.lock]: label });
    return volume.Labels?.[LABELS.lock] === label;
  }

  async find(cluster: string): Promise<LockObject | undefined> {
    try {
      const { Name: id, Labels } = await this.#api.get<ListedVolume>(`/volumes/${nameOf(cluster)}`);
      const label = Labels?.[LABELS.lock];
      if (label !== undefined) return { id, cluster, label };
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
    throw new ConflictError(`The volume ${nameOf(cluster)} is there and is not ours`, {
      hint: 'choose another --name',
    });
  }

  async remove({ id, cluster, label }: LockObject): Promise<void> {
    const beats = await this.#listBeats(cluster);
    // A name comes back, with another lock behind it: there is nothing between this look and the end of it.
    if ((await this.find(cluster))?.label !== label) return;
    await this.#remove(id);
    for (const { Name } of beats) await this.#remove(Name);
  }

  async renew({ id, cluster }: LockObject): Promise<void> {
    const before = await this.#listBeats(cluster);
    await this.#create(`${id}-${randomBytes(4).toString('hex')}`, cluster, { [LABELS.beat]: id });
    for (const { Name } of before) await this.#remove(Name);
  }

  async ageMs({ cluster, id }: LockObject): Promise<number> {
    const [info, lock, beats] = await Promise.all([
      this.#api.get<{ readonly SystemTime: string }>('/info'),
      this.#api.get<ListedVolume>(`/volumes/${id}`).catch(() => undefined),
      this.#listBeats(cluster),
    ]);
    const last = [...beats, ...(lock ? [lock] : [])].map(({ CreatedAt }) => Date.parse(CreatedAt));
    return last.length === 0 ? 0 : Date.parse(info.SystemTime) - Math.max(...last);
  }

  async #create(name: string, cluster: string, labels: Readonly<Record<string, string>>): Promise<ListedVolume> {
    return this.#api.post<ListedVolume>('/volumes/create', {
      body: { Name: name, Labels: { [LABELS.cluster]: cluster, [COMPOSE_PROJECT_LABEL]: cluster, ...labels } },
    });
  }

  async #listBeats(cluster: string): Promise<readonly ListedVolume[]> {
    return listVolumes(this.#api, { label: [`${LABELS.beat}=${nameOf(cluster)}`] });
  }

  async #remove(name: string): Promise<void> {
    try {
      await this.#api.delete(`/volumes/${name}`);
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
    }
  }
}

function nameOf(cluster: string): string {
  return `${cluster}-lock`;
}
