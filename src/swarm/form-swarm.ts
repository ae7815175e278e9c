import type { EngineApi } from '../adapters/engine/engine-api.ts';
import type { StepContext } from '../events.ts';
import { listMembers, readNodeInfo, type NodeInfo, type SwarmMember } from './members.ts';
import {
  initSwarm,
  joinSwarm,
  leaveNode,
  settledInfo,
  waitForMembers,
  type NodePlace,
  type SwarmStart,
} from './membership-calls.ts';
import { planFirst, planMember, type Membership, type MembershipPolicy } from './plan-membership.ts';

/** A machine that becomes a node, of a lab or given to us. */
export interface FormNode extends NodePlace {
  /** How messages name it. */
  readonly name: string;
  readonly ownAddresses: readonly string[];
  /** What its node shall say of it. */
  readonly labels: Readonly<Record<string, string>>;
}

/** How a swarm is formed: the same for labs and machines, with the differences as data. */
export interface FormRun {
  readonly policy: MembershipPolicy;
  readonly start: SwarmStart;
  /** `drain`: a new node gets no task before it has what tasks need. */
  readonly joinsAs: 'active' | 'drain';
  /** Refuses an engine that cannot be a node, before anything is changed on it. */
  readonly refuse: (node: FormNode, info: NodeInfo) => void;
}

/** The first node has a swarm. @returns what was done; `keep`: it had one */
export async function beginSwarm(
  run: FormRun,
  first: FormNode,
  { progress, signal }: StepContext,
): Promise<Membership> {
  const info = await settledInfo(first.engine, signal);
  run.refuse(first, info);
  const membership = planFirst({ ...first, hostname: info.hostname, swarm: info.swarm }, run.policy);
  if (membership === 'keep') return membership;
  if (membership === 'leave-and-init') await leaveNode(first.engine, signal);
  progress(`${info.hostname} starts a swarm`);
  await initSwarm(first, run.start, signal);
  return membership;
}

/** The swarm that others join. */
export interface FormedSwarm {
  readonly manager: EngineApi;
  readonly managerAddresses: readonly string[];
  readonly members: readonly SwarmMember[];
}

/** The members, as soon as the manager lists them. Others join by this one alone: of the others it is not known who answers. */
export async function readFormed(manager: EngineApi, signal: AbortSignal): Promise<FormedSwarm> {
  const members = await waitForMembers(manager, signal);
  const { swarm } = await readNodeInfo(manager, { signal });
  return { manager, managerAddresses: [swarm.nodeAddress], members };
}

/** One more node is in the swarm. @returns whether it had to join */
export async function bringIn(
  run: FormRun,
  node: FormNode,
  {
    swarm,
    role,
    signal,
  }: { readonly swarm: FormedSwarm; readonly role: 'manager' | 'worker'; readonly signal: AbortSignal },
): Promise<boolean> {
  const info = await settledInfo(node.engine, signal);
  run.refuse(node, info);
  // It may have come in since, by an earlier command that was cut off.
  const members = info.swarm.state === 'inactive' ? swarm.members : await listMembers(swarm.manager, { signal });
  const membership = planMember({ ...node, hostname: info.hostname, swarm: info.swarm }, members, run.policy);
  if (membership === 'keep' && info.swarm.state === 'active') return false;
  if (membership !== 'join') await leaveNode(node.engine, signal);
  await joinSwarm(node, { ...swarm, role, availability: run.joinsAs }, signal);
  return true;
}
