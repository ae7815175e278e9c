import type { NodeInfo, NodeSwarmInfo, SwarmMember } from '../../src/swarm/members.ts';

/** An engine that is in no swarm. */
export function nodeInfo(hostname: string, swarm: Partial<NodeSwarmInfo> = {}): NodeInfo {
  return {
    hostname,
    engineId: `ID-${hostname}`,
    engineVersion: '26.1.5',
    storageDriver: 'overlay2',
    swarm: {
      state: 'inactive',
      nodeId: '',
      nodeAddress: '',
      isManager: false,
      error: '',
      managerIds: [],
      ...swarm,
    },
  };
}

/** A worker in good order. */
export function member(id: string, hostname: string, facts: Partial<SwarmMember> = {}): SwarmMember {
  return {
    id,
    hostname,
    role: 'worker',
    availability: 'active',
    state: 'ready',
    address: '',
    labels: {},
    engineVersion: '26.1.5',
    isLeader: false,
    reachability: facts.role === 'manager' ? 'reachable' : undefined,
    updatedAt: '2026-11-21T05:00:00.123456789Z',
    message: '',
    ...facts,
  };
}
