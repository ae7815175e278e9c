import { ConflictError, ToolkitError, UnreachableError } from '../errors.ts';
import { LABELS } from '../labels.ts';
import { MACHINE_SOURCES, type MachineSource, type MachineSourceKind } from '../machines/machine.ts';
import type { OurMachine, SwarmEnd } from '../operations/cluster-kill.ts';
import { SwarmReader } from '../platforms/swarm/swarm-reader.ts';
import type { SwarmNode } from '../stack/swarm-state.ts';
import { readContext, removeContext } from '../swarm/docker-context.ts';
import { leaveSwarm } from '../swarm/leave-swarm.ts';
import { readNodeInfo } from '../swarm/members.ts';
import { removeGatewayBridge } from '../swarm/membership-calls.ts';
import { swarmContextDescription, swarmContextName } from '../swarm/swarm-name.ts';
import type { Surroundings, TargetOptions } from './connection.ts';
import { listDataVolumes } from './host-pool.ts';
import type { FoundSwarm } from './list-clusters.ts';
import { openMachineSource } from './machine-sources.ts';
import { openSwarmTools } from './swarm-tools.ts';

/** How a swarm of ours is taken down. */
export function openSwarmEnd(
  around: Surroundings,
  { name: swarm, target }: FoundSwarm,
  { report }: TargetOptions,
): SwarmEnd {
  const reader = new SwarmReader(target.api);
  const openSource = async (kind: MachineSourceKind): Promise<MachineSource> =>
    openMachineSource(kind, around, { report });
  const readData = async (node: SwarmNode): Promise<OurMachine['data']> =>
    listDataVolumes(await reader.engines.find(node)).catch((error: unknown) => {
      around.signal.throwIfAborted();
      if (error instanceof ToolkitError) return undefined;
      throw error;
    });
  return {
    listNodes: async () => (await reader.client.listNodes()).map(({ hostname }) => hostname).toSorted(),
    listClusters: async () => (await reader.listClusters()).map(({ name }) => name),
    listOurMachines: async () => {
      const nodes = new Map((await reader.client.listNodes()).map((node) => [node.labels[LABELS.nodeMachine], node]));
      const kinds = MACHINE_SOURCES.filter((kind) =>
        [...nodes.keys()].some((machine) => machine?.startsWith(`${kind}/`)),
      );
      const known = await Promise.all(kinds.map(async (kind) => (await openSource(kind)).list(around.signal)));
      const ours = known.flat().filter(({ isOurs }) => isOurs);
      const found = ours.map(async ({ source, reference }): Promise<readonly OurMachine[]> => {
        const machine = `${source}/${reference}`;
        const node = nodes.get(machine);
        return node ? [{ machine, data: await readData(node) }] : [];
      });
      return (await Promise.all(found)).flat();
    },
    check: async (endingCluster) => {
      const tools = await openSwarmTools(around, { report });
      const wish = { nodes: [], force: false, timeoutMs: 0, dryRun: true, endingCluster };
      await leaveSwarm(wish, target, tools, { report, signal: around.signal }).catch((error: unknown) => {
        throw withHint(error, swarm);
      });
    },
    leave: async (timeoutMs) => {
      const tools = await openSwarmTools(around, { report });
      const wish = { nodes: [], force: false, timeoutMs };
      const { notes } = await leaveSwarm(wish, target, tools, { report, signal: around.signal });
      return notes;
    },
    removeMachine: async (machine, signal) => {
      const { source, reference } = splitMachine(machine);
      const kind = MACHINE_SOURCES.find((each) => each === source);
      if (kind) await (await openSource(kind)).maker?.remove(reference, signal);
    },
  };
}

/** `swarm leave` hints at its own --force, which `cluster kill` does not have. */
function withHint(error: unknown, swarm: string): unknown {
  const hint = `to end it with all that is on it: spark-swarm swarm leave --force --context ${swarmContextName(swarm)}`;
  if (error instanceof ConflictError) return new ConflictError(error.message, { hint, cause: error });
  if (error instanceof UnreachableError) return new UnreachableError(error.message, { hint, cause: error });
  return error;
}

/** What an interrupted run has left of a swarm that has ended. */
export interface Leftovers {
  /** Docker context of ours. */
  readonly context: string | undefined;
  /** Machines that were made for it, by `source/reference`. */
  readonly machines: readonly string[];
}

/**
 * Changes nothing.
 *
 * @throws UnreachableError if nobody says whether the swarm has ended; ConflictError if it has not
 */
export async function findLeftovers(
  around: Surroundings,
  swarm: string,
  { report }: TargetOptions,
): Promise<Leftovers> {
  const tools = await openSwarmTools(around, { report });
  const context = { name: swarmContextName(swarm), description: swarmContextDescription(swarm) };
  const isThere = (await readContext(tools.shell, context, around.signal))?.isOurs ?? false;
  if (isThere) {
    const { api } = await tools.openContext(context.name);
    const info = await readNodeInfo(api, { signal: around.signal });
    if (info.swarm.state !== 'inactive') {
      throw new ConflictError(`Cannot take down ${swarm}: ${api.name} is in a swarm still (${info.swarm.state})`, {
        hint: `run it again; to end that swarm: spark-swarm swarm leave --context ${context.name}`,
      });
    }
  }
  const known = await Promise.all(
    MACHINE_SOURCES.map(async (kind) => (await openMachineSource(kind, around, { report })).list(around.signal)),
  );
  const machines = known.flat().filter(({ isOurs, madeFor }) => isOurs && madeFor === swarm);
  return {
    context: isThere ? context.name : undefined,
    machines: machines.map(({ source, reference }) => `${source}/${reference}`),
  };
}

/** Takes away the docker context of a swarm that has ended, and what the swarm has left on the engine behind it. */
export async function removeLeftContext(
  around: Surroundings,
  context: string,
  { report }: TargetOptions,
): Promise<void> {
  const tools = await openSwarmTools(around, { report });
  const { api } = await tools.openContext(context);
  await removeGatewayBridge(api, around.signal).catch((error: unknown) => {
    // Something of somebody else is on it.
    if (!(error instanceof ToolkitError)) throw error;
  });
  await removeContext(tools.shell, context);
}

/** `docker-machine/myvm1` */
function splitMachine(machine: string): { readonly source: string; readonly reference: string } {
  const at = machine.indexOf('/');
  return { source: machine.slice(0, at), reference: machine.slice(at + 1) };
}
