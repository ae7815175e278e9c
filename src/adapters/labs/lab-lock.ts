import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { ConflictError } from '../../errors.ts';

/** Who holds a lock. A process number alone comes back for another process; its start time does not. */
interface Holder {
  readonly pid: number;
  readonly startedAt: string;
}

/**
 * Takes the lock of a lab. One whose holder has died (killed, or the machine was rebooted) is taken over.
 *
 * @throws ConflictError naming the holder
 */
export async function takeLock(file: string, lab: string): Promise<AsyncDisposable> {
  const mine = JSON.stringify({ pid: process.pid, startedAt: await startTime(process.pid) } satisfies Holder);
  // Written first and then linked, so that a lock is never seen without its holder.
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, mine, { mode: 0o600 });
  try {
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      if (await linked(draft, file)) {
        await removeDrafts(file);
        return { [Symbol.asyncDispose]: async () => rm(file, { force: true }) };
      }
      const holder = await readHolder(file);
      if (holder && (await isAlive(holder))) throw conflict(lab, holder.pid);
      await discard(file);
    }
    throw conflict(lab, undefined);
  } finally {
    await rm(draft, { force: true });
  }
}

async function linked(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

async function isAlive({ pid, startedAt }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return (await startTime(pid)) === startedAt;
}

/** Removes what commands that were killed while they took the lock left beside it. */
async function removeDrafts(file: string): Promise<void> {
  const folder = path.dirname(file);
  const drafts = (await readdir(folder)).filter((name) => name.startsWith(`${path.basename(file)}.`));
  for (const name of drafts) {
    const draft = path.join(folder, name);
    const holder = await readHolder(draft);
    if (holder && !(await isAlive(holder))) await rm(draft, { force: true });
  }
}

/** Removes a dead lock. Moved aside and read again: between our reading and this, another may have put its own there. */
async function discard(file: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
    const holder = await readHolder(aside);
    if (holder && (await isAlive(holder))) await linked(aside, file);
    await rm(aside, { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/**
 * Start of a process in clock ticks since boot; empty where /proc is not there, `dead` for one that was killed and that
 * nobody has waited for (a container's first process often does not). Fields 3 and 22 of /proc/PID/stat.
 */
async function startTime(pid: number): Promise<string> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? 'dead' : (fields[19] ?? '');
  } catch {
    return '';
  }
}

function conflict(lab: string, pid: number | undefined): ConflictError {
  const holder = pid === undefined ? 'another command' : `the command with process number ${pid}`;
  return new ConflictError(`Cannot change the lab "${lab}": ${holder} is at work on it`, {
    hint: 'wait until it has ended, then run this again',
  });
}
