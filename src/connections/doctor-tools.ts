import { readChosenContext, readLocalEngine, type ChosenContext } from '../adapters/doctor/read-context.ts';
import { readMachine } from '../adapters/doctor/read-machine.ts';
import { readOtherContexts } from '../adapters/doctor/read-other-contexts.ts';
import { readSwarmFacts } from '../adapters/doctor/read-swarm-facts.ts';
import type { EngineTarget } from '../adapters/engine/engine-target.ts';
import { LocalShell } from '../adapters/shell/local-shell.ts';
import type { ClustersReading } from '../doctor/clusters-reading.ts';
import type { DoctorTools } from '../doctor/doctor-tools.ts';
import { EngineError, NotFoundError, UnreachableError, UsageError } from '../errors.ts';
import type { Report } from '../events.ts';
import { SwarmReader } from '../platforms/swarm/swarm-reader.ts';
import type { Surroundings } from './connection.ts';
import { readClusters } from './doctor-clusters.ts';
import { chooseKnown, listKnownSwarms, type KnownSwarm } from './find-swarm.ts';

/** A swarm manager that was found. */
export interface FoundManager {
  readonly target: EngineTarget;
  readonly reader: SwarmReader;
}

/** The checks' tools, and the swarm for the check of its network. */
export interface OpenDoctor {
  readonly tools: DoctorTools;
  /** @returns `undefined` when there is no swarm. @throws UnreachableError when the engine does not say whether there is */
  findManager(): Promise<FoundManager | undefined>;
}

const ANSWER_LIMIT_MS = 4500;
const NOTHING: ClustersReading = { clusters: [], images: [], volumes: [], locks: [], held: [] };

/** What `doctor` looks at. Everything is read when it is first asked for, and once. */
export function openDoctor(
  around: Surroundings,
  { context, report }: { readonly context: string | undefined; readonly report: Report },
): OpenDoctor {
  const shell = new LocalShell();
  const { env, signal } = around;
  const chosen = once(async () => readChosenContext({ env, shell, context, signal }));
  const others = once(async () => readOtherContexts({ env, shell, chosen: (await chosen()).reading.name, signal }));
  const manager = once(async () => findManager(around, await chosen(), report));
  const swarm = once(async () => {
    const found = await manager();
    if (!found) return undefined;
    const { target, reader } = found;
    return readSwarmFacts({ manager: target.api, engines: reader.engines, context: target.contextName, signal });
  });
  const tools: DoctorTools = {
    readMachine: once(async () =>
      readMachine({ env, shell, dockerEnv: async () => dockerEnvOf(await chosen()), signal }),
    ),
    readEngine: once(async () => readLocalEngine(await chosen(), { shell, signal })),
    readContext: async () => (await chosen()).reading,
    readOtherContexts: others,
    readSwarm: swarm,
    readClusters: once(async () => {
      const choice = await chosen();
      const { target } = choice;
      if (!target) return NOTHING;
      if (isSilent(choice)) return silence();
      return readClusters(around, { target, swarm: (await manager())?.target });
    }),
    nowMs: Date.now(),
  };
  return { tools, findManager: manager };
}

function once<T>(read: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return async () => (answer ??= read());
}

function dockerEnvOf(chosen: ChosenContext): EngineTarget['dockerEnv'] | undefined {
  return isSilent(chosen) ? undefined : chosen.target?.dockerEnv;
}

function isSilent({ reading }: ChosenContext): boolean {
  return reading.engine?.state === 'silent';
}

/**
 * As commands choose it: the engine's own swarm; where nothing names an engine, the lab's, or the one of ours.
 *
 * @throws UnreachableError when it does not say whether there is one
 */
async function findManager(
  around: Surroundings,
  chosen: ChosenContext,
  report: Report,
): Promise<FoundManager | undefined> {
  const { target } = chosen;
  if (!target) return undefined;
  const own = isSilent(chosen) ? silence() : tryManager(target);
  if (target.isExplicit) return own;
  const found = await own.catch((error: unknown) => {
    if (!(error instanceof UnreachableError)) throw error;
  });
  if (found) return found;
  const known = await listKnownSwarms(around);
  const other = known.length === 0 ? undefined : chooseOrNone(known);
  if (!other) return own;
  const manager = await tryManager(await other.open());
  if (manager)
    report({ type: 'note', message: `using the ${other.kind} "${other.name}" (docker context ${other.contextName})` });
  return manager;
}

async function silence(): Promise<never> {
  throw new UnreachableError('its engine does not answer');
}

/** Of several none is meant: the report of the contexts names them all. */
function chooseOrNone(known: readonly KnownSwarm[]): KnownSwarm | undefined {
  try {
    return chooseKnown(known);
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

/** What an engine says that manages no swarm. Source: moby `daemon/cluster/errors.go`. */
const NO_MANAGER = /not a swarm manager|not part of a swarm/;

/** @throws UnreachableError when it does not answer: a manager that is busy is not "no swarm" */
async function tryManager(target: EngineTarget): Promise<FoundManager | undefined> {
  const found = { target, reader: new SwarmReader(target.api) };
  try {
    await target.api.get('/swarm', { timeoutMs: ANSWER_LIMIT_MS });
    return found;
  } catch (error) {
    // An engine that has never heard of swarms.
    if (error instanceof NotFoundError) return undefined;
    if (!(error instanceof EngineError)) throw error;
    // A manager that has lost its swarm (locked, expired, no majority) is one all the same.
    return NO_MANAGER.test(error.message) ? undefined : found;
  }
}
