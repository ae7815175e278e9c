import type { SwarmReading } from '../../doctor/swarm-reading.ts';
import { EngineError } from '../../errors.ts';
import { LABELS } from '../../labels.ts';
import { formatSubnet } from '../../lab/lab-network.ts';
import { listMembers, type SwarmMember } from '../../swarm/members.ts';
import { findNodeProblems } from '../../swarm/node-findings.ts';
import type { EngineApi } from '../engine/engine-api.ts';
import type { NodeEngines } from '../engine/node-engines.ts';
import { readRoutes } from '../files/system-files.ts';
import { SwarmClient } from '../swarm/swarm-client.ts';
import { endOf } from './read-context.ts';
import { readPeerCertificate } from './read-peer-certificate.ts';

const ANSWER_LIMIT_MS = 5000;
/** Where managers speak to each other; the certificate that they show there is their own. */
const MANAGER_PORT = 2377;
const NANOSECONDS_PER_MS = 1e6;

/** The parts of `GET /swarm` that we read. Source: moby `api/swagger.yaml`, v1.41. */
interface RawSwarm {
  readonly Spec: {
    readonly CAConfig?: { readonly NodeCertExpiry?: number };
    readonly EncryptionConfig?: { readonly AutoLockManagers?: boolean };
    readonly Labels?: Readonly<Record<string, string>> | null;
  };
  readonly RootRotationInProgress?: boolean;
  readonly TLSInfo?: { readonly TrustRoot?: string };
  readonly DefaultAddrPool?: readonly string[] | null;
}

interface RawNetwork {
  readonly Name: string;
  readonly Driver: string;
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string }[] | null };
}

export interface SwarmSources {
  readonly manager: EngineApi;
  readonly engines: NodeEngines;
  /** Docker context as commands in fixes name it. */
  readonly context: string | undefined;
  readonly signal: AbortSignal;
}

/** The swarm as this manager tells, and its nodes as they answer from here. */
export async function readSwarmFacts(sources: SwarmSources): Promise<SwarmReading> {
  const { manager, signal } = sources;
  const options = { timeoutMs: ANSWER_LIMIT_MS, signal };
  const nothing: SwarmReading = {
    manager: manager.name,
    state: 'active',
    error: '',
    nodes: [],
    nodeFindings: [],
    nodeCertExpiryMs: undefined,
    managerNotAfterMs: undefined,
    rootNotAfterMs: undefined,
    isRotatingRoot: false,
    isAutolocked: false,
    addressPools: [],
    networks: [],
    routes: [],
  };
  try {
    // Not `GET /info`, which a manager without a majority answers after 20 s.
    const swarm = await manager.get<RawSwarm>('/swarm', options);
    const [members, networks, routes] = await Promise.all([
      listMembers(manager, options),
      manager.get<readonly RawNetwork[]>('/networks', { ...options, query: { filters: { driver: ['overlay'] } } }),
      readRoutes(),
    ]);
    const leader = members.find(({ isLeader }) => isLeader);
    const [managerNotAfterMs, nodeFindings] = await Promise.all([
      leader && readPeerCertificate({ host: leader.address, port: MANAGER_PORT }),
      askNodes(members, swarm.Spec.Labels?.[LABELS.swarm], sources),
    ]);
    return {
      ...nothing,
      nodes: members.map(({ hostname, address, state, availability }) => ({
        name: hostname,
        address,
        state,
        isActive: availability === 'active',
      })),
      nodeFindings,
      nodeCertExpiryMs: toMs(swarm.Spec.CAConfig?.NodeCertExpiry),
      managerNotAfterMs,
      rootNotAfterMs: endOf(swarm.TLSInfo?.TrustRoot ?? ''),
      isRotatingRoot: swarm.RootRotationInProgress ?? false,
      isAutolocked: swarm.Spec.EncryptionConfig?.AutoLockManagers ?? false,
      addressPools: swarm.DefaultAddrPool ?? [],
      networks: networks.map(({ Name, IPAM }) => ({
        name: Name,
        subnets: (IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []),
      })),
      routes: routes.subnets.map(formatSubnet),
    };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof EngineError)) throw error;
    return { ...nothing, state: stateOf(error.message), error: error.message };
  }
}

/** Docker's word for the state that it explains so. Source: moby `daemon/cluster/errors.go`. */
function stateOf(message: string): string {
  if (/needs to be unlocked/.test(message)) return 'locked';
  return /certificates have expired/.test(message) ? 'error' : 'active';
}

function toMs(nanoseconds: number | undefined): number | undefined {
  return nanoseconds === undefined ? undefined : nanoseconds / NANOSECONDS_PER_MS;
}

async function askNodes(
  members: readonly SwarmMember[],
  name: string | undefined,
  { manager, engines, context }: SwarmSources,
): Promise<SwarmReading['nodeFindings']> {
  const nodes = await new SwarmClient(manager).listNodes();
  const observed = await Promise.all(
    members.map(async (member) => {
      const node = nodes.find(({ id }) => id === member.id);
      // Only nodes of ours are asked: of another swarm nobody has said how its engines are reached.
      const isAsked = node !== undefined && member.state === 'ready' && member.labels[LABELS.nodeEngine] !== undefined;
      if (!isAsked) return { ...member, engine: undefined };
      const { api, error } = await engines.look(node);
      return { ...member, engine: { isReachable: api !== undefined, failure: error?.message ?? '' } };
    }),
  );
  const swarm = name ?? members.find(({ labels }) => labels[LABELS.nodeSwarm])?.labels[LABELS.nodeSwarm];
  return findNodeProblems(observed, { swarm, context });
}
