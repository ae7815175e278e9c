import type { LockReading } from '../../doctor/clusters-reading.ts';
import { LABELS } from '../../labels.ts';
import type { EngineApi } from '../engine/engine-api.ts';
import { listVolumes } from '../engine/list-volumes.ts';
import { VolumeLockStore } from '../engine/volume-lock-store.ts';
import { hostnameOf, isAlive, parseIdentity } from '../files/process-identity.ts';
import { STALE_MS, type LockObject, type LockStore } from '../locks/object-locks.ts';
import { ConfigLockStore } from '../swarm/config-lock-store.ts';
import { SwarmClient } from '../swarm/swarm-client.ts';

interface RawConfig {
  readonly ID: string;
  readonly Spec: { readonly Name: string; readonly Labels?: Readonly<Record<string, string>> };
}

const FILTERS = { label: [LABELS.lock] };

/** Locks of clusters on a swarm: configs. */
export async function readSwarmLocks(manager: EngineApi, signal: AbortSignal): Promise<readonly LockReading[]> {
  const store = new ConfigLockStore(new SwarmClient(manager));
  const found = await manager.get<readonly RawConfig[]>('/configs', { query: { filters: FILTERS }, signal });
  return Promise.all(
    found.map(async ({ ID, Spec }) => {
      const lock = { id: ID, cluster: Spec.Labels?.[LABELS.cluster] ?? '', label: Spec.Labels?.[LABELS.lock] ?? '' };
      return describe(lock, store, { object: `config ${Spec.Name}`, removeCommand: `docker config rm ${Spec.Name}` });
    }),
  );
}

/** Locks of clusters in containers: volumes. */
export async function readEngineLocks(api: EngineApi, signal: AbortSignal): Promise<readonly LockReading[]> {
  const store = new VolumeLockStore(api);
  const volumes = await listVolumes(api, { ...FILTERS, signal });
  return Promise.all(
    volumes.map(async ({ Name, Labels }) => {
      const lock = { id: Name, cluster: Labels?.[LABELS.cluster] ?? '', label: Labels?.[LABELS.lock] ?? '' };
      return describe(lock, store, { object: `volume ${Name}`, removeCommand: `docker volume rm ${Name}` });
    }),
  );
}

async function describe(
  lock: LockObject,
  store: LockStore,
  names: Pick<LockReading, 'object' | 'removeCommand'>,
): Promise<LockReading> {
  const label = readLabel(lock.label);
  const identity = parseIdentity(label);
  const alive = identity && isAlive(identity);
  const isDead = alive === undefined ? (await store.ageMs(lock)) > STALE_MS : !alive;
  const holder = identity
    ? `${String(label['command'])} by process ${identity.pid} on ${hostnameOf(identity)}, since ${String(label['since'])}`
    : 'its label cannot be read';
  return { cluster: lock.cluster, ...names, holder, isDead };
}

function readLabel(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}
