import type { ShellResult } from './job-shell.ts';
import { scriptFailure } from './launch.ts';

/**
 * - `recorded`: its state is written down, and stays
 * - `finished`: it had a record
 * - `busy`: its wrapper lives, so it has not ended
 * - `unknown`: no such job
 */
export type FailAnswer = 'recorded' | 'finished' | 'busy' | 'unknown';

const ANSWERS: readonly string[] = ['recorded', 'finished', 'busy', 'unknown'] satisfies readonly FailAnswer[];

/** @param reason as `job status` says it; one that begins with `lost: ` is of a job that had begun */
export function failWords(base: string, folder: string, reason: string): readonly string[] {
  return [base, folder, reason.replaceAll(/\s+/g, ' ').trim()];
}

/** @throws EngineError when the script did not run to its end */
export function readFail(result: ShellResult): FailAnswer {
  const line = result.stdout.trim();
  if (!ANSWERS.includes(line)) throw scriptFailure('fail', result);
  return line as FailAnswer;
}
