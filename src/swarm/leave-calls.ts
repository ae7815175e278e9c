import { setTimeout as sleep } from 'node:timers/promises';

import type { EngineApi } from '../adapters/engine/engine-api.ts';
import type { Shell } from '../adapters/shell/shell.ts';
import { EngineError, WaitTimeoutError } from '../errors.ts';
import { skipped, type FlowStep, type StepContext } from '../events.ts';
import { LABELS } from '../labels.ts';
import { formatDuration } from '../units.ts';
import { isRightContext, redirectContext, type ContextState } from './docker-context.ts';
import type { FoundSwarm } from './find-swarm.ts';
import { updateMember, type SwarmMember } from './members.ts';
import { leaveNode, removeGatewayBridge } from './membership-calls.ts';
import { listTasks } from './occupants.ts';
import { demote, removeEntries } from './set-managers.ts';
import { swarmContextDescription, swarmContextName } from './swarm-name.ts';
import type { ReachedEngine } from './swarm-wish.ts';

export interface LeaveTools {
  readonly name: string;
  readonly isWhole: boolean;
  readonly leaving: readonly SwarmMember[];
  readonly dead: readonly SwarmMember[];
  readonly found: FoundSwarm;
  /** By node id. */
  readonly engines: ReadonlyMap<string, ReachedEngine>;
  readonly asked: EngineApi;
  readonly askedId: string;
  readonly timeoutMs: number;
}

type StepResult = ReturnType<FlowStep['run']>;

const POLL_MS = 250;

/** What each step of leaving does. */
export interface LeaveCalls {
  removeDead(step: StepContext): StepResult;
  leaveWorkers(workers: readonly SwarmMember[], step: StepContext): StepResult;
  leaveManagers(managers: readonly SwarmMember[], step: StepContext): StepResult;
  redirectContext(present: ContextState, shell: Shell, signal: AbortSignal): StepResult;
}

export function leaveCalls(tools: LeaveTools): LeaveCalls {
  // Where the manager that is asked leaves itself, another one is asked from the beginning.
  const manager = stayingManager(tools) ?? tools.asked;
  const takeOut = async (member: SwarmMember, step: StepContext): Promise<void> => {
    const engine = tools.engines.get(member.id)?.api;
    if (engine) {
      await leaveNode(engine, step.signal);
      await removeGatewayBridge(engine, step.signal).catch(ignoreInUse);
    }
    // By force, because it still counts as ready for some seconds after it has gone.
    await removeEntries(manager, [{ ...member, role: 'worker' }], step.signal);
    step.progress(`${member.hostname} is out`);
  };
  const empty = async (member: SwarmMember, step: StepContext): Promise<void> => {
    if (tools.isWhole) return;
    await updateMember(manager, member.id, { availability: 'drain' }, step);
    await waitUntilEmpty(manager, member, tools.timeoutMs, step);
  };
  return {
    async removeDead({ signal }) {
      await removeEntries(manager, tools.dead, signal);
      return tools.dead.map(({ hostname }) => hostname).join(', ');
    },
    async leaveWorkers(workers, step) {
      await Promise.all(
        workers.map(async (worker) => {
          await empty(worker, step);
          await takeOut(worker, step);
        }),
      );
      return workers.map(({ hostname }) => hostname).join(', ');
    },
    async leaveManagers(managers, step) {
      for (const member of managers) {
        const isLast = tools.isWhole && member.id === tools.askedId;
        await empty(member, step);
        if (isLast) {
          await leaveNode(tools.asked, step.signal);
          await removeGatewayBridge(tools.asked, step.signal).catch(ignoreInUse);
        } else {
          await demote(manager, [member.id], step.signal);
          await takeOut(member, step);
        }
      }
      return managers.map(({ hostname }) => hostname).join(', ');
    },
    redirectContext: async (present, shell, signal) => redirect(tools, present, shell, signal),
  };
}

function stayingManager({ found, leaving, engines, askedId, isWhole }: LeaveTools): EngineApi | undefined {
  if (isWhole || !leaving.some(({ id }) => id === askedId)) return undefined;
  const staying = found.members.filter((member) => member.role === 'manager' && !leaving.includes(member));
  return staying.map(({ id }) => engines.get(id)?.api).find((api) => api !== undefined);
}

/** A context that led to a node that is out leads to another manager from now on. */
async function redirect(tools: LeaveTools, present: ContextState, shell: Shell, signal: AbortSignal): StepResult {
  const staying = tools.found.members.filter(
    (member) => member.role === 'manager' && !tools.leaving.includes(member) && tools.engines.get(member.id)?.api,
  );
  const hosts = staying.flatMap(({ labels }) => labels[LABELS.nodeEngine] ?? []);
  const [host] = hosts;
  if (host === undefined || (present.host !== undefined && hosts.includes(present.host))) return skipped('it is right');
  const name = { name: swarmContextName(tools.name), description: swarmContextDescription(tools.name) };
  if (isRightContext(present, { host, tls: undefined })) return skipped('it is right');
  await redirectContext({ shell, signal }, name, { present, host });
  return host;
}

async function waitUntilEmpty(
  manager: EngineApi,
  { id, hostname }: SwarmMember,
  timeoutMs: number,
  { progress, signal }: StepContext,
): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    const tasks = await listTasks(manager, [id], signal);
    if (tasks.length === 0) return;
    if (performance.now() - startedAt > timeoutMs) {
      throw new WaitTimeoutError(
        `Gave up after ${formatDuration(timeoutMs)} waiting for the tasks of ${hostname} to end; last seen: ${tasks.length} ${tasks.map(({ Status }) => Status.State).join(', ')}`,
        { hint: `it is drained; run the same command again, or docker node update --availability active ${hostname}` },
      );
    }
    progress(`${hostname}: ${tasks.length} tasks are ending`);
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** A container of somebody else may still be on the bridge: then it stays. */
export function ignoreInUse(error: unknown): void {
  if (!(error instanceof EngineError)) throw error;
}
