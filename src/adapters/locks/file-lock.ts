import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { ConflictError } from '../../errors.ts';
import { describeSelf, isAlive, parseIdentity, type ProcessIdentity } from '../files/process-identity.ts';

const BEAT_MS = 5000;
/** A holder that cannot be seen from here (in another container) and that has not been heard of for so long is dead. */
const STALE_MS = 30_000;
/** Removing a dead lock takes a moment. */
const DISCARD_LIMIT_MS = 2000;
const DISCARD_POLL_MS = 20;
const ATTEMPTS = 200;

/**
 * Takes the lock of something that one command at a time may change. One whose holder has died (killed, or the machine was
 * rebooted) is taken over.
 *
 * @param beginning what the message begins with: `Cannot change the lab "dev": `
 * @throws ConflictError naming the holder
 */
export async function takeLock(file: string, beginning: string): Promise<AsyncDisposable> {
  const mine = JSON.stringify(describeSelf());
  // Written first and then linked, so that a lock is never seen without its holder.
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, mine, { mode: 0o600 });
  try {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      if (await linked(draft, file)) {
        await removeDrafts(file);
        return hold(file, mine);
      }
      const holder = await readHolder(file);
      if (holder && (await isHeld(holder, file))) throw conflict(beginning, holder.pid);
      await discard(file);
    }
    throw conflict(beginning, undefined);
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

/** Renews the lock while it is held, and gives it back, unless it is another's by then. */
function hold(file: string, mine: string): AsyncDisposable {
  const timer = setInterval(() => void utimes(file, new Date(), new Date()).catch(() => {}), BEAT_MS);
  timer.unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      const present = await readFile(file, 'utf8').catch(() => '');
      if (present === mine) await rm(file, { force: true });
    },
  };
}

/** @returns `undefined` for a lock that is gone, or that nobody can read */
async function readHolder(file: string): Promise<ProcessIdentity | undefined> {
  return parseHolder(await readFile(file, 'utf8').catch(() => ''));
}

function parseHolder(text: string): ProcessIdentity | undefined {
  try {
    return parseIdentity(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function isHeld(holder: ProcessIdentity, file: string): Promise<boolean> {
  const alive = isAlive(holder);
  if (alive !== undefined) return alive;
  const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: 0 }));
  return Date.now() - mtimeMs < STALE_MS;
}

/** Removes what commands that were killed while they took the lock left beside it. */
async function removeDrafts(file: string): Promise<void> {
  const folder = path.dirname(file);
  const drafts = (await readdir(folder))
    .filter((name) => name.startsWith(`${path.basename(file)}.`))
    .map((name) => path.join(folder, name));
  // The right to remove a dead lock is no draft: whoever has it is at work.
  for (const draft of drafts.filter((name) => name !== deathMark(file))) {
    const holder = await readHolder(draft);
    if (holder && !(await isHeld(holder, draft))) await rm(draft, { force: true });
  }
}

/**
 * Removes a dead lock, and never one that another has put there since it was read: only who could link it to one more name
 * may remove it, and looks again at what it has linked.
 */
async function discard(file: string): Promise<void> {
  const right = deathMark(file);
  try {
    if (!(await linked(file, right))) return await waitForDiscard(right);
    // Another may have taken the right for one that was left behind: then it is gone, which is no dead holder.
    const holder = parseHolder(await readFile(right, 'utf8'));
    if (!holder || !(await isHeld(holder, right))) await rm(file, { force: true });
    await rm(right, { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function deathMark(file: string): string {
  return `${file}.dead`;
}

/** Another command is removing it; one that was killed meanwhile is not waited for. */
async function waitForDiscard(right: string): Promise<void> {
  const { ctimeMs } = await stat(right);
  if (Date.now() - ctimeMs > DISCARD_LIMIT_MS) await rm(right, { force: true });
  else await sleep(DISCARD_POLL_MS);
}

function conflict(beginning: string, pid: number | undefined): ConflictError {
  const holder = pid === undefined ? 'another command' : `the command with process number ${pid}`;
  return new ConflictError(`${beginning}${holder} is at work on it`, {
    hint: 'wait until it has ended, then run this again',
  });
}
