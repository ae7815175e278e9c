import type { Cluster, PlatformKind } from '../cluster/cluster.ts';
import { NotFoundError, UnreachableError, UsageError } from '../errors.ts';
import type { Report } from '../events.ts';
import { swarmContextName } from '../swarm/swarm-name.ts';
import { connectContainers, connectSwarm, type Connection, type Surroundings } from './connection.ts';
import { askAllEngines, type AskedEngines, type FoundSwarm, type ListedCluster } from './list-clusters.ts';

export interface LocateOptions {
  readonly name: string;
  readonly context?: string | undefined;
  readonly platform?: PlatformKind | undefined;
  readonly report: Report;
}

/** A cluster, and the way to it. */
export interface LocatedCluster {
  readonly cluster: Cluster;
  readonly connection: Connection;
  /** Name of the docker context, or of the engine, by which it was found. */
  readonly context: string;
}

/** What has a name: a cluster, a swarm of ours, both, or nothing. */
export interface LocatedName {
  /** What the engines have said, for {@link notFound}. */
  readonly asked: AskedEngines;
  readonly cluster: LocatedCluster | undefined;
  /** The swarm that was made under this name. */
  readonly swarm: FoundSwarm | undefined;
}

/**
 * Finds a cluster by its name alone, on every engine that this person's docker knows: nothing is remembered on this machine.
 *
 * @throws NotFoundError `NAME doesn't exist`; UsageError if there are several; UnreachableError if no engine could be asked
 */
export async function locateCluster(around: Surroundings, options: LocateOptions): Promise<LocatedCluster> {
  const asked = await askAllEngines(around, options);
  const found = chooseCluster(asked, options);
  if (!found) throw notFound(options.name, asked);
  return connectFound(around, found, options.report);
}

/**
 * The same for what may be half there, or not at all; also where no engine could be asked.
 *
 * @throws UsageError as {@link locateCluster}
 */
export async function locateName(around: Surroundings, options: LocateOptions): Promise<LocatedName> {
  const asked = await askAllEngines(around, options);
  const found = chooseCluster(asked, options);
  const swarms = asked.swarms.filter(({ name }) => name === options.name);
  return {
    asked,
    cluster: found && connectFound(around, found, options.report),
    swarm: swarms.find(({ target }) => target === found?.target) ?? swarms[0],
  };
}

/** `NAME doesn't exist`: the words that the older command had. */
export function notFound(
  name: string,
  { failures, silentContexts, answered }: Pick<AskedEngines, 'failures' | 'silentContexts' | 'answered'>,
): Error {
  const [first] = failures;
  const context = swarmContextName(name);
  if (first && silentContexts.includes(context)) {
    return new UnreachableError(
      `Cannot tell whether ${name} is there: its docker context ${context} leads to no answer`,
      {
        hint: `spark-swarm doctor --context ${context} says what is missing`,
        cause: first,
      },
    );
  }
  if (answered === 0 && first) {
    return new UnreachableError(`Cannot look for ${name}: no Docker engine could be asked`, {
      hint: first.hint ?? 'docker context ls shows which engines there are',
      cause: first,
    });
  }
  const unasked = failures.length === 0 ? '' : `; ${countEngines(failures.length)} could not be asked`;
  return new NotFoundError(`${name} doesn't exist`, { hint: `spark-swarm cluster list shows what there is${unasked}` });
}

/** @throws UsageError if several are meant */
function chooseCluster(
  { clusters }: AskedEngines,
  { name, platform }: Pick<LocateOptions, 'name' | 'platform'>,
): ListedCluster | undefined {
  const found = clusters.filter(
    ({ cluster }) => cluster.name === name && (platform === undefined || cluster.platform === platform),
  );
  const [first, ...others] = found;
  if (others.length === 0) return first;
  const places = found.map(({ cluster, target }) =>
    [...(target.contextName === undefined ? [] : ['--context', target.contextName]), '-p', cluster.platform].join(' '),
  );
  throw new UsageError(`-n: there are ${found.length} clusters named ${name}; expected one of ${places.join(', ')}`);
}

/** The way to a cluster that was found. */
export function connectFound(
  around: Surroundings,
  { cluster, target, context }: ListedCluster,
  report: Report,
): LocatedCluster {
  const connect = cluster.platform === 'swarm' ? connectSwarm : connectContainers;
  return { cluster, context, connection: connect(around, target, { report }) };
}

function countEngines(count: number): string {
  return count === 1 ? '1 engine' : `${count} engines`;
}
