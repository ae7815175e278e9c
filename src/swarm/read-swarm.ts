import type { EngineApi } from '../adapters/engine/engine-api.ts';
import type { EngineTarget } from '../adapters/engine/engine-target.ts';
import { InvalidStateError } from '../errors.ts';
import type { Finding } from '../doctor/finding.ts';
import { LABELS } from '../labels.ts';
import { readFoundSwarm, type FoundSwarm } from './find-swarm.ts';
import { explainSilence } from './lost-manager.ts';
import { listMembers, type SwarmMember } from './members.ts';
import { SWARM_PORT } from './membership-calls.ts';
import { findNodeProblems, noQuorumFinding, type ObservedNode } from './node-findings.ts';
import { describeQuorum } from './quorum.ts';
import type { ReachedEngine, SwarmTools } from './swarm-wish.ts';

/** A swarm as `swarm status -o json` shows it. */
export interface SwarmStatus {
  readonly schemaVersion: 1;
  /** Null for a swarm that `swarm create` did not make, or whose managers cannot say it. */
  readonly name: string | null;
  /** No finding is an error. */
  readonly healthy: boolean;
  readonly context: string | null;
  readonly nodes: readonly SwarmNodeStatus[];
  readonly findings: readonly Finding[];
}

export interface SwarmNodeStatus {
  readonly id: string;
  /** Host name, and name in the swarm. */
  readonly name: string;
  readonly role: 'manager' | 'worker';
  readonly isLeader: boolean;
  /** Docker's word: `active pause drain`. */
  readonly availability: string;
  /** Docker's word: `unknown down ready disconnected`. */
  readonly state: string;
  readonly address: string;
  readonly engineVersion: string | null;
  /** The machine, as `source/reference`; null for a node that somebody else joined. */
  readonly machine: string | null;
  /** DOCKER_HOST value of its engine. */
  readonly engine: string | null;
  /** Whether its engine answers from here; null where it was not asked. */
  readonly reachable: boolean | null;
}

/** Right after a majority is lost an engine says nothing at all of its swarm; a second question is answered sooner than the first. */
const INFO_LIMIT_MS = 4000;
const INFO_TRIES = 2;

/**
 * The swarm that an engine manages: nodes, and what is wrong with them. Answers within 15 s, also where the managers have
 * no majority: then that is the one finding.
 *
 * @throws InvalidStateError if the engine manages no swarm; UnreachableError
 */
export async function readSwarm(
  target: EngineTarget,
  tools: SwarmTools,
  { signal }: { readonly signal: AbortSignal },
): Promise<SwarmStatus> {
  const context = target.contextName === 'default' ? undefined : target.contextName;
  let found: FoundSwarm;
  try {
    found = await readFoundSwarm(target.api, signal);
  } catch (error) {
    if (!(error instanceof InvalidStateError) || !/no majority/.test(error.message)) {
      throw await explainSilence(error, context, tools.shell, signal);
    }
    return withoutQuorum(target.api, { context, proof: error.message, tools, signal });
  }
  const reached = await tools.reachEngines(target.api);
  const nodes = found.members.toSorted(byName).map((member) => observe(member, reached));
  const findings = findNodeProblems(nodes, { swarm: found.name, context });
  return {
    schemaVersion: 1,
    name: found.name ?? null,
    healthy: findings.every(({ severity }) => severity !== 'error'),
    context: context ?? null,
    nodes: nodes.map(nodeStatus),
    findings,
  };
}

/** The nodes alone, without asking their engines. */
export async function readNodes(manager: EngineApi, signal: AbortSignal): Promise<readonly SwarmNodeStatus[]> {
  const members = await listMembers(manager, { signal });
  return members.toSorted(byName).map((member) => nodeStatus({ ...member, engine: undefined }));
}

function byName(left: SwarmMember, right: SwarmMember): number {
  return left.hostname.localeCompare(right.hostname, 'en', { numeric: true });
}

function observe(member: SwarmMember, reached: ReadonlyMap<string, ReachedEngine>): ObservedNode {
  const engine = reached.get(member.id);
  return {
    ...member,
    engine: engine && { isReachable: engine.api !== undefined, failure: engine.failure ?? '' },
  };
}

function nodeStatus(node: ObservedNode): SwarmNodeStatus {
  return {
    id: node.id,
    name: node.hostname,
    role: node.role,
    isLeader: node.isLeader,
    availability: node.availability,
    state: node.state,
    address: node.address,
    engineVersion: node.engineVersion === '' ? null : node.engineVersion,
    machine: node.labels[LABELS.nodeMachine] ?? null,
    engine: node.labels[LABELS.nodeEngine] ?? null,
    reachable: node.engine?.isReachable ?? null,
  };
}

interface Silence {
  readonly context: string | undefined;
  readonly proof: string;
  readonly tools: SwarmTools;
  readonly signal: AbortSignal;
}

interface RawManagers {
  readonly Swarm: {
    readonly Error?: string;
    readonly RemoteManagers?: readonly { readonly NodeID: string; readonly Addr: string }[] | null;
  };
}

async function readManagers(manager: EngineApi, signal: AbortSignal): Promise<RawManagers | undefined> {
  for (let tries = 1; tries <= INFO_TRIES; tries += 1) {
    try {
      return await manager.get<RawManagers>('/info', { signal, timeoutMs: INFO_LIMIT_MS });
    } catch {
      signal.throwIfAborted();
    }
  }
  return undefined;
}

/** Even then an engine remembers who the managers were, and it can be tried who of them listens. */
async function withoutQuorum(manager: EngineApi, { context, proof, tools, signal }: Silence): Promise<SwarmStatus> {
  const info = await readManagers(manager, signal);
  signal.throwIfAborted();
  const addresses = (info?.Swarm.RemoteManagers ?? []).map(({ Addr }) => Addr);
  const listens = await Promise.all(
    addresses.map(async (address) => tools.acceptsConnection(address.replace(/:[0-9]+$/, ''), SWARM_PORT)),
  );
  const silent = addresses.filter((_, index) => !listens[index]);
  const facts = { managers: addresses.length, answering: addresses.length - silent.length, silent };
  return {
    schemaVersion: 1,
    name: null,
    healthy: false,
    context: context ?? null,
    nodes: [],
    findings: [noQuorumFinding(facts, describeQuorum(info?.Swarm.Error || proof))],
  };
}
