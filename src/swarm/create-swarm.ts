import type { EngineTarget } from '../adapters/engine/engine-target.ts';
import { ConflictError, InvalidStateError, UnreachableError, type ToolkitError } from '../errors.ts';
import { runSteps } from '../events.ts';
import { managerOf, swarmSteps, type SwarmWork } from './apply-swarm.ts';
import { chooseAddressPool } from './address-pool.ts';
import { checkMachines } from './check-machines.ts';
import { isRightContext, readContext, refuseForeignContext, type ContextState } from './docker-context.ts';
import { findSwarm, keepLiving, readFoundSwarm, settleInfos, type FoundSwarm } from './find-swarm.ts';
import type { FormRun } from './form-swarm.ts';
import { explainSilence } from './lost-manager.ts';
import { isLabSwarm, readingOf, formNodeOf, type CheckedMachine } from './machine-readings.ts';
import { makeMachines, openMachines, referencesOf, type OpenMachines } from './open-machines.ts';
import { planManagers } from './plan-managers.ts';
import { describePlan, planSwarm, type SwarmPlan } from './plan-swarm.ts';
import { readNodes, type SwarmNodeStatus } from './read-swarm.ts';
import { swarmContextDescription, swarmContextName } from './swarm-name.ts';
import { LABELS } from '../labels.ts';
import type { SwarmRun, SwarmTools, SwarmWish } from './swarm-wish.ts';

/** What came of `swarm create` or `swarm join`. */
export interface SwarmCreated {
  readonly name: string;
  readonly contextName: string;
  /** False when there was nothing to do. */
  readonly changed: boolean;
  /** What was to be done, one line for each machine and entry. */
  readonly changes: readonly string[];
  /** The swarm's nodes afterwards; empty where nothing was done yet. */
  readonly nodes: readonly SwarmNodeStatus[];
}

/**
 * Makes a swarm of machines, or repairs the one of that name: who is missing joins, what is left of replaced machines goes,
 * managers, labels and the docker context are put in order. What is right stays.
 *
 * @throws UsageError, UnreachableError, ConflictError or InvalidStateError with every finding, before anything is changed
 */
export async function createSwarm(wish: SwarmWish, tools: SwarmTools, run: SwarmRun): Promise<SwarmCreated> {
  const contextName = { name: swarmContextName(wish.name), description: swarmContextDescription(wish.name) };
  const context = await readContext(tools.shell, contextName, run.signal);
  const unmade = wish.dryRun ? await listUnmade(wish, tools, run.signal) : [];
  if (unmade.length > 0) return outcome(wish.name, unmade, []);
  refuseBeforeMaking(wish, context);
  const isMade = wish.dryRun ? false : await makeMachines(wish, tools, run);
  await using machines = await openMachines(wish, tools, run.signal);
  const result = await bringTogether(wish, { machines, context, known: undefined }, tools, run);
  return { ...result, changed: result.changed || isMade };
}

/**
 * More machines for the swarm that an engine manages.
 *
 * @throws as {@link createSwarm}; ConflictError if the swarm is not ours
 */
export async function joinSwarm(
  wish: Omit<SwarmWish, 'name'>,
  target: EngineTarget,
  tools: SwarmTools,
  run: SwarmRun,
): Promise<SwarmCreated> {
  const known = await readFoundSwarm(target.api, run.signal).catch(async (error: unknown) => {
    throw await explainSilence(error, target.contextName, tools.shell, run.signal);
  });
  if (known.name === undefined) {
    throw new ConflictError(`The swarm of ${target.api.name} was not made by swarm create, and is left as it is`, {
      hint: 'with docker alone: docker swarm join-token worker',
    });
  }
  const named = { ...wish, name: known.name };
  const contextName = { name: swarmContextName(known.name), description: swarmContextDescription(known.name) };
  const context = await readContext(tools.shell, contextName, run.signal);
  const isMade = wish.dryRun ? false : await makeMachines(named, tools, run);
  await using machines = await openMachines(named, tools, run.signal);
  const result = await bringTogether(named, { machines, context, known }, tools, run);
  return { ...result, changed: result.changed || isMade };
}

interface Start {
  readonly machines: OpenMachines;
  readonly context: ContextState | undefined;
  /** The swarm, where it was found by a context. */
  readonly known: FoundSwarm | undefined;
}

async function bringTogether(wish: SwarmWish, start: Start, tools: SwarmTools, run: SwarmRun): Promise<SwarmCreated> {
  const { name } = wish;
  const { machines, context } = start;
  const found = start.known ?? (await findPresent(wish, start, tools, run.signal));
  const checked = await checkMachines(wish, { machines, found, context }, tools, run);
  const plan = planSwarm({
    name,
    machines: checked.map((machine) => readingOf(name, machine)),
    members: found?.members,
    wasThere: context?.isOurs ?? false,
    managers: wish.managers,
    drainManagers: wish.drainManagers,
    policy: { kind: 'protect', context: swarmContextName(name) },
  });
  refuse(plan.refusals);
  const work = workOf(wish, { plan, checked, found, context }, tools, run);
  const changes = [...describePlan(plan), ...contextChange(work)];
  if (wish.dryRun || changes.length === 0) {
    return outcome(name, changes, found && !wish.dryRun ? await readNodes(found.manager, run.signal) : []);
  }
  await runSteps(swarmSteps(work), run.report, run.signal);
  const manager = managerOf(work);
  return { ...outcome(name, changes, manager ? await readNodes(manager, run.signal) : []), changed: true };
}

function outcome(name: string, changes: readonly string[], nodes: readonly SwarmNodeStatus[]): SwarmCreated {
  return { name, contextName: swarmContextName(name), changed: false, changes, nodes };
}

/** What can be told before machines are made, which takes minutes. @throws ConflictError, UsageError */
function refuseBeforeMaking(wish: SwarmWish, context: ContextState | undefined): void {
  if (!wish.machines.some((part) => part.source === 'docker-machine' && part.create)) return;
  const { name, managers, drainManagers } = wish;
  refuseForeignContext({ name: swarmContextName(name), description: swarmContextDescription(name) }, context, {
    attempt: `form the swarm "${name}"`,
    otherName: '--name OTHER',
  });
  // Of a swarm that is there the other nodes count too.
  if (context) return;
  const machines = wish.machines.flatMap(referencesOf).map(() => ({ swarm: { nodeId: '' } }));
  const refusals: ToolkitError[] = [];
  planManagers({ name, machines, members: undefined, managers, drainManagers }, [], refusals);
  refuse(refusals);
}

/** Machines that `--create` would make, as the plan says it. */
async function listUnmade(wish: SwarmWish, tools: SwarmTools, signal: AbortSignal): Promise<readonly string[]> {
  const parts = wish.machines.flatMap((part) => (part.source === 'docker-machine' && part.create ? [part] : []));
  if (parts.length === 0) return [];
  const known = await (await tools.openSource('docker-machine')).list(signal);
  const isKnown = (name: string): boolean => known.some((machine) => machine.name === name);
  return parts.flatMap((part) => {
    const missing = referencesOf(part).filter((name) => !isKnown(name));
    return missing.map((name) => `${name}: is made by docker-machine (${part.create?.driver ?? ''}), and joins`);
  });
}

/** The swarm of this name: one of the machines manages it, or what the docker context leads to. */
async function findPresent(
  wish: SwarmWish,
  { machines, context }: Start,
  tools: SwarmTools,
  signal: AbortSignal,
): Promise<FoundSwarm | undefined> {
  const infos = await settleInfos(machines.all, signal);
  // An engine that has no answer in time, and lives, may be a manager that waits for a new leader.
  const silent = machines.all.filter(({ name }) => !infos.has(name)).map(({ engine }) => engine);
  const managers = [
    ...machines.all.filter(({ name }) => infos.get(name)?.swarm.isManager).map(({ engine }) => engine),
    ...(await keepLiving(silent, signal)),
  ];
  const isOurs = (found: FoundSwarm): boolean =>
    machines.all.some(({ source }) => source === 'lab') && isLabSwarm(found);
  const found = await findSwarm(wish.name, managers, { isOurs, mayBeSilent: false, signal });
  if (found || !context?.isOurs) return found;
  const target = await tools.openContext(swarmContextName(wish.name));
  const isOfWish = machines.all.some(({ access }) => access.host === context.host);
  const waiting = machines.all.filter(({ name }) => infos.get(name)?.swarm.state === 'active').map(({ name }) => name);
  return findSwarm(wish.name, [target.api], { isOurs: () => false, mayBeSilent: false, signal }).catch(
    (error: unknown) => {
      if (!(error instanceof UnreachableError)) throw error;
      // It answers, and manages nothing now; or it is one of the machines, and was found to be silent already.
      if (!(error.cause instanceof UnreachableError)) return undefined;
      if (isOfWish && waiting.length > 0) throw lost(wish.name, { manager: context.host ?? '', waiting });
      if (isOfWish) return undefined;
      throw unseen(wish.name, error.cause);
    },
  );
}

/** Its other nodes know no other manager: to them it is another swarm that they are in, and that is not what is wrong. */
function lost(name: string, at: { readonly manager: string; readonly waiting: readonly string[] }): UnreachableError {
  const nodes = at.waiting.join(', ');
  const message = `The swarm "${name}" is there, and none of its managers answers: ${at.manager} is silent, and waited for by ${nodes}`;
  return new UnreachableError(message, {
    hint: `start that machine, and all goes on; if it is lost for ever, so is the swarm: docker swarm leave on ${nodes}, then run the same command again`,
  });
}

/** Whoever began a second swarm of this name would lead the docker context away from the first. */
function unseen(name: string, cause: UnreachableError): UnreachableError {
  const context = swarmContextName(name);
  return new UnreachableError(`Cannot look at the swarm "${name}" of the docker context ${context}: ${cause.message}`, {
    hint: `start that machine, or name another of the swarm's managers (--hosts …); for another swarm: --name OTHER; if it is lost for ever: docker context rm ${context}`,
    cause,
  });
}

function refuse(refusals: readonly ToolkitError[]): void {
  const [first, ...others] = refusals;
  if (!first) return;
  if (others.length === 0) throw first;
  const message = refusals.map((refusal) => refusal.message).join('\n');
  const hints = [...new Set(refusals.flatMap(({ hint }) => hint ?? []))];
  const details = hints.length === 0 ? {} : { hint: hints.join('; ') };
  throw isConflict(refusals) ? new ConflictError(message, details) : new InvalidStateError(message, details);
}

function isConflict(refusals: readonly ToolkitError[]): boolean {
  return refusals.some((refusal) => refusal instanceof ConflictError);
}

interface Findings {
  readonly plan: SwarmPlan;
  readonly checked: readonly CheckedMachine[];
  readonly found: FoundSwarm | undefined;
  readonly context: ContextState | undefined;
}

function workOf(
  wish: SwarmWish,
  { plan, checked, found, context }: Findings,
  tools: SwarmTools,
  run: SwarmRun,
): SwarmWork {
  const { name } = wish;
  const form: FormRun = {
    policy: { kind: 'protect', context: swarmContextName(name) },
    start: {
      addressPool: chooseAddressPool(checked.flatMap(({ networks }) => networks)),
      labels: { [LABELS.swarm]: name },
    },
    joinsAs: 'drain',
    refuse: () => {},
  };
  const managers = checked.filter((_, index) => plan.nodes[index]?.role === 'manager');
  const access = managers.map(({ machine }) => machine.access);
  const isRight = access.some((candidate) => isRightContext(context, candidate));
  return {
    name,
    plan,
    nodes: checked.map((machine) => formNodeOf(name, machine)),
    form,
    manager: found?.manager,
    context: { name: swarmContextName(name), description: swarmContextDescription(name) },
    presentContext: context,
    contextAccess: isRight ? undefined : access[0],
    holdsNewcomers: wish.holdsNewcomers ?? false,
    tools,
    report: run.report,
  };
}

function contextChange({ contextAccess, context, presentContext }: SwarmWork): readonly string[] {
  if (!contextAccess) return [];
  return [`docker context ${context.name}: is ${presentContext ? 'corrected' : 'made'}, for ${contextAccess.host}`];
}
