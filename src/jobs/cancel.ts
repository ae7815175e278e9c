import type { ShellResult } from './job-shell.ts';
import { scriptFailure } from './launch.ts';

export interface Cancel {
  readonly why: 'cancel' | 'timeout';
  /** How long it may take to end after INT, and again after TERM. */
  readonly graceMs: number;
  /** Whether the job's processes are where the script runs, or only its record. */
  readonly place: 'here' | 'record';
}

export type CancelAnswer =
  /** It had ended before: nothing was changed. */
  | { readonly kind: 'finished' }
  /** It is over now, and the record says how. */
  | { readonly kind: 'ended'; readonly code: number }
  /** It will not be started; or what runs it elsewhere has to be told; or that ended while it was told. */
  | { readonly kind: 'marked' }
  /** It was gone without a record, or its machine or container was restarted. */
  | { readonly kind: 'lost' }
  /** They belong to another user. */
  | { readonly kind: 'denied'; readonly processes: readonly number[] }
  /** Not even KILL has ended them. */
  | { readonly kind: 'alive'; readonly processes: readonly number[] }
  | { readonly kind: 'unknown' };

const MS_PER_SECOND = 1000;
/** 128 and SIGKILL. */
const KILLED_STATUS = 137;

export function cancelWords(base: string, folder: string, { why, graceMs, place }: Cancel): readonly string[] {
  return [base, folder, why, (graceMs / MS_PER_SECOND).toFixed(2), place];
}

/** @throws EngineError when the script did not run to its end */
export function readCancel(result: ShellResult): CancelAnswer {
  const [kind = '', ...numbers] = (result.stdout.trimEnd().split('\n').at(-1) ?? '').split(' ');
  switch (kind) {
    case 'finished':
    case 'marked':
    case 'lost':
    case 'unknown':
      return { kind };
    case 'ended':
      return { kind, code: Number(numbers[0]) };
    case 'denied':
    case 'alive':
      return { kind, processes: numbers.map(Number) };
    case '':
      // A task's container ends with its job, and with everything else in it.
      if (result.status === KILLED_STATUS) return { kind: 'marked' };
      throw scriptFailure('cancel', result);
    default:
      throw scriptFailure('cancel', result);
  }
}
