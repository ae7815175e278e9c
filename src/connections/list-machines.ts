import { resolveEngineTarget, socketTarget, type EngineTarget } from '../adapters/engine/engine-target.ts';
import { findLabs } from '../adapters/labs/find-labs.ts';
import { LocalShell } from '../adapters/shell/local-shell.ts';
import { ToolkitError } from '../errors.ts';
import type { Report } from '../events.ts';
import { LABELS } from '../labels.ts';
import { listDockerContexts, readSwarmName } from '../machines/machine-context.ts';
import { mergeMachines, type ListedMachine, type ListedNode } from '../machines/machine-list.ts';
import { MACHINE_SOURCES, type KnownMachine, type MachineSourceKind } from '../machines/machine.ts';
import type { Surroundings } from './connection.ts';
import { openMachineSource } from './machine-sources.ts';

/** A manager that does not answer in this time is said, and the others are listed. */
const ANSWER_LIMIT_MS = 4000;

export interface MachineOverview {
  readonly machines: readonly ListedMachine[];
  /** Contexts of swarms, labs apart, whose managers did not answer: which machines are in them is not known. */
  readonly silent: readonly string[];
}

/**
 * Every machine that is known here: what each source knows by itself, and the nodes of the swarms whose contexts are here.
 * Only the managers of these swarms are asked; no machine is entered.
 */
export async function listMachines(
  around: Surroundings,
  { report }: { readonly report: Report },
): Promise<MachineOverview> {
  const [known, swarms] = await Promise.all([
    Promise.all(MACHINE_SOURCES.map(async (kind) => listSource(kind, around, report))),
    findSwarms(around, report),
  ]);
  const asked = await Promise.all(swarms.map(async (swarm) => askSwarm(swarm, around.signal, report)));
  return {
    machines: mergeMachines(known.flat(), uniqueNodes(asked.flatMap((nodes) => nodes ?? []))),
    silent: swarms.filter(({ isLab }, index) => !isLab && asked[index] === undefined).map(({ context }) => context),
  };
}

/** What the sources know by themselves; nobody is asked. */
export async function listKnown(around: Surroundings, report: Report): Promise<readonly ListedMachine[]> {
  const known = await Promise.all(MACHINE_SOURCES.map(async (kind) => listSource(kind, around, report)));
  return mergeMachines(known.flat(), []);
}

/** A source that is not there has nothing; one that fails is said. */
async function listSource(
  kind: MachineSourceKind,
  around: Surroundings,
  report: Report,
): Promise<readonly KnownMachine[]> {
  try {
    return await (await openMachineSource(kind, around, { report })).list(around.signal);
  } catch (error) {
    around.signal.throwIfAborted();
    if (!(error instanceof ToolkitError)) throw error;
    report({ type: 'warning', message: `machines of ${kind} are not listed: ${error.message}` });
    return [];
  }
}

interface SwarmPlace {
  readonly name: string;
  readonly isLab: boolean;
  readonly context: string;
  readonly target: EngineTarget;
}

/** The swarms and labs of ours: by the descriptions of the docker contexts, and labs also by their sockets. */
async function findSwarms({ env, signal }: Surroundings, report: Report): Promise<readonly SwarmPlace[]> {
  const shell = new LocalShell();
  const contexts = await listDockerContexts(shell, signal);
  const ours = await Promise.all(
    contexts.map(async ({ name: context, description }) => {
      const name = readSwarmName(description);
      if (name === undefined) return [];
      try {
        const target = await resolveEngineTarget({ context, env: {}, shell });
        return [{ name, isLab: description.startsWith('spark-swarm lab'), context, target }];
      } catch (error) {
        if (!(error instanceof ToolkitError)) throw error;
        report({ type: 'warning', message: error.message });
        return [];
      }
    }),
  );
  const labs = findLabs(env).map(({ name, contextName, managerSocket }) => ({
    name,
    isLab: true,
    context: contextName,
    target: socketTarget(managerSocket, contextName),
  }));
  const byEngine = new Map<string, SwarmPlace>();
  for (const place of [...ours.flat(), ...labs]) {
    const key = JSON.stringify(place.target.api.endpoint);
    if (!byEngine.has(key)) byEngine.set(key, place);
  }
  return [...byEngine.values()];
}

interface RawNode {
  readonly ID: string;
  readonly Spec: { readonly Labels?: Readonly<Record<string, string>> | null };
  readonly Description: {
    readonly Hostname: string;
    readonly Engine?: { readonly Labels?: Readonly<Record<string, string>> | null };
  };
  readonly Status: { readonly State: string };
}

/** @returns `undefined` if the manager does not answer, which is said */
async function askSwarm(
  swarm: SwarmPlace,
  signal: AbortSignal,
  report: Report,
): Promise<readonly ListedNode[] | undefined> {
  try {
    return await listSwarmNodes(swarm, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ToolkitError)) throw error;
    report({ type: 'warning', message: `the swarm "${swarm.name}" is not asked: ${error.message}` });
    // An engine that manages no swarm any more has said so: no machine is in that one.
    return /not a swarm manager|not part of a swarm/.test(error.message) ? [] : undefined;
  } finally {
    swarm.target.api.close();
  }
}

/** The nodes of a swarm, as its manager lists them. @throws UnreachableError, EngineError */
export async function listSwarmNodes(
  { name, isLab, target }: Omit<SwarmPlace, 'context'>,
  signal: AbortSignal,
): Promise<readonly ListedNode[]> {
  const nodes = await target.api.get<readonly RawNode[]>('/nodes', { timeoutMs: ANSWER_LIMIT_MS, signal });
  return nodes.map(({ ID, Spec, Description, Status }) => ({
    swarm: Spec.Labels?.[LABELS.nodeSwarm] ?? name,
    isLab,
    id: ID,
    hostname: Description.Hostname,
    state: Status.State,
    labels: Spec.Labels ?? {},
    engineLabels: Description.Engine?.Labels ?? {},
  }));
}

/** Two contexts may lead to two managers of one swarm; of a node that is there twice by its name, the one that is up counts. */
function uniqueNodes(nodes: readonly ListedNode[]): readonly ListedNode[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return [...byId.values()].toSorted((a, b) => Number(a.state === 'ready') - Number(b.state === 'ready'));
}
