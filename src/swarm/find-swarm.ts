import { setTimeout as sleep } from 'node:timers/promises';

import type { EngineApi } from '../adapters/engine/engine-api.ts';
import { InvalidStateError, ToolkitError, UnreachableError } from '../errors.ts';
import { LABELS } from '../labels.ts';
import type { Machine } from '../machines/machine.ts';
import { isLeaderless, listMembers, readNodeInfo, type NodeInfo, type SwarmMember } from './members.ts';
import { describeQuorum } from './quorum.ts';

/** A swarm as one of its managers says it. */
export interface FoundSwarm {
  readonly manager: EngineApi;
  readonly clusterId: string;
  /** The name that `swarm create` gave it; `undefined`: it is not ours. */
  readonly name: string | undefined;
  readonly members: readonly SwarmMember[];
}

/** A manager without a majority answers only after 20 s; nobody waits that long to hear it. */
const ANSWER_LIMIT_MS = 5000;
const PING_LIMIT_MS = 2000;
/** Machines that are gone are told by the preflight, which has its own time: all together 20 s. */
const INFO_LIMIT_MS = 3000;
/** A manager that was just started needs an election, which takes 3 s when it is alone. */
const SETTLE_LIMIT_MS = 4000;
const NAME_LIMIT_MS = 1500;
const POLL_MS = 250;

/**
 * The swarm that an engine manages, with the name we gave it.
 *
 * @throws InvalidStateError if it manages none, or if the managers have no majority
 */
export async function readFoundSwarm(manager: EngineApi, signal: AbortSignal): Promise<FoundSwarm> {
  const options = { signal, timeoutMs: ANSWER_LIMIT_MS };
  const [swarm, members] = await Promise.all([
    manager.get<{ readonly ID: string; readonly Spec: { readonly Labels?: Readonly<Record<string, string>> } }>(
      '/swarm',
      options,
    ),
    listMembers(manager, options),
  ]).catch(async (error: unknown) => {
    throw await explain(error, manager, signal);
  });
  const name =
    swarm.Spec.Labels?.[LABELS.swarm] ??
    members.find(({ labels }) => labels[LABELS.nodeSwarm])?.labels[LABELS.nodeSwarm];
  return { manager, clusterId: swarm.ID, name, members };
}

async function explain(error: unknown, manager: EngineApi, signal: AbortSignal): Promise<unknown> {
  if (signal.aborted || !(error instanceof ToolkitError)) return error;
  if (/not a swarm manager|not part of a swarm/.test(error.message)) {
    return new InvalidStateError(`${manager.name} manages no swarm`, {
      hint: 'spark-swarm swarm create --hosts …, or --context NAME of another engine',
      cause: error,
    });
  }
  const isSilent = error instanceof UnreachableError && /no (whole )?answer within/.test(error.message);
  if (!isLeaderless(error) && !(isSilent && (await answersPing(manager, signal)))) return error;
  return new InvalidStateError(
    `The swarm of ${manager.name} has no majority of its managers: ${describeQuorum(error.message)}`,
    {
      hint: 'start the managers that are down; when one was lost just now, the others choose a leader within half a minute; what runs goes on meanwhile',
      cause: error,
    },
  );
}

/** An engine that answers everything but questions about its swarm. */
async function answersPing(engine: EngineApi, signal: AbortSignal): Promise<boolean> {
  return engine.get('/_ping', { signal, timeoutMs: PING_LIMIT_MS }).then(
    () => true,
    () => false,
  );
}

/** Of these engines those that answer at all. */
export async function keepLiving(engines: readonly EngineApi[], signal: AbortSignal): Promise<readonly EngineApi[]> {
  const answers = await Promise.all(engines.map(async (engine) => answersPing(engine, signal)));
  return engines.filter((_, index) => answers[index]);
}

/** What the engines of machines say of themselves; those that do not answer in time are left out. */
export async function readInfos(
  machines: readonly Machine[],
  signal: AbortSignal,
  timeoutMs = INFO_LIMIT_MS,
): Promise<ReadonlyMap<string, NodeInfo>> {
  const infos = await Promise.allSettled(
    machines.map(async ({ engine }) => readNodeInfo(engine, { signal, timeoutMs })),
  );
  signal.throwIfAborted();
  return new Map(
    infos.flatMap((info, index) => {
      const machine = machines[index];
      return info.status === 'fulfilled' && machine ? [[machine.name, info.value] as const] : [];
    }),
  );
}

/** The same, when those that were just started, or just began a swarm, have found themselves. */
export async function settleInfos(
  machines: readonly Machine[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, NodeInfo>> {
  const startedAt = performance.now();
  for (;;) {
    const infos = await readInfos(machines, signal);
    const isPending = [...infos.values()].some(({ swarm }) => swarm.state === 'pending' && swarm.nodeId !== '');
    if (!isPending || performance.now() - startedAt > SETTLE_LIMIT_MS) return infos;
    await sleep(POLL_MS, undefined, { signal });
  }
}

export interface FindOptions {
  /** Whether a swarm of another name, or of none, is meant all the same. */
  readonly isOurs: (found: FoundSwarm) => boolean;
  /** Engines of which none answers are as good as none: what an old context leads to. */
  readonly mayBeSilent: boolean;
  readonly signal: AbortSignal;
}

/**
 * The swarm of this name, if one of these engines manages it.
 *
 * @param engines asked in their order
 * @throws InvalidStateError if it is there, and its managers have no majority; UnreachableError if all of them are silent
 */
export async function findSwarm(
  name: string,
  engines: readonly EngineApi[],
  { isOurs, mayBeSilent, signal }: FindOptions,
): Promise<FoundSwarm | undefined> {
  const failures: { readonly engine: EngineApi; readonly error: ToolkitError }[] = [];
  for (const engine of engines) {
    try {
      const found = await readNamed(engine, signal);
      if (found.name === name || isOurs(found)) return found;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ToolkitError)) throw error;
      failures.push({ engine, error });
    }
  }
  const noMajority = failures.find(
    ({ error }) => error instanceof InvalidStateError && /no majority/.test(error.message),
  );
  if (noMajority) throw noMajority.error;
  const silent = failures.filter(({ error }) => !managesNone(error));
  const [first] = silent;
  if (!mayBeSilent && first && failures.length === engines.length) {
    throw silence(
      silent.map(({ engine }) => engine),
      first.error,
    );
  }
  return undefined;
}

/** An answer, too: a slow engine that was taken for a manager. */
function managesNone(error: ToolkitError): boolean {
  return error instanceof InvalidStateError && error.message.endsWith('manages no swarm');
}

/** They may be ours: whoever takes them for strangers would tell their user to make them leave their swarm. */
function silence(engines: readonly EngineApi[], cause: unknown): UnreachableError {
  const seen = cause instanceof Error ? cause.message : String(cause);
  const names = engines.map(({ name }) => name).join(', ');
  return new UnreachableError(`The swarm's managers at ${names} do not say which swarm they manage: ${seen}`, {
    hint: 'when a manager was lost the others choose a leader anew: run the same command again in half a minute',
    cause,
  });
}

/** Right after it was made a swarm has no name yet: its labels come a moment later. */
async function readNamed(engine: EngineApi, signal: AbortSignal): Promise<FoundSwarm> {
  const startedAt = performance.now();
  for (;;) {
    const found = await readFoundSwarm(engine, signal);
    const isNew = found.name === undefined && found.members.length <= 1;
    if (!isNew || performance.now() - startedAt > NAME_LIMIT_MS) return found;
    await sleep(POLL_MS, undefined, { signal });
  }
}
