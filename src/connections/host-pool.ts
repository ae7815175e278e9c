import type { EngineApi } from '../adapters/engine/engine-api.ts';
import { listVolumes } from '../adapters/engine/list-volumes.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { ClusterHost } from '../cluster/hosts.ts';
import { InvalidStateError } from '../errors.ts';
import { skipped } from '../events.ts';
import { LABELS } from '../labels.ts';
import type { HostAddress, MachineSourceKind } from '../machines/machine.ts';
import { formatHost } from '../machines/parse-hosts.ts';
import type { HostPool } from '../operations/cluster-hosts.ts';
import { bringData } from '../platforms/swarm/bring-data.ts';
import type { SwarmReader } from '../platforms/swarm/swarm-reader.ts';
import type { SwarmNode } from '../stack/swarm-state.ts';
import { updateMember } from '../swarm/members.ts';
import { joinSwarm } from '../swarm/create-swarm.ts';
import { readFoundSwarm } from '../swarm/find-swarm.ts';
import { leaveSwarm } from '../swarm/leave-swarm.ts';
import { planLeave } from '../swarm/plan-leave.ts';
import type { MachineWish, SwarmTools } from '../swarm/swarm-wish.ts';
import type { Connection, Surroundings } from './connection.ts';
import { openSwarmTools } from './swarm-tools.ts';

export interface HostPoolOptions {
  /** Where the hosts that are named come from. */
  readonly source: MachineSourceKind;
  readonly installEngine: boolean;
  readonly acceptNewHostKeys: boolean;
}

/** The swarm below a cluster, whose hosts `cluster add` and `cluster remove` change. */
export function openHostPool(around: Surroundings, connection: Connection, options: HostPoolOptions): HostPool {
  const { target, report, signal } = connection;
  const run = { report, signal };
  let tools: Promise<SwarmTools> | undefined;
  const openTools = async (): Promise<SwarmTools> => {
    tools ??= openSwarmTools(around, { report, acceptNewHostKeys: options.acceptNewHostKeys });
    return tools;
  };
  const join = async (hosts: readonly HostAddress[], dryRun: boolean): Promise<readonly string[]> => {
    const machines = [wishFor(options.source, hosts)];
    const wish = { machines, installEngine: options.installEngine, holdsNewcomers: true, dryRun };
    return (await joinSwarm(wish, target, await openTools(), run)).changes;
  };
  return {
    listHosts: async () => (await readerOf(connection).client.listNodes()).map(describeHost),
    join: async (hosts) => void (await join(hosts, false)),
    planJoin: async (hosts) => join(hosts, true),
    release: async (hosts) => {
      const change = { availability: 'active', withoutLabels: [LABELS.nodeJoining] } as const;
      for (const { id } of hosts) await updateMember(target.api, id, change, { signal });
    },
    bringData: async (cluster, host, step) => {
      const { client, engines } = readerOf(connection);
      const nodes = await client.listNodes();
      const node = findNode(nodes, host.id);
      const folder = node.labels[LABELS.nodeData];
      if (folder !== undefined && folder === cluster.remembered?.data?.path)
        return skipped(`the nodes share ${folder}`);
      const master = findNode(nodes, cluster.containers.find(({ role }) => role === 'master')?.nodeId ?? '');
      const [source, to] = await Promise.all([engines.open(master), engines.open(node)]);
      return bringData({ cluster, source, target: to, node: host.name }, step);
    },
    checkLeave: async (hosts) => {
      planLeave({ nodes: idsOf(hosts), force: false }, await readFoundSwarm(target.api, signal), '');
      const { client, engines } = readerOf(connection);
      const nodes = await client.listNodes();
      const ready = hosts.filter(({ state }) => state === 'ready');
      await Promise.all(ready.map(async ({ id }) => engines.open(findNode(nodes, id))));
    },
    pause: async (hosts) => {
      for (const { id, availability } of hosts) {
        if (availability === 'active') await updateMember(target.api, id, { availability: 'pause' }, { signal });
      }
    },
    leave: async (cluster, hosts, timeoutMs) => {
      const kept = await listData(readerOf(connection), cluster, hosts);
      // The workers are gone, and nothing of another cluster is there; what else is in the file moves to other nodes.
      await leaveSwarm({ nodes: idsOf(hosts), force: true, timeoutMs }, target, await openTools(), run);
      if (kept.length > 0) report({ type: 'note', message: `data stay where they are: ${kept.join(', ')}` });
    },
  };
}

/** A node of a swarm, with all the names by which people know it. */
export function describeHost({ id, hostname, role, availability, state, address, labels }: SwarmNode): ClusterHost {
  return {
    id,
    name: hostname,
    role,
    availability,
    state,
    address,
    engine: labels[LABELS.nodeEngine],
    machine: labels[LABELS.nodeMachine],
    isJoining: labels[LABELS.nodeJoining] !== undefined,
  };
}

/** Machines of one source, as they were typed. */
export function wishFor(source: MachineSourceKind, hosts: readonly HostAddress[]): MachineWish {
  const names = hosts.map(formatHost);
  switch (source) {
    case 'ssh':
      return { source, hosts };
    case 'lab':
      return { source, nodes: names };
    case 'docker-machine':
      return { source, names, create: undefined };
    default:
      return source satisfies never;
  }
}

/** `demo_data on vm4`: volumes of the cluster on these nodes, as far as their engines answer. */
async function listData(
  { client, engines }: SwarmReader,
  cluster: Cluster,
  hosts: readonly ClusterHost[],
): Promise<readonly string[]> {
  const nodes = (await client.listNodes()).filter(
    ({ id, state }) => state === 'ready' && hosts.some((host) => host.id === id),
  );
  const found = await Promise.all(
    nodes.map(async (node) => {
      const volumes = await listDataVolumes(await engines.find(node), cluster.name);
      return (volumes ?? []).map((volume) => `${volume} on ${node.hostname}`);
    }),
  );
  return found.flat();
}

/**
 * Names of volumes that are `/data` of a cluster, or of any.
 *
 * @returns `undefined` without an engine that could be asked
 */
export async function listDataVolumes(
  api: EngineApi | undefined,
  cluster?: string,
): Promise<readonly string[] | undefined> {
  const label = [...(cluster === undefined ? [] : [`${LABELS.cluster}=${cluster}`]), `${LABELS.role}=data`];
  const volumes = api && (await listVolumes(api, { label }));
  return volumes?.map(({ Name }) => Name);
}

function idsOf(hosts: readonly ClusterHost[]): readonly string[] {
  return hosts.map(({ id }) => id);
}

function readerOf({ reader, target }: Connection): SwarmReader {
  if (reader) return reader;
  throw new InvalidStateError(`There is no swarm at ${target.api.name}`);
}

function findNode(nodes: readonly SwarmNode[], id: string): SwarmNode {
  const node = nodes.find((each) => each.id === id);
  if (node) return node;
  throw new InvalidStateError('The swarm has lost a node meanwhile', { hint: 'run the same command again' });
}
