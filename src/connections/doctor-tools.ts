import { readChosenContext, readLocalEngine, type ChosenContext } from '../adapters/doctor/read-context.ts';
import { readMachine } from '../adapters/doctor/read-machine.ts';
import { readOtherContexts } from '../adapters/doctor/read-other-contexts.ts';
import { readSwarmFacts } from '../adapters/doctor/read-swarm-facts.ts';
import type { EngineTarget } from '../adapters/engine/engine-target.ts';
import { LocalShell } from '../adapters/shell/local-shell.ts';
import type { ClustersReading } from '../doctor/clusters-reading.ts';
import type { DoctorTools } from '../doctor/doctor-tools.ts';
import { EngineError, ToolkitError, UsageError } from '../errors.ts';
import { SwarmReader } from '../platforms/swarm/swarm-reader.ts';
import type { Surroundings } from './connection.ts';
import { readClusters } from './doctor-clusters.ts';
import { chooseKnown, listKnownSwarms, type KnownSwarm } from './find-swarm.ts';

/** A swarm manager that was found, and how. */
export interface FoundManager {
  readonly target: EngineTarget;
  readonly reader: SwarmReader;
  /** What is said of the choice, where nobody asked for this engine. */
  readonly note: string | undefined;
}

/** The checks' tools, and the swarm for the check of its network. */
export interface OpenDoctor {
  readonly tools: DoctorTools;
  findManager(): Promise<FoundManager | undefined>;
}

const ANSWER_LIMIT_MS = 4500;
const NOTHING: ClustersReading = { clusters: [], images: [], volumes: [], locks: [], held: [] };

/** What `doctor` looks at. Everything is read when it is first asked for, and once. */
export function openDoctor(around: Surroundings, context: string | undefined): OpenDoctor {
  const shell = new LocalShell();
  const { env, signal } = around;
  const chosen = once(async () => readChosenContext({ env, shell, context, signal }));
  const others = once(async () => readOtherContexts({ env, shell, chosen: (await chosen()).reading.name, signal }));
  const manager = once(async () => findManager(around, await chosen()));
  const swarm = once(async () => {
    const found = await manager();
    if (!found) return undefined;
    const { target, reader } = found;
    return readSwarmFacts({ manager: target.api, engines: reader.engines, context: target.contextName, signal });
  });
  const tools: DoctorTools = {
    readMachine: once(async () =>
      readMachine({ env, shell, dockerEnv: async () => (await chosen()).target?.dockerEnv ?? {}, signal }),
    ),
    readEngine: once(async () => readLocalEngine(await chosen(), { shell, signal })),
    readContext: async () => (await chosen()).reading,
    readOtherContexts: others,
    readSwarm: swarm,
    readClusters: once(async () => {
      const { target, reading } = await chosen();
      if (!target || !reading.engine || reading.engine.state === 'silent') return NOTHING;
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

/** As commands choose it: the engine's own swarm; where nothing names an engine, the lab's, or the one of ours. */
async function findManager(
  around: Surroundings,
  { target, reading }: ChosenContext,
): Promise<FoundManager | undefined> {
  if (target && reading.engine && reading.engine.state !== 'silent') {
    const own = await tryManager(target, undefined);
    if (own || target.isExplicit) return own;
  }
  if (!target || target.isExplicit) return undefined;
  const known = await listKnownSwarms(around);
  const found = known.length === 0 ? undefined : chooseOrNone(known);
  if (!found) return undefined;
  return tryManager(
    await found.open(),
    `using the ${found.kind} "${found.name}" (docker context ${found.contextName})`,
  );
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

async function tryManager(target: EngineTarget, note: string | undefined): Promise<FoundManager | undefined> {
  const found = { target, reader: new SwarmReader(target.api), note };
  try {
    await target.api.get('/swarm', { timeoutMs: ANSWER_LIMIT_MS });
    return found;
  } catch (error) {
    if (!(error instanceof ToolkitError)) throw error;
    // A manager that has lost its swarm (locked, expired, no majority) is one all the same.
    return error instanceof EngineError && !NO_MANAGER.test(error.message) ? found : undefined;
  }
}
