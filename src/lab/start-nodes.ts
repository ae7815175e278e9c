import { setTimeout as sleep } from 'node:timers/promises';

import type { EngineApi } from '../adapters/engine/engine-api.ts';
import { EngineError, InvalidStateError, NotFoundError, ToolkitError, UnreachableError } from '../errors.ts';
import { skipped, type Skipped, type StepContext } from '../events.ts';
import type { LabTools } from './lab-machine.ts';
import { LAB_LABELS, labLabels, nodeHostname, nodeObjectName } from './lab-names.ts';
import { formatSubnet, nodeAddress } from './lab-network.ts';
import type { LabState } from './lab-state.ts';
import { formatWay, nodeContainer, type NodeSpec, type NodeWay } from './node-container.ts';
import { knownWay, type NodePlan } from './plan-lab.ts';

/** An engine with images and containers to load may take its time on a slow disk. */
const ENGINE_LIMIT_MS = 60_000;
/** When trying whether privileged containers work at all. */
const TRIAL_LIMIT_MS = 10_000;
const POLL_MS = 50;

export interface NodesRun {
  readonly lab: string;
  readonly tools: LabTools;
  readonly state: LabState;
  readonly plans: readonly NodePlan[];
  readonly networkId: string;
  spec(node: number, way: NodeWay): NodeSpec;
}

/** Brings every node's engine up, all nodes at once. */
export async function startNodes(run: NodesRun, context: StepContext): Promise<string | Skipped> {
  const open = run.plans.filter(({ action }) => action !== 'keep');
  if (open.length === 0)
    return skipped(run.plans.length === 1 ? 'it is running' : `all ${run.plans.length} are running`);
  await Promise.all(open.map((plan) => prepareNode(run, plan.node, context.signal)));

  const known = knownWay(run.state);
  const [first, ...rest] = open;
  const trial = known === undefined && first ? await tryPrivileged(run, first, context) : undefined;
  const way = known ?? trial ?? 'capabilities';
  const remaining = trial === 'privileged' ? rest : open;
  let answering = run.plans.length - remaining.length;
  const start = async (plan: NodePlan): Promise<string> => applyNodePlan(run, plan, way, context.signal);
  const finish = async (plan: NodePlan, container: string): Promise<void> => {
    await waitForEngine(run, plan.node, container, { limitMs: ENGINE_LIMIT_MS, signal: context.signal });
    answering += 1;
    context.progress(`${answering} of ${run.plans.length} answer`);
  };
  const [leader, ...others] = remaining;
  // The manager's address first: an engine that was a worker before waits up to 20 s for a manager it cannot reach.
  const started = leader ? [{ plan: leader, container: await start(leader) }] : [];
  await Promise.all([
    ...started.map(async ({ plan, container }) => finish(plan, container)),
    ...others.map(async (plan) => finish(plan, await start(plan))),
  ]);
  return summary(open, way);
}

function summary(open: readonly NodePlan[], way: NodeWay): string {
  const made = open.filter(({ action }) => action === 'create' || action === 'replace').length;
  const repaired = open.length - made;
  return [
    ...(made > 0 ? [`${made} made, ${formatWay(way)}`] : []),
    ...(repaired > 0 ? [`${repaired} started again`] : []),
  ].join('; ');
}

async function prepareNode({ lab, tools, spec }: NodesRun, node: number, signal: AbortSignal): Promise<void> {
  await tools.machine.makeSocketFolder(lab, node);
  const { subnet } = spec(node, 'capabilities');
  // Docker gives back the volume that is there, with its own labels.
  await tools.outer.api.post('/volumes/create', {
    body: {
      Name: nodeObjectName(lab, node),
      Driver: 'local',
      Labels: {
        ...labLabels(lab, node),
        [LAB_LABELS.subnet]: formatSubnet(subnet),
        [LAB_LABELS.owner]: String(tools.machine.userId),
      },
    },
    signal,
  });
}

/** @returns `privileged` if the node runs that way; undefined, and the try is gone again, if it does not */
async function tryPrivileged(
  run: NodesRun,
  plan: NodePlan,
  { progress, signal }: StepContext,
): Promise<NodeWay | undefined> {
  let container: string | undefined;
  try {
    if (plan.container) await removeContainer(run.tools.outer.api, plan.container.id);
    container = await createNode(run, plan.node, 'privileged', signal);
    await run.tools.outer.api.post(`/containers/${container}/start`, { signal });
    await waitForEngine(run, plan.node, container, { limitMs: TRIAL_LIMIT_MS, signal });
    return 'privileged';
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ToolkitError)) throw error;
    const lastWord =
      error.message
        .split('\n')[0]
        ?.split(': ')
        .findLast((part) => part !== 'unknown') ?? '';
    progress(`privileged does not work here (${lastWord}), trying single capabilities`);
    if (container !== undefined) await removeContainer(run.tools.outer.api, container);
    return undefined;
  }
}

/** @returns the container's id */
async function applyNodePlan(run: NodesRun, plan: NodePlan, way: NodeWay, signal: AbortSignal): Promise<string> {
  const engine = run.tools.outer.api;
  const id = plan.container?.id ?? '';
  const act = async (verb: string): Promise<string> => {
    await engine.post(`/containers/${id}/${verb}`, { signal, timeoutMs: 60_000 });
    return id;
  };
  switch (plan.action) {
    case 'keep':
      return id;
    case 'start':
    case 'unpause':
      return act(plan.action);
    case 'restart':
      return act('restart?t=5');
    case 'reconnect':
      await engine.post(`/networks/${run.networkId}/connect`, {
        body: {
          Container: id,
          EndpointConfig: { IPAMConfig: { IPv4Address: nodeAddress(run.spec(plan.node, way).subnet, plan.node) } },
        },
        signal,
      });
      return id;
    case 'replace':
    case 'create': {
      if (plan.container) await removeContainer(engine, id);
      const created = await createNode(run, plan.node, way, signal);
      await engine.post(`/containers/${created}/start`, { signal, timeoutMs: 60_000 });
      return created;
    }
    default:
      return plan.action satisfies never;
  }
}

async function createNode(
  { lab, tools, spec }: NodesRun,
  node: number,
  way: NodeWay,
  signal: AbortSignal,
): Promise<string> {
  const { Id } = await tools.outer.api.post<{ readonly Id: string }>('/containers/create', {
    query: { name: nodeObjectName(lab, node) },
    body: nodeContainer(spec(node, way)),
    signal,
  });
  return Id;
}

/** Kills and removes it; one that is gone already is fine. Its named volume stays. */
export async function removeContainer(engine: EngineApi, id: string): Promise<void> {
  try {
    await engine.delete(`/containers/${id}`, { query: { force: true }, timeoutMs: 60_000 });
  } catch (error) {
    const isGoing =
      error instanceof EngineError && error.statusCode === 409 && /already in progress/.test(error.message);
    if (!(error instanceof NotFoundError) && !isGoing) throw error;
  }
}

interface WaitLimits {
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** @throws InvalidStateError with the engine's last words if its container ended, or if it does not answer in time */
async function waitForEngine(
  { lab, tools }: NodesRun,
  node: number,
  container: string,
  { limitMs, signal }: WaitLimits,
): Promise<void> {
  const name = nodeHostname(lab, node);
  const engine = tools.openNode(`${tools.machine.socketFolder(lab, node)}/docker.sock`, name);
  const startedAt = performance.now();
  for (let round = 1; ; round += 1) {
    if (await answers(engine, signal)) return;
    const waitedMs = performance.now() - startedAt;
    const hasEnded = round % 10 === 0 && !(await isRunning(tools.outer.api, container));
    if (hasEnded || waitedMs > limitMs) {
      const seen = hasEnded ? 'its container ended' : `no answer within ${Math.round(limitMs / 1000)} s`;
      throw new InvalidStateError(
        `The engine of node ${name} did not come up: ${seen}\n${await lastWords(tools, container)}`,
        {
          hint: `docker logs ${nodeObjectName(lab, node)}`,
        },
      );
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

async function answers(engine: EngineApi, signal: AbortSignal): Promise<boolean> {
  try {
    await engine.get('/_ping', { timeoutMs: 2000, signal });
    return true;
  } catch (error) {
    if (error instanceof UnreachableError || error instanceof EngineError) return false;
    throw error;
  }
}

async function isRunning(engine: EngineApi, container: string): Promise<boolean> {
  const { State } = await engine.get<{ readonly State: { readonly Running: boolean } }>(
    `/containers/${container}/json`,
  );
  return State.Running;
}

async function lastWords({ shell, outer }: LabTools, container: string): Promise<string> {
  const { stdout, stderr } = await shell.run(['docker', 'logs', '--tail', '3', container], { env: outer.dockerEnv });
  return `${stdout}${stderr}`.trim();
}
