import { setTimeout as sleep } from 'node:timers/promises';

import type { EngineApi } from '../adapters/engine/engine-api.ts';
import type { NodeInfo, SwarmMember } from './swarm-plan.ts';

interface RawInfo {
  readonly ServerVersion: string;
  readonly Driver: string;
  readonly Swarm: {
    readonly LocalNodeState: string;
    readonly NodeID: string;
    readonly NodeAddr: string;
    readonly ControlAvailable: boolean;
    readonly Error: string;
  };
}

/** What only the lab knows of a node. */
export interface NodePlace {
  readonly node: number;
  readonly hostname: string;
  readonly address: string;
}

/** @param timeoutMs for readers that must not hang on a frozen node */
export async function readNodeInfo(
  engine: EngineApi,
  place: NodePlace,
  options: { readonly signal: AbortSignal; readonly timeoutMs?: number },
): Promise<NodeInfo> {
  const { ServerVersion, Driver, Swarm } = await engine.get<RawInfo>('/info', options);
  return {
    ...place,
    engineVersion: ServerVersion,
    storageDriver: Driver,
    swarm: {
      state: Swarm.LocalNodeState,
      nodeId: Swarm.NodeID,
      nodeAddress: Swarm.NodeAddr,
      isManager: Swarm.ControlAvailable,
      error: Swarm.Error,
    },
  };
}

interface RawMember {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly Spec: {
    readonly Role: 'manager' | 'worker';
    readonly Availability: string;
    readonly Labels?: Readonly<Record<string, string>>;
  };
  readonly Description: { readonly Hostname: string };
  readonly Status: { readonly State: string; readonly Addr?: string };
}

export async function listMembers(
  manager: EngineApi,
  options: { readonly signal: AbortSignal; readonly timeoutMs?: number },
): Promise<readonly SwarmMember[]> {
  const members = await manager.get<readonly RawMember[]>('/nodes', options);
  return members.map(({ ID, Spec, Description, Status }) => ({
    id: ID,
    hostname: Description.Hostname,
    role: Spec.Role,
    availability: Spec.Availability,
    state: Status.State,
    address: Status.Addr ?? '',
    labels: Spec.Labels ?? {},
  }));
}

/** Sets the labels of a member, unless it has them; other labels stay. */
export async function setMemberLabels(
  manager: EngineApi,
  id: string,
  { labels, signal }: { readonly labels: Readonly<Record<string, string>>; readonly signal: AbortSignal },
): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    const { Spec, Version } = await manager.get<RawMember>(`/nodes/${id}`, { signal });
    const present = Spec.Labels ?? {};
    if (Object.entries(labels).every(([name, value]) => present[name] === value)) return false;
    try {
      await manager.post(`/nodes/${id}/update`, {
        query: { version: Version.Index },
        body: { ...Spec, Labels: { ...present, ...labels } },
        signal,
      });
      return true;
    } catch (error) {
      // A node that has just joined changes by itself, and an update of an older version is refused.
      if (attempt === 10 || !/out of sequence/.test(String(error))) throw error;
      await sleep(50, undefined, { signal });
    }
  }
}
