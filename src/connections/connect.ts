import { resolveEngineTarget, type EngineTarget } from '../adapters/engine/engine-target.ts';
import { LocalShell } from '../adapters/shell/local-shell.ts';
import type { PlatformKind } from '../cluster/cluster.ts';
import { InvalidStateError, UsageError } from '../errors.ts';
import { SwarmReader } from '../platforms/swarm/swarm-reader.ts';
import {
  connectContainers,
  connectSwarm,
  createContainerReader,
  type Connection,
  type Surroundings,
  type TargetOptions,
} from './connection.ts';
import { CONNECT_TIMEOUT_MS, findSwarm, listKnownSwarms, type FoundSwarm, type Places } from './find-swarm.ts';

export interface ConnectOptions extends TargetOptions {
  readonly context?: string | undefined;
  /** Where the cluster lives, or shall live; `undefined`: where it is found. */
  readonly platform?: PlatformKind | undefined;
  /** The cluster that is looked for. */
  readonly name: string;
  /** A cluster that is not there yet may be made: on the swarm, if there is one. */
  readonly makes?: boolean;
}

/**
 * Finds the platform that a cluster lives on: containers of the engine that docker itself would use, or the swarm that this
 * engine manages; where nothing names one and that engine is no swarm manager, the lab of this machine or the swarm that a
 * context of ours leads to.
 *
 * @throws UsageError if the name is on both, or there are several such swarms; UnreachableError, InvalidStateError (not a
 * manager), NotFoundError (no such context)
 */
export async function connect(around: Surroundings, options: ConnectOptions): Promise<Connection> {
  const target = await resolveEngineTarget({ context: options.context, env: around.env, shell: new LocalShell() });
  return choosePlatform(around, { target, known: async () => listKnownSwarms(around) }, options);
}

/** The rest of {@link connect}, when the engine is known. */
export async function choosePlatform(
  around: Surroundings,
  places: Places,
  options: ConnectOptions,
): Promise<Connection> {
  const { target } = places;
  if (options.platform === 'containers') return useContainers(around, target, options);
  const swarm = findSwarm(places);
  if (options.platform === 'swarm') return useSwarm(around, await swarm, options);
  const reader = createContainerReader(around, target);
  const [inContainers, found] = await Promise.allSettled([reader.hasCluster(options.name, CONNECT_TIMEOUT_MS), swarm]);
  const isBusy = inContainers.status === 'rejected' && hasAnswered(found);
  const isThere = isBusy
    ? await reader.hasCluster(options.name)
    : inContainers.status === 'fulfilled' && inContainers.value;
  if (isThere) {
    if (found.status === 'fulfilled') await refuseBoth(options.name, found.value);
    return connectContainers(around, target, options);
  }
  if (found.status === 'fulfilled') return useSwarm(around, found.value, options);
  const error: unknown = found.reason;
  if (!(error instanceof InvalidStateError)) throw error;
  if (options.makes) throw withStartHint(error);
  // No swarm here: then there is no such cluster, which is for the operation to say.
  return connectContainers(around, target, options);
}

/** Of the swarm, in time: then an engine that did not say what else it has is only busy, and that is no "nothing". */
function hasAnswered(found: PromiseSettledResult<FoundSwarm>): boolean {
  return found.status === 'fulfilled' ? found.value.note === undefined : found.reason instanceof InvalidStateError;
}

/**
 * @throws UnreachableError in time, where no other question comes first; UsageError for a new cluster on a lab's node: its
 * ports would answer only inside of that node
 */
async function useContainers(around: Surroundings, target: EngineTarget, options: ConnectOptions): Promise<Connection> {
  const connection = connectContainers(around, target, options);
  if (!options.makes || !connection.isLab) {
    await target.api.get('/_ping', { timeoutMs: CONNECT_TIMEOUT_MS });
    return connection;
  }
  throw new UsageError(`--context: ${target.contextName} is a lab, whose nodes run a swarm; expected another engine`, {
    hint: `spark-swarm deploy --context ${target.contextName}, or spark-swarm start without --context`,
  });
}

function useSwarm(around: Surroundings, { target, note }: FoundSwarm, options: ConnectOptions): Connection {
  if (note !== undefined) options.report({ type: 'note', message: note });
  return connectSwarm(around, target, options);
}

async function refuseBoth(name: string, { target }: FoundSwarm): Promise<void> {
  if (!(await new SwarmReader(target.api).readCluster(name))) return;
  throw new UsageError(
    `--platform: the cluster "${name}" is in containers of this engine, and on the swarm of ${target.api.name}; expected swarm or containers`,
    { hint: `add --platform containers, or --platform swarm` },
  );
}

function withStartHint(error: InvalidStateError): InvalidStateError {
  return new InvalidStateError(error.message, {
    cause: error,
    hint: `spark-swarm start makes a cluster in containers of this engine; ${error.hint ?? ''}`,
  });
}
