import { countWorkers, wantedWorkers, type Cluster } from '../cluster/cluster.ts';
import { runSteps, type Report } from '../events.ts';
import type { RemoveResult } from '../platforms/platform.ts';
import type { OperationContext } from './operation.ts';
import { removeCluster } from './remove.ts';

/** The swarm that `cluster create` made for a cluster, and how it ends. */
export interface SwarmEnd {
  /** Names of its nodes. */
  listNodes(): Promise<readonly string[]>;

  /** Other clusters on it: as long as there are any, it stays. */
  listClusters(): Promise<readonly string[]>;

  /** Machines below it that a command of ours made: only those are ever removed. */
  listOurMachines(): Promise<readonly OurMachine[]>;

  /**
   * Says whether it can end once the cluster is gone. Changes nothing.
   *
   * @throws ConflictError for what is not ours on it; UnreachableError for a node that is up and does not answer
   */
  check(cluster: string): Promise<void>;

  /** Takes all nodes out of it, and the docker context away. @returns what is worth a line */
  leave(timeoutMs: number): Promise<readonly string[]>;

  removeMachine(machine: string, signal: AbortSignal): Promise<void>;
}

/** A machine that a command of ours made. */
export interface OurMachine {
  /** `docker-machine/myvm1` */
  readonly machine: string;
  /** Names of data volumes of clusters that are on it; `undefined`: its engine does not say. */
  readonly data: readonly string[] | undefined;
}

export interface KillPlan {
  readonly name: string;
  readonly context: OperationContext | undefined;
  readonly cluster: Cluster | undefined;
  /** `undefined`: there is none of this name, or it stays. */
  readonly swarm: EndingSwarm | undefined;
  /** Delete the data volumes too, and machines with data. */
  readonly volumes: boolean;
  /** Clusters because of which the swarm stays. */
  readonly neighbours: readonly string[];
}

export interface EndingSwarm {
  readonly end: SwarmEnd;
  readonly nodes: readonly string[];
  /** Machines that are removed. */
  readonly machines: readonly string[];
  /** Machines that we made and that stay, each with why: `docker-machine/myvm1 stays: it has spark_data`. */
  readonly staying: readonly string[];
}

export interface KillOptions {
  readonly timeoutMs: number;
  readonly report: Report;
  readonly signal: AbortSignal;
}

export interface Killed extends RemoveResult {
  /** Names of the nodes that have left the swarm. */
  readonly left: readonly string[];
  readonly removedMachines: readonly string[];
}

export const NOTHING_KILLED: Killed = {
  removed: [],
  keptVolumes: [],
  remaining: [],
  leftovers: [],
  left: [],
  removedMachines: [],
};

/**
 * What there is to take down. Changes nothing.
 *
 * @param found `volumes`: the data go too; without, a machine that has any stays
 * @throws what {@link SwarmEnd.check} throws: it is said before the cluster is gone
 */
export async function planKill(
  name: string,
  found: Pick<KillPlan, 'context' | 'cluster' | 'volumes'> & { readonly swarm: SwarmEnd | undefined },
): Promise<KillPlan> {
  const { context, cluster, volumes, swarm: end } = found;
  const clusters = (await end?.listClusters()) ?? [];
  const neighbours = clusters.filter((other) => other !== name);
  if (!end || neighbours.length > 0) return { name, context, cluster, volumes, swarm: undefined, neighbours };
  await end.check(name);
  const [nodes, ours] = await Promise.all([end.listNodes(), end.listOurMachines()]);
  const folder = cluster?.remembered?.data?.path;
  const kept = volumes ? [] : ours.flatMap((machine) => describeKept(machine, folder) ?? []);
  const swarm = {
    end,
    nodes,
    machines: ours.map(({ machine }) => machine).filter((machine) => kept.every((each) => each.machine !== machine)),
    staying: kept.map(({ line }) => line),
  };
  return { name, context, cluster, volumes, swarm, neighbours };
}

/** Why a machine stays as long as nobody says that its data may go; `undefined`: it has none. */
function describeKept(
  { machine, data }: OurMachine,
  folder: string | undefined,
): { readonly machine: string; readonly line: string } | undefined {
  const kept = [...(folder === undefined ? [] : [`the folder ${folder}`]), ...(data ?? [])];
  if (data !== undefined && kept.length === 0) return undefined;
  const why = data === undefined ? 'its engine does not say which data it has' : `it has ${kept.join(', ')}`;
  return { machine, line: `${machine} stays: ${why} (--volumes removes it with its data)` };
}

/** Sentences for people. */
export function describeKill({ name, cluster, swarm, neighbours }: KillPlan): readonly string[] {
  return [
    ...(cluster ? [`the cluster "${name}" goes (${countWorkers(wantedWorkers(cluster))})`] : []),
    ...(swarm
      ? [`${swarm.nodes.join(', ')} ${swarm.nodes.length === 1 ? 'leaves' : 'leave'} the swarm "${name}", which ends`]
      : []),
    ...(swarm && swarm.machines.length > 0 ? [`machines that we made are removed: ${swarm.machines.join(', ')}`] : []),
    ...(swarm?.staying ?? []),
    ...(neighbours.length > 0 ? [staysFor(name, neighbours)] : []),
  ];
}

/**
 * Takes down the cluster, then the swarm that was made for it, then the machines that we made and that hold no data. Machines
 * that were given stay as they were before. Run again, it goes on.
 */
export async function killCluster(plan: KillPlan, { timeoutMs, report, signal }: KillOptions): Promise<Killed> {
  const { name, context, cluster, swarm, neighbours, volumes } = plan;
  const removed: RemoveResult =
    context && cluster ? await removeCluster(context, { name, volumes, timeoutMs }) : NOTHING_KILLED;
  if (neighbours.length > 0) report({ type: 'note', message: staysFor(name, neighbours) });
  if (!swarm || removed.remaining.length > 0) return { ...removed, left: [], removedMachines: [] };
  const notes = await swarm.end.leave(timeoutMs);
  for (const message of [...notes, ...swarm.staying]) report({ type: 'note', message });
  await runSteps(
    swarm.machines.map((machine) => ({
      id: `remove-${machine}`,
      title: `Remove the machine ${machine}`,
      run: async () => swarm.end.removeMachine(machine, signal),
    })),
    report,
    signal,
  );
  return { ...removed, left: swarm.nodes, removedMachines: swarm.machines };
}

export function formatKilled(name: string, killed: Killed): string {
  const { removed, keptVolumes, remaining, leftovers, left, removedMachines } = killed;
  const lines = [
    ...(removed.length === 0 ? [] : [`Removed the cluster "${name}"`]),
    ...(keptVolumes.length === 0 ? [] : [`Kept (--volumes removes them): ${keptVolumes.join(', ')}`]),
    ...remaining,
    ...leftovers,
    ...(left.length === 0 ? [] : [`The swarm "${name}" has ended: ${left.join(', ')} left`]),
    ...(removedMachines.length === 0 ? [] : [`Removed machines: ${removedMachines.join(', ')}`]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function staysFor(name: string, neighbours: readonly string[]): string {
  return `the swarm "${name}" stays: ${neighbours.map((other) => `"${other}"`).join(', ')} ${neighbours.length === 1 ? 'is' : 'are'} on it`;
}
