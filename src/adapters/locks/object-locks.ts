import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { ConflictError } from '../../errors.ts';
import type { LockRequest, Locks } from '../../operations/operation.ts';
import { formatDuration } from '../../units.ts';
import { describeSelf, hostnameOf, isAlive, parseIdentity, type ProcessIdentity } from '../files/process-identity.ts';

/** Where locks are kept: labelled objects of Docker's, of which there can be one of a name. */
export interface LockStore {
  /** How messages name the object: `the config spark_lock`. */
  describe(cluster: string): string;
  /** @returns false when one of this name is there already */
  create(cluster: string, label: string): Promise<boolean>;
  /** @throws ConflictError if an object of this name is there and is not ours */
  find(cluster: string): Promise<LockObject | undefined>;
  remove(lock: LockObject): Promise<void>;
  /** Shows that the holder is alive. */
  renew(lock: LockObject): Promise<void>;
  /** Time since it was made or renewed, by the engine's clock. */
  ageMs(lock: LockObject): Promise<number>;
}

export interface LockObject {
  readonly id: string;
  readonly cluster: string;
  /** Who holds it, as JSON. */
  readonly label: string;
}

interface Holder extends ProcessIdentity {
  readonly command: string;
  readonly since: string;
}

/** What a label says besides: two that begin in one process in the same millisecond are two. */
interface Label extends Holder {
  readonly nonce: string;
}

const BEAT_MS = 5000;
/** A holder that cannot be seen from here (on another machine, in another container) and that has not been heard of for so long is dead. */
export const STALE_MS = 30_000;
const POLL_MS = 200;

/**
 * Locks as labelled objects that every client of the engine, or of the swarm, sees. The holder renews its own; one whose
 * process is gone, or that is no longer renewed, is taken over.
 */
export class ObjectLocks implements Locks {
  readonly #store: LockStore;

  constructor(store: LockStore) {
    this.#store = store;
  }

  async take(cluster: string, request: LockRequest): Promise<() => Promise<void>> {
    const deadline = Date.now() + request.timeoutMs;
    let isAnnounced = false;
    let wasFree = true;
    for (;;) {
      const label = JSON.stringify({
        ...describeSelf(),
        command: request.command,
        since: new Date().toISOString(),
        nonce: randomBytes(4).toString('hex'),
      } satisfies Label);
      if (await this.#store.create(cluster, label)) {
        if (wasFree || (await this.#isStill(cluster, label))) return this.#hold(cluster, label);
        continue;
      }
      wasFree = false;
      const lock = await this.#store.find(cluster);
      if (!lock) continue;
      const holder = parseHolder(lock.label);
      if (await this.#isDead(holder, lock)) {
        await this.#store.remove(lock);
        continue;
      }
      const who = holder
        ? `${holder.command} by process ${holder.pid} on ${hostnameOf(holder)}, since ${holder.since}`
        : `the label of its lock, ${this.#store.describe(cluster)}, cannot be read`;
      if (Date.now() > deadline) {
        throw new ConflictError(
          `Another command works on the cluster "${cluster}": ${who}; waited ${formatDuration(request.timeoutMs)}`,
          { hint: 'wait for it, or end it' },
        );
      }
      if (!isAnnounced) request.wait(`waiting for another command on the cluster "${cluster}": ${who}`);
      isAnnounced = true;
      await sleep(POLL_MS, undefined, { signal: request.signal });
    }
  }

  /** Whoever saw the same dead lock may take it away a moment later, and then it is this one: objects have names, not ids. */
  async #isStill(cluster: string, label: string): Promise<boolean> {
    await sleep(POLL_MS);
    return (await this.#store.find(cluster))?.label === label;
  }

  #hold(cluster: string, label: string): () => Promise<void> {
    const own = async (work: (lock: LockObject) => Promise<void>): Promise<void> => {
      const lock = await this.#store.find(cluster);
      if (lock?.label === label) await work(lock);
    };
    let beat = Promise.resolve();
    const timer = setInterval(() => {
      beat = own(async (lock) => this.#store.renew(lock)).catch(() => {});
    }, BEAT_MS);
    timer.unref();
    return async () => {
      clearInterval(timer);
      // One in flight would leave something behind.
      await beat;
      await own(async (lock) => this.#store.remove(lock));
    };
  }

  async #isDead(holder: Holder | undefined, lock: LockObject): Promise<boolean> {
    const alive = holder && isAlive(holder);
    if (alive !== undefined) return !alive;
    return (await this.#store.ageMs(lock)) > STALE_MS;
  }
}

/** @returns `undefined` for a lock whose label nobody can read */
function parseHolder(label: string): Holder | undefined {
  try {
    const value = JSON.parse(label) as Readonly<Record<string, unknown>> | null;
    const identity = parseIdentity(value);
    const { command, since } = value ?? {};
    return identity && { ...identity, command: String(command), since: String(since) };
  } catch {
    return undefined;
  }
}
