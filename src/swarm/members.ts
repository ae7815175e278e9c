import { setTimeout as sleep } from 'node:timers/promises';

import { EngineError } from '../errors.ts';
import type { EngineApi } from '../adapters/engine/engine-api.ts';

/** An election takes some seconds, on slow machines several of them. */
const LEADER_LIMIT_MS = 30_000;

/** An engine, and its own view of the swarm it is in, from `GET /info`. */
export interface NodeInfo {
  readonly hostname: string;
  readonly engineId: string;
  readonly engineVersion: string;
  readonly storageDriver: string;
  readonly swarm: NodeSwarmInfo;
}

export interface NodeSwarmInfo {
  /** Docker's word: `inactive pending active error locked`. */
  readonly state: string;
  readonly nodeId: string;
  /** The address it has told the others. */
  readonly nodeAddress: string;
  readonly isManager: boolean;
  readonly error: string;
  /** Node ids of the managers it knows; a node that never got in knows none. */
  readonly managerIds: readonly string[];
}

interface RawInfo {
  readonly ID: string;
  readonly Name: string;
  readonly ServerVersion: string;
  readonly Driver: string;
  readonly Swarm: {
    readonly LocalNodeState: string;
    readonly NodeID: string;
    readonly NodeAddr: string;
    readonly ControlAvailable: boolean;
    readonly Error: string;
    readonly RemoteManagers?: readonly { readonly NodeID: string }[] | null;
  };
}

export interface ReadOptions {
  readonly signal: AbortSignal;
  /** For readers that must not hang on a frozen node. */
  readonly timeoutMs?: number;
}

export async function readNodeInfo(engine: EngineApi, options: ReadOptions): Promise<NodeInfo> {
  const { ID, Name, ServerVersion, Driver, Swarm } = await engine.get<RawInfo>('/info', options);
  return {
    hostname: Name,
    engineId: ID,
    engineVersion: ServerVersion,
    storageDriver: Driver,
    swarm: {
      state: Swarm.LocalNodeState,
      nodeId: Swarm.NodeID,
      nodeAddress: Swarm.NodeAddr,
      isManager: Swarm.ControlAvailable,
      error: Swarm.Error,
      managerIds: (Swarm.RemoteManagers ?? []).map(({ NodeID }) => NodeID).filter((id) => id !== ''),
    },
  };
}

/** A node as the manager lists it. */
export interface SwarmMember {
  readonly id: string;
  readonly hostname: string;
  readonly role: 'manager' | 'worker';
  /** Docker's word: `active pause drain`. */
  readonly availability: string;
  /** Docker's word: `unknown down ready disconnected`. */
  readonly state: string;
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly engineVersion: string;
  readonly isLeader: boolean;
  /** Docker's word: `unknown unreachable reachable`; `undefined` for a worker. */
  readonly reachability: string | undefined;
  /** When the manager last wrote something about it, RFC 3339. */
  readonly updatedAt: string;
  /** Docker's own words about its state: `heartbeat failure`; often empty. */
  readonly message: string;
}

interface RawMember {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly UpdatedAt: string;
  readonly Spec: {
    readonly Role: 'manager' | 'worker';
    readonly Availability: string;
    readonly Labels?: Readonly<Record<string, string>>;
  };
  /** Empty for a moment while a node joins. */
  readonly Description: { readonly Hostname?: string; readonly Engine?: { readonly EngineVersion?: string } };
  readonly Status: { readonly State: string; readonly Addr?: string; readonly Message?: string };
  readonly ManagerStatus?: { readonly Leader?: boolean; readonly Reachability?: string; readonly Addr?: string };
}

/** Nothing is decided just now: a leader was lost, or is demoted, and the others choose one. */
export function isLeaderless(error: unknown): boolean {
  return (
    error instanceof EngineError &&
    /does not have a leader|no elected cluster leader|lost leader status|deadline ?exceeded/i.test(error.message)
  );
}

/** @throws EngineError where it is no manager, or the managers have no majority */
export async function listMembers(manager: EngineApi, options: ReadOptions): Promise<readonly SwarmMember[]> {
  return (await manager.get<readonly RawMember[]>('/nodes', options)).map(toMember);
}

function toMember({ ID, UpdatedAt, Spec, Description, Status, ManagerStatus }: RawMember): SwarmMember {
  // A lone manager says 0.0.0.0 of itself; what it has told the others is in its other address.
  const address = Status.Addr === '0.0.0.0' ? (ManagerStatus?.Addr ?? '').replace(/:[0-9]+$/, '') : Status.Addr;
  return {
    id: ID,
    hostname: Description.Hostname ?? '',
    role: Spec.Role,
    availability: Spec.Availability,
    state: Status.State,
    address: address ?? '',
    labels: Spec.Labels ?? {},
    engineVersion: Description.Engine?.EngineVersion ?? '',
    isLeader: ManagerStatus?.Leader ?? false,
    reachability: ManagerStatus?.Reachability,
    updatedAt: UpdatedAt,
    message: Status.Message ?? '',
  };
}

/** What is to be changed about a member; what is left out stays. */
export interface MemberChange {
  readonly labels?: Readonly<Record<string, string>>;
  readonly withoutLabels?: readonly string[];
  readonly role?: 'manager' | 'worker';
  readonly availability?: string;
}

/** Changes a member, unless it is so already; other labels stay. */
export async function updateMember(
  manager: EngineApi,
  id: string,
  change: MemberChange,
  { signal }: { readonly signal: AbortSignal },
): Promise<boolean> {
  const startedAt = performance.now();
  let older = 0;
  for (;;) {
    try {
      const { Spec, Version } = await manager.get<RawMember>(`/nodes/${id}`, { signal });
      const body = changedSpec(Spec, change);
      if (!body) return false;
      await manager.post(`/nodes/${id}/update`, { query: { version: Version.Index }, body, signal });
      return true;
    } catch (error) {
      // A node that has just joined changes by itself, and an update of an older version is refused.
      const isOlder = /out of sequence/.test(String(error)) && (older += 1) < 10;
      const isOnTheWay = isLeaderless(error) && performance.now() - startedAt < LEADER_LIMIT_MS;
      if (!isOlder && !isOnTheWay) throw error;
      await sleep(isOlder ? 50 : 500, undefined, { signal });
    }
  }
}

function changedSpec(spec: RawMember['Spec'], change: MemberChange): RawMember['Spec'] | undefined {
  const { labels = {}, withoutLabels = [], role = spec.Role, availability = spec.Availability } = change;
  const present = spec.Labels ?? {};
  const isRight =
    Object.entries(labels).every(([name, value]) => present[name] === value) &&
    withoutLabels.every((name) => present[name] === undefined) &&
    role === spec.Role &&
    availability === spec.Availability;
  if (isRight) return undefined;
  const kept = Object.entries(present).filter(([name]) => !withoutLabels.includes(name));
  return { ...spec, Role: role, Availability: availability, Labels: { ...Object.fromEntries(kept), ...labels } };
}
