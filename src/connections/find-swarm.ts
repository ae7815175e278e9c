import { listContexts } from '../adapters/completion/context-files.ts';
import { resolveEngineTarget, socketTarget, type EngineTarget } from '../adapters/engine/engine-target.ts';
import { findLabs } from '../adapters/labs/find-labs.ts';
import { LocalShell } from '../adapters/shell/local-shell.ts';
import { assertManager } from '../adapters/swarm/swarm-client.ts';
import { UnreachableError, UsageError } from '../errors.ts';
import { DEFAULT_LAB } from '../lab/lab-names.ts';
import { SwarmReader } from '../platforms/swarm/swarm-reader.ts';
import { withOtherManagers } from '../swarm/lost-manager.ts';
import { readSwarmContextName } from '../swarm/swarm-name.ts';
import type { Surroundings } from './connection.ts';

/** An engine that does not answer is said to within this time. */
export const CONNECT_TIMEOUT_MS = 4500;

/** A lab of this machine, or a swarm that a command of ours made a docker context for. */
export interface KnownSwarm {
  readonly kind: 'lab' | 'swarm';
  readonly name: string;
  readonly contextName: string;
  /** Its manager. Dials nobody. */
  readonly open: () => Promise<EngineTarget>;
}

/** Where a cluster may live. */
export interface Places {
  readonly target: EngineTarget;
  /** Asked for only where nothing names an engine, and Docker's own default manages no swarm. */
  readonly known: () => Promise<readonly KnownSwarm[]>;
}

export interface FoundSwarm {
  readonly target: EngineTarget;
  /** What is said of the choice, where nobody asked for this engine. */
  readonly note: string | undefined;
}

/** Labs by their sockets, swarms by the descriptions of docker's contexts: two folders are read, nobody is asked. */
export async function listKnownSwarms({ env }: Pick<Surroundings, 'env'>): Promise<readonly KnownSwarm[]> {
  const labs = findLabs(env).map(({ name, contextName, managerSocket }): KnownSwarm => ({
    kind: 'lab',
    name,
    contextName,
    open: async () => socketTarget(managerSocket, contextName),
  }));
  const swarms = (await listContexts(env)).flatMap(({ name: contextName, description }): readonly KnownSwarm[] => {
    const name = readSwarmContextName(description);
    if (name === undefined) return [];
    const open = async (): Promise<EngineTarget> =>
      resolveEngineTarget({ context: contextName, env, shell: new LocalShell() });
    return [{ kind: 'swarm', name, contextName, open }];
  });
  return [...labs, ...swarms];
}

/**
 * The swarm that the engine manages. Where nothing names an engine and that one manages none: the lab of this machine, or the
 * swarm that there is a context of ours for.
 *
 * @throws UsageError if there are several; UnreachableError, InvalidStateError (not a manager)
 */
export async function findSwarm({ target, known }: Places): Promise<FoundSwarm> {
  try {
    return { target: await checkManager(target), note: undefined };
  } catch (error) {
    const chosen = target.isExplicit ? undefined : chooseKnown(await known());
    if (!chosen) throw error instanceof UnreachableError ? await explainSilence(error, { target, known }) : error;
    const { kind, name, contextName } = chosen;
    const found = checkManager(await chosen.open());
    // What is left of a lab that is down is no answer to who did not ask for it.
    const manager = found.catch((silence: unknown) => {
      throw kind === 'lab' ? error : withOtherManagers(silence, name);
    });
    return { target: await manager, note: `using the ${kind} "${name}" (docker context ${contextName})` };
  }
}

/** A context of ours leads to one manager of several. */
async function explainSilence(error: UnreachableError, { target, known }: Places): Promise<unknown> {
  const meant = (await known()).find(({ kind, contextName }) => kind === 'swarm' && contextName === target.contextName);
  return meant ? withOtherManagers(error, meant.name) : error;
}

/** @throws UsageError for several; of several labs, and no other swarms, the one with the default name is meant */
export function chooseKnown(known: readonly KnownSwarm[]): KnownSwarm | undefined {
  if (known.length < 2) return known[0];
  const usual = known.find(({ name }) => name === DEFAULT_LAB);
  if (usual && known.every(({ kind }) => kind === 'lab')) return usual;
  const choices = known.map(({ kind, name, contextName }) => `${contextName} (the ${kind} "${name}")`);
  throw new UsageError(`--context: this machine knows several swarms; expected one of ${choices.join(', ')}`, {
    hint: `add --context ${known[0]?.contextName}, or make one of them the current one: docker context use NAME`,
  });
}

async function checkManager(target: EngineTarget): Promise<EngineTarget> {
  const { client } = new SwarmReader(target.api);
  // Asked first because it takes a tenth of the time of the whole `GET /info`, which says why it is no manager.
  if (!(await client.isManager(CONNECT_TIMEOUT_MS))) {
    assertManager(await client.readInfo(CONNECT_TIMEOUT_MS), target.api.name);
  }
  return target;
}
