import type { EngineApi } from '../adapters/engine/engine-api.ts';
import type { EngineTarget } from '../adapters/engine/engine-target.ts';
import { InvalidStateError, UnreachableError } from '../errors.ts';
import { runSteps, skipped, type FlowStep } from '../events.ts';
import { LABELS } from '../labels.ts';
import { readContext, removeContext } from './docker-context.ts';
import { readFoundSwarm, type FoundSwarm } from './find-swarm.ts';
import { explainSilence } from './lost-manager.ts';
import { ignoreInUse, leaveCalls, type LeaveTools } from './leave-calls.ts';
import { readNodeInfo, type SwarmMember } from './members.ts';
import { removeGatewayBridge } from './membership-calls.ts';
import { readOccupants } from './occupants.ts';
import { describeLoss, planLeave, refuseOccupied, type LeavePlan, type LeaveWish } from './plan-leave.ts';
import { swarmCommand, swarmContextDescription, swarmContextName } from './swarm-name.ts';
import type { ReachedEngine, SwarmRun, SwarmTools } from './swarm-wish.ts';

export interface LeaveRequest extends LeaveWish {
  /** How long the tasks of one node may take to end. */
  readonly timeoutMs: number;
  readonly dryRun?: boolean;
  /** A cluster that goes before: it does not stand in the way. */
  readonly endingCluster?: string;
  /** Asked before the whole swarm goes, or something that runs there; whoever does not want it throws. */
  readonly confirm?: (question: string) => Promise<void>;
}

export interface SwarmLeft {
  readonly name: string;
  /** Names of nodes that left. */
  readonly left: readonly string[];
  /** Names of entries that were removed, of machines that did not answer. */
  readonly removedEntries: readonly string[];
  /** What stays, and why; one line each. */
  readonly notes: readonly string[];
  readonly contextRemoved: boolean;
  /** The machines of those that left, as their labels name them: `docker-machine/myvm1`. */
  readonly machines: readonly string[];
}

/**
 * Takes a swarm apart, or nodes out of it: workers first, then managers, which become workers before. Machines and images
 * stay; what has no label of ours is left alone.
 *
 * @throws ConflictError while clusters are on what goes, for what is not ours, and where too few managers would stay;
 *   UnreachableError for a node that is up and whose engine does not answer here; WaitTimeoutError; InvalidStateError where
 *   the docker context leads to an engine that is in no swarm any more
 */
export async function leaveSwarm(
  request: LeaveRequest,
  target: EngineTarget,
  tools: SwarmTools,
  run: SwarmRun,
): Promise<SwarmLeft> {
  const context = target.contextName === 'default' ? undefined : target.contextName;
  const rest = await leftContext(request, { target, context }, tools, run);
  if (rest) return rest;
  const found = await readFoundSwarm(target.api, run.signal).catch(async (error: unknown) => {
    throw await explainSilence(error, context, tools.shell, run.signal);
  });
  const { swarm } = await readNodeInfo(target.api, { signal: run.signal });
  const plan = planLeave(request, found, swarm.nodeId);
  const isAsked = request.confirm !== undefined || !request.force;
  const occupants = isAsked ? await readOccupants(target.api, plan, run.signal) : { clusters: [], otherServices: [] };
  if (!request.force) {
    const staying = occupants.clusters.filter((cluster) => cluster.name !== request.endingCluster);
    refuseOccupied(plan, { ...occupants, clusters: staying }, context);
  }
  const engines = await reachLeaving(plan, target.api, swarm.nodeId, { tools, force: request.force });
  const work = { plan, found, engines, askedId: swarm.nodeId, request };
  if (request.dryRun) return resultOf(work);
  const loss = describeLoss(plan, occupants);
  if (loss !== undefined) await request.confirm?.(loss);
  await runSteps(leaveSteps(work, target.api, tools), run.report, run.signal);
  return resultOf(work);
}

interface LeaveWork {
  readonly plan: LeavePlan;
  readonly found: FoundSwarm;
  readonly engines: ReadonlyMap<string, ReachedEngine>;
  readonly askedId: string;
  readonly request: LeaveRequest;
}

/**
 * The engine behind the docker context is in no swarm. A run may have been interrupted after the last manager had left; or that
 * machine alone was taken out or replaced, and the others go on: nobody here can tell.
 */
async function leftContext(
  { nodes, force, dryRun }: LeaveRequest,
  { target, context }: { readonly target: EngineTarget; readonly context: string | undefined },
  tools: SwarmTools,
  { signal }: SwarmRun,
): Promise<SwarmLeft | undefined> {
  const name = context?.startsWith('spark-') ? context.slice('spark-'.length) : undefined;
  if (context === undefined || name === undefined) return undefined;
  const { swarm } = await readNodeInfo(target.api, { signal }).catch(async (error: unknown) => {
    throw await explainSilence(error, context, tools.shell, signal);
  });
  if (swarm.state !== 'inactive') return undefined;
  const present = await readContext(tools.shell, { name: context, description: swarmContextDescription(name) }, signal);
  if (!present?.isOurs) return undefined;
  if (nodes.length > 0 || !force) {
    throw new InvalidStateError(
      `Cannot take ${nodes.length > 0 ? `${nodes.join(', ')} out of the swarm "${name}"` : `the swarm "${name}" apart`}: ${target.api.name} is in no swarm any more`,
      {
        hint: `if other machines are: ${swarmCommand('create', name, '--hosts … with one that manages it')} leads the context there; if the swarm is gone: ${swarmCommand('leave', name, '--force')}`,
      },
    );
  }
  if (!dryRun) {
    await removeGatewayBridge(target.api, signal).catch(ignoreInUse);
    await removeContext(tools.shell, context);
  }
  return { name, left: [], removedEntries: [], notes: ['the swarm was gone'], contextRemoved: true, machines: [] };
}

/** @throws UnreachableError naming each node that is up and cannot be told to leave */
async function reachLeaving(
  { leaving, name }: LeavePlan,
  asked: EngineApi,
  askedId: string,
  { tools, force }: { readonly tools: SwarmTools; readonly force: boolean },
): Promise<ReadonlyMap<string, ReachedEngine>> {
  const reached = new Map<string, ReachedEngine>(await tools.reachEngines(asked));
  reached.set(askedId, { api: asked });
  const silent = leaving.filter(({ id }) => !reached.get(id)?.api);
  if (silent.length > 0 && !force) {
    const lines = silent.map(
      ({ hostname, id }) => `${hostname}: ${reached.get(id)?.failure ?? 'nothing says how to reach it'}`,
    );
    throw new UnreachableError(
      `Cannot take the swarm "${name}" apart: ${silent.length === 1 ? 'a node is up, and its engine does not answer' : 'nodes are up, and their engines do not answer'} from here\n${lines.map((line) => `  ${line}`).join('\n')}`,
      { hint: 'on such a machine: docker swarm leave; --force removes their entries all the same' },
    );
  }
  return reached;
}

function leaveSteps(work: LeaveWork, asked: EngineApi, tools: SwarmTools): readonly FlowStep[] {
  const { plan, request } = work;
  const calls = leaveCalls({ ...work, ...plan, asked, timeoutMs: request.timeoutMs } satisfies LeaveTools);
  const workers = plan.leaving.filter(({ role }) => role === 'worker');
  const managers = plan.leaving.filter(({ role }) => role === 'manager');
  const count = (nodes: readonly SwarmMember[], word: string): string =>
    nodes.length === 1 ? `1 ${word}` : `${nodes.length} ${word}s`;
  const steps: readonly (FlowStep & { readonly of: readonly SwarmMember[] })[] = [
    {
      id: 'dead',
      title: 'Remove the entries of dead machines',
      of: plan.dead,
      run: async (step) => calls.removeDead(step),
    },
    {
      id: 'workers',
      title: `Let ${count(workers, 'worker')} leave`,
      of: workers,
      run: async (step) => calls.leaveWorkers(workers, step),
    },
    {
      id: 'managers',
      title: `Let ${count(managers, 'manager')} leave`,
      of: managers,
      run: async (step) => calls.leaveManagers(managers, step),
    },
  ];
  return [
    ...steps.filter((step) => step.of.length > 0),
    {
      id: 'context',
      title: `Put the docker context ${swarmContextName(plan.name)} in order`,
      async run({ signal }) {
        const name = swarmContextName(plan.name);
        const present = await readContext(
          tools.shell,
          { name, description: swarmContextDescription(plan.name) },
          signal,
        );
        if (!present?.isOurs) return skipped('there is none');
        if (plan.isWhole) {
          await removeContext(tools.shell, name);
          return 'removed';
        }
        return calls.redirectContext(present, tools.shell, signal);
      },
    },
  ];
}

function resultOf({ plan, engines }: LeaveWork): SwarmLeft {
  const { name, isWhole, leaving, dead, foreign } = plan;
  const left = leaving.filter(({ id }) => engines.get(id)?.api);
  const lost = leaving.filter(({ id }) => !engines.get(id)?.api);
  return {
    name,
    left: left.map(({ hostname }) => hostname),
    removedEntries: [...dead, ...lost].map(({ hostname }) => hostname),
    notes: [
      ...dead.map(
        ({ hostname, state }) =>
          `${hostname} is ${state}: only its entry was removed; if its machine comes back, there: docker swarm leave --force`,
      ),
      ...lost.map(({ hostname }) => `${hostname} does not know that it is out; there: docker swarm leave --force`),
      ...foreign.map(({ hostname }) => `${hostname} has no label of ours and was left alone`),
      'machines and images stay',
    ],
    contextRemoved: isWhole,
    machines: left.flatMap(({ labels }) => labels[LABELS.nodeMachine] ?? []),
  };
}
