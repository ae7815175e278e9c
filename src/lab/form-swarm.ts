import { setTimeout as sleep } from 'node:timers/promises';

import type { EngineApi } from '../adapters/engine/engine-api.ts';
import { EngineError, InvalidStateError, WaitTimeoutError } from '../errors.ts';
import { skipped, type Skipped, type StepContext } from '../events.ts';
import { SWARM_ADDRESS_POOL } from './node-container.ts';
import { listMembers, readNodeInfo, setMemberLabels, type NodePlace } from './swarm-members.ts';
import { findGhosts, nodeLabels, planManager, planMember, type NodeInfo, type SwarmMember } from './swarm-plan.ts';

export interface LabNode extends NodePlace {
  readonly engine: EngineApi;
  readonly socketPath: string;
}

export interface SwarmRun {
  readonly lab: string;
  readonly context: string;
  /** The first is the manager. */
  readonly nodes: readonly LabNode[];
  readonly mtu: number;
  /** The outer engine's id: the nodes share its memory. */
  readonly host: string;
  /** Folder on this machine that all nodes share. */
  readonly dataFolder: string;
  /** What to type to take the lab down with its volumes. */
  readonly renewal: string;
}

const PORT = 2377;
const SETTLE_LIMIT_MS = 20_000;
const READY_LIMIT_MS = 30_000;
const POLL_MS = 100;

/** One swarm of all nodes, each ready and labelled. Keeps what is right, repairs what is not. */
export async function formSwarm(run: SwarmRun, { progress, signal }: StepContext): Promise<string | Skipped> {
  const [first, ...others] = run.nodes;
  if (!first) return skipped('no nodes');
  const changes: string[] = [];

  const managerInfo = await settledInfo(first, signal);
  refuseSlowStorage(managerInfo, run);
  const managerAction = planManager(managerInfo, run.context);
  if (managerAction !== 'keep') {
    if (managerAction === 'leave-and-init') await leave(first, signal);
    progress(`${first.hostname} starts a swarm`);
    await initSwarm(run, first, signal);
    changes.push(managerAction === 'init' ? 'swarm made' : 'swarm made anew');
  }

  const before = await waitForMembers(first.engine, signal);
  const joined = await Promise.all(others.map(async (node) => bringIn(run, node, { first, members: before, signal })));
  const newcomers = joined.filter(Boolean).length;
  if (newcomers > 0) changes.push(`${newcomers} joined`);

  const infos = await Promise.all(run.nodes.map((node) => readNodeInfo(node.engine, node, { signal })));
  const ids = infos.map(({ swarm }) => swarm.nodeId);
  const ghosts = findGhosts(run, await listMembers(first.engine, { signal }), ids);
  for (const { id } of ghosts) await first.engine.delete(`/nodes/${id}`, { query: { force: true }, signal });
  if (ghosts.length > 0) changes.push(`${ghosts.length} stale entries removed`);

  await waitUntilReady(first.engine, ids, { progress, signal });
  const labelled = await Promise.all(
    run.nodes.map((node, index) =>
      setMemberLabels(first.engine, ids[index] ?? '', {
        labels: nodeLabels({ ...node, host: run.host, mtu: run.mtu, dataFolder: run.dataFolder }),
        signal,
      }),
    ),
  );
  if (labelled.some(Boolean) && changes.length === 0) changes.push('node labels set');
  if (changes.length === 0)
    return skipped(run.nodes.length === 1 ? 'it is ready' : `all ${run.nodes.length} nodes are ready`);
  return changes.join(', ');
}

/** A node that was just started finds its swarm again after a moment; until then its state is `pending`. */
async function settledInfo(node: LabNode, signal: AbortSignal): Promise<NodeInfo> {
  const startedAt = performance.now();
  for (;;) {
    const info = await readNodeInfo(node.engine, node, { signal });
    if (info.swarm.state !== 'pending' || performance.now() - startedAt > SETTLE_LIMIT_MS) return info;
    await sleep(POLL_MS, undefined, { signal });
  }
}

function refuseSlowStorage({ hostname, storageDriver }: NodeInfo, { renewal }: SwarmRun): void {
  if (storageDriver === 'overlay2') return;
  throw new InvalidStateError(
    `Cannot use node ${hostname}: its engine stores images with "${storageDriver}", which copies every layer; overlay2 is needed`,
    { hint: `is docker's own folder on ext4 or xfs? then: ${renewal}` },
  );
}

async function leave(node: LabNode, signal: AbortSignal): Promise<void> {
  try {
    await node.engine.post('/swarm/leave', { query: { force: true }, signal, timeoutMs: 60_000 });
  } catch (error) {
    if (!(error instanceof EngineError && /not part of a swarm/.test(error.message))) throw error;
  }
}

async function initSwarm({ mtu }: SwarmRun, { engine, address }: LabNode, signal: AbortSignal): Promise<void> {
  await makeGatewayBridge(engine, mtu, signal);
  await engine.post('/swarm/init', {
    body: {
      ListenAddr: `0.0.0.0:${PORT}`,
      AdvertiseAddr: address,
      DataPathAddr: address,
      DefaultAddrPool: [SWARM_ADDRESS_POOL],
      SubnetSize: 24,
      Spec: {},
    },
    signal,
    timeoutMs: 60_000,
  });
}

/**
 * The bridge by which overlay containers reach the outside. Swarm makes it with an MTU of 1500, whatever the network
 * below carries, unless it is there already. Source: libnetwork `DefaultGwNetwork`, moby 26 `daemon/cluster`.
 */
async function makeGatewayBridge(engine: EngineApi, mtu: number, signal: AbortSignal): Promise<void> {
  try {
    await engine.post('/networks/create', {
      body: {
        Name: 'docker_gwbridge',
        CheckDuplicate: true,
        Driver: 'bridge',
        Options: {
          'com.docker.network.bridge.name': 'docker_gwbridge',
          'com.docker.network.bridge.enable_icc': 'false',
          'com.docker.network.bridge.enable_ip_masquerade': 'true',
          'com.docker.network.driver.mtu': String(mtu),
        },
      },
      signal,
    });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    // It is there from before.
  }
}

interface JoinRun {
  readonly first: LabNode;
  readonly members: readonly SwarmMember[];
  readonly signal: AbortSignal;
}

/** @returns whether the node had to join */
async function bringIn(run: SwarmRun, node: LabNode, { first, members, signal }: JoinRun): Promise<boolean> {
  const info = await readNodeInfo(node.engine, node, { signal });
  refuseSlowStorage(info, run);
  const action = planMember(info, members);
  if (action === 'keep' && (await settlesIn(node, signal))) return false;
  if (action !== 'join') await leave(node, signal);
  await makeGatewayBridge(node.engine, run.mtu, signal);
  // Asked for right before use and sent in a request body: a join token is never in an argument or a log.
  const { JoinTokens } = await first.engine.get<{ readonly JoinTokens: { readonly Worker: string } }>('/swarm', {
    signal,
  });
  await node.engine.post('/swarm/join', {
    body: {
      ListenAddr: `0.0.0.0:${PORT}`,
      AdvertiseAddr: node.address,
      DataPathAddr: node.address,
      RemoteAddrs: [`${first.address}:${PORT}`],
      JoinToken: JoinTokens.Worker,
    },
    signal,
    timeoutMs: 60_000,
  });
  return true;
}

/** Whether a node that has a place in the swarm takes it again. */
async function settlesIn(node: LabNode, signal: AbortSignal): Promise<boolean> {
  return (await settledInfo(node, signal)).swarm.state === 'active';
}

/** A manager that was just started elects itself first, and answers with an error until then. */
async function waitForMembers(manager: EngineApi, signal: AbortSignal): Promise<readonly SwarmMember[]> {
  const startedAt = performance.now();
  for (;;) {
    try {
      return await listMembers(manager, { signal });
    } catch (error) {
      if (!(error instanceof EngineError) || performance.now() - startedAt > SETTLE_LIMIT_MS) throw error;
      await sleep(POLL_MS, undefined, { signal });
    }
  }
}

async function waitUntilReady(
  manager: EngineApi,
  ids: readonly string[],
  { progress, signal }: Pick<StepContext, 'progress' | 'signal'>,
): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    const members = (await listMembers(manager, { signal })).filter(({ id }) => ids.includes(id));
    const waiting = members.filter(({ state }) => state !== 'ready');
    const seen = waiting.map(({ hostname, state }) => `${hostname} is ${state}`).join(', ');
    if (waiting.length === 0 && members.length === ids.length) return;
    if (performance.now() - startedAt > READY_LIMIT_MS) {
      throw new WaitTimeoutError(
        `Gave up after ${READY_LIMIT_MS / 1000} s waiting for ${ids.length} nodes ready; last seen: ${seen || `${members.length} nodes`}`,
        { hint: 'run the same command again; docker logs of the node says more' },
      );
    }
    progress(`${members.length - waiting.length} of ${ids.length} ready`);
    await sleep(POLL_MS, undefined, { signal });
  }
}
