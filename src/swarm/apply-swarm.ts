import { setTimeout as sleep } from 'node:timers/promises';

import type { EngineApi } from '../adapters/engine/engine-api.ts';
import { EngineError, InvalidStateError, ToolkitError } from '../errors.ts';
import { skipped, type FlowStep, type Report, type StepContext } from '../events.ts';
import { LABELS } from '../labels.ts';
import type { EngineAccess } from '../machines/machine.ts';
import { bringImages, listClusterImages } from './cluster-images.ts';
import { writeContext, type ContextName, type ContextState } from './docker-context.ts';
import { beginSwarm, bringIn, readFormed, type FormNode, type FormRun, type FormedSwarm } from './form-swarm.ts';
import { listMembers, readNodeInfo, updateMember } from './members.ts';
import { leaveNode, waitUntilReady } from './membership-calls.ts';
import type { NodePlan, SwarmPlan } from './plan-swarm.ts';
import { demote, promote, removeEntries } from './set-managers.ts';
import type { SwarmTools } from './swarm-wish.ts';

const GHOST_LIMIT_MS = 30_000;
const POLL_MS = 250;

/** A plan, and what it is done with. */
export interface SwarmWork {
  readonly name: string;
  readonly plan: SwarmPlan;
  /** In the order of the plan's nodes. */
  readonly nodes: readonly FormNode[];
  readonly form: FormRun;
  /** A manager that is there; `undefined`: the first node becomes it. */
  readonly manager: EngineApi | undefined;
  readonly context: ContextName;
  readonly presentContext: ContextState | undefined;
  /** What the context shall lead to; `undefined`: it stays as it is. */
  readonly contextAccess: EngineAccess | undefined;
  /** Nodes that would become active stay drained, and marked as joining. */
  readonly holdsNewcomers: boolean;
  readonly tools: SwarmTools;
  readonly report: Report;
}

interface Pair {
  readonly plan: NodePlan;
  readonly node: FormNode;
}

/** Who is asked: rather a machine that is a manager and stays it than one that may lose its place on the way. */
export function managerOf({ plan, nodes, manager }: SwarmWork): EngineApi | undefined {
  if (!manager) return nodes[0]?.engine;
  const staying = plan.nodes.findIndex(
    ({ membership, role, changesRole, awaited }) =>
      membership === 'keep' && role === 'manager' && !changesRole && awaited === undefined,
  );
  return nodes[staying]?.engine ?? manager;
}

/** The steps that make of the machines what the plan says. Each reads before it acts, so that running again goes on. */
export function swarmSteps(work: SwarmWork): readonly FlowStep[] {
  const pairs = work.plan.nodes.flatMap((plan, index): readonly Pair[] => {
    const node = work.nodes[index];
    return node ? [{ plan, node }] : [];
  });
  const joining = pairs.filter(({ plan }) => plan.membership === 'join' || plan.membership === 'leave-and-join');
  const manager = (): EngineApi => managerOf(work) as EngineApi;
  const steps: readonly (FlowStep & { readonly isNeeded: boolean })[] = [
    {
      id: 'swarm',
      title: `Form the swarm "${work.name}"`,
      isNeeded: !work.manager,
      run: async (step) => begin(work, pairs, step),
    },
    {
      id: 'join',
      title: `Join ${joining.length === 1 ? '1 machine' : `${joining.length} machines`}`,
      isNeeded: joining.length > 0,
      run: async (step) => joinAll(work, joining, manager(), step),
    },
    {
      id: 'managers',
      title: 'Put the managers in order',
      isNeeded: pairs.some(({ plan }) => plan.changesRole) || work.plan.ghosts.length > 0,
      run: async (step) => orderManagers(work, pairs, manager(), step),
    },
    {
      id: 'context',
      title: `Write the docker context ${work.context.name}`,
      isNeeded: work.contextAccess !== undefined,
      async run({ signal }) {
        if (!work.contextAccess) return skipped('it is there');
        return writeContext({ shell: work.tools.shell, signal }, work.context, {
          present: work.presentContext,
          access: work.contextAccess,
        });
      },
    },
    {
      id: 'images',
      title: 'Bring the images of clusters',
      isNeeded: pairs.some(({ plan }) => plan.needsImages),
      run: async (step) => bring(work, pairs, manager(), step),
    },
    {
      id: 'ready',
      title: 'Label the nodes and let them work',
      isNeeded: true,
      run: async (step) => finish(work, pairs, manager(), step),
    },
  ];
  return steps.filter(({ isNeeded }) => isNeeded);
}

async function begin(
  { form, manager }: SwarmWork,
  [first]: readonly Pair[],
  step: StepContext,
): ReturnType<FlowStep['run']> {
  if (manager || !first) return skipped('it is there');
  const done = await beginSwarm(form, first.node, step);
  return done === 'keep' ? skipped('it is there') : `${first.node.name} manages it, at ${first.node.address}`;
}

async function joinAll(
  work: SwarmWork,
  joining: readonly Pair[],
  manager: EngineApi,
  step: StepContext,
): ReturnType<FlowStep['run']> {
  const swarm = await readFormed(manager, step.signal);
  const failures: ToolkitError[] = [];
  const join = async (pair: Pair): Promise<void> => {
    try {
      await joinOne(work, pair, swarm, step);
      step.progress(`${pair.node.name} has joined`);
    } catch (error) {
      step.signal.throwIfAborted();
      if (!(error instanceof ToolkitError)) throw error;
      failures.push(error);
    }
  };
  // Managers one after the other: each changes who makes a majority.
  const isOneByOne = ({ plan }: Pair): boolean => plan.role === 'manager' || plan.entry?.role === 'manager';
  for (const pair of joining.filter(isOneByOne)) await join(pair);
  await Promise.all(joining.filter((pair) => !isOneByOne(pair)).map(join));
  if (failures.length > 0) throw joinFailure(failures);
  return joining.map(({ node }) => node.name).join(', ');
}

async function joinOne(
  work: SwarmWork,
  { plan, node }: Pair,
  swarm: FormedSwarm,
  { signal }: StepContext,
): Promise<void> {
  try {
    await giveUpPlace(swarm.manager, { plan, node }, signal);
    await bringIn(work.form, node, { swarm, role: plan.role, signal });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new InvalidStateError(`Cannot join ${node.name}: ${error.message.split('\n')[0]}`, {
      hint: `can it reach TCP port 2377 of ${swarm.managerAddresses.join(', ')}? then run the same command again`,
      cause: error,
    });
  }
  const info = await readNodeInfo(node.engine, { signal });
  const ids = [info.swarm.nodeId];
  await waitUntilReady(swarm.manager, ids, { progress: () => {}, signal });
  // One that joined as a manager is one: this waits until the others have reached it.
  if (plan.role === 'manager') await promote(swarm.manager, ids, { progress: () => {}, signal });
  const labels = { ...node.labels, [LABELS.nodeJoining]: 'yes' };
  await updateMember(swarm.manager, info.swarm.nodeId, { labels }, { signal });
}

/** A manager that only left would count for the majority on, with nobody there. */
async function giveUpPlace(manager: EngineApi, { plan: { entry }, node }: Pair, signal: AbortSignal): Promise<void> {
  if (!entry) return;
  if (entry.role === 'manager') await demote(manager, [entry.id], signal);
  await leaveNode(node.engine, signal);
  await removeEntries(manager, [{ ...entry, role: 'worker' }], signal);
}

function joinFailure(failures: readonly ToolkitError[]): ToolkitError {
  const [first] = failures;
  if (first && failures.length === 1) return first;
  const message = failures.map((failure) => failure.message).join('\n');
  return new InvalidStateError(message, first?.hint === undefined ? {} : { hint: first.hint, cause: first });
}

async function orderManagers(
  { plan }: SwarmWork,
  pairs: readonly Pair[],
  manager: EngineApi,
  step: StepContext,
): ReturnType<FlowStep['run']> {
  const { signal } = step;
  const changing = pairs.filter(({ plan: node }) => node.changesRole);
  const idsOf = async (role: string): Promise<readonly string[]> =>
    Promise.all(
      changing
        .filter(({ plan: node }) => node.role === role)
        .map(async ({ node }) => (await readNodeInfo(node.engine, { signal })).swarm.nodeId),
    );
  // First those that come, so that there is a majority all the time.
  await promote(manager, await idsOf('manager'), step);
  await removeEntries(manager, await stillThere(manager, plan, step), signal);
  await demote(manager, await idsOf('worker'), signal);
  return [
    ...changing.map(({ plan: node }) => `${node.hostname} is a ${node.role}`),
    ...(plan.ghosts.length === 0 ? [] : [`removed ${plan.ghosts.map(({ hostname }) => hostname).join(', ')}`]),
  ].join(', ');
}

/** The managers see after 15 s at the latest that a node is gone; what is ready then was only away for a moment. */
async function stillThere(
  manager: EngineApi,
  { ghosts }: SwarmPlan,
  { progress, signal }: StepContext,
): Promise<SwarmPlan['ghosts']> {
  const startedAt = performance.now();
  for (;;) {
    const listed = ghosts.length === 0 ? [] : await listMembers(manager, { signal });
    const present = listed.filter(({ id }) => ghosts.some((ghost) => ghost.id === id));
    const ready = present.filter(({ state }) => state === 'ready');
    if (ready.length === 0 || performance.now() - startedAt > GHOST_LIMIT_MS) {
      return present.filter((member) => !ready.includes(member));
    }
    progress(`waiting until ${ready.map(({ hostname }) => hostname).join(', ')} of before is seen as down`);
    await sleep(POLL_MS, undefined, { signal });
  }
}

async function bring(
  work: SwarmWork,
  pairs: readonly Pair[],
  manager: EngineApi,
  step: StepContext,
): ReturnType<FlowStep['run']> {
  const newcomers = pairs.filter(({ plan }) => plan.needsImages);
  const clusters = await listClusterImages(manager, step.signal);
  const images = [...new Set(clusters.flatMap((cluster) => cluster.images))];
  if (images.length === 0) return skipped('no cluster is there');
  const local = await work.tools.openLocalEngine();
  const brought = await bringImages(
    {
      images,
      targets: newcomers.map(({ plan, node }) => ({ name: plan.hostname, api: node.engine })),
      sources: [...(await otherEngines(work, pairs, manager)), ...(local ? [local] : [])],
      report: work.report,
    },
    step,
  );
  return brought.length === 0 ? skipped('they are there') : brought.join(', ');
}

/** Engines of nodes that were there before: those of the wish, and those that only their labels tell of. */
async function otherEngines(
  { tools, manager: found }: SwarmWork,
  pairs: readonly Pair[],
  manager: EngineApi,
): Promise<readonly EngineApi[]> {
  const ours = pairs.filter(({ plan }) => !plan.needsImages).map(({ node }) => node.engine);
  if (!found) return [manager, ...ours];
  const reached = [...(await tools.reachEngines(manager)).values()].flatMap(({ api }) => api ?? []);
  return [manager, ...ours, ...reached];
}

async function finish(
  { plan, holdsNewcomers }: SwarmWork,
  pairs: readonly Pair[],
  manager: EngineApi,
  { progress, signal }: StepContext,
): ReturnType<FlowStep['run']> {
  const infos = await Promise.all(pairs.map(async ({ node }) => readNodeInfo(node.engine, { signal })));
  await waitUntilReady(
    manager,
    infos.map(({ swarm }) => swarm.nodeId),
    { progress, signal },
  );
  const changed = await Promise.all(
    pairs.map(async ({ plan: { availability }, node: { labels } }, index) => {
      const change =
        holdsNewcomers && availability === 'active'
          ? { labels: { ...labels, [LABELS.nodeJoining]: 'yes' } }
          : { labels, withoutLabels: [LABELS.nodeJoining], ...(availability === undefined ? {} : { availability }) };
      return updateMember(manager, infos[index]?.swarm.nodeId ?? '', change, { signal });
    }),
  );
  const count = changed.filter(Boolean).length;
  return count === 0 ? skipped('all are') : `${count} of ${plan.nodes.length}`;
}
