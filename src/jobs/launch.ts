import { EngineError } from '../errors.ts';
import type { ShellResult } from './job-shell.ts';
import { parsePidRecord, type PidRecord } from './pid-record.ts';

export type { PidRecord } from './pid-record.ts';
export { argvFile } from './quote-word.ts';
export { recordName as jobFolder } from './job-record.ts';

/**
 * - `host`: the wrapper is started where the script runs, with the environment it has (a container's)
 * - `login`: as `host`, and the command gets the environment of a login there
 * - `task`: the folder is claimed, and whoever claimed it makes the service that runs the wrapper
 */
export type LaunchMode = 'host' | 'login' | 'task';

export interface Launch {
  /** Folder of the records, absolute. */
  readonly base: string;
  readonly folder: string;
  /** 8 hexadecimal digits: which upload. The same in every retry of one launch. */
  readonly nonce: string;
  readonly hash: string;
  readonly mode: LaunchMode;
}

export type LaunchAnswer =
  /** The wrapper runs. */
  | { readonly kind: 'started'; readonly pid: PidRecord }
  /** Mode `task`: nobody else has this id. */
  | { readonly kind: 'claimed' }
  /** The same job had been launched before, or is by another at this moment. */
  | {
      readonly kind: 'already';
      readonly pid: PidRecord | undefined;
      /** Since the claim of one that has not begun; `undefined` of what has begun, and of what has ended. */
      readonly ageMs?: number | undefined;
    }
  /** Another job has this id. */
  | { readonly kind: 'conflict' }
  /** It could not be started; the record says so: FAILED. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** Nothing was begun and nothing is left behind. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Neither an upload nor a record: it has to be uploaded again. */
  | { readonly kind: 'gone' };

/** Where the tar of a job's folder is unpacked; the launch renames it. */
export function stagingFolder(base: string, folder: string, nonce: string): string {
  return `${base}/.new/${folder}.${nonce}`;
}

/** Of the folder of a view: it is being sent, or was not sent to its end. */
export function isUpload(folder: string): boolean {
  return folder.startsWith('.new/');
}

export function launchWords({ base, folder, nonce, hash, mode }: Launch): readonly string[] {
  return [base, folder, nonce, hash, mode];
}

/** What a one-shot service of a job runs. It ends with the job's own status. */
export function taskCommand(base: string, folder: string): readonly string[] {
  return ['sh', `${base}/${folder}/wrapper`, base, folder, 'task'];
}

/** @throws EngineError when the script did not run to its end */
export function readLaunch(result: ShellResult): LaunchAnswer {
  const line = result.stdout.trimEnd().split('\n').at(-1) ?? '';
  const [word = ''] = line.split(' ', 1);
  const rest = line.slice(word.length + 1);
  switch (word) {
    case 'started': {
      const pid = parsePidRecord(rest);
      if (pid) return { kind: 'started', pid };
      break;
    }
    case 'already':
      return { kind: 'already', pid: parsePidRecord(rest), ...ageOf(rest) };
    case 'claimed':
    case 'conflict':
    case 'gone':
      return { kind: word };
    case 'failed':
    case 'refused':
      return { kind: word, reason: rest };
    default:
  }
  if (/cannot fork|resource temporarily unavailable/i.test(result.stderr))
    return { kind: 'refused', reason: 'cannot fork: too many processes' };
  throw scriptFailure('launch', result);
}

function ageOf(text: string): { readonly ageMs?: number } {
  const [, seconds] = /^- (\d+)$/.exec(text) ?? [];
  return seconds === undefined ? {} : { ageMs: Number(seconds) * 1000 };
}

/** A script that ended without an answer: something on the way to it, or the shell itself, is broken. */
export function scriptFailure(name: string, { status, stdout, stderr }: ShellResult): EngineError {
  const seen = [stderr, stdout].map((text) => text.trim().split('\n').at(-1) ?? '').find((line) => line !== '');
  return new EngineError(
    `The script "${name}" ended with status ${status} and without an answer: ${seen ?? 'nothing'}`,
    500,
  );
}
