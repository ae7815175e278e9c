import { setTimeout as sleep } from 'node:timers/promises';

import type { EngineApi } from '../adapters/engine/engine-api.ts';
import { EngineError, WaitTimeoutError } from '../errors.ts';
import type { StepContext } from '../events.ts';
import { LABELS } from '../labels.ts';
import { isLeaderless, listMembers, readNodeInfo, type NodeInfo, type SwarmMember } from './members.ts';

export const SWARM_PORT = 2377;
export const GATEWAY_BRIDGE = 'docker_gwbridge';

const SETTLE_LIMIT_MS = 20_000;
const READY_LIMIT_MS = 30_000;
const RELEASE_LIMIT_MS = 8000;
const POLL_MS = 100;
const CALL_LIMIT_MS = 60_000;

/** A node that was just started finds its swarm again after a moment; until then its state is `pending`. */
export async function settledInfo(engine: EngineApi, signal: AbortSignal): Promise<NodeInfo> {
  const startedAt = performance.now();
  for (;;) {
    const info = await readNodeInfo(engine, { signal });
    const isOnTheWay = info.swarm.state === 'pending';
    if (!isOnTheWay || performance.now() - startedAt > SETTLE_LIMIT_MS) return info;
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** Takes an engine out of whatever swarm it is in; nothing to do where it is in none. */
export async function leaveNode(engine: EngineApi, signal: AbortSignal): Promise<void> {
  try {
    await engine.post('/swarm/leave', { query: { force: true }, signal, timeoutMs: CALL_LIMIT_MS });
  } catch (error) {
    if (!(error instanceof EngineError && /not part of a swarm/.test(error.message))) throw error;
  }
}

/** How a swarm begins. */
export interface SwarmStart {
  /** Where its networks may be; `undefined`: Docker's own choice. */
  readonly addressPool: string | undefined;
  /** Labels of the swarm itself. */
  readonly labels: Readonly<Record<string, string>>;
}

/** What a node needs to take part. */
export interface NodePlace {
  readonly engine: EngineApi;
  /** Where the other nodes reach it. */
  readonly address: string;
  /** MTU of the network between the nodes, bytes. */
  readonly mtu: number;
  /** Labels of the gateway bridge, where it is made. */
  readonly bridgeLabels: Readonly<Record<string, string>>;
}

export async function initSwarm(place: NodePlace, start: SwarmStart, signal: AbortSignal): Promise<void> {
  await makeGatewayBridge(place, signal);
  await place.engine.post('/swarm/init', {
    body: {
      ListenAddr: `0.0.0.0:${SWARM_PORT}`,
      AdvertiseAddr: place.address,
      DataPathAddr: place.address,
      ...(start.addressPool === undefined ? {} : { DefaultAddrPool: [start.addressPool], SubnetSize: 24 }),
      Spec: { Labels: start.labels },
    },
    signal,
    timeoutMs: CALL_LIMIT_MS,
  });
}

export interface JoinRequest {
  readonly role: 'manager' | 'worker';
  readonly availability: 'active' | 'drain';
  readonly manager: EngineApi;
  /** Of managers: `10.0.0.1`. */
  readonly managerAddresses: readonly string[];
}

export async function joinSwarm(place: NodePlace, request: JoinRequest, signal: AbortSignal): Promise<void> {
  await makeGatewayBridge(place, signal);
  // Asked for right before use and sent in a request body: a join token is never in an argument or a log.
  const { JoinTokens: tokens } = await request.manager.get<{
    readonly JoinTokens: { readonly Worker: string; readonly Manager: string };
  }>('/swarm', { signal });
  const join = place.engine.post('/swarm/join', {
    body: {
      ListenAddr: `0.0.0.0:${SWARM_PORT}`,
      AdvertiseAddr: place.address,
      DataPathAddr: place.address,
      RemoteAddrs: request.managerAddresses.map(withPort),
      JoinToken: request.role === 'manager' ? tokens.Manager : tokens.Worker,
      Availability: request.availability,
    },
    signal,
    timeoutMs: CALL_LIMIT_MS,
  });
  await join.catch(async (error: unknown) => {
    // Docker waits 20 s, and goes on in the background.
    if (!(error instanceof EngineError && /Timeout was reached before node joined/i.test(error.message))) throw error;
    const { swarm } = await settledInfo(place.engine, signal);
    if (swarm.state !== 'active') throw error;
  });
}

function withPort(address: string): string {
  return address.includes(':') ? `[${address}]:${SWARM_PORT}` : `${address}:${SWARM_PORT}`;
}

/**
 * The bridge by which overlay containers reach the outside. Swarm makes it with an MTU of 1500, whatever the network
 * below carries, unless it is there already. Source: libnetwork `DefaultGwNetwork`, moby 26 `daemon/cluster`.
 */
async function makeGatewayBridge({ engine, mtu, bridgeLabels }: NodePlace, signal: AbortSignal): Promise<void> {
  try {
    await engine.post('/networks/create', {
      body: {
        Name: GATEWAY_BRIDGE,
        CheckDuplicate: true,
        Driver: 'bridge',
        Options: {
          'com.docker.network.bridge.name': GATEWAY_BRIDGE,
          'com.docker.network.bridge.enable_icc': 'false',
          'com.docker.network.bridge.enable_ip_masquerade': 'true',
          'com.docker.network.driver.mtu': String(mtu),
        },
        Labels: bridgeLabels,
      },
      signal,
    });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    // It is there from before.
  }
}

/** Takes the gateway bridge away, if a command of ours made it. @returns whether it did */
export async function removeGatewayBridge(engine: EngineApi, signal: AbortSignal): Promise<boolean> {
  const bridges = await engine.get<readonly { readonly Name: string; readonly Id: string }[]>('/networks', {
    query: { filters: { label: [LABELS.swarm] } },
    signal,
  });
  const ours = bridges.filter(({ Name }) => Name === GATEWAY_BRIDGE);
  for (const { Id } of ours) await deleteLeft(engine, Id, signal);
  return ours.length > 0;
}

/** Docker takes its own endpoint off the bridge up to 5 s after it has left. */
async function deleteLeft(engine: EngineApi, network: string, signal: AbortSignal): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    try {
      return await engine.delete(`/networks/${network}`, { signal });
    } catch (error) {
      const isInUse = error instanceof EngineError && /active endpoints/.test(error.message);
      if (!isInUse || performance.now() - startedAt > RELEASE_LIMIT_MS) throw error;
      await sleep(POLL_MS, undefined, { signal });
    }
  }
}

/** A manager that was just started elects itself first, and answers with an error until then. */
export async function waitForMembers(manager: EngineApi, signal: AbortSignal): Promise<readonly SwarmMember[]> {
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

/** @throws WaitTimeoutError after 30 s */
export async function waitUntilReady(
  manager: EngineApi,
  ids: readonly string[],
  { progress, signal }: Pick<StepContext, 'progress' | 'signal'>,
): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    const all = await listMembers(manager, { signal }).catch((error: unknown) => {
      if (isLeaderless(error) && performance.now() - startedAt < READY_LIMIT_MS) return [];
      throw error;
    });
    const members = all.filter(({ id }) => ids.includes(id));
    const waiting = members.filter(({ state }) => state !== 'ready');
    const seen = waiting.map(({ hostname, state }) => `${hostname} is ${state}`).join(', ');
    if (waiting.length === 0 && members.length === ids.length) return;
    if (performance.now() - startedAt > READY_LIMIT_MS) {
      throw new WaitTimeoutError(
        `Gave up after ${READY_LIMIT_MS / 1000} s waiting for ${ids.length} nodes ready; last seen: ${seen || `${members.length} nodes`}`,
        {
          hint: 'do TCP 2377, TCP and UDP 7946 get through to it? docker info there says more; run the same command again',
        },
      );
    }
    progress(`${members.length - waiting.length} of ${ids.length} ready`);
    await sleep(POLL_MS, undefined, { signal });
  }
}
