import { setTimeout as sleep } from 'node:timers/promises';

import { ConflictError, NotFoundError } from '../../errors.ts';
import { LABELS } from '../../labels.ts';
import { formatDuration } from '../../units.ts';
import type { LockRequest, Locks } from '../../operations/operation.ts';
import { describeSelf, hostnameOf, isAlive, parseIdentity, type ProcessIdentity } from '../files/process-identity.ts';
import type { SwarmClient } from './swarm-client.ts';

interface Holder extends ProcessIdentity {
  readonly command: string;
  readonly since: string;
}

interface RawConfig {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly UpdatedAt: string;
  readonly Spec: { readonly Name: string; readonly Labels?: Record<string, string> };
}

const BEAT_MS = 5000;
/** A holder that cannot be seen from here (on another machine, in another container) and that has not been heard of for so long is dead. */
const STALE_MS = 30_000;
const POLL_MS = 200;

/**
 * Locks as labelled swarm configs: creating one of a name that exists fails, and every client of the swarm sees it. The
 * holder renews it; one whose process is gone, or that is no longer renewed, is taken over.
 */
export class SwarmLocks implements Locks {
  readonly #client: SwarmClient;

  constructor(client: SwarmClient) {
    this.#client = client;
  }

  async take(cluster: string, request: LockRequest): Promise<() => Promise<void>> {
    const name = `${cluster}_lock`;
    const deadline = Date.now() + request.timeoutMs;
    let isAnnounced = false;
    for (;;) {
      const label = JSON.stringify({
        ...describeSelf(),
        command: request.command,
        since: new Date().toISOString(),
      } satisfies Holder);
      const labels = { [LABELS.cluster]: cluster, [LABELS.lock]: label };
      if (await this.#client.createObject('configs', { name, labels, data: 'spark-swarm lock' }))
        return this.#hold(name, label);
      const config = await this.#find(name);
      if (!config) continue;
      const holder = parseHolder(config, name);
      if (await this.#isDead(holder, config)) {
        await this.#client.removeObject('configs', config.ID);
        continue;
      }
      const who = holder
        ? `${holder.command} by process ${holder.pid} on ${hostnameOf(holder)}, since ${holder.since}`
        : `the label of its lock, the config ${name}, cannot be read`;
      if (Date.now() > deadline) {
        throw new ConflictError(
          `Another command works on the cluster "${cluster}": ${who}; waited ${formatDuration(request.timeoutMs)}`,
          {
            hint: 'wait for it, or end it',
          },
        );
      }
      if (!isAnnounced) request.wait(`waiting for another command on the cluster "${cluster}": ${who}`);
      isAnnounced = true;
      await sleep(POLL_MS, undefined, { signal: request.signal });
    }
  }

  async #hold(name: string, label: string): Promise<() => Promise<void>> {
    const timer = setInterval(() => void this.#beat(name, label).catch(() => {}), BEAT_MS);
    timer.unref();
    return async () => {
      clearInterval(timer);
      const config = await this.#find(name);
      if (config?.Spec.Labels?.[LABELS.lock] === label) await this.#client.removeObject('configs', config.ID);
    };
  }

  /** Any change of the config moves its UpdatedAt, which is the engine's clock and not ours. */
  async #beat(name: string, label: string): Promise<void> {
    const config = await this.#find(name);
    if (config?.Spec.Labels?.[LABELS.lock] !== label) return;
    const labels = { ...config.Spec.Labels, 'io.spark-swarm.beat': String(config.Version.Index) };
    await this.#client.api.post(`/configs/${config.ID}/update`, {
      query: { version: config.Version.Index },
      body: { ...config.Spec, Labels: labels },
    });
  }

  async #find(name: string): Promise<RawConfig | undefined> {
    try {
      return await this.#client.api.get<RawConfig>(`/configs/${name}`);
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  async #isDead(holder: Holder | undefined, config: RawConfig): Promise<boolean> {
    const alive = holder && isAlive(holder);
    if (alive !== undefined) return !alive;
    const { systemTime } = await this.#client.readInfo(STALE_MS);
    return Date.parse(systemTime) - Date.parse(config.UpdatedAt) > STALE_MS;
  }
}

/** @returns `undefined` for a lock whose label nobody can read */
function parseHolder(config: RawConfig, name: string): Holder | undefined {
  const label = config.Spec.Labels?.[LABELS.lock];
  if (label === undefined) {
    throw new ConflictError(`The config ${name} is there and is not ours`, { hint: 'choose another --name' });
  }
  try {
    const value = JSON.parse(label) as Readonly<Record<string, unknown>> | null;
    const identity = parseIdentity(value);
    const { command, since } = value ?? {};
    return identity && { ...identity, command: String(command), since: String(since) };
  } catch {
    return undefined;
  }
}
