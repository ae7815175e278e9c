import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

import { ConflictError, NotFoundError } from '../../errors.ts';
import { LABELS } from '../../labels.ts';
import { formatDuration } from '../../units.ts';
import type { LockRequest, Locks } from '../../operations/operation.ts';
import type { SwarmClient } from './swarm-client.ts';

interface Holder {
  readonly host: string;
  readonly pid: number;
  /** Start time of the process, so that another one with the same pid is not taken for it. */
  readonly started: string;
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
/** A holder on another machine that has not been heard of for so long is dead. */
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
      const who = `${holder.command} by process ${holder.pid} on ${holder.host}, since ${holder.since}`;
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

  async #isDead(holder: Holder, config: RawConfig): Promise<boolean> {
    const self = describeSelf();
    if (holder.host === self.host) return readStartTime(holder.pid) !== holder.started;
    const { systemTime } = await this.#client.readInfo(STALE_MS);
    return Date.parse(systemTime) - Date.parse(config.UpdatedAt) > STALE_MS;
  }
}

function parseHolder(config: RawConfig, name: string): Holder {
  const label = config.Spec.Labels?.[LABELS.lock];
  if (label === undefined) {
    throw new ConflictError(`The config ${name} is there and is not ours`, { hint: 'choose another --name' });
  }
  return JSON.parse(label) as Holder;
}

function describeSelf(): Pick<Holder, 'host' | 'pid' | 'started'> {
  return { host: hostname(), pid: process.pid, started: readStartTime(process.pid) };
}

/** Start of a process in clock ticks since boot; empty when there is no such process, or no /proc. */
function readStartTime(pid: number): string {
  try {
    // Field 22; the name of the program, field 2, may hold blanks and parentheses. Source: proc(5).
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return isAlive(pid) ? 'unknown' : '';
  }
}

/** Where there is no /proc (macOS). */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
