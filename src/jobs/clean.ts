import type { JobView } from './judge-snapshot.ts';
import { FINAL_STATES } from './job.ts';

export interface CleanWish {
  /** What ended longer ago is deleted. */
  readonly olderThanMs: number;
  /** What is younger is kept, however large all are together, and whatever `olderThanMs` says. */
  readonly keepMs: number;
  /** All together, in bytes; above it the oldest go first. */
  readonly maxBytes: number;
}

export interface CleanPlan {
  /** Oldest first. */
  readonly remove: readonly JobView[];
  /** What they take on the disk, in bytes. */
  readonly freed: number;
}

/** Which jobs are deleted: never one that is not final. */
export function planClean(
  jobs: readonly JobView[],
  sizes: ReadonlyMap<string, number>,
  { olderThanMs, keepMs, maxBytes }: CleanWish,
): CleanPlan {
  const sizeOf = ({ folder }: JobView): number => sizes.get(folder) ?? 0;
  let total = jobs.reduce((sum, job) => sum + sizeOf(job), 0);
  const remove: JobView[] = [];
  let freed = 0;
  for (const job of jobs.filter(({ state }) => FINAL_STATES.has(state)).toSorted((a, b) => ageOf(b) - ageOf(a))) {
    if (ageOf(job) <= keepMs || (ageOf(job) <= olderThanMs && total <= maxBytes)) continue;
    remove.push(job);
    freed += sizeOf(job);
    total -= sizeOf(job);
  }
  return { remove, freed };
}

/** Since its end, where that is known; what was lost may have run for long, and its end is no earlier than its last sign. */
function ageOf({ endedAgoMs, ageMs, quietMs = ageMs }: JobView): number {
  return endedAgoMs ?? Math.min(ageMs, quietMs);
}

export function sizesWords(base: string): readonly string[] {
  return [base];
}

/** Shape: lines `BYTES FOLDER`. */
export function readSizes(text: string): ReadonlyMap<string, number> {
  return new Map([...text.matchAll(/^(\d+) (.+)$/gm)].map(([, bytes = '', folder = '']) => [folder, Number(bytes)]));
}

export function cleanWords(base: string, folders: readonly string[]): readonly string[] {
  return [base, ...folders];
}

export interface CleanAnswer {
  readonly removed: readonly string[];
  readonly refused: readonly { readonly folder: string; readonly reason: string }[];
}

/** Shape: lines `removed FOLDER` and `refused FOLDER WHY`. */
export function readClean(text: string): CleanAnswer {
  return {
    removed: [...text.matchAll(/^removed (\S+)$/gm)].map(([, folder = '']) => folder),
    refused: [...text.matchAll(/^refused (\S+) (.*)$/gm)].map(([, folder = '', reason = '']) => ({ folder, reason })),
  };
}
