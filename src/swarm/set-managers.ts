import { setTimeout as sleep } from 'node:timers/promises';

import type { EngineApi } from '../adapters/engine/engine-api.ts';
import { EngineError, NotFoundError, WaitTimeoutError } from '../errors.ts';
import type { StepContext } from '../events.ts';
import { isLeaderless, listMembers, updateMember, type SwarmMember } from './members.ts';

const LIMIT_MS = 60_000;
const POLL_MS = 250;

/** A new manager counts for the majority once the others have reached it. */
export async function promote(
  manager: EngineApi,
  ids: readonly string[],
  { progress, signal }: Pick<StepContext, 'progress' | 'signal'>,
): Promise<void> {
  for (const id of ids) {
    await updateMember(manager, id, { role: 'manager' }, { signal });
    const member = await waitForMember(
      manager,
      id,
      signal,
      ({ reachability }) => reachability === 'reachable',
      'a manager',
    );
    if (member) progress(`${member.hostname} is a manager`);
  }
}

/** A manager becomes a worker. Whether enough of them are left is for the caller to know; Docker refuses to lose the majority. */
export async function demote(manager: EngineApi, ids: readonly string[], signal: AbortSignal): Promise<void> {
  for (const id of ids) {
    await updateMember(manager, id, { role: 'worker' }, { signal });
    await waitForMember(manager, id, signal, ({ reachability }) => reachability === undefined, 'a worker');
  }
}

/** Takes entries of nodes that are gone out of the swarm's list; of managers also out of their majority. */
export async function removeEntries(
  manager: EngineApi,
  members: readonly SwarmMember[],
  signal: AbortSignal,
): Promise<void> {
  for (const { id, role } of members) {
    if (role === 'manager') await updateMember(manager, id, { role: 'worker' }, { signal }).catch(ignoreMissing);
    await removeEntry(manager, id, signal);
  }
}

/** The demotion of a dead manager takes the others some seconds. */
async function removeEntry(manager: EngineApi, id: string, signal: AbortSignal): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    try {
      return await manager.delete(`/nodes/${id}`, { query: { force: true }, signal });
    } catch (error) {
      if (error instanceof NotFoundError) return;
      const isOnTheWay =
        isLeaderless(error) ||
        (error instanceof EngineError && /must be demoted|is a cluster manager|out of sequence/.test(error.message));
      if (!isOnTheWay || performance.now() - startedAt > LIMIT_MS) throw error;
      await sleep(POLL_MS, undefined, { signal });
    }
  }
}

async function waitForMember(
  manager: EngineApi,
  id: string,
  signal: AbortSignal,
  isDone: (member: SwarmMember) => boolean,
  what: string,
): Promise<SwarmMember | undefined> {
  const startedAt = performance.now();
  for (;;) {
    const members = await listMembers(manager, { signal }).catch((error: unknown) => {
      if (isLeaderless(error) && performance.now() - startedAt < LIMIT_MS) return undefined;
      throw error;
    });
    const member = members?.find((candidate) => candidate.id === id);
    if (members && (!member || isDone(member))) return member;
    if (member && performance.now() - startedAt > LIMIT_MS) {
      throw new WaitTimeoutError(
        `Gave up after ${LIMIT_MS / 1000} s waiting for ${member.hostname} as ${what}; last seen: ${member.role}, ${member.reachability ?? 'no manager'}, ${member.state}`,
        { hint: 'run the same command again' },
      );
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof NotFoundError)) throw error;
}
